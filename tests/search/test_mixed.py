from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.models.interface import Choices, RankRequest, Request, SampleRequest
from reasoncli.search.interface import View
from reasoncli.search.strategies.best_of_n import BestOfN
from reasoncli.search.strategies.mixed import Mixed
from tests.search.scripted import prompt

CHOICES = (Choices(prompt(), tuple),)


@dataclass
class Drawn:
    """A strategy asked to its end, with so many texts to rank."""

    batches: list[tuple[int, int]]
    requests: list[Sequence[Request]]

    @property
    def ranked(self) -> int:
        return sum(ranked for ranked, _ in self.batches)

    @property
    def sampled(self) -> int:
        return sum(sampled for _, sampled in self.batches)


def drain(strategy: Mixed, texts: int = 10_000) -> Drawn:
    drawn = Drawn([], [])
    while requests := strategy.propose(
        View(len(drawn.batches), drawn.ranked + drawn.sampled, (), 0, ranked=drawn.ranked)
    ):
        assert len(drawn.batches) < 40, "it asks forever"
        got = 0
        for request in requests:
            if isinstance(request, RankRequest):
                assert request.first == drawn.ranked
                assert request.choices is strategy.choices
                got = min(request.most, texts - drawn.ranked)
        sampled = sum(request.n for request in requests if isinstance(request, SampleRequest))
        assert all(request.batch == len(drawn.batches) for request in requests)
        drawn.batches.append((got, sampled))
        drawn.requests.append(requests)
    return drawn


def mixed(share: float, samples: int = 64, first: int = 32) -> Mixed:
    prompts = (prompt("a", 3), prompt("b", 1))
    return Mixed(BestOfN(prompts, samples, seed=7, first=first), CHOICES, share)


@given(st.integers(1, 500), st.floats(0, 1), st.integers(1, 64), st.integers(0, 300))
def test_all_proposals_are_made_whatever_the_ranking_has(samples: int, share: float, first: int, texts: int) -> None:
    drawn = drain(mixed(share, samples, first), texts)
    wanted = math.ceil(share * samples - 1e-9)
    assert drawn.ranked == min(wanted, texts)
    assert drawn.sampled == (samples - drawn.ranked if share < 1 else 0)


def test_batches_double_and_have_their_share_of_both_with_the_ranked_first() -> None:
    drawn = drain(mixed(0.5, 300))
    assert drawn.batches == [(16, 16), (16, 16), (32, 32), (64, 64), (22, 22)]
    assert all(isinstance(requests[0], RankRequest) for requests in drawn.requests)


@pytest.mark.parametrize(("share", "batches"), [(0.0, [(0, 32), (0, 32)]), (1.0, [(32, 0), (32, 0)])])
def test_one_kind_alone(share: float, batches: list[tuple[int, int]]) -> None:
    assert drain(mixed(share)).batches == batches


def test_a_single_proposal_is_the_likeliest_edit() -> None:
    assert drain(mixed(0.5, 1)).batches == [(1, 0)]


def test_without_a_share_it_samples_as_ever() -> None:
    plain = BestOfN((prompt("a", 3), prompt("b", 1)), 64, seed=7)
    assert drain(mixed(0.0)).requests[0] == list(plain.propose(View(0, 0, (), 0)))


def test_what_the_ranking_lacks_is_sampled_in_the_next_batch() -> None:
    assert drain(mixed(0.5, 64), texts=20).batches == [(16, 16), (4, 16), (0, 12)]
    assert drain(mixed(0.5, 64), texts=16).batches == [(16, 16), (0, 16), (0, 16)]
    assert drain(mixed(1.0, 64), texts=40).batches == [(32, 0), (8, 0)]


def test_a_resumed_strategy_proposes_what_it_would_have_proposed() -> None:
    strategy = mixed(0.5, 256)
    requests = drain(strategy).requests
    for batch, (asked, ranked) in enumerate([(0, 0), (32, 16), (64, 32), (128, 64)]):
        view = View(batch, asked, (), pending=batch, ranked=ranked)
        assert strategy.propose(view) == requests[batch]
