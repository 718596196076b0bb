"""What changes a function's lines, wherever it comes from: a mined fix or a bug that was made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hunk:
    """`after == before[:start] + replacement + before[end:]`."""

    start: int
    end: int
    replacement: tuple[str, ...]
