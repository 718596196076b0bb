"""Runs that end early, and what a verdict says of the tests that were not run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reasoncli.domain import Baseline, Evidence, Outcome, Target, TestReport, TestResult, Verdict, VerdictKind
from reasoncli.verification.judgement import Judged, judge_run
from reasoncli.verification.session import Run

GUARDS = tuple(f"t.py::test_{name}" for name in "abcd")
TARGETS = ("t.py::test_x", "t.py::test_y")


def run(outcomes: str, tests: tuple[str, ...], *, stopped: bool) -> Run:
    """`p` and `f` for the first tests, in order."""
    results = {
        test: TestResult(test, Outcome.PASSED if each == "p" else Outcome.FAILED, 0.01)
        for test, each in zip(tests, outcomes, strict=False)
    }
    return Run(TestReport(results, Evidence.STRUCTURED, 1, 1.0), stopped=stopped)


def baseline() -> Baseline:
    whole = {test: TestResult(test, Outcome.PASSED, 0.01) for test in GUARDS}
    whole.update({test: TestResult(test, Outcome.FAILED, 0.01) for test in TARGETS})
    report = TestReport(whole, Evidence.STRUCTURED, 1, 1.0)
    targets = tuple(Target(test, "named") for test in TARGETS)
    return Baseline(report, report, targets, GUARDS, flaky=(), environmental={}, unrelated=())


def screened(targets: str, guards: str, *, stop_after: int, stopped: bool = True) -> Verdict:
    base = baseline()
    known = Judged(guards_total=len(GUARDS))
    known = judge_run(known, run(targets, TARGETS, stopped=False), base, targets=TARGETS)
    known = replace(known, chosen="that many are broken")
    return judge_run(known, run(guards, GUARDS, stopped=stopped), base, guards=GUARDS, stop_after=stop_after).conclude(
        base
    )


def test_what_was_not_run_is_neither_broken_nor_counted() -> None:
    verdict = screened("pp", "pff", stop_after=2)
    assert verdict.kind is VerdictKind.REGRESSES
    assert verdict.guards_broken == GUARDS[1:3]
    assert (verdict.guards_run, verdict.guards_total) == (3, 4)
    assert "3 of 4 guards run: that many are broken" in verdict.reason


@pytest.mark.parametrize(("guards", "stop_after"), [("p", 2), ("pf", 2), ("pp", 0), ("ff", 0)])
def test_a_stop_that_was_not_ours_proves_nothing(guards: str, stop_after: int) -> None:
    verdict = screened("pp", guards, stop_after=stop_after)
    assert verdict.kind is VerdictKind.BROKEN
    assert "stopped early" in verdict.reason


def test_a_silent_guard_is_broken_where_nothing_was_stopped() -> None:
    verdict = screened("pp", "ppp", stop_after=2, stopped=False)
    assert verdict.guards_broken == GUARDS[3:]


def test_targets_after_the_stop_are_not_failed() -> None:
    base = baseline()
    known = judge_run(Judged(), run("f", TARGETS, stopped=True), base, targets=TARGETS, stop_after=1)
    verdict = known.conclude(base)
    assert verdict.kind is VerdictKind.NO_EFFECT
    assert verdict.targets_failed == TARGETS[:1]


@pytest.mark.parametrize("stage", ["targets", "guards"])
def test_a_module_that_no_longer_imports_is_broken_though_the_run_was_told_to_stop(stage: str) -> None:
    """Its one failure is the last one allowed, and no test that was asked for has reported."""
    base = baseline()
    report = TestReport({"t.py": TestResult("t.py", Outcome.ERROR, 0.0, "SyntaxError")}, Evidence.STRUCTURED, 1, 1.0)
    tests = {stage: TARGETS if stage == "targets" else GUARDS}
    known = Judged(targets_passed=() if stage == "targets" else TARGETS)
    verdict = judge_run(known, Run(report, stopped=True), base, stop_after=1, **tests).conclude(base)
    assert verdict.kind is VerdictKind.BROKEN
    assert verdict.reason == "t.py can't be collected: SyntaxError"


def test_a_pass_without_canaries_is_not_believed() -> None:
    base = baseline()
    base = replace(base, second=replace(base.second, canaries=True))
    verdict = judge_run(Judged(), run("pp", TARGETS, stopped=False), base, targets=TARGETS).conclude(base)
    assert (verdict.kind, verdict.targets_passed) == (VerdictKind.BROKEN, ())
    assert "canary" in verdict.reason


def test_no_target_run_is_no_fix() -> None:
    assert Judged().conclude(baseline()).kind is VerdictKind.BROKEN
