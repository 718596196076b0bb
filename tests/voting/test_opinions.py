"""Judges' votes: what a judge that agrees with itself can do, and what none can."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.domain import Candidate, Comparison, Reproduced, Status
from reasoncli.voting.ballot import decide
from reasoncli.voting.clusters import ranked
from reasoncli.voting.opinions import REACH, comparable, margin, tally, with_opinions
from tests.voting.helpers import (
    CLEAN,
    NO_EFFECT,
    PARTIAL,
    REGRESSES,
    ballots,
    candidate,
)


def order(candidates: tuple[Candidate, ...] | list[Candidate]) -> list[str]:
    return [group.key for group in ranked(candidates)]


def compared(one: int, other: int, first: float, second: float, asked: int = 4) -> Comparison:
    return Comparison(one, other, first, second, asked)


@st.composite
def heard(draw: st.DrawFn) -> tuple[list[Candidate], list[Comparison]]:
    """A ballot, and what any judge might say of its finalists."""
    found = draw(ballots())
    leaders = [group.leader.index for group in comparable(found, targets=2)]
    asked = draw(st.integers(1, 9))
    answers = st.integers(0, 2 * asked).map(lambda n: n / 2)
    pairs = [(one, other) for at, one in enumerate(leaders) for other in leaders[at + 1 :]]
    return found, [compared(one, other, draw(answers), draw(answers), asked) for one, other in pairs]


def test_a_judge_that_agrees_with_itself_breaks_a_tie() -> None:
    tied = [candidate(0, size=1, judged=CLEAN), candidate(1, size=9, judged=CLEAN)]
    assert order(tied) == ["key-0", "key-1"]
    said = [compared(0, 1, 0, 0)]
    decision = decide(with_opinions(tied, said), targets=2, samples=2, comparisons=said)
    assert decision.chosen == 1
    assert decision.status is Status.VERIFIED
    assert not decision.tie
    assert decision.comparisons == tuple(said)
    told = " ".join(decision.reasons)
    assert "Of these votes 1.7 and 0.3 are the judges'." in told
    assert "4 of 4 answers for it shown first, 4 shown second" in told


def test_one_that_always_names_the_same_place_changes_nothing() -> None:
    tied = [candidate(index, size=3 - index) for index in range(3)]
    for first, second in ((4, 0), (0, 4)):
        said = [compared(one, other, first, second) for one, other in ((0, 1), (0, 2), (1, 2))]
        assert all(margin(each) == 0 for each in said)
        assert with_opinions(tied, said) == tuple(tied)
        assert "they went by the order" in tally(said[0], 0)


def test_neither_changes_nothing() -> None:
    tied = [candidate(0), candidate(1)]
    assert with_opinions(tied, [compared(0, 1, 2, 2)]) == tuple(tied)
    assert with_opinions(tied, []) == tuple(tied)


@pytest.mark.parametrize(
    ("first", "second", "asked", "expected"),
    [(1, 1, 1, 1 / 3), (4, 4, 4, 2 / 3), (0, 0, 4, -2 / 3), (4, 2, 4, 2 / 9), (2, 4, 4, 2 / 9), (98, 98, 98, 0.98)],
)
def test_margins(first: float, second: float, asked: int, expected: float) -> None:
    assert margin(compared(0, 1, first, second, asked)) == pytest.approx(expected)
    assert margin(compared(1, 0, asked - second, asked - first, asked)) == pytest.approx(-expected)


def test_a_near_tie_can_be_turned_and_a_lead_of_two_cannot() -> None:
    said = [compared(0, 1, 0, 0, 1000)]
    near = [candidate(0, votes=3), candidate(1, votes=2)]
    assert order(with_opinions(near, said)) == ["key-1", "key-0"]
    clear = [candidate(0, votes=4), candidate(1, votes=2)]
    assert len(comparable(clear, targets=2)) == 1
    assert order(with_opinions(clear, said)) == ["key-0", "key-1"]


@given(heard())
def test_no_judge_lifts_a_patch_over_a_better_standing_or_a_lead_of_two(
    case: tuple[list[Candidate], list[Comparison]],
) -> None:
    found, said = case
    groups = ranked(with_opinions(found, said))
    assert [group.standing for group in groups] == [group.standing for group in ranked(found)]
    alone = {group.key: group.votes for group in ranked(found)}
    for better, worse in pairwise(groups):
        if better.standing == worse.standing:
            assert alone[better.key] > alone[worse.key] - REACH


@given(heard())
def test_the_judges_share_out_one_vote_for_each_finalist(case: tuple[list[Candidate], list[Comparison]]) -> None:
    found, said = case
    groups = ranked(with_opinions(found, said))
    given_votes = [group.opinion for group in groups if group.opinion]
    assert sum(given_votes) == pytest.approx(len(given_votes))
    assert all(0 < votes < REACH for votes in given_votes)
    assert len(given_votes) in (0, len(comparable(found, targets=2)))


def test_a_cluster_has_the_votes_once_however_many_its_members() -> None:
    alike = [candidate(0, "a", behaviour="x"), candidate(1, "b", behaviour="x"), candidate(2, "c", votes=2)]
    heard = with_opinions(alike, [compared(0, 2, 4, 4)])
    groups = {group.leader.index: group for group in ranked(heard)}
    assert groups[0].opinion == pytest.approx(5 / 3)
    assert groups[0].votes == pytest.approx(2 + 5 / 3)
    assert groups[0].cluster().opinion == groups[0].opinion


def test_only_what_stands_best_and_near_is_compared() -> None:
    found = [
        candidate(0, votes=5),
        candidate(1, votes=4),
        candidate(2, votes=3),
        candidate(3, votes=9, judged=PARTIAL),
        candidate(4, votes=9, judged=None),
    ]
    assert [group.leader.index for group in comparable(found, targets=2)] == [0, 1]
    assert comparable([candidate(0, judged=NO_EFFECT)], targets=2) == []
    assert comparable([], targets=2) == []
    many = [candidate(index) for index in range(9)]
    assert len(comparable(many, targets=2)) == 4


def test_judges_are_no_attempts_where_votes_outweigh_a_broken_test() -> None:
    """Half of all votes are not more than half of them, whatever judges add."""
    breaks = [candidate(0, "a", 2, REGRESSES, behaviour="x"), candidate(1, "b", 2, REGRESSES, behaviour="x")]
    found = [*breaks, candidate(2, votes=4, judged=NO_EFFECT)]
    assert order(found)[0] == "key-2"
    assert order(with_opinions(found, [compared(0, 2, 9, 9, 9)]))[0] == "key-2"


def test_a_demoted_leader_takes_the_votes_along() -> None:
    """Judged again, the favourite breaks a test: what judges said doesn't help it."""
    heard = with_opinions([candidate(0), candidate(1)], [compared(0, 1, 4, 4)])
    assert order(heard) == ["key-0", "key-1"]
    assert order((replace(heard[0], verdict=REGRESSES), heard[1])) == ["key-1", "key-0"]


def test_tests_that_the_model_wrote_come_before_judges() -> None:
    """Whoever passes fewer of them isn't compared, and no judge's vote makes a consensus weigh more."""
    shown, other = (Reproduced("t", 1, passed=passed) for passed in (True, False))
    found = [replace(candidate(0, votes=2), reproduced=(shown,)), replace(candidate(1, votes=3), reproduced=(other,))]
    assert [group.leader.index for group in comparable(found, targets=2)] == [0]
    near = [*found, replace(candidate(2, votes=2), reproduced=(other,))]
    heard = with_opinions(near, [compared(1, 2, 4, 4)])
    assert {g.key: g.agreement for g in ranked(heard)} == {g.key: g.agreement for g in ranked(near)}
