"""How often at least one of k samples is plausible: pass@k, its confidence band, and the power law through it.

All of it is about independent samples, n of which were drawn and c of which are plausible.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_LEVEL = 0.95
_POINTS = 3  # a power law has two parameters: less would always fit


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """coverage(k) = exp(a k^b), with a, b < 0 (Brown et al. 2024, "Large Language Monkeys").

    Attributes:
        error: largest distance to a point that it was fitted to, in coverage.
        points: how many there were.
    """

    a: float
    b: float
    error: float
    points: int

    def at(self, k: float) -> float:
        """Coverage by the law."""
        return math.exp(self.a * k**self.b)


def steps(samples: int) -> list[int]:
    """The k of a curve: 1, 2, 4, 8, ... and the number of samples itself."""
    powers = [1 << i for i in range(samples.bit_length()) if 1 << i <= samples]
    return powers if not powers or powers[-1] == samples else [*powers, samples]


def pass_at(n: int, c: int, k: int) -> float:
    """The unbiased estimator of Chen et al. 2021: 1 - C(n-c, k) / C(n, k), as a product of factors below 1.

    Args:
        n: samples drawn.
        c: plausible ones among them.
        k: samples that one would draw, at most n.
    """
    if n - c < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))


def band(n: int, c: int, k: int, *, upper: int | None = None, level: float = _LEVEL) -> tuple[float, float]:
    """Confidence band of coverage: the Clopper-Pearson interval of one sample's chance, through 1 - (1 - p)^k.

    The map grows with p, so that the band keeps the level of the interval. It is widened to hold the estimate, which
    near k = n is 0 or 1 and so beyond any interval.

    Args:
        n: samples drawn.
        c: plausible ones.
        k: samples that one would draw.
        upper: how many plausible ones there would be if all unjudged ones were, too.
        level: of confidence.
    """
    most = c if upper is None else upper
    low = 1.0 - (1.0 - clopper_pearson(n, c, level)[0]) ** k
    high = 1.0 - (1.0 - clopper_pearson(n, most, level)[1]) ** k
    return min(low, pass_at(n, c, k)), max(high, pass_at(n, most, k))


@functools.lru_cache(maxsize=1024)
def clopper_pearson(n: int, c: int, level: float = _LEVEL) -> tuple[float, float]:
    """The exact interval of a probability of which n trials showed c, by bisection of the binomial's tails."""
    tail = (1.0 - level) / 2.0
    low = 0.0 if c == 0 else _root(lambda p: _at_least(n, c, p) - tail)
    high = 1.0 if c == n else _root(lambda p: tail - (1.0 - _at_least(n, c + 1, p)))
    return low, high


def expected_first(n: int, c: int) -> float:
    """Samples up to the first plausible one on average, over all orders in which these n could have come."""
    return (n + 1) / (c + 1)


def enough(n: int, c: int, chance: float) -> int:
    """The fewest samples of which at least one is plausible with this chance; needs c > 0."""
    low, high = 1, n
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if pass_at(n, c, middle) >= chance else (middle + 1, high)
    return low


def power_law(points: Sequence[tuple[int, float]]) -> PowerLaw | str:
    """The law that fits best to (k, coverage), or why there is none.

    Least squares of log coverage: for each b the best a is known, and b is looked for.
    """
    open_points = [(k, math.log(coverage)) for k, coverage in points if 0.0 < coverage < 1.0]
    if not open_points:
        return "coverage is 0 or 1 throughout, which fits any such law"
    if len(open_points) < _POINTS:
        return f"only {len(open_points)} of its points lie between 0 and 1, and a law takes {_POINTS}"

    def fitted(b: float) -> tuple[float, float]:
        a = math.fsum(y * k**b for k, y in open_points) / math.fsum(k ** (2 * b) for k, _ in open_points)
        return math.fsum((y - a * k**b) ** 2 for k, y in open_points), a

    b = _least(lambda b: fitted(b)[0], -4.0, -1e-3)
    law = PowerLaw(fitted(b)[1], b, 0.0, len(open_points))
    error = max(abs(law.at(k) - math.exp(y)) for k, y in open_points)
    return PowerLaw(law.a, law.b, error, law.points)


def _at_least(n: int, c: int, p: float) -> float:
    """P(at least c of n) for a probability strictly between 0 and 1."""
    log_p, log_q = math.log(p), math.log1p(-p)
    whole = math.lgamma(n + 1)
    logs = [whole - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * log_p + (n - i) * log_q for i in range(c, n + 1)]
    return min(math.fsum(math.exp(each) for each in logs), 1.0)


def _root(grows: Callable[[float], float]) -> float:
    """Where a function that grows over (0, 1) passes 0."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (low, middle) if grows(middle) > 0.0 else (middle, high)
    return (low + high) / 2.0


def _least(cost: Callable[[float], float], low: float, high: float) -> float:
    """Where a function is least: on a grid, then ever closer around the best place of it."""
    for _ in range(6):
        grid = [low + (high - low) * i / 40 for i in range(41)]
        best = min(range(41), key=lambda i: cost(grid[i]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 40)]
    return (low + high) / 2.0
