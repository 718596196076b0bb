"""Rules beside each other: expected number of issues solved, and how much of the gap between chance and the best."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.selection.facts import Fact, Pool
from benchmarks.selection.rules import RULES

_RESAMPLED = 2000
_ORACLE = "oracle"
_CHANCE = "random pick"

Scores = Mapping[str, Sequence[float]]
"""For each rule, the share of draws in which it chose right, pool by pool."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Recovered share of the gap, with a 95 % interval of the bootstrap over issues."""

    value: float
    low: float
    high: float


def measured(pools: Sequence[Pool], size: int | None, draws: int, seed: int = 0) -> Scores:
    """Every rule on the same draws of `size` candidates; of all, once, with `None`. Ties count in parts."""
    found: dict[str, list[float]] = {name: [] for name in [*RULES, _ORACLE]}
    for pool in pools:
        rng = random.Random(f"{seed} {pool.instance}")
        whole = size is None or size >= len(pool.candidates)
        drawn = [pool.candidates if whole else rng.sample(pool.candidates, size or 0) for _ in range(draws)]
        drawn = drawn[:1] if whole else drawn
        for name, rule in RULES.items():
            found[name].append(sum(_share(rule(pool, each)) for each in drawn) / len(drawn))
        found[_ORACLE].append(sum(any(fact.correct for fact in each) for each in drawn) / len(drawn))
    return found


def gap(scores: Scores, rule: str, seed: int = 0) -> Gap:
    """(rule - random) / (oracle - random), over issues; resampled issues give the interval."""
    count = len(scores[rule])
    rng = random.Random(seed)
    resampled = [_recovered(scores, rule, [rng.randrange(count) for _ in range(count)]) for _ in range(_RESAMPLED)]
    resampled.sort()
    low, high = resampled[int(0.025 * _RESAMPLED)], resampled[int(0.975 * _RESAMPLED)]
    return Gap(_recovered(scores, rule, range(count)), low, high)


def show(pools: Sequence[Pool], sizes: Sequence[int | None], draws: int, console: Console) -> None:
    """Print a table for each size, with a column for each pool."""
    for size in sizes:
        scores = measured(pools, size, draws)
        what = "all candidates" if size is None else f"{size} candidates, {draws} draws"
        table = Table(title=f"{what}: {len(pools)} issues", title_justify="left")
        table.add_column("rule", no_wrap=True)
        for name in ("solved", "gap recovered", "95 %"):
            table.add_column(name, justify="right", no_wrap=True)
        for pool in pools:
            table.add_column(pool.instance.rpartition("-")[2], justify="right")
        for rule, shares in scores.items():
            recovered = gap(scores, rule)
            table.add_row(
                rule,
                f"{sum(shares):.2f}",
                f"{recovered.value:.0%}",
                "" if rule in (_CHANCE, _ORACLE) else f"{recovered.low:.0%} to {recovered.high:.0%}",
                *(f"{share:.2f}" for share in shares),
            )
        console.print(table)


def _share(chosen: Sequence[Fact]) -> float:
    return sum(fact.correct for fact in chosen) / len(chosen)


def _recovered(scores: Scores, rule: str, issues: Sequence[int] | range) -> float:
    chance, best, ours = (sum(scores[name][issue] for issue in issues) for name in (_CHANCE, _ORACLE, rule))
    return (ours - chance) / (best - chance) if best > chance else 0.0
