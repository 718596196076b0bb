"""Runs of the base as a script has them, settled and sorted as real ones are."""

from __future__ import annotations

from pathlib import Path

from reasoncli.domain import Baseline, Evidence, Outcome, Snapshot, TestReport, TestResult
from reasoncli.verification.baseline import Measurement, sort_baseline
from reasoncli.verification.session import Run
from reasoncli.verification.settling import Settled, differing_tests, settle
from tests.verification.measuring import OPTIONS
from tests.verification.projects import task_of

_EMPTY = Snapshot(Path("/nowhere"), Path("/nowhere"), "0" * 40, "tree", False, {})


def run(outcomes: dict[str, Outcome], *, complete: bool = True) -> Run:
    results = {test: TestResult(test, outcome, 0.01, "AssertionError: no") for test, outcome in outcomes.items()}
    return Run(TestReport(results, Evidence.STRUCTURED, 0, 1.0, complete=complete))


def settled(one: Run, two: Run, more: list[Run]) -> Settled:
    """As `measure` does it, with these runs for the asking."""
    answers = iter(more)
    differing = differing_tests(one, two)
    if not differing:
        return Settled(one.report, two.report)
    return settle(
        one,
        two,
        differing,
        lambda tests, coverage, evidence: next(answers).report,
        lambda: (next(answers), next(answers)),
    )


def baseline_of(found: Settled, text: str = "please fix the failing tests") -> Baseline:
    measured = Measurement(found.first, found.second, found.flaky, found.order_dependent, found.why, found.ordered)
    task = task_of(_EMPTY, text, command="python -m pytest")
    return sort_baseline(task, measured, lambda event: None, OPTIONS)
