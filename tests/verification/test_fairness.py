"""Tests that are set aside have no say: whatever they do under a candidate, its verdict is the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reasoncli.domain import Baseline, Outcome, TestResult, Verdict
from reasoncli.verification.judgement import Judged, judge_run
from reasoncli.verification.outcomes import same
from reasoncli.verification.session import Run
from reasoncli.verification.settling import differing_tests
from tests.verification.scripted import baseline_of, run, settled

TESTS = [f"tests/test_a.py::test_{name}" for name in "abcdefgh"]
OUTCOMES = st.sampled_from([Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.TIMEOUT])
RUNS = st.fixed_dictionaries({}, optional=dict.fromkeys(TESTS, OUTCOMES))


def judged(baseline: Baseline, outcomes: dict[str, Outcome]) -> Verdict:
    targets = tuple(target.id for target in baseline.targets)
    known = judge_run(Judged(), run(outcomes), baseline, targets=targets, guards=baseline.guards)
    return replace(known.conclude(baseline), overran=0)


@given(one=RUNS, two=RUNS, more=st.lists(RUNS, min_size=6, max_size=6), data=st.data())
def test_a_test_that_ever_differed_neither_selects_nor_rejects(
    one: dict[str, Outcome],
    two: dict[str, Outcome],
    more: list[dict[str, Outcome]],
    data: st.DataObject,
) -> None:
    first, second = run(one), run(two)
    found = settled(first, second, [run(each) for each in more])
    baseline = baseline_of(found)
    aside = {*baseline.flaky, *baseline.order_dependent}
    decisive = {*baseline.guards, *(target.id for target in baseline.targets)}
    assert not aside & decisive
    assert aside <= baseline.quarantine.keys(), "each with a reason"
    for test in decisive:
        bare = found.second.results[test]
        assert same(found.first.results[test], bare), "steady in what is compared with"
    under = data.draw(RUNS)
    flipped = {**under, **data.draw(st.fixed_dictionaries(dict.fromkeys(sorted(aside), OUTCOMES)))}
    assert judged(baseline, flipped) == judged(baseline, {**under, **dict.fromkeys(aside, Outcome.PASSED)})


@given(one=RUNS, two=RUNS, more=st.lists(RUNS, min_size=6, max_size=6))
def test_what_agrees_is_never_set_aside(
    one: dict[str, Outcome], two: dict[str, Outcome], more: list[dict[str, Outcome]]
) -> None:
    first, second = run(one), run(two)
    found = settled(first, second, [run(each) for each in more])
    assert {*found.flaky, *found.order_dependent} <= set(differing_tests(first, second))
    assert not set(found.flaky) & set(found.order_dependent)


@given(one=RUNS, two=RUNS, complete=st.booleans())
def test_runs_that_were_cut_short_set_aside_what_differs_and_ask_for_nothing(
    one: dict[str, Outcome], two: dict[str, Outcome], complete: bool
) -> None:
    first, second = run(one, complete=complete), run(two, complete=False)
    found = settled(first, second, [])
    assert set(found.flaky) == {
        test for test in one if test in two and not same(*(_result(r, test) for r in (first, second)))
    }
    assert not found.order_dependent


def _result(of: Run, test: str) -> TestResult | None:
    return of.report.results.get(test)
