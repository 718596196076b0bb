"""Coverage and choice as functions of the samples drawn, of one run and over several.

Where samples were not judged every figure is a pair: what is so if they all fail, and if they all are plausible.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reasoncli.voting.coverage import PowerLaw, band, enough, expected_first, pass_at, power_law, steps
from reasoncli.voting.majority import Share, first_at, majority_at
from reasoncli.voting.sampled import Attempt, Sampled

Bounds = tuple[float, float]

_RESAMPLED = 2_000
_LIKELY = 0.9


@dataclass(frozen=True, slots=True)
class Row:
    """What k samples give.

    Attributes:
        passes: pass@k; band: its 95 % confidence band.
        majority: maj@k, and how it was found.
        likeliest: choosing the patch with the highest mean log-probability; `None` where the model tells none.
        smallest: choosing the smallest change.
    """

    k: int
    passes: Bounds
    band: Bounds
    majority: tuple[Share, Share]
    likeliest: Bounds | None
    smallest: Bounds


@dataclass(frozen=True, slots=True)
class First:
    """When the first plausible sample comes; `None` where none is known to be plausible.

    Attributes:
        drawn: samples drawn before the batch in which it came, and with it; within a batch there is no order.
        expected: on average over all orders of these samples.
        median, likely: the fewest samples that hold one with a chance of 50 %, of 90 %.
    """

    drawn: tuple[int, int] | None = None
    expected: float | None = None
    median: int | None = None
    likely: int | None = None


@dataclass(frozen=True, slots=True)
class Curves:
    """A run's rows, the law through its coverage, or why there is none, and its first plausible sample."""

    sampled: Sampled
    rows: tuple[Row, ...]
    law: PowerLaw | str
    first: First


@dataclass(frozen=True, slots=True)
class Mean:
    """What k samples give on average over several runs; bands are 95 % ones, by resampling the runs."""

    k: int
    passes: Bounds
    band: Bounds
    majority: Bounds
    majority_band: Bounds


@dataclass(frozen=True, slots=True)
class Pooled:
    """The means over several runs, for as many samples as each of them has, and how many runs these are."""

    rows: tuple[Mean, ...]
    law: PowerLaw | str
    runs: int


def curves(sampled: Sampled, seed: int = 0) -> Curves:
    """All that is said of one run's samples; `seed` is of draws where exact answers take too long."""
    n, c = sampled.samples, sampled.plausible
    rows = tuple(_row(sampled, k, seed) for k in steps(n))
    if not rows:
        return Curves(sampled, (), sampled.trouble, First())
    first = First()
    if c:
        first = First(sampled.first(), expected_first(n, c), enough(n, c, 0.5), enough(n, c, _LIKELY))
    return Curves(sampled, rows, power_law([(row.k, row.passes[0]) for row in rows]), first)


def pooled(found: Sequence[Sampled], seed: int = 0) -> Pooled | None:
    """The means over runs of which something can be said; `None` where there are fewer than two of them."""
    told = [each for each in found if each.samples]
    if len(told) < 2:
        return None
    rows = []
    for k in steps(min(each.samples for each in told)):
        low = [pass_at(each.samples, each.plausible, k) for each in told]
        high = [pass_at(each.samples, each.plausible + each.unjudged, k) for each in told]
        majority = [_majority(each, k, seed) for each in told]
        least, most = [each[0].value for each in majority], [each[1].value for each in majority]
        rows.append(
            Mean(
                k,
                (_mean(low), _mean(high)),
                (_resampled(low, seed, 2.5), _resampled(high, seed, 97.5)),
                (_mean(least), _mean(most)),
                (_resampled(least, seed, 2.5), _resampled(most, seed, 97.5)),
            )
        )
    return Pooled(tuple(rows), power_law([(row.k, row.passes[0]) for row in rows]), len(told))


def _row(sampled: Sampled, k: int, seed: int) -> Row:
    n, low, high = sampled.samples, sampled.plausible, sampled.plausible + sampled.unjudged
    told = all(math.isfinite(each.logprob) for each in sampled.attempts)
    return Row(
        k=k,
        passes=(pass_at(n, low, k), pass_at(n, high, k)),
        band=band(n, low, k, upper=high),
        majority=_majority(sampled, k, seed),
        likeliest=_best(sampled, k, lambda each: -each.logprob) if told and sampled.attempts else None,
        smallest=_best(sampled, k, lambda each: each.size),
    )


def _majority(sampled: Sampled, k: int, seed: int) -> tuple[Share, Share]:
    low = majority_at(sampled.programs(unjudged=False), sampled.none, k, seed=seed)
    if not sampled.unjudged:
        return low, low
    return low, majority_at(sampled.programs(unjudged=True), sampled.none, k, seed=seed)


def _best(sampled: Sampled, k: int, score: Callable[[Attempt], float]) -> Bounds:
    """Choosing by the lowest score; of equal ones any sample is as likely to be taken."""
    equals: defaultdict[float, list[Attempt]] = defaultdict(list)
    for each in sampled.attempts:
        equals[score(each)].append(each)
    groups = [equals[value] for value in sorted(equals)]

    def bound(*, unjudged: bool) -> float:
        ordered = []
        for group in groups:
            samples = sum(each.samples for each in group)
            good = sum(each.samples for each in group if (unjudged if each.plausible is None else each.plausible))
            ordered.append((samples, good / samples))
        return first_at(ordered, sampled.none, k)

    return bound(unjudged=False), bound(unjudged=True)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _resampled(values: Sequence[float], seed: int, percent: float) -> float:
    """A percentile of the mean, were other runs of the same kind drawn: the bootstrap over runs."""
    draws, known = np.random.default_rng(seed), np.asarray(values)
    parts = [draws.choice(known, (_RESAMPLED // 20, len(known))).mean(axis=1) for _ in range(20)]  # less memory
    return float(np.percentile(np.concatenate(parts), percent))
