"""Edits as a model says them: an answer that takes the place of lines it was asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reasoncli.edits.edit import Edit

Place = tuple[int, int]
"""Lines of a printed function that an answer takes the place of: index of the first, and after the last."""


def answer(replacement: Sequence[str]) -> str:
    """Printed lines as the answer that they take the place by: a space before the first line's text, none for none."""
    return "\n".join([f" {replacement[0].strip()}", *replacement[1:]]) if replacement else ""


def anchored(
    lines: Sequence[str], start: int, end: int, replacement: Sequence[str]
) -> tuple[int, int, tuple[str, ...]]:
    """The same change, but an insertion as a replacement of the line before it by that line and the new ones."""
    if start < end or start == 0:
        return start, end, tuple(replacement)
    return start - 1, end, (lines[start - 1], *replacement)


def by_place(edits: Iterable[Edit], lines: Sequence[str]) -> dict[Place, dict[str, Edit]]:
    """Edits by the lines to ask about and the answer that makes them, the first of each; in the order given.

    Those are left out that indent the first line otherwise: that is no part of an answer.
    """
    places: dict[Place, dict[str, Edit]] = {}
    for edit in edits:
        start, end, replacement = anchored(lines, edit.start, edit.end, edit.replacement)
        if not replacement or _margin(replacement[0]) == _margin(lines[start]):
            places.setdefault((start, end), {}).setdefault(answer(replacement), edit)
    return places


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
