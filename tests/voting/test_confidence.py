"""How sure the vote is of what it chose."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from reasoncli.domain import Candidate, ClaimFate, ClaimOutcome
from reasoncli.voting.ballot import decide
from reasoncli.voting.clusters import ranked
from reasoncli.voting.confidence import logistic, signs
from tests.voting.helpers import BROKEN, CLEAN, DEMOTED, FIXES, NO_EFFECT, ballots, candidate


def sure(*candidates: Candidate, targets: int = 2) -> float:
    return decide(candidates, targets=targets, samples=9).confidence


def test_what_speaks_for_a_patch_makes_it_surer() -> None:
    plain = sure(candidate(0, votes=3, judged=NO_EFFECT), candidate(1, votes=2, judged=NO_EFFECT), targets=0)
    more_votes = sure(candidate(0, votes=6, judged=NO_EFFECT), candidate(1, votes=2, judged=NO_EFFECT), targets=0)
    green = sure(candidate(0, votes=3, judged=CLEAN), candidate(1, votes=2))
    assert plain < more_votes
    assert plain < green


def test_what_speaks_against_it_makes_it_less_sure() -> None:
    good = sure(candidate(0, votes=3, judged=CLEAN))
    assert sure(candidate(0, votes=3, judged=DEMOTED)) < good
    assert sure(candidate(0, votes=3, judged=replace(CLEAN, suspicions=("?",)))) < good
    remains = (ClaimOutcome(ClaimFate.REMAINS, "f(1)", "2", "2"),)
    assert sure(candidate(0, votes=3, judged=replace(CLEAN, claims=remains))) < good
    failing = [candidate(n, votes=1, judged=NO_EFFECT) for n in range(1, 9)]
    assert sure(candidate(0, votes=3, judged=CLEAN), *failing) < good, "attempts that fail say that it is hard"
    no_patches = [candidate(n, votes=1, judged=BROKEN) for n in range(1, 9)]
    assert sure(candidate(0, votes=3, judged=CLEAN), *no_patches) == good, "what can't run says nothing"


def test_nothing_chosen_is_sure_of_nothing() -> None:
    assert sure() == 0
    assert sure(candidate(0, judged=NO_EFFECT)) == 0


@given(ballots())
def test_it_is_a_probability_and_the_order_does_not_matter(candidates: list[Candidate]) -> None:
    first = sure(*candidates)
    assert 0 <= first <= 1
    assert sure(*reversed(candidates)) == pytest.approx(first)


def test_votes_for_the_same_behaviour_count_together() -> None:
    one, two = candidate(0, votes=2, behaviour="b"), candidate(1, votes=2, behaviour="b")
    groups = ranked([one, two, candidate(2, votes=1, judged=FIXES)])
    assert signs(groups[0], groups)[-1] == pytest.approx(signs(*_alone(4, 1))[-1])


def _alone(votes: float, others: float):  # type: ignore[no-untyped-def]
    groups = ranked([candidate(0, votes=votes), candidate(1, votes=others)])
    return groups[0], groups


@pytest.mark.parametrize("value", [-800.0, -1.0, 0.0, 1.0, 800.0])
def test_the_logistic_function_does_not_overflow(value: float) -> None:
    assert 0 <= logistic(value) <= 1
    assert logistic(value) + logistic(-value) == pytest.approx(1)
