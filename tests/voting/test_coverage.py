"""Estimators against brute force over all draws."""

from __future__ import annotations

import math
from itertools import combinations, permutations

import pytest

from reasoncli.voting.coverage import (
    PowerLaw,
    band,
    clopper_pearson,
    enough,
    expected_first,
    pass_at,
    power_law,
    steps,
)

SMALL = [(n, c) for n in range(1, 8) for c in range(n + 1)]


@pytest.mark.parametrize(("n", "c"), SMALL)
def test_pass_at_k_is_the_share_of_all_draws_that_hold_a_plausible_one(n: int, c: int) -> None:
    for k in range(1, n + 1):
        draws = list(combinations(range(n), k))
        assert pass_at(n, c, k) == pytest.approx(sum(min(draw) < c for draw in draws) / len(draws))


def test_pass_at_k_is_stable_where_binomials_overflow() -> None:
    assert pass_at(10_000, 1, 5_000) == pytest.approx(0.5)
    assert pass_at(10_000, 3, 1) == pytest.approx(3e-4)
    assert pass_at(10_000, 0, 10_000) == 0
    assert pass_at(10_000, 5_000, 9_000) == 1


@pytest.mark.parametrize(("n", "c"), [(n, c) for n, c in SMALL if c])
def test_the_first_plausible_sample_by_all_orders(n: int, c: int) -> None:
    firsts = [order.index(min(order)) if c == 1 else min(order.index(i) for i in range(c)) for order in orders(n)]
    assert expected_first(n, c) == pytest.approx(1 + sum(firsts) / len(firsts))
    for chance in (0.5, 0.9):
        fewest = next(k for k in range(1, n + 1) if sum(first < k for first in firsts) >= chance * len(firsts) - 1e-9)
        assert enough(n, c, chance - 1e-12) == fewest


def orders(n: int) -> list[tuple[int, ...]]:
    return list(permutations(range(n)))


@pytest.mark.parametrize(
    ("n", "c", "low", "high"),
    [(10, 0, 0.0, 0.3085), (10, 1, 0.0025, 0.4450), (10, 5, 0.1871, 0.8129), (20, 20, 0.8316, 1.0)],
)
def test_the_interval_is_that_of_the_tables(n: int, c: int, low: float, high: float) -> None:
    assert clopper_pearson(n, c) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_is_quick_and_right_for_thousands() -> None:
    low, high = clopper_pearson(4_096, 41)
    assert low < 41 / 4_096 < high
    assert high - low == pytest.approx(4 * math.sqrt(0.01 * 0.99 / 4_096), rel=0.1)


@pytest.mark.parametrize(("n", "c"), SMALL)
def test_the_band_holds_the_estimate_and_grows_with_what_was_not_judged(n: int, c: int) -> None:
    for k in steps(n):
        low, high = band(n, c, k)
        assert 0 <= low <= pass_at(n, c, k) <= high <= 1
        wider = band(n, c, k, upper=n)
        assert (wider[0], wider[1] >= high) == (low, True)


def test_the_steps_double_and_end_with_all() -> None:
    assert [steps(n) for n in (0, 1, 2, 3, 6, 8)] == [[], [1], [1, 2], [1, 2, 3], [1, 2, 4, 6], [1, 2, 4, 8]]


@pytest.mark.parametrize(("a", "b"), [(-3.0, -0.3), (-0.5, -1.2), (-6.0, -0.05)])
def test_a_power_law_is_found_again(a: float, b: float) -> None:
    law = power_law([(k, math.exp(a * k**b)) for k in (1, 2, 4, 8, 16, 32)])
    assert isinstance(law, PowerLaw)
    assert (law.a, law.b) == (pytest.approx(a, rel=1e-3), pytest.approx(b, rel=1e-3))
    assert law.error < 1e-4
    assert law.at(64) == pytest.approx(math.exp(a * 64**b), rel=1e-3)


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ([(1, 0.0), (2, 0.0)], "0 or 1 throughout"),
        ([(1, 0.2), (2, 0.4), (4, 1.0)], "only 2 of its points"),
        ([], "0 or 1"),
    ],
)
def test_too_little_for_a_law(points: list[tuple[int, float]], why: str) -> None:
    law = power_law(points)
    assert isinstance(law, str)
    assert why in law
