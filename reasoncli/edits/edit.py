"""One edit of a printed function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines `start` to `end` (exclusive) of a printed function are replaced.

    Attributes:
        start: index of the first line that goes, or before which lines come.
        end: index after the last line that goes; equal to `start` for an insertion.
        replacement: printed lines, with their indentation.
        operator: the name of the change, such as `change-name`.
    """

    start: int
    end: int
    replacement: tuple[str, ...]
    operator: str

    def apply(self, lines: Sequence[str]) -> list[str]:
        """The function's lines with the edit made."""
        return [*lines[: self.start], *self.replacement, *lines[self.end :]]

    def inverse(self, lines: Sequence[str], operator: str) -> Edit:
        """The edit that leads from the result back to `lines`, by the name that it then has."""
        return Edit(self.start, self.start + len(self.replacement), tuple(lines[self.start : self.end]), operator)


def minimal(lines: Sequence[str], start: int, end: int, replacement: Sequence[str], operator: str) -> Edit | None:
    """The smallest edit with the same result, and of those the last: equal results are equal edits.

    Returns:
        None if nothing changes.
    """
    first, last = 0, len(replacement)
    while start < end and first < last and lines[start] == replacement[first]:
        start, first = start + 1, first + 1
    while start < end and first < last and lines[end - 1] == replacement[last - 1]:
        end, last = end - 1, last - 1
    if start == end and first == last:
        return None
    new = tuple(replacement[first:last])
    if not new:
        while end < len(lines) and lines[start] == lines[end]:
            start, end = start + 1, end + 1
    while start == end and end < len(lines) and new[0] == lines[start]:
        new = (*new[1:], new[0])
        start, end = start + 1, end + 1
    return Edit(start, end, new, operator)
