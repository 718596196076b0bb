"""An infill: text that takes the place of a region of a file."""

from __future__ import annotations

from collections.abc import Sequence

from reasoncli import python_source
from reasoncli.domain import Region
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.text import Source, align, decode
from reasoncli.patches.tree import Tree

_TELLING = 8  # characters from which a repeated line can't be chance


def apply_infill(text: str, region: Region, tree: Tree) -> dict[str, bytes]:
    """Put a completion in the place of its region.

    The text stands for whole lines. What it repeats of the code that follows the region (models go on past the
    hole) is taken off.

    Raises:
        Rejected: the region isn't there, or the text can't be encoded.
    """
    data = tree.read(region.path)
    if data is None:
        raise Rejected("unappliable", f"{region.path} is not in the repository")
    python = region.path.endswith((".py", ".pyi"))
    source = decode(data, python=python)
    start, stop = region.start - 1, region.end
    if not 0 <= start <= stop <= len(source.lines):
        raise Rejected("unappliable", f"{region.path} has no lines {region.start} to {region.end}")
    lines = text.replace("\r\n", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    suffix = source.lines[stop:]
    kept = without_overlap(lines, suffix)
    if kept is lines and python:
        shorter = without_overlap(lines, suffix, telling=1)
        if not _parses(_fill(source, start, stop, lines)) and _parses(_fill(source, start, stop, shorter)):
            kept = shorter
    return {region.path: _fill(source, start, stop, kept).encode()}


def without_overlap(lines: list[str], suffix: Sequence[str], telling: int = _TELLING) -> list[str]:
    """The lines up to where they begin to repeat the suffix, to their end or for three lines that aren't blank.

    Args:
        lines: the completion.
        suffix: lines that follow the region.
        telling: characters, white space apart, that a repetition must have to count.

    Returns:
        `lines` itself if nothing is repeated.
    """
    after = [line.rstrip() for line in suffix]
    while after and not after[0]:
        after.pop(0)
    for at in range(len(lines)):
        start = at
        length, weight, filled = 0, 0, 0
        while (
            start + length < len(lines)
            and length < len(after)
            and lines[start + length].rstrip() == after[length]
            and filled < 3
        ):
            weight += len("".join(after[length].split()))
            filled += bool(after[length])
            length += 1
        ran_out = start + length == len(lines) or length == len(after)
        if length and weight >= telling and (ran_out or filled >= 3):
            while start and not lines[start - 1].strip():
                start -= 1
            return lines[:start]
    return lines


def _fill(source: Source, start: int, stop: int, lines: Sequence[str]) -> Source:
    old = source.lines[start:stop]
    kept = align(old, lines)
    ends = [None if index is None else source.ends[start + index] or None for index in kept]
    return source.splice(start, stop, lines, ends)


def _parses(source: Source) -> bool:
    return python_source.parse(source.text) is not None
