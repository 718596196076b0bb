from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.voting.estimators import maj_at_k, pass_at_k


@given(st.integers(1, 12), st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_correct_one(n: int, data: st.DataObject) -> None:
    correct, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    expected = 1 - math.comb(n - correct, k) / math.comb(n, k)
    assert pass_at_k(n, correct, k) == pytest.approx(expected)


def test_pass_at_k_stays_exact_for_many_samples() -> None:
    assert pass_at_k(1024, 1, 1) == pytest.approx(1 / 1024)
    assert pass_at_k(1024, 1, 1024) == 1.0


def test_maj_at_k_against_every_draw() -> None:
    counts, correct, k = [3, 2, 2], [False, True, True], 3
    samples = [c for c, n in enumerate(counts) for _ in range(n)]
    draws = list(itertools.combinations(samples, k))
    won = 0.0
    for draw in draws:
        most = max(map(draw.count, draw))
        leaders = {c for c in draw if draw.count(c) == most}
        won += sum(correct[c] for c in leaders) / len(leaders)
    assert maj_at_k(counts, correct, k, draws=20_000) == pytest.approx(won / len(draws), abs=0.015)


def test_maj_at_all_is_the_plurality() -> None:
    assert maj_at_k([5, 4], [True, False], 9, draws=10) == 1.0


@pytest.mark.parametrize(("n", "correct", "k"), [(5, 6, 1), (5, 1, 6), (5, -1, 1), (5, 1, 0)])
def test_nonsense_is_refused(n: int, correct: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass@k"):
        pass_at_k(n, correct, k)


def test_maj_at_k_refuses_more_than_there_is() -> None:
    with pytest.raises(ValueError, match="maj@k"):
        maj_at_k([2, 1], [True, False], 4)
