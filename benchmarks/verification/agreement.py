"""Verdicts of the fast lane against those of clean containers with the whole suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.verification.bench import Bench, FreshPool, judged
from benchmarks.verification.comparing import Agreement, compare
from reasoncli.domain import Verdict


@dataclass(frozen=True, slots=True)
class Judgements:
    """What both ways said of the same candidates, and what it took.

    Attributes:
        fast, clean: wall-clock seconds of each way.
        warm: why the warm lane was closed, or an empty string.
    """

    pairs: tuple[tuple[Verdict, Verdict], ...]
    fast: float
    clean: float
    warm: str

    @property
    def spent(self) -> float:
        """Seconds of test runs in the fast lane, all candidates together."""
        return sum(fast.duration for fast, _ in self.pairs)

    @property
    def naive(self) -> float:
        """The same of clean containers with the whole suite."""
        return sum(clean.duration for _, clean in self.pairs)


def measure(bench: Bench, workers: int) -> Judgements:
    """Judge every candidate both ways."""
    verifier = bench.verifier(bench.pool)
    try:
        verifier.prepare(workers)
        verifier.warming.wait()  # what is compared is the warm lane, from the first candidate on
        seconds, fast = judged(verifier.screen, bench.candidates, workers, "screening")
        refused = verifier.warming.refused
    finally:
        verifier.close()
    fresh = bench.verifier(FreshPool(bench.provider, bench.events.append))
    slowly, clean = judged(fresh.confirm, bench.candidates, workers, "clean containers")
    fresh.close()
    return Judgements(tuple(zip(fast, clean, strict=True)), seconds, slowly, refused)


def row(name: str, measured: Sequence[Judgements]) -> str:
    """A line of the table: how many agree, and which part of the naive test time was spent."""
    kinds = [compare(fast, clean) for found in measured for fast, clean in found.pairs]
    same, stage = kinds.count(Agreement.SAME), kinds.count(Agreement.STAGE)
    spent, naive = sum(found.spent for found in measured), sum(found.naive for found in measured)
    agree = (same + stage) / len(kinds)
    return (
        f"{name:<16}{len(kinds):>11}{same:>6}{stage:>7}{len(kinds) - same - stage:>7}{agree:>9.1%}"
        f"{spent:>9.1f} s{naive:>9.1f} s = {spent / naive:.1%}"
    )
