"""Votes: samples count as they are, ranked texts by their probability."""

from __future__ import annotations

import math

import pytest

from reasoncli.domain import Completion, TieBreakers
from reasoncli.search.pool import Pool
from tests.search.scripted import parse


def sample(text: str, count: int = 1, batch: int = 0) -> Completion:
    return Completion("p", text, count, (-0.5,), 3, "stop", batch=batch)


def ranked(text: str, rank: int, probability: float, batch: int = 0) -> Completion:
    return Completion("p", text, 1, (-0.5,), 0, "stop", batch=batch, rank=rank, score=math.log(probability))


def votes(pool: Pool) -> dict[str, float]:
    return {each.patch.diff: each.votes for each in pool.candidates()}


def whole(*completions: Completion) -> Pool:
    pool = Pool(parse)
    for each in completions:
        pool.add(each)
    for batch in sorted({each.batch for each in completions}):
        pool.close_batch(batch)
    return pool


def test_ranked_texts_share_out_as_many_votes_as_they_are() -> None:
    pool = whole(ranked("a", 1, 0.3), ranked("b", 2, 0.09), ranked("c", 3, 0.01))
    assert votes(pool) == pytest.approx({"a": 2.25, "b": 0.675, "c": 0.075})
    assert (pool.counted, pool.counted_samples, pool.counted_ranked) == (3, 0, 3)


def test_samples_and_ranked_texts_add_up_and_only_samples_are_independent() -> None:
    pool = whole(sample("a", 5), ranked("a", 1, 0.3), ranked("b", 2, 0.1), sample("c"))
    assert votes(pool) == pytest.approx({"a": 5 + 1.5, "b": 0.5, "c": 1})
    by_text = {each.patch.diff: pool.independent()[each.index] for each in pool.candidates()}
    assert by_text == {"a": 5, "b": 0, "c": 1}


def test_equal_patches_of_several_ranked_texts_have_their_probabilities_together() -> None:
    pool = Pool(lambda completion: parse(Completion("p", completion.text.strip(), 1, (), 1, "stop")))
    for each in (ranked("a", 1, 0.2), ranked(" a", 2, 0.1), ranked("b", 3, 0.1)):
        pool.add(each)
    pool.close_batch(0)
    assert votes(pool) == pytest.approx({"a": 2.25, "b": 0.75})


def test_what_is_no_patch_takes_its_part_of_the_votes_with_it() -> None:
    pool = whole(ranked("!no", 1, 0.3), ranked("a", 2, 0.1))
    assert votes(pool) == pytest.approx({"a": 0.5})
    assert (pool.counted_ranked, pool.rejected) == (2, 1)


def test_votes_of_an_open_batch_order_but_do_not_count() -> None:
    pool = whole(ranked("a", 1, 0.2), sample("a", 2))
    found = pool.add(ranked("b", 2, 0.2, batch=1))
    assert found is not None
    assert found.votes == pytest.approx(1.0)
    assert votes(pool) == {"a": 3.0}
    assert {each.patch.diff: each.votes for each in pool.provisional()} == {"a": 3.0, "b": 1.0}
    assert {each.patch.diff for each in pool.by_rank()} == {"a", "b"}
    pool.close_batch(1)
    assert votes(pool) == {"a": 3.0, "b": 1.0}


def test_less_likely_texts_that_come_later_never_take_votes_away() -> None:
    """What `remaining` promises to `settled`: nobody gains more than the proposals that are left."""
    texts = [ranked(f"t{n}", n, 0.4 * 0.6**n, batch=n // 4) for n in range(1, 40)]
    pool, before = Pool(parse), dict[str, float]()
    for batch in range(10):
        new = [each for each in texts if each.batch == batch]
        for each in new:
            pool.add(each)
        pool.close_batch(batch)
        after = votes(pool)
        gained = [after[text] - before.get(text, 0.0) for text in after]
        assert min(gained) >= 0
        assert sum(gained) == pytest.approx(len(new))
        before = after


def test_candidates_know_what_breaks_ties() -> None:
    ties = TieBreakers(size=True)
    found = Pool(parse, ties).add(sample("a"))
    assert found is not None
    assert found.tie_breakers == ties


def test_a_candidate_knows_the_samples_of_each_batch_and_its_best_rank() -> None:
    pool = whole(sample("a", 5), ranked("a", 4, 0.3), ranked("b", 2, 0.1), sample("a", 2, batch=1), ranked("a", 1, 0.1))
    known = {each.patch.diff: (each.drawn, each.rank) for each in pool.candidates()}
    assert known == {"a": (((0, 5), (1, 2)), 1), "b": ((), 2)}
