"""Edits as a model says them: an answer that takes the place of lines it was asked about."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from reasoncli.edits.edit import Edit

_ABOVE = 3  # lines put before those asked about, at most

Place = tuple[int, int]
"""Lines of a printed function that an answer takes the place of: index of the first, and after the last."""


def answer(replacement: Sequence[str]) -> str:
    """Printed lines as the answer that they take the place by: a space before the first line's text, none for none."""
    return "\n".join([f" {replacement[0].strip()}", *replacement[1:]]) if replacement else ""


def above(lines: Sequence[str], start: int, end: int) -> int:
    """How many lines above a place tell it from others in the function that read the same; a few at most."""
    for count in range(min(_ABOVE, start)):
        asked = answer(lines[start - count : end])
        length = end - start + count
        if sum(answer(lines[at : at + length]) == asked for at in range(len(lines) - length + 1)) == 1:
            return count
    return min(_ABOVE, start)


def anchored(
    lines: Sequence[str], start: int, end: int, replacement: Sequence[str]
) -> tuple[int, int, tuple[str, ...]]:
    """The same change as an answer can say it, which begins in the column of the first line that was asked about.

    What is inserted, or begins in another column than what it replaces, comes with the line before.
    """
    in_column = start < end and (not replacement or _column(lines[start]) == _column(replacement[0]))
    if in_column or start == 0:
        return start, end, tuple(replacement)
    return start - 1, end, (lines[start - 1], *replacement)


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def by_place(
    edits: Iterable[Edit], lines: Sequence[str], asked: Container[Place] | None = None
) -> dict[Place, dict[str, Edit]]:
    """Edits by the lines to ask about and the answer that makes them, the first of each; in the order given.

    Args:
        edits: of a function.
        lines: of the same function.
        asked: the places that are wanted; all by default.
    """
    places: dict[Place, dict[str, Edit]] = {}
    for edit in edits:
        start, end, replacement = anchored(lines, edit.start, edit.end, edit.replacement)
        if asked is not None and (start, end) not in asked:
            continue
        places.setdefault((start, end), {}).setdefault(answer(replacement), edit)
    return places
