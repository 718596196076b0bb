"""The base measured by a sample: which tests come first, and what a measurement in limited time says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from reasoncli.domain import Baseline, Evidence, Outcome, Task, TestResult
from reasoncli.errors import BaselineError
from reasoncli.events import Event, StageProgress, Warned
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.local_sandbox import local_provider
from reasoncli.verification.base_sample import BaseSample
from reasoncli.verification.baseline import BaselineOptions, measure_baseline
from tests import lean
from tests.verification.projects import snapshot_of, task_of

CORE = """
def common(a):
    return a


def frobnicate(a):
    return a + 2
"""
SLOW = """
import time
import pytest
from pkg import core


@pytest.mark.parametrize("n", range(20))
def test_common(n):
    time.sleep(0.05)
    assert core.common(n) == n
"""
TELLING = """

def test_other():
    assert core.frobnicate(1) == 2
"""
HANGS = """
import time


def test_hangs():
    time.sleep(1000)
"""
ISSUE = "`frobnicate(1)` gives 3, not 2"
TARGET = "tests/test_7.py::test_other"

pytestmark = pytest.mark.alone  # they are given a few seconds, and what fits into those is looked at


def project(root: Path, issue: str = ISSUE, command: str = "pytest -q", files: int = 10, **plan: object) -> Task:
    """Every file takes a second; the last but two has the test that fails."""
    tests = {f"tests/test_{n}.py": SLOW + (TELLING if n == files - 3 else "") for n in range(files)}
    snapshot = snapshot_of(
        root, {"pkg/__init__.py": "", "pkg/core.py": CORE, **tests, "tests/test_z.py": "import gone"}
    )
    return task_of(snapshot, issue, command, **plan)


def measured(task: Task, seconds: float, test_timeout: float = 60) -> tuple[Baseline, list[Event]]:
    events: list[Event] = []
    provider = local_provider(task.snapshot, LocalConfig(lean.interpreter()))
    options = BaselineOptions(seconds=seconds, timeout=100, test_timeout=test_timeout)
    try:
        return measure_baseline(provider, task, events.append, options), events
    finally:
        provider.close()


def test_a_long_suite_is_sampled_and_the_issue_s_test_is_in_the_sample(tmp_path: Path) -> None:
    baseline, events = measured(project(tmp_path), 5)
    assert [target.id for target in baseline.targets] == [TARGET]
    assert "pkg/core.py" in baseline.first.coverage[TARGET]
    assert baseline.first.results.keys() == baseline.second.results.keys()
    assert baseline.left_out + len(baseline.first.results) == 202, "all are accounted for"
    assert baseline.left_out > 50
    assert baseline.first.duration < 8, "three more seconds, for a busy machine"
    assert {result.outcome for result in baseline.second.results.values() if result.id.endswith("]")} == {
        Outcome.PASSED
    }
    assert len({test.partition("::")[0] for test in baseline.guards}) == 10, "every file had its turn"
    assert not baseline.flaky
    assert "tests/test_z.py" in baseline.uncollected
    assert any(f"{baseline.left_out:,} tests were not run" in str(event) for event in events)
    shown = [event for event in events if isinstance(event, StageProgress)]
    assert any(event.total and event.total < 202 for event in shown), "with an estimate of the sample's size"


def test_enough_time_leaves_nothing_out(tmp_path: Path) -> None:
    for files, seconds in ((1, 30), (3, 10)):  # in one run; in several
        baseline, events = measured(project(tmp_path / str(files), files=files), seconds)
        assert baseline.left_out == 0
        assert len(baseline.guards) == 20 * files
        assert not [event for event in events if isinstance(event, Warned) and "not run" in event.message]


def test_a_suite_that_only_runs_whole_does(tmp_path: Path) -> None:
    script = {"run.sh": "sleep 2; echo 'Ran 3 tests in 2s'; echo; echo 'FAILED (failures=1)'; exit 1"}
    task = task_of(snapshot_of(tmp_path, script), "It fails", "sh run.sh")
    baseline, events = measured(task, 1)
    assert any("--baseline-time saves nothing" in str(event) for event in events)
    assert len(baseline.targets) == 1


def test_a_test_that_hangs_does_not_eat_the_time_of_the_others(tmp_path: Path) -> None:
    task = project(tmp_path)
    (task.snapshot.root / "tests/test_0.py").write_text(HANGS)
    baseline, _ = measured(task, 5)
    assert [target.id for target in baseline.targets] == [TARGET]
    assert "tests/test_0.py::test_hangs" not in baseline.first.results
    named, _ = measured(task_of(task.snapshot, ISSUE, "pytest -q", targets=("test_0.py::test_hangs",)), 4, 5)
    assert [target.id for target in named.targets] == ["tests/test_0.py::test_hangs"], "but the user may ask for it"


def test_a_command_that_is_slow_to_start_is_not_taken_for_one_that_runs_as_a_whole(tmp_path: Path) -> None:
    baseline, events = measured(project(tmp_path, command="sleep 1.5 && pytest -q", files=3), 4)
    assert baseline.first.evidence is Evidence.STRUCTURED
    assert not any("as a whole" in str(event) for event in events)
    assert [target.id for target in baseline.targets] == ["tests/test_0.py::test_other"]


def test_finding_the_tests_can_take_longer_than_there_is_time(tmp_path: Path) -> None:
    task = project(tmp_path, files=3)
    (task.snapshot.root / "tests/test_0.py").write_text("import time\ntime.sleep(30)\n")
    with pytest.raises(BaselineError, match=r"finding the tests takes longer than 2 s"):
        measured(task, 2)


def drawn(task: Task, seconds: float, seen: dict[str, TestResult], seed: int = 0) -> Counter[str]:
    """File -> tests drawn of it."""
    ids = [f"tests/test_{file}.py::test_{n}" for file in range(10) for n in range(20)]
    taken = BaseSample(task, ids, seed).next(seen, seconds)
    assert list(taken) == [test for test in ids if test in taken], "the suite's order"
    assert BaseSample(task, ids, seed).next(seen, seconds) == taken
    return Counter(test.partition("::")[0] for test in taken)


def seen(seconds: float) -> dict[str, TestResult]:
    return {(test := "tests/test_0.py::test_0"): TestResult(test, Outcome.PASSED, seconds)}


def test_half_of_the_time_is_for_files_that_hold_names_which_few_hold(tmp_path: Path) -> None:
    files = drawn(project(tmp_path), 3.05, seen(0.1))
    assert files["tests/test_7.py"] in (16, 17)
    assert sum(files.values()) == 30
    assert len(files) == 10, "and then every file has its turn"
    says_nothing = drawn(project(tmp_path / "other", "`common` and `core` are wrong"), 3.05, seen(0.1))
    assert set(says_nothing.values()) == {3}, "names that all hold tell nothing"


def test_tests_that_are_named_are_always_drawn_and_near_ones_first(tmp_path: Path) -> None:
    named = project(tmp_path, "It does not work", targets=("tests/test_3.py",))
    assert drawn(named, 0.5, seen(0.1)) == {"tests/test_3.py": 20}
    near = project(tmp_path / "near", "See tests/test_5.py")
    assert drawn(near, 1.0, seen(0.1))["tests/test_5.py"] == 6


def test_a_test_is_expected_to_take_what_its_file_takes(tmp_path: Path) -> None:
    task = project(tmp_path, "It does not work")
    slow = {f"tests/test_{n}.py::test_0": TestResult("", Outcome.PASSED, 10.0 if n < 5 else 0.1) for n in range(10)}
    slow = {test: TestResult(test, result.outcome, result.duration) for test, result in slow.items()}
    files = drawn(task, 5.0, slow)
    assert all(files[f"tests/test_{n}.py"] == (0 if n < 5 else 10) for n in range(10))
