"""What choosing among k samples without tests would give: by most votes (maj@k), or by a score of each patch.

The k are drawn from the n of a run without replacement, as pass@k does it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

DRAWS = 4_000
_AT_ONCE = 400  # draws
_WORK = 300_000  # states that may be visited for an exact answer

Counted = Sequence[tuple[int, bool]]
"""(samples, whether plausible) of each different patch."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of draws.

    Attributes:
        draws: how many were drawn by a seeded generator; 0 where the value is exact.
        error: standard error of the value, 0 where it is exact.
    """

    value: float
    draws: int = 0
    error: float = 0.0


def majority_at(programs: Counted, none: int, k: int, *, seed: int = 0, work: int = _WORK) -> Share:
    """maj@k: the share of draws whose most frequent patch is plausible; a tie counts by its plausible part.

    Exact where that takes few enough steps, else by seeded draws.

    Args:
        programs: different patches.
        none: samples that are no patch, which have no vote.
        k: samples of a draw.
        seed: of the draws.
        work: steps that an exact answer may take.
    """
    n = none + sum(samples for samples, _ in programs)
    if k == n or not programs:
        return Share(float(_part(programs)))
    if k == 1:
        return Share(sum(samples for samples, plausible in programs if plausible) / n)
    most = min(k, max(samples for samples, _ in programs))
    ties = sum((k // m + 1) ** 2 for m in range(1, most + 1))
    if ties * k * sum(min(samples, k) + 1 for samples, _ in programs) <= work:
        return Share(float(sum(_led_by(programs, none, k, m) for m in range(1, most + 1)) / math.comb(n, k)))
    return _drawn(programs, none, k, seed)


def first_at(ordered: Sequence[tuple[int, float]], none: int, k: int) -> float:
    """The share of draws whose best patch by a score is plausible, exactly.

    Args:
        ordered: (samples, plausible part of them) of patches with equal score, the best score first.
        none: samples that are no patch.
        k: samples of a draw.
    """
    n = none + sum(samples for samples, _ in ordered)
    share, absent, rest = 0.0, 1.0, n
    for samples, plausible in ordered:
        later = _absent(n, n - rest + samples, k)
        share += (absent - later) * plausible
        absent, rest = later, rest - samples
    return share


def _absent(n: int, c: int, k: int) -> float:
    """P(none of c among k of n)."""
    return 0.0 if n - c < k else math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))


def _part(programs: Counted) -> Fraction:
    """The plausible part of those with most samples."""
    most = max((samples for samples, _ in programs), default=0)
    leaders = [plausible for samples, plausible in programs if samples == most and most]
    return Fraction(sum(leaders), len(leaders)) if leaders else Fraction(0)


def _led_by(programs: Counted, none: int, k: int, m: int) -> Fraction:
    """Draws of k whose most frequent patch comes m times, weighed by the plausible part of those that do.

    The state is (samples drawn, plausible ones with m, others with m), its value in how many ways.
    """
    ways: dict[tuple[int, int, int], int] = {(0, 0, 0): 1}
    for samples, plausible in programs:
        grown: dict[tuple[int, int, int], int] = {}
        for (drawn, good, bad), count in ways.items():
            for more in range(min(samples, m, k - drawn) + 1):
                led = more == m
                state = (drawn + more, good + (led and plausible), bad + (led and not plausible))
                grown[state] = grown.get(state, 0) + count * math.comb(samples, more)
        ways = grown
    return sum(
        (
            Fraction(count * math.comb(none, k - drawn) * good, good + bad)
            for (drawn, good, bad), count in ways.items()
            if good
        ),
        Fraction(0),
    )


def _drawn(programs: Counted, none: int, k: int, seed: int) -> Share:
    """Shuffled samples of which the first k are looked at, a part of the draws at a time to save memory."""
    kinds = len(programs) + 1
    samples = np.repeat(np.arange(kinds, dtype=np.int32), [*(count for count, _ in programs), none])
    good = np.array([*(plausible for _, plausible in programs), False])
    random = np.random.default_rng((seed, k))
    shares = []
    for _ in range(DRAWS // _AT_ONCE):
        drawn = random.permuted(np.broadcast_to(samples, (_AT_ONCE, len(samples))), axis=1)[:, :k]
        places = (drawn + np.arange(_AT_ONCE, dtype=np.int32)[:, None] * kinds).ravel()
        votes = np.bincount(places, minlength=_AT_ONCE * kinds).reshape(_AT_ONCE, kinds)[:, :-1]
        leads = (votes == votes.max(axis=1, keepdims=True)) & (votes > 0)
        shares.append(leads[:, good[:-1]].sum(axis=1) / np.maximum(leads.sum(axis=1), 1))
    found = np.concatenate(shares)
    return Share(float(found.mean()), DRAWS, float(found.std() / math.sqrt(DRAWS)))
