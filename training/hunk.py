"""What changes a function's lines, wherever it comes from: a mined fix or a bug that was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hunk:
    """`after == before[:start] + replacement + before[end:]`."""

    start: int
    end: int
    replacement: tuple[str, ...]

    @classmethod
    def between(cls, before: Sequence[str], after: Sequence[str]) -> Hunk:
        """The smallest that leads from one list of lines to another; common ones are taken from the front first."""
        start = common(before, after)
        tail = common(before[start:][::-1], after[start:][::-1])
        return cls(start, len(before) - tail, tuple(after[start : len(after) - tail]))


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines two lists begin with together."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
