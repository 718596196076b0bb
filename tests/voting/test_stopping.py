from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoncli.domain import Candidate, Verdict
from reasoncli.voting.clusters import rank
from reasoncli.voting.stopping import contenders, finalists, settled, tail
from tests.voting.helpers import BROKEN, CLEAN, DEMOTED, FIXES, NO_EFFECT, ballots, candidate


def leader(candidates: Sequence[Candidate]) -> str:
    return rank(candidates)[0].key


def test_certain_once_nobody_can_catch_up() -> None:
    candidates = [candidate(0, "a", 10), candidate(1, "b", 4)]
    assert settled(candidates, targets=2, remaining=6) is None
    assert "no other patch can overtake" in (settled(candidates, targets=2, remaining=5) or "")


def test_an_unjudged_patch_may_still_join_the_tier() -> None:
    candidates = [candidate(0, "a", 10), candidate(1, "b", 8, None)]
    assert settled(candidates, targets=2, remaining=5) is None
    assert settled([candidates[0], candidate(1, "b", 8, BROKEN)], targets=2, remaining=5) is not None


def test_only_the_best_tier_settles() -> None:
    assert settled([candidate(0, votes=50, judged=DEMOTED)], targets=2, remaining=1, confidence=0.5) is None
    assert settled([candidate(0, votes=50, judged=NO_EFFECT)], targets=2, remaining=1, confidence=0.5) is None
    assert settled([candidate(0, votes=50, judged=NO_EFFECT)], targets=0, remaining=1) is not None


def test_nothing_to_stop_once_the_budget_is_spent() -> None:
    assert settled([candidate(0, votes=50)], targets=2, remaining=0) is None
    assert settled([], targets=2, remaining=5) is None


def test_the_posterior_is_that_of_a_beta() -> None:
    assert tail(0, 0) == pytest.approx(0.5)
    assert tail(5, 0) == pytest.approx(2**-6)
    assert tail(3, 3) == pytest.approx(0.5)
    draws = random.Random(1)
    below = sum(draws.betavariate(9, 4) <= 0.5 for _ in range(20_000)) / 20_000
    assert tail(8, 3) == pytest.approx(below, abs=0.01)


def test_five_votes_and_no_rival_settle_at_95_percent() -> None:
    assert settled([candidate(0, votes=4)], targets=2, remaining=60, confidence=0.95) is None
    assert "at most 0.031" in (settled([candidate(0, votes=5)], targets=2, remaining=60, confidence=0.95) or "")


def test_weights_of_ranked_proposals_are_no_samples() -> None:
    alone = [candidate(0, "a", 30.0)]
    assert settled(alone, targets=2, remaining=60, confidence=0.95, independent={0: 2}) is None
    assert settled(alone, targets=2, remaining=60, confidence=0.95, independent={0: 20}) is not None
    rival = [candidate(0, "a", 20.0), candidate(1, "b", 15.0)]
    assert settled(rival, targets=2, remaining=60, confidence=0.95, independent={0: 20, 1: 0}) is None


def test_part_of_a_batch_is_not_counted() -> None:
    candidates = [candidate(0, "a", 12), candidate(1, "b", 1)]
    assert settled(candidates, targets=2, remaining=60, confidence=0.95, independent={0: 3, 1: 1}) is None


@st.composite
def full_runs(draw: st.DrawFn) -> tuple[list[str], dict[str, Verdict], int]:
    """Every sample of a full run by vote key, the verdict of each key, and how many samples were drawn by now."""
    keys = draw(st.lists(st.sampled_from("abcde"), min_size=1, max_size=25))
    verdict = {key: draw(st.sampled_from([FIXES, FIXES, DEMOTED, NO_EFFECT, BROKEN])) for key in "abcde"}
    return keys, verdict, draw(st.integers(1, len(keys)))


def tally(keys: Sequence[str], verdict: dict[str, Verdict], judged: frozenset[str]) -> list[Candidate]:
    found = list(dict.fromkeys(keys))
    return [candidate(i, k, keys.count(k), verdict[k] if k in judged else None) for i, k in enumerate(found)]


@settings(max_examples=500)
@given(full_runs(), st.sets(st.sampled_from("abcde")))
def test_the_deterministic_rule_never_changes_the_choice(
    run: tuple[list[str], dict[str, Verdict], int], judged: set[str]
) -> None:
    keys, verdict, drawn = run
    now = tally(keys[:drawn], verdict, frozenset(judged))
    if settled(now, targets=2, remaining=len(keys) - drawn) is not None:
        assert leader(now) == leader(tally(keys, verdict, frozenset("abcde")))


@settings(max_examples=300)
@given(full_runs(), st.sets(st.sampled_from("abcde")))
def test_only_contenders_can_win(run: tuple[list[str], dict[str, Verdict], int], judged: set[str]) -> None:
    keys, verdict, drawn = run
    now = tally(keys[:drawn], verdict, frozenset(judged))
    able = {now[i].patch.vote_key for i in contenders(now, targets=2, remaining=len(keys) - drawn)}
    winner = leader(tally(keys, verdict, frozenset("abcde")))
    waiting = {c.patch.vote_key for c in now if c.verdict is None}
    assert winner not in waiting - able


def test_the_statistical_rule_keeps_its_stated_error() -> None:
    """Behaviours drawn from the prior, samples in batches of 8: how often does the full run choose otherwise?"""
    rng = random.Random(7)
    confidence, budget, batch, runs = 0.9, 64, 8, 600
    changed = stopped = saved = 0
    for _ in range(runs):
        shares = [rng.gammavariate(1.0, 1.0) for _ in range(4)]
        keys = rng.choices("abcd", shares, k=budget)
        verdict = dict.fromkeys("abc", FIXES) | {"d": BROKEN}
        for drawn in range(batch, budget, batch):
            now = tally(keys[:drawn], verdict, frozenset("abcd"))
            if settled(now, targets=2, remaining=budget - drawn, confidence=confidence) is not None:
                stopped += 1
                saved += budget - drawn
                changed += leader(now) != leader(tally(keys, verdict, frozenset("abcd")))
                break
    assert changed / runs <= 1 - confidence
    assert stopped > runs / 2
    assert saved / (runs * budget) > 0.3


def test_contenders_come_with_the_likely_winners_first() -> None:
    candidates = [
        candidate(0, "few", 1, None),
        candidate(1, "many", 7, None),
        candidate(2, "likely", 1, None, logprob=-0.1),
        candidate(3, "many", 1, None),
        candidate(4, "done", 2, BROKEN),
        candidate(5, "done", 2, None),
    ]
    assert contenders(candidates, targets=2) == [1, 2, 0]


def test_whoever_cannot_win_any_more_is_left_out() -> None:
    candidates = [candidate(0, "a", 5), candidate(1, "b", 6, None), candidate(2, "c", 4, None)]
    assert contenders(candidates, targets=2) == [1]
    assert contenders(candidates, targets=2, remaining=1) == [1, 2]
    assert contenders([dataclasses.replace(candidates[0], verdict=DEMOTED), *candidates[1:]], targets=2) == [1, 2]


def test_equal_votes_can_win_only_by_the_rules_that_follow() -> None:
    leader = candidate(1, "a", 5, size=2, logprob=-1.0)
    rivals = [
        candidate(0, "earlier", 5, None),
        candidate(2, "later", 5, None),
        candidate(3, "smaller", 5, None, size=1),
        candidate(4, "larger", 5, None, size=3, logprob=-0.1),
        candidate(5, "likelier", 5, None, logprob=-0.5),
    ]
    assert contenders([leader, *rivals], targets=2) == [3, 5, 0]
    assert len(contenders([leader, *rivals], targets=2, remaining=1)) == 5


def test_finalists_until_the_choice_stands_on_a_clean_verdict() -> None:
    candidates = [candidate(0, "a", 5), candidate(1, "b", 3), candidate(2, "c", 9, BROKEN)]
    assert finalists(candidates, targets=2) == [0]
    assert finalists(candidates, targets=2, limit=2) == [0, 1]
    demoted = dataclasses.replace(DEMOTED, clean=True)
    candidates[0] = dataclasses.replace(candidates[0], verdict=demoted)
    assert finalists(candidates, targets=2) == [1]
    candidates[1] = dataclasses.replace(candidates[1], verdict=CLEAN)
    assert finalists(candidates, targets=2) == []


@given(ballots())
def test_finalists_run_out(candidates: list[Candidate]) -> None:
    judged = list(candidates)
    for _ in range(len(judged) + 1):
        following = finalists(judged, targets=2)
        if not following:
            break
        current = judged[following[0]]
        assert current.verdict is not None
        judged[following[0]] = dataclasses.replace(current, verdict=dataclasses.replace(current.verdict, clean=True))
    assert finalists(judged, targets=2) == []
