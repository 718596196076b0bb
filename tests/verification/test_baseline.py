from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reasoncli.domain import Evidence, Outcome
from reasoncli.errors import BaselineError, SandboxUnavailable, UsageError
from reasoncli.events import Event, SandboxReplaced, Warned
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.local_sandbox import local_provider
from reasoncli.verification.baseline import measure_baseline
from tests import lean
from tests.verification.measuring import ALONE, OPTIONS, Measuring
from tests.verification.projects import TARGET, UNITTESTS, Breaking, snapshot_of, task_of, unittest_project


def test_a_small_suite(tmp_path: Path, measure: Measuring) -> None:
    baseline = measure(task_of(unittest_project(tmp_path)))
    assert [target.id for target in baseline.targets] == [TARGET]
    assert "add" in baseline.targets[0].why
    assert len(baseline.guards) == 3
    assert not baseline.flaky
    assert not baseline.environmental
    assert baseline.first.coverage[TARGET]["pkg/core.py"] == {3}
    assert not baseline.second.coverage
    assert baseline.second.evidence is Evidence.STRUCTURED


TROUBLED = """
import sys
import time
import os

import pytest

from pkg.core import add, multiply


def test_add():
    assert add(1, 2) == 3


def test_multiply():
    assert multiply(2, 3) == 6


def test_only_under_the_tracer():
    assert "reasoncli_coverage" in sys.modules


def test_network():
    import socket
    socket.create_connection(("no-such-host.invalid", 80), timeout=2)


def test_module():
    import no_such_package


def test_hangs():
    while True:
        time.sleep(0.1)


def test_takes_the_process_with_it():
    os._exit(0)


def test_after():
    pass
"""


def test_failures_are_told_apart(tmp_path: Path, measure: Measuring) -> None:
    snapshot = unittest_project(tmp_path, **{"tests/test_core.py": TROUBLED})
    events: list[Event] = []
    task = task_of(snapshot, command="python -m pytest -q")
    baseline = measure(task, replace(OPTIONS, test_timeout=1.5), events)
    test = "tests/test_core.py::"
    assert [target.id for target in baseline.targets] == [test + "test_add"]
    assert set(baseline.guards) == {test + "test_multiply", test + "test_after"}
    assert set(baseline.environmental) == {test + "test_network", test + "test_module"}
    assert set(baseline.unrelated) == {
        test + "test_hangs",
        test + "test_takes_the_process_with_it",
        test + "test_only_under_the_tracer",
    }
    results = baseline.second.results
    assert results[test + "test_hangs"].outcome is Outcome.TIMEOUT
    assert results[test + "test_takes_the_process_with_it"].outcome is Outcome.ERROR
    assert results[test + "test_after"].outcome is Outcome.PASSED, "the run goes on behind a test that ended it"


def test_flaky_tests_are_set_aside(tmp_path: Path, measure: Measuring) -> None:
    counter = tmp_path / "counter"
    flaky = f"""
    import pathlib


    def test_steady():
        pass


    def test_flaky():
        path = pathlib.Path({str(counter)!r})
        count = int(path.read_text()) if path.exists() else 0
        path.write_text(str(count + 1))
        assert count % 2
    """
    snapshot = snapshot_of(tmp_path / "project", {"test_a.py": flaky})
    baseline = measure(task_of(snapshot, command="python -m pytest -q"), ALONE)
    assert baseline.flaky == ("test_a.py::test_flaky",)
    assert baseline.guards == ("test_a.py::test_steady",)
    assert not baseline.targets


def test_a_test_that_only_the_tracer_disturbs_is_no_flaky_one(tmp_path: Path, measure: Measuring) -> None:
    text = "import sys\n\n\ndef test_a():\n    assert 'reasoncli_coverage' not in sys.modules\n"
    snapshot = snapshot_of(tmp_path, {"test_a.py": text})
    baseline = measure(task_of(snapshot, command="python -m pytest -q"))
    assert baseline.guards == ("test_a.py::test_a",)
    assert not baseline.flaky


def test_a_module_that_misses_what_the_issue_asks_for_is_a_target(tmp_path: Path, measure: Measuring) -> None:
    snapshot = unittest_project(
        tmp_path, **{"tests/test_new.py": "from pkg.core import divide\n\n\ndef test_d(): divide(1, 1)\n"}
    )
    baseline = measure(task_of(snapshot, "Add divide", command="python -m pytest -q"))
    assert [target.id for target in baseline.targets] == ["tests/test_new.py"]


def test_named_targets(tmp_path: Path, measure: Measuring) -> None:
    snapshot = unittest_project(tmp_path)
    baseline = measure(task_of(snapshot, "whatever", targets=("test_add",)))
    assert [target.id for target in baseline.targets] == [TARGET]
    with pytest.raises(UsageError, match="passes at the base"):
        measure(task_of(snapshot, targets=("tests.test_core.Multiplying.test_multiply",)))


def test_selected_tests_only(tmp_path: Path, measure: Measuring) -> None:
    task = task_of(unittest_project(tmp_path), selected=("tests.test_core.Adding",))
    assert len(measure(task).second.results) == 2


@pytest.mark.parametrize(
    "command", ["python -m pytest -q", "python -m unittest", "python -m unittest discover -s tests"]
)
@pytest.mark.parametrize("selected", ["tests/test_core.py", "tests/unit"])
def test_selected_paths_limit_what_is_found(tmp_path: Path, measure: Measuring, command: str, selected: str) -> None:
    """What isn't selected isn't even imported, where the command lets that be (pytest does)."""
    refuses = "raise SystemExit('imported')\n" if "pytest" in command else ""
    files = {
        "tests/unit/__init__.py": "",
        "tests/unit/test_core.py": UNITTESTS,
        "tests/other/__init__.py": "",
        "tests/other/test_core.py": refuses,
    }
    task = task_of(unittest_project(tmp_path, **files), command=command, selected=(selected,))
    results = measure(task).second.results
    assert len(results) == 4
    assert all(("unit" in test) == ("unit" in selected) for test in results)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("no-such-command", "can't be run"),
        ("python -m pytest no-such-folder", "no test ran"),
        ("python -c 'import sys; sys.exit(\"No module named pytest\")'", "can't be run"),
    ],
)
def test_tests_that_can_not_run(tmp_path: Path, measure: Measuring, command: str, message: str) -> None:
    with pytest.raises(BaselineError, match=message) as caught:
        measure(task_of(unittest_project(tmp_path), command=command))
    assert "--test-command" in caught.value.hint


def test_nothing_but_failures_of_the_environment(tmp_path: Path, measure: Measuring) -> None:
    snapshot = snapshot_of(tmp_path, {"test_a.py": "import no_such_package\n", "test_b.py": "import no_such_package\n"})
    with pytest.raises(BaselineError, match="no_such_package is not installed") as caught:
        measure(task_of(snapshot, command="python -m pytest"))
    assert "--image" in caught.value.hint


def test_a_broken_conftest(tmp_path: Path, measure: Measuring) -> None:
    snapshot = unittest_project(tmp_path, **{"conftest.py": "raise RuntimeError('nope')\n"})
    with pytest.raises(BaselineError, match="nope"):
        measure(task_of(snapshot, command="python -m pytest"))


def test_a_command_without_per_test_results(tmp_path: Path, measure: Measuring) -> None:
    command = "python -c 'from pkg.core import add; assert add(1, 2) == 3'"
    baseline = measure(task_of(unittest_project(tmp_path), command=command))
    assert baseline.second.evidence is Evidence.EXIT_CODE
    assert [target.id for target in baseline.targets] == ["<test command>"]


def test_a_sandbox_that_breaks_is_replaced(tmp_path: Path) -> None:
    task = task_of(unittest_project(tmp_path))
    events: list[Event] = []
    with closing(
        Breaking(local_provider(task.snapshot, LocalConfig(lean.interpreter())), lambda number: number == 0)
    ) as breaking:
        baseline = measure_baseline(breaking, task, events.append, ALONE)
        assert baseline.targets
        assert [event for event in events if isinstance(event, SandboxReplaced)] == [SandboxReplaced("sandbox 0 broke")]
        assert sorted(breaking.closed) == list(range(breaking.opened)), "every sandbox was closed"


def test_sandboxes_that_keep_breaking_are_not_the_tests_fault(tmp_path: Path) -> None:
    task = task_of(unittest_project(tmp_path))
    with (
        closing(
            Breaking(local_provider(task.snapshot, LocalConfig(lean.interpreter())), lambda number: True)
        ) as breaking,
        pytest.raises(SandboxUnavailable, match="broke 3 times"),
    ):
        measure_baseline(breaking, task, lambda event: None, ALONE)


def test_a_run_that_is_cut_short_is_said(tmp_path: Path, measure: Measuring) -> None:
    slow = UNITTESTS + "\n    def test_z_sleeps(self):\n        import time\n        time.sleep(60)\n"
    events: list[Event] = []
    task = task_of(unittest_project(tmp_path, **{"tests/test_core.py": slow}))
    baseline = measure(task, replace(OPTIONS, timeout=5, test_timeout=60), events)
    assert any(isinstance(event, Warned) and "timed out" in event.message for event in events)
    assert [target.id for target in baseline.targets] == [TARGET]
