"""The weights of `voting.confidence`, and whether it is right as often as it says."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.selection.facts import Fact, Pool
from benchmarks.selection.rules import candidates
from reasoncli.voting.clusters import ranked
from reasoncli.voting.confidence import WEIGHTS, logistic, signs

_SIZES = (5, 10, 20)
_BINS = 10
_STEPS = 50
_RIDGE = (0.01, 1.0)  # on the first weight, and on each other one: a sign that few pools have says little
_NAMES = ("constant", "fixes", "spoils", "lead")

Weights = Sequence[float]


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice among drawn attempts, and whether it was right; those of a pool weigh one together."""

    project: str
    signs: tuple[float, ...]
    right: bool
    weight: float


def choices(pools: Sequence[Pool], draws: int, seed: int = 0) -> list[Choice]:
    """What `select` chooses among so many draws of 5, 10 and 20 attempts of each pool."""
    found: list[Choice] = []
    for pool in pools:
        rng = random.Random(f"{seed} {pool.instance}")
        for size in _SIZES:
            for _ in range(draws):
                drawn = rng.sample(pool.candidates, min(size, len(pool.candidates)))
                choice = _choice(pool, drawn, 1 / (draws * len(_SIZES)))
                found += [] if choice is None else [choice]
    return found


def fitted(seen: Sequence[Choice]) -> tuple[float, ...]:
    """Weights by penalized logistic regression (Newton's method)."""
    size = len(seen[0].signs)
    weights = [0.0] * size
    ridge = [_RIDGE[i > 0] for i in range(size)]
    for _ in range(_STEPS):
        gradient = [-r * w for r, w in zip(ridge, weights, strict=True)]
        curvature = [[ridge[i] * (i == j) for j in range(size)] for i in range(size)]
        for each in seen:
            p = predicted(weights, each)
            for i in range(size):
                gradient[i] += each.weight * (each.right - p) * each.signs[i]
                for j in range(size):
                    curvature[i][j] += each.weight * p * (1 - p) * each.signs[i] * each.signs[j]
        step = _solved(curvature, gradient)
        weights = [w + s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    return tuple(weights)


def predicted(weights: Weights, choice: Choice) -> float:
    """Probability that it is right."""
    return logistic(math.fsum(w * x for w, x in zip(weights, choice.signs, strict=True)))


def left_out(seen: Sequence[Choice]) -> list[tuple[float, Choice]]:
    """Each choice with its probability by weights that never saw its project."""
    found: list[tuple[float, Choice]] = []
    for project in sorted({each.project for each in seen}):
        weights = fitted([each for each in seen if each.project != project])
        found += [(predicted(weights, each), each) for each in seen if each.project == project]
    return found


def bins(judged: Sequence[tuple[float, Choice]]) -> list[tuple[float, float, float] | None]:
    """By tenths of the stated probability: (weight, mean stated, share right); `None` for an empty one."""
    rows: list[tuple[float, float, float] | None] = []
    for n in range(_BINS):
        inside = [(p, c) for p, c in judged if min(int(p * _BINS), _BINS - 1) == n]
        weight = math.fsum(c.weight for _, c in inside)
        said = math.fsum(p * c.weight for p, c in inside)
        right = math.fsum(c.right * c.weight for _, c in inside)
        rows.append((weight, said / weight, right / weight) if inside else None)
    return rows


def show(pools: Sequence[Pool], given: Sequence[Pool], draws: int, console: Console) -> None:
    """Print fitted weights, and the tables: pools of our own with each project left out, and the given ones as they
    are judged by the weights that the tool has.
    """
    seen = choices(pools, draws)
    weights = fitted(seen)
    console.print("weights: " + ", ".join(f"{n} {w:.2f}" for n, w in zip(_NAMES, weights, strict=True)))
    console.print("in the tool: " + ", ".join(f"{n} {w:.2f}" for n, w in zip(_NAMES, WEIGHTS, strict=True)))
    _table(f"{len(pools)} pools, each project left out in turn", left_out(seen), console)
    if given:
        judged = [(predicted(WEIGHTS, each), each) for each in choices(given, draws)]
        _table(f"{len(given)} given pools, by the tool's weights", judged, console)


def _table(title: str, judged: Sequence[tuple[float, Choice]], console: Console) -> None:
    table = Table(title=title, title_justify="left")
    for name in ("it says", "pools", "on average", "right"):
        table.add_column(name, justify="right")
    for n, row in enumerate(bins(judged)):
        said = f"{n / _BINS:.1f} to {(n + 1) / _BINS:.1f}"
        table.add_row(said, *(("", "", "") if row is None else (f"{row[0]:.1f}", f"{row[1]:.2f}", f"{row[2]:.2f}")))
    console.print(table)
    total = math.fsum(c.weight for _, c in judged)
    brier = math.fsum(c.weight * (p - c.right) ** 2 for p, c in judged) / total
    base = math.fsum(c.weight * c.right for _, c in judged) / total
    console.print(f"Brier score {brier:.3f}; always saying {base:.2f} has {base * (1 - base):.3f}")


def _choice(pool: Pool, drawn: Sequence[Fact], weight: float) -> Choice | None:
    found = candidates(pool, drawn)
    if not found:
        return None
    groups = ranked(found)
    key = groups[0].leader.patch.execution_key
    right = any(fact.correct for fact in drawn if fact.execution_key == key)
    return Choice(pool.instance.partition("__")[0], signs(groups[0], groups), right, weight)


def _solved(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """Solution of a small positive definite system (Gauss)."""
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    size = len(rows)
    for i in range(size):
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in range(size):
            if j != i:
                rows[j] = [b - rows[j][i] * a for a, b in zip(rows[i], rows[j], strict=True)]
    return [row[-1] for row in rows]
