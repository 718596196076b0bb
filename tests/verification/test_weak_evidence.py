"""Candidates judged by reports that the code under test could have written, or cut short."""

from __future__ import annotations

from reasoncli.domain import Baseline, Evidence, Outcome, Target, TestReport, TestResult, VerdictKind
from reasoncli.verification.judgement import Judged, judge_run
from reasoncli.verification.session import WHOLE_COMMAND, Run


def report(evidence: Evidence, **outcomes: str) -> TestReport:
    names = {name.replace("__", " #"): Outcome(outcome) for name, outcome in outcomes.items()}
    return TestReport({n: TestResult(n, o) for n, o in names.items()}, evidence, 0, 1.0)


def baseline(base: TestReport, target: str, *guards: str) -> Baseline:
    return Baseline(base, base, (Target(target, "it fails"),), guards, (), {}, ())


def judge(base: Baseline, seen: TestReport) -> VerdictKind:
    targets = [target.id for target in base.targets]
    return judge_run(Judged(), Run(seen), base, targets=targets, guards=base.guards).conclude(base).kind


def test_a_result_slipped_in_before_the_real_one_does_not_count() -> None:
    base = baseline(report(Evidence.JUNIT, a="failed", b="passed"), "a", "b")
    assert judge(base, report(Evidence.JUNIT, a="passed", b="passed")) is VerdictKind.FIXES
    assert judge(base, report(Evidence.JUNIT, a="passed", a__2="failed", b="passed")) is VerdictKind.NO_EFFECT
    assert judge(base, report(Evidence.JUNIT, a="passed", b="passed", b__2="error")) is VerdictKind.REGRESSES


def test_tests_of_one_name_at_the_base_are_told_apart() -> None:
    base = baseline(report(Evidence.JUNIT, a="passed", a__2="failed"), "a #2", "a")
    assert judge(base, report(Evidence.JUNIT, a="passed", a__2="passed")) is VerdictKind.FIXES
    assert judge(base, report(Evidence.JUNIT, a="passed", a__2="failed")) is VerdictKind.NO_EFFECT
    assert judge(base, report(Evidence.JUNIT, a="passed")) is VerdictKind.NO_EFFECT


def test_fewer_tests_than_at_the_base_are_no_pass() -> None:
    base = TestReport({WHOLE_COMMAND: TestResult(WHOLE_COMMAND, Outcome.FAILED)}, Evidence.EXIT_CODE, 1, 1.0, counted=9)
    passed = {WHOLE_COMMAND: TestResult(WHOLE_COMMAND, Outcome.PASSED)}
    for counted, kind in ((9, VerdictKind.FIXES), (12, VerdictKind.FIXES), (8, VerdictKind.BROKEN)):
        seen = TestReport(passed, Evidence.EXIT_CODE, 0, 1.0, counted=counted)
        assert judge(baseline(base, WHOLE_COMMAND), seen) is kind


def test_weaker_evidence_than_the_base_s_is_none() -> None:
    base = baseline(report(Evidence.JUNIT, a="failed"), "a")
    assert judge(base, report(Evidence.LINES, a="passed")) is VerdictKind.BROKEN
