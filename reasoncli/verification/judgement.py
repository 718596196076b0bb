"""From what a candidate's runs showed to its verdict. Pure: nothing here runs anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reasoncli.domain import Baseline, Evidence, Outcome, TestReport, Verdict, VerdictKind
from reasoncli.verification.outcomes import folded, holds, passes, uncollectable
from reasoncli.verification.session import Run

_STRENGTH = {kind: rank for rank, kind in enumerate(Evidence)}
_NAMED = 3  # tests that a reason names before it counts the rest


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known so far of one candidate.

    Attributes:
        timeouts: targets that ran past their time limit; overran: all tests that did.
        excused: guards that failed, but are flaky or depend on tests that were not run.
        chosen: why no other guards were run, where not all were.
        verdict: set when a run ended the matter: nothing more needs to run.
    """

    targets_passed: tuple[str, ...] = ()
    targets_failed: tuple[str, ...] = ()
    guards_broken: tuple[str, ...] = ()
    guards_run: int = 0
    guards_total: int = 0
    duration: float = 0.0
    evidence: Evidence = Evidence.STRUCTURED
    timeouts: int = 0
    output: str = ""
    overran: int = 0
    excused: tuple[str, ...] = ()
    chosen: str = ""
    verdict: Verdict | None = None

    def conclude(self, baseline: Baseline) -> Verdict:
        """The verdict over everything that was run."""
        if self.verdict is not None:
            return self.verdict
        if self.guards_broken:
            kind = VerdictKind.REGRESSES
            reason = f"breaks {_names(self.guards_broken)}"
            if baseline.targets:
                reason += f"; {len(self.targets_passed)} of {len(baseline.targets)} targets pass"
        elif not baseline.targets:
            kind, reason = VerdictKind.NO_EFFECT, f"breaks nothing of {self.guards_run} guards run; there is no target"
        elif len(self.targets_passed) == len(baseline.targets):
            kind = VerdictKind.FIXES
            number = len(baseline.targets)
            passed = "the target passes" if number == 1 else f"all {number} targets pass"
            reason = f"{passed}, no guard of {self.guards_run} broke"
        elif self.targets_passed:
            kind = VerdictKind.PARTIAL
            green = f"{len(self.targets_passed)} of {len(baseline.targets)} targets pass"
            reason = f"{green}; still red: {_names(self.targets_failed)}"
        elif not self.targets_failed:
            kind, reason = VerdictKind.BROKEN, "no target was run"
        elif self.timeouts == len(self.targets_failed):
            kind, reason = VerdictKind.TIMEOUT, f"hangs in {_names(self.targets_failed)}"
        else:
            kind, reason = VerdictKind.NO_EFFECT, f"still red: {_names(self.targets_failed)}"
        if self.chosen and self.guards_run < self.guards_total:
            reason += f"; {self.guards_run} of {self.guards_total} guards run: {self.chosen}"
        if self.excused:
            reason += f"; not counted, because unsteady: {_names(self.excused)}"
        return self._verdict(kind, reason)

    def excusing(self, guards: Iterable[str]) -> Judged:
        """Without these among the broken guards: they failed for reasons that aren't the candidate's."""
        excused = tuple(guards)
        if not excused:
            return self
        return replace(
            self,
            guards_broken=tuple(guard for guard in self.guards_broken if guard not in excused),
            guards_run=self.guards_run - len(excused),
            excused=(*self.excused, *excused),
        )

    def ended(self, kind: VerdictKind, reason: str) -> Judged:
        """The matter is settled by how a run ended."""
        return replace(self, verdict=self._verdict(kind, reason))

    def _verdict(self, kind: VerdictKind, reason: str) -> Verdict:
        return Verdict(
            kind=kind,
            targets_passed=self.targets_passed,
            targets_failed=self.targets_failed,
            guards_broken=self.guards_broken,
            guards_run=self.guards_run,
            guards_total=self.guards_total,
            evidence=self.evidence,
            duration=self.duration,
            reason=reason,
            output=self.output,
            overran=self.overran,
            excused=self.excused,
        )


def judge_run(
    known: Judged,
    run: Run,
    baseline: Baseline,
    *,
    targets: Sequence[str] = (),
    guards: Sequence[str] = (),
    stop_after: int = 0,
) -> Judged:
    """Add one run to what is known of a candidate.

    A run that was told to stop after so many failures tells of the tests that it came to; one that stops with fewer
    was stopped by somebody else.

    A run that is not whole proves nothing about the tests that reported before it broke off: the candidate is broken,
    or timed out. So is one whose report is weaker than the base's, and one that can't collect a module it could
    collect at the base.
    """
    report = run.report
    known = replace(
        known,
        duration=known.duration + report.duration,
        evidence=max(known.evidence, report.evidence, key=_STRENGTH.__getitem__),
        output=report.output,
    )
    if run.invalid is not None:
        return known.ended(VerdictKind.BROKEN, f"{run.invalid} does not compile: {report.output.strip()[:300]}")
    if report.timed_out or run.hung is not None:
        return known.ended(VerdictKind.TIMEOUT, run.problem)
    if not report.complete:
        return known.ended(VerdictKind.BROKEN, run.problem)
    if _STRENGTH[report.evidence] > _STRENGTH[baseline.second.evidence]:
        return known.ended(VerdictKind.BROKEN, f"the run gave no {baseline.second.evidence} report")
    if baseline.second.canaries and run.untrusted:
        return known.ended(VerdictKind.BROKEN, f"the report can't be trusted: {run.untrusted}")
    if baseline.second.canaries and not report.canaries and any(map(passes, report.results.values())):
        return known.ended(VerdictKind.BROKEN, "the report can't be trusted: no canary of ours is in it")
    fewer = _fewer(report, baseline)
    if fewer:
        return known.ended(VerdictKind.BROKEN, fewer)
    if report.evidence is not Evidence.STRUCTURED:
        report = folded(report, baseline.second.results)
    lost = uncollectable(report, baseline.second.results, dict.fromkeys((*targets, *guards)))
    if lost is not None:
        return known.ended(VerdictKind.BROKEN, f"{lost.id} can't be collected: {lost.message.strip()[:300]}")
    if run.stopped:
        failures = sum(not result.outcome.ok for result in report.results.values())
        if not 0 < stop_after <= failures:
            return known.ended(VerdictKind.BROKEN, "the test session was stopped early")
        targets = [test for test in targets if test in report.results]
        guards = [test for test in guards if test in report.results]
    passed = tuple(target for target in targets if _turned_green(target, report, baseline))
    failed = tuple(target for target in targets if target not in passed)
    return replace(
        known,
        targets_passed=(*known.targets_passed, *passed),
        targets_failed=(*known.targets_failed, *failed),
        guards_broken=tuple(guard for guard in guards if not passes(report.results.get(guard))),
        guards_run=known.guards_run + len(guards),
        timeouts=sum(_timed_out(target, report) for target in failed),
        overran=known.overran + sum(_timed_out(test, report) for test in (*targets, *guards)),
    )


def _turned_green(target: str, report: TestReport, baseline: Baseline) -> bool:
    """Whether a target passes. A module or class that failed as a whole does when its tests ran and none failed."""
    result = report.results.get(target)
    if result is not None:
        return passes(result)
    inside = [
        each for each in report.results.values() if each.id not in baseline.second.results and holds(target, each.id)
    ]
    return any(map(passes, inside)) and all(each.outcome.ok for each in inside)


def _fewer(report: TestReport, baseline: Baseline) -> str:
    """Why a run that is known by its summary alone doesn't stand for what the base ran."""
    base = max(baseline.first.counted, baseline.second.counted)
    if report.evidence is Evidence.EXIT_CODE and report.counted < base:
        return f"only {report.counted} tests ran by the output's summary, {base} at the base"
    return ""


def _timed_out(target: str, report: TestReport) -> bool:
    result = report.results.get(target)
    return result is not None and result.outcome is Outcome.TIMEOUT


def _names(tests: Sequence[str]) -> str:
    shown = ", ".join(tests[:_NAMED])
    return shown if len(tests) <= _NAMED else f"{shown} and {len(tests) - _NAMED} more"
