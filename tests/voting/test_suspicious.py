"""Suspicious patches in the vote: behind all others with the same outcome, before those with a worse one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reasoncli.domain import Status, Verdict
from reasoncli.voting.ballot import decide
from reasoncli.voting.clusters import rank
from reasoncli.voting.stopping import contenders, settled
from reasoncli.voting.tiers import standing
from tests.voting.helpers import CLEAN, FIXES, PARTIAL, candidate, verdicts

ODD = replace(FIXES, suspicions=("a.py:1: it walks the frames of its callers",))
CLEAN_ODD = replace(CLEAN, suspicions=ODD.suspicions)


@given(verdicts().filter(bool), verdicts().filter(bool))
def test_suspicion_decides_after_the_tier_and_before_all_else(one: Verdict, other: Verdict) -> None:
    plain, odd = standing(other), standing(replace(one, suspicions=("odd",)))
    if plain.tier <= odd.tier:
        assert plain < odd
    else:
        assert odd < plain


def test_many_votes_do_not_outweigh_it() -> None:
    clusters = rank([candidate(0, votes=9, judged=ODD), candidate(1, votes=1), candidate(2, votes=5, judged=PARTIAL)])
    assert [cluster.members for cluster in clusters] == [(1,), (0,), (2,)]


@given(st.integers(1, 50))
def test_a_suspicious_leader_settles_nothing(votes: int) -> None:
    leader = candidate(0, votes=votes, judged=ODD)
    unjudged = candidate(1, votes=1, judged=None)
    assert settled([leader, unjudged], targets=2, remaining=1.0, confidence=0.5) is None
    assert contenders([leader, unjudged], targets=2) == [1]
    assert settled([candidate(0, votes=100)], targets=2, remaining=1.0, confidence=0.5) is not None


def test_the_decision_says_so() -> None:
    decision = decide([candidate(0, judged=CLEAN_ODD)], targets=2, samples=1)
    assert decision.status is Status.SUSPICIOUS
    assert decision.chosen == 0
    assert any("It is suspicious: a.py:1: it walks the frames" in reason for reason in decision.reasons)
    assert decide([candidate(0, judged=CLEAN)], targets=2, samples=1).status is Status.VERIFIED
    assert decide([candidate(0, judged=ODD)], targets=2, samples=1).status is Status.UNVERIFIED
