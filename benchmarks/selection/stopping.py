"""What stopping early saves and costs: attempts drawn in batches from a pool, until the rule of the tool says enough.

A pool's candidates are taken for what a sampler would write, each as often as it stands there, so that any number can
be drawn. Both ways see the same draws: one goes on to the whole budget, the other stops when `voting.stopping` says so.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.console import Console
from rich.table import Table

from benchmarks.selection.facts import Fact, Pool
from benchmarks.selection.rules import candidates, chosen
from reasoncli.voting.stopping import settled

BUDGET = 256
_BATCH = 8  # the first; batches double in size, as the tool's do
_CLEAR = 0.5  # of the attempts that stand best are for one patch: a clear winner
_LEVELS = (1.0, 0.99, 0.95, 0.9)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Of one pool and level, means over draws.

    Attributes:
        drawn: attempts until the stop.
        same: share of draws in which the whole budget chooses the same patch.
        right, right_in_full: share of draws in which the choice is right.
    """

    drawn: float
    same: float
    right: float
    right_in_full: float


def stopped(pool: Pool, confidence: float, draws: int, seed: int = 0) -> Stopped:
    """Draw until the rule is sure enough, and on to the whole budget."""
    rng = random.Random(f"{seed} {pool.instance}")
    runs = [_run(pool, confidence, rng) for _ in range(draws)]
    drawn, same, right, full = (sum(each) / draws for each in zip(*runs, strict=True))
    return Stopped(drawn, same, right, full)


def clear(pool: Pool) -> bool:
    """Whether one patch has most of the votes among those that stand as it does, in the pool as a whole."""
    best = chosen(pool, pool.candidates)
    votes = Counter(fact.vote_key for fact in pool.candidates if (fact.kind, fact.passed) == (best.kind, best.passed))
    return votes[best.vote_key] > _CLEAR * votes.total()


def show(pools: Sequence[Pool], draws: int, console: Console) -> None:
    """Print what each level of confidence saves, over all pools and over those with a clear winner."""
    for what, some in (("all pools", pools), ("a clear winner", [pool for pool in pools if clear(pool)])):
        if not some:
            continue
        table = Table(title=f"{what}: {len(some)}, {draws} draws of up to {BUDGET} attempts", title_justify="left")
        for name in ("stop when sure of", "drawn", "times fewer", "same choice", "right", "right in full"):
            table.add_column(name, justify="right")
        for level in _LEVELS:
            found = [stopped(pool, level, draws) for pool in some]
            drawn, same, right, full = (
                sum(getattr(each, name) for each in found) / len(found)
                for name in ("drawn", "same", "right", "right_in_full")
            )
            sure = f"{level:.0%}" if level < 1 else "certain"
            table.add_row(sure, f"{drawn:.0f}", f"{BUDGET / drawn:.1f}", f"{same:.1%}", f"{right:.1%}", f"{full:.1%}")
        console.print(table)


def _run(pool: Pool, confidence: float, rng: random.Random) -> tuple[float, float, float, float]:
    attempts = rng.choices(pool.candidates, k=BUDGET)
    full = chosen(pool, attempts)
    end, size = 0, _BATCH
    while end < BUDGET:
        end, size = min(end + size, BUDGET), 2 * size
        if _enough(pool, attempts[:end], confidence):
            break
    early = chosen(pool, attempts[:end])
    return end, float(early.vote_key == full.vote_key), float(early.correct), float(full.correct)


def _enough(pool: Pool, attempts: Sequence[Fact], confidence: float) -> bool:
    remaining = BUDGET - len(attempts)
    found = candidates(pool, [replace(fact, did=()) for fact in attempts])  # behaviour is looked at in the end
    return settled(found, targets=pool.targets, remaining=remaining, confidence=confidence) is not None
