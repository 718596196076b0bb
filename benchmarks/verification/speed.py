"""Candidates per second: ours against a fresh container and the whole suite for each."""

from __future__ import annotations

import random
from dataclasses import dataclass

from benchmarks.verification.bench import Bench, judged
from benchmarks.verification.comparing import counted, told
from reasoncli.domain import VerdictKind


@dataclass(frozen=True, slots=True)
class Way:
    """One row: how many were judged in how many seconds."""

    name: str
    judged: int
    seconds: float

    @property
    def rate(self) -> float:
        """Candidates per second."""
        return self.judged / self.seconds


def measure(bench: Bench, *, workers: int, plain: int, parallel: int, seed: int) -> tuple[list[Way], list[str]]:
    """The rows, ours first, and remarks.

    Args:
        bench: the project.
        workers: candidates judged at once.
        plain: how many are judged one by one in fresh containers; the rate is taken to hold for all.
        parallel: as `plain`, with `workers` at once.
        seed: of the choice of those.
    """
    patches = bench.candidates
    verifier = bench.verifier(bench.pool)
    try:
        verifier.prepare(workers)
        seconds, verdicts = judged(verifier.screen, patches, workers, "screening")
        finalist = next((i for i, each in enumerate(verdicts) if each.kind is VerdictKind.FIXES), None)
        final = 0.0
        if finalist is not None:
            final, _ = judged(verifier.confirm, [patches[finalist]], 1, "confirming")
        refused = verifier.warming.refused
    finally:
        verifier.close()
    others = list(range(1, len(patches)))
    random.Random(seed).shuffle(others)
    order = [0, *others]
    single, clean = judged(bench.plain, [patches[i] for i in order[:plain]], 1, "one by one")
    several, more = judged(bench.plain, [patches[i] for i in order[:parallel]], workers, "in parallel")
    pairs = [(verdicts[i], verdict) for i, verdict in zip(order, clean, strict=False)]
    pairs += [(verdicts[i], verdict) for i, verdict in zip(order[plain:parallel], more[plain:], strict=False)]
    ways = [
        Way(f"screened by {workers} workers", len(patches), seconds),
        Way("the same, and the finalist confirmed", len(patches), seconds + final),
        Way("fresh containers, one by one", len(clean), single),
        Way(f"fresh containers, {workers} workers", len(more), several),
    ]
    unsteady = sum(one.kind is not other.kind for one, other in zip(clean, more, strict=False))
    remarks = [
        f"suite at the base: {bench.seconds:.1f} s, {len(bench.baseline.guards)} guards, "
        f"{len(bench.baseline.targets)} targets; warm lane: {'closed, ' + refused if refused else 'open'}",
        counted(pairs),
        *told(pairs),
    ]
    if unsteady:
        remarks.append(f"the plain way disagrees with itself on {unsteady} candidates")
    return ways, remarks


def table(ways: list[Way]) -> str:
    """The rows with ratios of rates."""
    ours = ways[0]
    lines = [f"{'':<40}{'judged':>7}{'seconds':>9}{'per second':>12}{'ours is':>9}"]
    for way in ways:
        lines.append(f"{way.name:<40}{way.judged:>7}{way.seconds:>9.1f}{way.rate:>12.3f}{ours.rate / way.rate:>7.1f} x")
    return "\n".join(lines)
