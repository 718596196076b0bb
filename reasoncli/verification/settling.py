"""Tests whose outcome differs between the two runs of the base: flaky, order-dependent, or disturbed by the tracer.

The runs differ in two things, the tracer and the order. A test that only chance moves must be told from those that
either moves, and cheap questions come first:

1. The tests that differ are run alone, a few times, bare. One that changes is flaky.
2. Once more alone, with coverage. One that then changes to what the traced run said is disturbed by the tracer: what
   it does bare counts, and its coverage doesn't.
3. For what is left, both orders once more, whole and bare. One that repeats its outcome in both depends on order; one
   that agrees with neither is flaky.

A suite whose tests all agree pays for none of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reasoncli.domain import Evidence, TestReport, TestResult
from reasoncli.verification.outcomes import group, same
from reasoncli.verification.session import Run

_REPEATS = 3  # how often a test that differs between the runs is run alone
_SHARE, _LEAST = 0.1, 8  # order-dependent tests, of all and in number, from which the suite itself is

RunSome = Callable[[Sequence[str], bool, Evidence], TestReport]
"""Runs tests alone, with coverage or not."""
RunOrders = Callable[[], tuple[Run, Run]]
"""Runs everything bare in the suite's own order and in the other one."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The two reports, and what is set aside with the reason for each; see `Baseline`."""

    first: TestReport
    second: TestReport
    flaky: tuple[str, ...] = ()
    order_dependent: tuple[str, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)
    ordered: bool = False


def differing_tests(first: Run, second: Run) -> tuple[str, ...]:
    """Tests on which two runs disagree; where one was cut short, of those that both came to."""
    one, two = first.report.results, second.report.results
    both = first.report.complete and second.report.complete
    tests = dict.fromkeys((*one, *two)) if both else [test for test in one if test in two]
    return tuple(test for test in tests if not same(one.get(test), two.get(test)))


def settle(first: Run, second: Run, differing: Sequence[str], some: RunSome, orders: RunOrders) -> Settled:
    """Tell why these tests differ.

    Args:
        first: traced, in the suite's own order.
        second: bare, in another order where the evidence is structured.
        differing: see `differing_tests`.
        some: runs tests alone.
        orders: runs everything twice more.
    """
    one, two = first.report.results, second.report.results
    if not (first.report.complete and second.report.complete):
        return _decided(
            first.report, second.report, dict.fromkeys(differing, "differs between runs, one cut short"), {}
        )
    evidence = second.report.evidence
    alone = [some(differing, False, evidence).results for _ in range(_REPEATS)]
    flaky = {test: _counted([one, two, *alone], test) for test in differing if not _agree(alone, test)}
    left = [test for test in differing if test not in flaky]
    traced = [test for test in left if same(alone[0].get(test), two.get(test))]
    if traced and evidence is Evidence.STRUCTURED:
        again = some(traced, True, evidence).results
        traced = [test for test in traced if same(again.get(test), one.get(test))]
    report = _untraced(first.report, two, traced)
    disturbed = set(traced)
    left = [test for test in left if test not in disturbed]
    if not left:
        return _decided(report, second.report, flaky, {})
    if evidence is not Evidence.STRUCTURED:  # nobody changed the order
        flaky.update((test, _counted([one, two, *alone], test)) for test in left)
        return _decided(report, second.report, flaky, {})
    own, other = orders()
    dependent: dict[str, str] = {}
    for test in left:
        steady = same(own.report.results.get(test), one.get(test)) and same(
            other.report.results.get(test), two.get(test)
        )
        if steady:
            dependent[test] = _orderly(one.get(test), two.get(test), alone[0].get(test))
        else:
            flaky[test] = _counted([one, two, *alone, own.report.results, other.report.results], test)
    if len(dependent) > max(_LEAST, _SHARE * len(one)) and own.report.complete:
        return replace(_decided(report, own.report, flaky, dependent), ordered=True)
    return _decided(report, second.report, flaky, dependent)


def _decided(first: TestReport, second: TestReport, flaky: Mapping[str, str], dependent: Mapping[str, str]) -> Settled:
    return Settled(first, second, tuple(flaky), tuple(dependent), {**flaky, **dependent})


def _untraced(report: TestReport, bare: Mapping[str, TestResult], tests: Sequence[str]) -> TestReport:
    """The traced report with what these tests do bare, and without their coverage."""
    if not tests:
        return report
    disturbed = set(tests)
    return replace(
        report,
        results={**report.results, **{test: bare[test] for test in tests if test in bare}},
        coverage={test: lines for test, lines in report.coverage.items() if test not in disturbed},
    )


def _agree(runs: Sequence[Mapping[str, TestResult]], test: str) -> bool:
    return all(same(run.get(test), runs[0].get(test)) for run in runs[1:])


def _counted(runs: Sequence[Mapping[str, TestResult]], test: str) -> str:
    passed = sum(group(run.get(test)) == "passed" for run in runs)
    return f"passed in {passed} of {len(runs)} runs"


def _orderly(own: TestResult | None, other: TestResult | None, alone: TestResult | None) -> str:
    return f"{group(own)} in the suite's own order, {group(other)} in another, {group(alone)} alone"
