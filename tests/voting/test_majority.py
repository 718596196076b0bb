from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from reasoncli.voting.majority import first_at, majority_at

POOLS = [
    ([(3, True), (2, False), (1, False)], 0),
    ([(2, True), (2, False)], 2),
    ([(1, True), (1, True), (1, False), (3, False)], 1),
    ([(1, False)] * 4, 1),
    ([(4, True)], 3),
    ([], 3),
]


def samples(programs: list[tuple[int, bool]], none: int) -> list[int]:
    """A program's index for each sample, -1 for what is no patch."""
    return [i for i, (count, _) in enumerate(programs) for _ in range(count)] + [-1] * none


def brute_majority(programs: list[tuple[int, bool]], none: int, k: int) -> float:
    shares = []
    for draw in combinations(samples(programs, none), k):
        votes = Counter(i for i in draw if i >= 0)
        leaders = [i for i, count in votes.items() if count == max(votes.values())]
        shares.append(sum(programs[i][1] for i in leaders) / len(leaders) if leaders else 0.0)
    return sum(shares) / len(shares)


@pytest.mark.parametrize(("programs", "none"), POOLS)
def test_maj_at_k_is_the_share_of_all_draws(programs: list[tuple[int, bool]], none: int) -> None:
    for k in range(1, len(samples(programs, none)) + 1):
        share = majority_at(programs, none, k)
        assert share.value == pytest.approx(brute_majority(programs, none, k))
        assert (share.draws, share.error) == (0, 0)


@pytest.mark.parametrize(("programs", "none"), POOLS[:3])
def test_where_exact_takes_too_long_seeded_draws_come_near_it(programs: list[tuple[int, bool]], none: int) -> None:
    for k in range(2, len(samples(programs, none))):
        share = majority_at(programs, none, k, seed=3, work=0)
        assert share.draws > 0
        assert abs(share.value - brute_majority(programs, none, k)) <= 5 * share.error + 1e-9
        assert majority_at(programs, none, k, seed=3, work=0) == share


def test_all_samples_of_a_large_run_vote_exactly() -> None:
    programs = [(400, False), (401, True), *[(1, False)] * 200]
    assert majority_at(programs, 23, 1_024).value == 1
    drawn = majority_at(programs, 23, 512)
    assert drawn.draws > 0
    assert 0.4 < drawn.value < 0.65


@pytest.mark.parametrize(("programs", "none"), POOLS)
def test_best_by_a_score_is_the_first_that_is_there(programs: list[tuple[int, bool]], none: int) -> None:
    for k in range(1, len(samples(programs, none)) + 1):
        draws = list(combinations(samples(programs, none), k))
        firsts = [min((i for i in draw if i >= 0), default=None) for draw in draws]
        expected = sum(programs[i][1] for i in firsts if i is not None) / len(draws)
        assert first_at([(count, float(good)) for count, good in programs], none, k) == pytest.approx(expected)
