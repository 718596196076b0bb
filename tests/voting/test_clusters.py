from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.domain import Candidate, ClaimFate, ClaimOutcome, TieBreakers, VerdictKind
from reasoncli.voting.clusters import rank, ranked
from reasoncli.voting.tiers import Tier, standing
from tests.voting.helpers import (
    BROKEN,
    CLEAN,
    DEMOTED,
    FIXES,
    NO_EFFECT,
    PARTIAL,
    REGRESSES,
    ballots,
    candidate,
    verdict,
)


def order(*candidates: Candidate) -> list[str]:
    return [cluster.key for cluster in rank(candidates)]


def test_tiers_come_before_votes() -> None:
    assert order(
        candidate(0, "broken", 100, BROKEN),
        candidate(1, "unjudged", 90, None),
        candidate(2, "regresses", 80, REGRESSES),
        candidate(3, "no-effect", 70, NO_EFFECT),
        candidate(4, "demoted", 60, DEMOTED),
        candidate(5, "partial", 50, PARTIAL),
        candidate(6, "fixes", 1, FIXES),
    ) == ["fixes", "partial", "demoted", "no-effect", "regresses", "unjudged", "broken"]


def test_more_targets_then_fewer_broken_guards() -> None:
    assert order(
        candidate(0, "two-broken", 9, verdict(VerdictKind.REGRESSES, 2, 2)),
        candidate(1, "one-target", 9, verdict(VerdictKind.REGRESSES, 1, 1)),
        candidate(2, "one-broken", 1, verdict(VerdictKind.REGRESSES, 2, 1)),
    ) == ["one-broken", "two-broken", "one-target"]


def test_equal_vote_keys_vote_together() -> None:
    clusters = rank([candidate(0, "a", 3), candidate(1, "b", 2), candidate(2, "b", 2)])
    assert [(c.key, c.votes, c.members) for c in clusters] == [("b", 4, (1, 2)), ("a", 3, (0,))]


def test_each_rule_decides_where_the_ones_before_are_even() -> None:
    assert order(candidate(0, "long", size=4), candidate(1, "short", size=2)) == ["short", "long"]
    assert order(candidate(0, "unlikely", logprob=-2), candidate(1, "likely", logprob=-1)) == ["likely", "unlikely"]
    assert order(candidate(1, "late"), candidate(0, "early")) == ["early", "late"]


@pytest.mark.parametrize(
    ("ties", "first"),
    [
        (TieBreakers(), ["early", "small", "likely"]),
        (TieBreakers(size=True), ["small", "early", "likely"]),
        (TieBreakers(logprob=True), ["likely", "early", "small"]),
        (TieBreakers(size=True, logprob=True), ["small", "likely", "early"]),
    ],
)
def test_weak_features_count_where_settings_say_so(ties: TieBreakers, first: list[str]) -> None:
    known = [
        candidate(0, "early", ties=ties),
        candidate(1, "small", size=1, logprob=-2.0, ties=ties),
        candidate(2, "likely", logprob=-0.1, ties=ties),
    ]
    assert order(*known) == first


def test_unknown_logprob_ranks_last() -> None:
    assert order(candidate(0, "unknown", logprob=float("-inf")), candidate(1, "known", logprob=-9)) == [
        "known",
        "unknown",
    ]


def test_a_broken_guard_demotes_but_keeps_its_votes() -> None:
    (cluster,) = rank([candidate(0, "a", 7, DEMOTED)])
    assert (cluster.tier, cluster.votes) == (Tier.DEMOTED, 7)


def test_the_label_cannot_hide_a_broken_guard_or_a_red_target() -> None:
    assert standing(verdict(VerdictKind.FIXES, 2, broken=1)).tier is Tier.DEMOTED
    assert standing(verdict(VerdictKind.FIXES, 1)).tier is Tier.PARTIAL


def test_an_unjudged_variant_lends_its_votes() -> None:
    clusters = rank([candidate(0, "a", 2, FIXES), candidate(1, "a", 2, None), candidate(2, "b", 3, FIXES)])
    assert [(c.key, c.votes, c.tier) for c in clusters] == [("a", 4, Tier.FIXES), ("b", 3, Tier.FIXES)]


def test_a_clean_verdict_speaks_for_its_cluster() -> None:
    demoted = dataclasses.replace(DEMOTED, clean=True)
    (cluster,) = rank([candidate(0, "a", 2, FIXES), candidate(1, "a", 2, demoted)])
    assert cluster.tier == Tier.DEMOTED
    assert cluster.members[0] == 1


def test_the_one_judged_clean_stands_for_its_cluster() -> None:
    (cluster,) = rank([candidate(0, "a", 9, FIXES, size=1), candidate(1, "a", 1, CLEAN, size=5)])
    assert cluster.members == (1, 0)


def test_programs_that_behave_alike_vote_together_and_lend_their_unjudged_forms() -> None:
    clusters = rank(
        [candidate(0, "a", 2, behaviour="same"), candidate(1, "b", 2, behaviour="same"), candidate(2, "b", 1, None)]
    )
    assert [(c.key, c.votes, c.members) for c in clusters] == [("same", 5, (1, 2, 0))]


def test_of_programs_that_behave_alike_the_one_with_most_votes_then_an_ordinary_one_stands_for_all() -> None:
    alike = [candidate(n, f"{n}", 1, size=size, behaviour="same") for n, size in enumerate((2, 13, 4, 6, 3))]
    assert rank(alike)[0].members[0] == 2
    assert rank([*alike, candidate(5, "1", 0.5, size=14, behaviour="same")])[0].members[:2] == (1, 5)


def test_what_behaves_alike_but_stands_otherwise_is_no_one_cluster() -> None:
    demoted = dataclasses.replace(DEMOTED, clean=True)
    fixes, other = candidate(0, "a", 1, behaviour="same"), candidate(1, "b", 9, demoted, behaviour="same")
    clusters = rank([fixes, other, candidate(2, "c", 2, behaviour="same")])
    assert [(c.key, c.votes, c.members, c.tier) for c in clusters] == [
        ("a", 3, (2, 0), Tier.FIXES),
        ("b", 9, (1,), Tier.DEMOTED),
    ]


def regressing(index: int, key: str, votes: float, *, claims: tuple[ClaimOutcome, ...] = ()) -> Candidate:
    return candidate(index, key, votes, dataclasses.replace(REGRESSES, claims=claims), behaviour="new")


def test_more_than_half_of_all_votes_outweigh_the_guards_they_break() -> None:
    most = [regressing(0, "a", 2), regressing(1, "b", 2), candidate(2, "c", 2, NO_EFFECT), candidate(3, "d", 1, None)]
    assert [(c.key, c.tier) for c in rank(most)][:2] == [("new", Tier.CONTESTED), ("c", Tier.HARMLESS)]
    half = [*most, candidate(4, "e", 1, NO_EFFECT)]
    assert rank(half)[0].tier == Tier.HARMLESS


def test_nothing_outweighs_a_guard_where_a_target_turned_green_or_one_attempt_stands_alone() -> None:
    most = [regressing(0, "a", 9), regressing(1, "b", 9), candidate(2, "c", 1, PARTIAL)]
    assert order(*most) == ["c", "new"]
    alone = [regressing(0, "a", 9), candidate(2, "c", 1, NO_EFFECT)]
    assert order(*alone) == ["c", "new"]
    remains = ClaimOutcome(ClaimFate.REMAINS, "f()", "1", "1")
    unproven = [regressing(0, "a", 9, claims=(remains,)), regressing(1, "b", 9, claims=(remains,))]
    assert order(*unproven, candidate(2, "c", 1, NO_EFFECT)) == ["c", "new"]


@given(ballots(), st.randoms())
def test_the_order_of_candidates_does_not_matter(candidates: list[Candidate], random: object) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rank(shuffled) == rank(candidates)


@given(ballots())
def test_every_candidate_is_in_one_cluster(candidates: list[Candidate]) -> None:
    members = [m for cluster in rank(candidates) for m in cluster.members]
    assert sorted(members) == [c.index for c in candidates]
    assert sum(c.votes for c in rank(candidates)) == sum(c.votes for c in candidates)


@given(ballots().filter(bool), st.data())
def test_more_votes_never_harm(candidates: list[Candidate], data: st.DataObject) -> None:
    which = data.draw(st.sampled_from(candidates))
    place = order(*candidates).index(which.patch.vote_key)
    more = [dataclasses.replace(c, votes=c.votes + 3) if c is which else c for c in candidates]
    assert order(*more).index(which.patch.vote_key) <= place


@given(ballots().filter(bool), st.data())
def test_one_more_broken_guard_never_helps(candidates: list[Candidate], data: st.DataObject) -> None:
    which = data.draw(st.sampled_from(candidates))
    if which.verdict is None:
        return
    before = order(*candidates).index(which.patch.vote_key)
    worse = dataclasses.replace(which.verdict, guards_broken=(*which.verdict.guards_broken, "g::more"))
    after = order(*(dataclasses.replace(c, verdict=worse) if c is which else c for c in candidates))
    assert after.index(which.patch.vote_key) >= before


@given(ballots())
def test_what_breaks_a_guard_never_outranks_a_fix(candidates: list[Candidate]) -> None:
    groups = ranked(candidates)
    fixes = [i for i, g in enumerate(groups) if g.standing.tier is Tier.FIXES]
    breaks = [i for i, g in enumerate(groups) if g.standing.broken]
    assert not fixes or not breaks or max(fixes) < min(breaks)
