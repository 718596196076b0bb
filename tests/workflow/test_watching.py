"""A round of watching is taken from memory for the same base and patches, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reasoncli.domain import Baseline, Evidence, Outcome, Patch, Target, TestReport, TestResult
from reasoncli.runs.memory import Memory
from reasoncli.sandbox.interface import Sandbox
from reasoncli.verification.behaviour import Behaviour
from reasoncli.verification.session import Run
from reasoncli.verification.watching import Watched
from reasoncli.workflow.watching import Watching
from tests.verification.projects import core_patch, task_of, unittest_project
from tests.verification.test_watching import asked, run

KEY = "ab" * 32
TEST = "tests.test_core.TestCore.test_add"
REPORT = TestReport({TEST: TestResult(TEST, Outcome.FAILED, 0.1)}, Evidence.STRUCTURED, 1, 0.5)
BASELINE = Baseline(REPORT, REPORT, (Target(TEST, "named"),), (), (), {}, (), passing=1)
ONE, OTHER, THIRD = (core_patch("a - b", new) for new in ("a + b", "a * b", "a ** b"))


@dataclass
class Runs:
    """A pool of which every job gives the next of these behaviours, over a whole report."""

    behaviours: list[Behaviour]
    report: TestReport = REPORT
    made: int = 0

    def work(self, job: Callable[[Sandbox], Run], *, stopped: Callable[[], bool]) -> Run:
        self.made += 1
        return Run(self.report, behaviour=self.behaviours[self.made - 1])


FLAKY = [run(x=1, y=1), run(x=1, y=2), run(x=5, y=3), run(x=6, y=4), run(x=7, y=5)]
"""Two runs of the base, which differ in y, and of three patches."""


Seen = tuple[int, Watched, float | None]
"""How many runs it took, what was seen, and since when that is known."""


def watched(
    folder: Path,
    patches: Sequence[Patch] = (ONE, OTHER),
    key: str | None = KEY,
    *,
    issue: str = "add() subtracts",
    baseline: Baseline = BASELINE,
    report: TestReport = REPORT,
) -> Seen:
    pool = Runs(list(FLAKY), report)
    task = task_of(unittest_project(folder / "project"), issue)
    watching = Watching(task, baseline, pool, 1, Memory(folder), key)  # type: ignore[arg-type]
    seen = watching.watch(patches)
    return pool.made, seen, watching.reused


def test_the_same_patches_on_the_same_base_are_not_run_again(tmp_path: Path) -> None:
    runs, first, since = watched(tmp_path)
    assert (runs, since) == (4, None)
    runs, again, since = watched(tmp_path)
    assert runs == 0
    assert since is not None
    assert again.calls == first.calls == {asked("x")}, "in y the two runs of the base differ"
    for patch in (ONE, OTHER):
        key = patch.execution_key
        assert again.fingerprint(key) == first.fingerprint(key) != ""
    assert watched(tmp_path, (OTHER, ONE))[0] == 0, "in whatever order"


def test_what_the_issue_speaks_of_is_this_runs_own(tmp_path: Path) -> None:
    watched(tmp_path)
    runs, again, _ = watched(tmp_path, issue="add() subtracts, and so does f('x')")
    assert runs == 4, "there is something else to try"
    runs, again, _ = watched(tmp_path, issue="add() should add")
    assert (runs, again.mentions.text) == (0, "add() should add")


@pytest.mark.parametrize(
    "change",
    [
        {"patches": (ONE,)},
        {"patches": (ONE, OTHER, THIRD)},
        {"patches": (ONE, THIRD)},
        {"key": "cd" * 32},
        {"key": None},
        {"baseline": replace(BASELINE, targets=(Target("t::other", "named"),))},
    ],
)
def test_other_patches_another_base_or_other_tests_are_watched_anew(tmp_path: Path, change: dict[str, object]) -> None:
    watched(tmp_path)
    assert watched(tmp_path, **change)[0] > 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "report",
    [
        replace(REPORT, complete=False),
        replace(REPORT, results={TEST: TestResult(TEST, Outcome.TIMEOUT, 9.0)}),
    ],
)
def test_what_may_have_been_the_days_doing_is_not_kept(tmp_path: Path, report: TestReport) -> None:
    watched(tmp_path, report=report)
    assert watched(tmp_path)[0] == 4


def test_a_damaged_entry_is_watched_anew(tmp_path: Path) -> None:
    watched(tmp_path)
    for entry in (tmp_path / "memory").rglob("*"):
        if entry.is_file():
            entry.write_bytes(entry.read_bytes()[:-3])
    assert watched(tmp_path)[0] == 4
