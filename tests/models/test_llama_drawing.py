"""Drawing tokens: against the textbook, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reasoncli.errors import ModelError
from reasoncli.models.llama_cpp import seeds
from reasoncli.models.llama_cpp.drawing import Draw, Drawer, Drawn, Law, log_probabilities


def draw(logits: NDArray[np.float32], wishes: list[Draw]) -> list[Drawn]:
    return Drawer().draw(logits, wishes)


def textbook(logits: NDArray[np.float32], law: Law) -> NDArray[np.float64]:
    """Probabilities after temperature, then min-p, then top-p."""
    scaled = logits.astype(np.float64) / law.temperature
    scaled[list(law.banned)] = -np.inf
    weights = np.exp(scaled - scaled.max())
    mass = weights.sum()
    weights[weights < law.min_p * weights.max()] = 0
    order = np.argsort(-weights, kind="stable")
    if law.top_p < 1:
        size = int(np.searchsorted(np.cumsum(weights[order]), law.top_p * mass)) + 1
        weights[order[size:]] = 0
    return weights / weights.sum()


LAWS = [
    Law(),
    Law(temperature=0.5),
    Law(temperature=2.5),
    Law(top_p=0.8),
    Law(min_p=0.1),
    Law(temperature=0.7, top_p=0.9, min_p=0.02),
    Law(banned=(0, 5, 299)),
    Law(temperature=1.3, top_p=0.7, banned=(3,)),
]


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("size", [5 + 1, 300, 1024])
def test_tokens_have_the_textbook_probabilities(law: Law, size: int) -> None:
    law = Law(law.temperature, law.top_p, law.min_p, tuple(token for token in law.banned if token < size))
    logits = (np.random.default_rng(size).standard_normal((3, size)) * 2).astype(np.float32)
    count = 20_000
    (drawn,) = draw(logits, [Draw(1, law, seeds.uniforms(b"x" * 16, count))])
    expected = textbook(logits[1].copy(), law) * count
    observed = np.zeros(size)
    observed[list(drawn.tokens)] = drawn.counts
    assert observed.sum() == count
    assert not observed[expected == 0].any()
    large = expected >= 10
    chi = ((observed - expected)[large] ** 2 / expected[large]).sum()
    freedom = max(1, int(large.sum()) - 1)
    assert chi < freedom + 4 * np.sqrt(2 * freedom) + 4


def test_every_uniform_meets_its_own_token() -> None:
    """Inversion, exactly: the token in whose stretch of the cumulative distribution the uniform lies."""
    logits = np.random.default_rng(0).standard_normal((1, 1000)).astype(np.float32)
    heights = np.cumsum(textbook(logits[0], Law()))
    middles = heights - np.diff(heights, prepend=0) / 2
    drawn = draw(logits, [Draw(0, Law(), np.array([u])) for u in middles])
    assert [each.tokens[0] for each in drawn] == list(range(1000))


def test_logprobs_are_untempered_and_know_nothing_of_bans() -> None:
    logits = np.random.default_rng(0).standard_normal((4, 700)).astype(np.float32) * 3
    normalized = logits - np.log(np.exp(logits.astype(np.float64)).sum(axis=1, keepdims=True))
    for law in (Law(temperature=0.3, banned=(1, 2)), Law(temperature=0.0), Law(min_p=0.2)):
        for row, each in enumerate(draw(logits, [Draw(r, law, seeds.uniforms(b"y" * 16, 9)) for r in range(4)])):
            assert each.logprobs == pytest.approx([normalized[row, token] for token in each.tokens], abs=1e-5)
    rows, tokens = np.array([0, 3, 3]), np.array([5, 6, 699])
    assert log_probabilities(logits, rows, tokens) == pytest.approx(normalized[rows, tokens], abs=1e-5)


def test_greedy_takes_the_most_likely_that_is_allowed() -> None:
    logits = np.array([[1.0, 5.0, 3.0, 4.0]], dtype=np.float32)
    (free,) = draw(logits, [Draw(0, Law(temperature=0.0), np.zeros(7))])
    (banned,) = draw(logits, [Draw(0, Law(temperature=0.0, banned=(1,)), np.zeros(7))])
    assert (free.tokens, free.counts) == ((1,), (7,))
    assert banned.tokens == (3,)


@pytest.mark.parametrize("temperature", [0.02, 1.0])
def test_a_ban_may_take_nearly_all_probability(temperature: float) -> None:
    logits = np.array([[200.0, 1.0, 0.5, -3.0]], dtype=np.float32)
    (drawn,) = draw(logits, [Draw(0, Law(temperature, banned=(0,)), seeds.uniforms(b"b" * 16, 1000))])
    assert 0 not in drawn.tokens
    assert drawn.tokens[np.argmax(drawn.counts)] == 1
    assert drawn.logprobs[0] == pytest.approx(-199, abs=0.01)


def test_the_logits_are_left_as_they_are() -> None:
    logits = np.random.default_rng(0).standard_normal((8, 300)).astype(np.float32)
    before = logits.copy()
    for law in LAWS:
        draw(logits, [Draw(row, law, np.array([0.5])) for row in range(8)])
    assert (logits == before).all()


def test_threads_blocks_and_company_change_nothing() -> None:
    logits = (np.random.default_rng(0).standard_normal((12, 200_000)) * 4).astype(np.float32)
    wishes = [Draw(row % 12, LAWS[row % 6], seeds.uniforms(bytes([row]) * 16, 1 + row % 3)) for row in range(40)]
    drawer = Drawer(3)
    together = drawer.draw(logits, wishes)
    drawer.close()
    alone = [draw(logits, [wish])[0] for wish in wishes]
    assert [(each.tokens, each.counts) for each in together] == [(each.tokens, each.counts) for each in alone]


def test_a_million_draws_take_no_more_than_a_little_memory() -> None:
    logits = np.zeros((1, 4096), dtype=np.float32)
    (drawn,) = draw(logits, [Draw(0, Law(), seeds.uniforms(b"z" * 16, 1_000_000))])
    assert len(drawn.tokens) == 4096
    assert sum(drawn.counts) == 1_000_000


@settings(deadline=None, max_examples=200)
@given(
    values=st.lists(st.floats(-80, 80, width=32), min_size=1, max_size=600),
    temperature=st.sampled_from([0.0, 0.05, 1.0, 20.0]),
    top_p=st.sampled_from([1e-6, 0.5, 0.999999, 1.0]),
    min_p=st.sampled_from([0.0, 1e-9, 0.5, 1.0]),
    uniforms=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=5),
)
def test_whatever_the_logits_a_token_with_some_weight_is_drawn(
    values: list[float], temperature: float, top_p: float, min_p: float, uniforms: list[float]
) -> None:
    logits = np.array([values], dtype=np.float32)
    law = Law(temperature, top_p, min_p)
    (drawn,) = draw(logits, [Draw(0, law, np.array(uniforms))])
    assert isinstance(drawn, Drawn)
    assert sum(drawn.counts) == len(uniforms)
    assert all(0 <= token < len(values) for token in drawn.tokens)
    if temperature:
        weights = np.exp((logits[0].astype(np.float64) - max(values)) / temperature)
        assert all(weights[token] >= min_p * 0.999 for token in drawn.tokens)


def test_logits_that_are_no_numbers_are_an_error() -> None:
    logits = np.full((1, 10), np.nan, dtype=np.float32)
    with pytest.raises(ModelError, match="nonsense"):
        draw(logits, [Draw(0, Law(), np.array([0.5]))])


def test_uniforms_belong_to_their_path() -> None:
    first = seeds.child(seeds.root(1, "p"), 7)
    assert (seeds.uniforms(first, 5) == seeds.uniforms(first, 9)[:5]).all()
    others = [
        seeds.child(seeds.root(2, "p"), 7),
        seeds.child(seeds.root(1, "q"), 7),
        seeds.child(seeds.root(1, "p"), 8),
    ]
    assert all(seeds.uniforms(other, 1) != seeds.uniforms(first, 1) for other in others)
    many = seeds.uniforms(first, 100_000)
    assert 0 <= many.min() < many.max() < 1
    assert many.mean() == pytest.approx(0.5, abs=0.005)
