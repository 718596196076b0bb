"""Flaky tests, tests that depend on their order, and suites that do: told apart, and without a say in a verdict."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from reasoncli.domain import VerdictKind
from reasoncli.errors import UsageError
from reasoncli.events import Event, StageProgress, Warned
from reasoncli.verification.verifier import Verifier
from tests.verification.measuring import OPTIONS, Measuring, sorted_anew
from tests.verification.projects import core_patch, snapshot_of, task_of, unittest_project

PYTEST = "python -m pytest -q"

PAIR = """
STATE = []


def test_first():
    STATE.append(1)


def test_second():
    assert STATE


def test_third():
    pass
"""
"""In its own order `test_second` finds what `test_first` left."""


def test_a_suite_of_independent_tests_is_run_twice_and_no_more(tmp_path: Path, measure: Measuring) -> None:
    measure(task_of(unittest_project(tmp_path), command=PYTEST))
    assert measure.runs == 2


def test_a_test_that_needs_another_before_it_depends_on_order(tmp_path: Path, measure: Measuring) -> None:
    snapshot = snapshot_of(tmp_path, {"test_a.py": PAIR})
    baseline = measure(task_of(snapshot, command=PYTEST))
    assert baseline.order_dependent == ("test_a.py::test_second",)
    assert baseline.flaky == ()
    why = baseline.quarantine["test_a.py::test_second"]
    assert why == "passed in the suite's own order, failed in another, failed alone"
    assert set(baseline.guards) == {"test_a.py::test_first", "test_a.py::test_third"}
    assert not baseline.targets
    assert not baseline.ordered
    with pytest.raises(UsageError, match="passed in the suite's own order"):
        sorted_anew(baseline, task_of(snapshot, targets=("test_second",)))


CLASSES = """
import unittest

STATE = []


class Pair(unittest.TestCase):
    def test_first(self):
        STATE.append(1)

    def test_second(self):
        self.assertTrue(STATE)
"""


def test_unittest_too(tmp_path: Path, measure: Measuring) -> None:
    files = {"tests/__init__.py": "", **{f"tests/test_{n}.py": CLASSES for n in "abc"}}
    baseline = measure(task_of(snapshot_of(tmp_path, files)))
    assert baseline.order_dependent
    assert not baseline.flaky
    assert all(test.endswith("test_second") for test in baseline.order_dependent)


STEPS = """
from pkg.core import add, multiply

DONE = []


def test_00():
    DONE.append(0)


"""


def steps(number: int) -> str:
    """A file whose tests each need the one before; the last ones look at the code."""
    chain = "".join(
        f"def test_{n:02}():\n    assert DONE[-1] == {n - 1}\n    DONE.append({n})\n\n\n" for n in range(1, number)
    )
    code = "def test_x_multiply():\n    assert DONE and multiply(2, 3) == 6\n\n\n"
    return STEPS + chain + code + f"def test_y_add():\n    assert DONE[-1:] == [{number - 1}] and add(1, 2) == 3\n"


def test_a_suite_that_depends_on_its_order_is_only_run_in_it(tmp_path: Path, measure: Measuring) -> None:
    snapshot = unittest_project(tmp_path, **{"tests/test_core.py": "", "tests/test_steps.py": steps(20)})
    events: list[Event] = []
    baseline = measure(task_of(snapshot, command=PYTEST), events=events)
    assert baseline.ordered
    assert [target.id for target in baseline.targets] == ["tests/test_steps.py::test_y_add"]
    assert len(baseline.guards) == 21
    assert len(baseline.order_dependent) >= 15
    assert any(isinstance(event, Warned) and "depends on its order" in event.message for event in events)
    verifier = Verifier(measure.provider, task_of(snapshot, command=PYTEST), baseline, lambda event: None)
    never = threading.Event()
    right, wrong = core_patch("return a - b", "return a + b"), core_patch("return a * b", "return a / b")
    assert verifier.screen(right, never).kind is VerdictKind.FIXES, "alone, the target fails with this patch as well"
    assert verifier.screen(wrong, never).guards_broken == ("tests/test_steps.py::test_x_multiply",)
    confirmed = verifier.confirm(right, never)
    assert confirmed.kind is VerdictKind.FIXES
    assert confirmed.guards_run == 21
    verifier.close()


@pytest.mark.parametrize("command", [PYTEST, "python -m unittest"])
def test_modules_that_can_not_be_imported_are_named(tmp_path: Path, measure: Measuring, command: str) -> None:
    broken = "from pkg.core import nothing_of_the_kind\n\n\ndef test_x(): pass\n"
    snapshot = unittest_project(tmp_path, **{"tests/test_broken.py": broken})
    events: list[Event] = []
    baseline = measure(task_of(snapshot, command=command), events=events)
    (module,) = baseline.uncollected
    assert module in ("tests/test_broken.py", "tests.test_broken")
    assert "cannot import name 'nothing_of_the_kind'" in baseline.uncollected[module]
    assert module not in baseline.guards
    assert any(isinstance(event, Warned) and f"{module} can't be imported" in event.message for event in events)
    failing = [target.id for target in baseline.targets]
    assert module not in failing, "the issue speaks of something else"
    assert module in baseline.unrelated


def test_progress_is_told_while_the_suite_runs(tmp_path: Path, measure: Measuring) -> None:
    slow = "import time\n\n\n" + "".join(f"def test_{n}():\n    time.sleep(0.25)\n\n\n" for n in range(12))
    events: list[Event] = []
    measure(task_of(snapshot_of(tmp_path, {"test_a.py": slow}), command=PYTEST), events=events)
    told = [event for event in events if isinstance(event, StageProgress)]
    assert [event.done for event in told] == sorted(event.done for event in told)
    assert told[0].total is None
    assert told[-1] == StageProgress("baseline", 24, 24, "12 tests, each twice")
    assert any(0 < event.done < 12 for event in told), told


def test_runs_that_are_cut_short_in_different_orders_still_tell_of_the_same_tests(
    tmp_path: Path, measure: Measuring
) -> None:
    """The last of a module hangs past the whole run's limit: in the other order it comes first."""
    quick = "".join(f"def test_{n}():\n    pass\n\n\n" for n in range(20))
    hang = "def test_z():\n    import time\n    time.sleep(60)\n"
    task = task_of(snapshot_of(tmp_path, {"test_a.py": quick + hang}), command=PYTEST)
    baseline = measure(task, replace(OPTIONS, timeout=6, test_timeout=60))
    assert len(baseline.guards) == 20
    assert not baseline.flaky
