"""Why a test's outcome differs between the runs of the base, by scripted runs; test_steadiness.py has real ones."""

from __future__ import annotations

from reasoncli.domain import Outcome
from reasoncli.verification.session import Run
from tests.verification.scripted import baseline_of, run, settled

P, F = Outcome.PASSED, Outcome.FAILED
FIRST, SECOND, FLAKY = "test_a.py::test_first", "test_a.py::test_second", "test_b.py::test_flaky"


def alone(test: str, *outcomes: Outcome) -> list[Run]:
    return [run({test: outcome}) for outcome in outcomes]


def test_a_test_that_another_spoils_is_no_target() -> None:
    """It fails at the base, and alone it would pass with any patch."""
    own, other = run({FIRST: P, SECOND: F}), run({SECOND: P, FIRST: P})
    found = settled(own, other, [*alone(SECOND, P, P, P), *alone(SECOND, P), own, other])
    baseline = baseline_of(found, "test_second fails")
    assert baseline.order_dependent == (SECOND,)
    assert baseline.quarantine[SECOND].startswith("failed in the suite's own order, passed in another")
    assert not baseline.targets


def test_flaky_and_order_dependent_tests_are_told_apart() -> None:
    own, other = run({FIRST: P, SECOND: P, FLAKY: F}), run({FLAKY: P, SECOND: F, FIRST: P})
    some = [run({SECOND: F, FLAKY: outcome}) for outcome in (P, F, P)]
    found = settled(own, other, [*some, *alone(SECOND, F), own, other])
    assert found.flaky == (FLAKY,)
    assert found.order_dependent == (SECOND,)
    assert found.why[FLAKY] == "passed in 3 of 5 runs"


def test_a_flake_that_hits_only_the_other_order_is_not_taken_for_order() -> None:
    """It fails once, in the second run: repeated, the other order passes."""
    passes = run({FLAKY: P})
    found = settled(passes, run({FLAKY: F}), [*alone(FLAKY, P, P, P), passes, passes])
    assert found.flaky == (FLAKY,)
    assert found.why == {FLAKY: "passed in 6 of 7 runs"}
