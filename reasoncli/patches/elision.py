"""Lines that stand for code left out: `...`, `# rest of the method unchanged`."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONGEST = 200  # characters of a line that stands for others
_ELIDED = re.compile(
    r"^\s*(?:\.{3}|…)\s*$"
    r"|^\s*(?:#|//|/\*|<!--)\s*(?:\.{3}|…).*$"
    r"|^\s*(?:#|//|/\*|<!--).*(?:\.{3}|…)\s*(?:\*/|-->)?\s*$"
    r"|^\s*(?:#|//)\s*\(?(?:the\s+)?(?:rest|remaining|remainder|other|existing|previous|unchanged)\b"
    r".*\b(?:code|unchanged|same|as before|lines|methods?|functions?|implementation|omitted|here|class|file)\b.*$",
    re.IGNORECASE,
)

Piece = tuple[list[str], list[str]]
"""Search lines and replace lines."""


def elides(line: str) -> bool:
    """Whether a line stands for others."""
    return len(line) <= _LONGEST and bool(_ELIDED.match(line))


def pieces(search: Sequence[str], replace: Sequence[str]) -> list[Piece] | None:
    """The parts of a block between the lines that stand for others, where both sides leave out the same.

    Returns:
        the parts in their order; `None` where nothing is left out, or not by the same lines on both sides, or where
        something new would stand beside what is left out without a line that says where.
    """
    ours, theirs = _split(search), _split(replace)
    if len(ours) < 2 or [mark for mark, _ in ours] != [mark for mark, _ in theirs]:
        return None
    parts: list[Piece] = []
    for (_, old), (_, new) in zip(ours, theirs, strict=True):
        if any(line.strip() for line in old):
            parts.append((old, new))
        elif any(line.strip() for line in new):
            return None
    return parts or None


def _split(lines: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Runs of lines, each with the line that stands for others before it."""
    runs: list[tuple[str, list[str]]] = [("", [])]
    for line in lines:
        if elides(line):
            runs.append((line.strip(), []))
        else:
            runs[-1][1].append(line)
    return runs
