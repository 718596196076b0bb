"""Where in a file the lines stand that a model quoted, in spite of the usual slips in quoting.

Ways of comparing are tried from strict to lenient; the first one that finds anything decides, and more than one
place found is an ambiguity, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from reasoncli.patches.outcome import Rejected

_NUMBERED = re.compile(r"^\s*(\d{1,7})(?:\s?[:|]\s?|\t)(.*)$")
_MOST_PLACES = 10_000
_TAB_WIDTHS = (4, 8, 2)

Rewrite = Callable[[str], str]
"""Turns a new line as the model wrote it into one that fits the file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Lines `start` up to, not including, `start + count`, and how new lines are brought into the file's form."""

    start: int
    count: int
    rewrite: Rewrite


def unchanged(line: str) -> str:
    """The rewrite of quotes that were exact."""
    return line


def occurrences(haystack: Sequence[Hashable], needle: Sequence[Hashable], most: int = _MOST_PLACES) -> list[int]:
    """Starts of up to `most` occurrences, overlapping ones too, in linear time (Knuth, Morris, Pratt 1977)."""
    if not needle:
        return []
    failure = [0] * len(needle)
    length = 0
    for index in range(1, len(needle)):
        while length and needle[index] != needle[length]:
            length = failure[length - 1]
        if needle[index] == needle[length]:
            length += 1
        failure[index] = length
    found: list[int] = []
    length = 0
    for index, item in enumerate(haystack):
        while length and (length == len(needle) or item != needle[length]):
            length = failure[length - 1]
        if item == needle[length]:
            length += 1
        if length == len(needle):
            found.append(index - length + 1)
            if len(found) >= most:
                break
    return found


def locate(lines: Sequence[str], quoted: Sequence[str]) -> Place | None:
    """Find quoted lines.

    Returns:
        the place, or `None` if no way of comparing finds any.

    Raises:
        Rejected: `ambiguous`, if the way that finds any finds several.
    """
    if not any(line.strip() for line in quoted):
        return None
    for places in (
        _exact(lines, quoted),
        _trailing_spaces(lines, quoted),
        _shifted(lines, quoted),
        _tabs(lines, quoted),
        _first_line_stripped(lines, quoted),
    ):
        if len(places) > 1:
            numbers = ", ".join(str(place.start + 1) for place in places[:4]) + " …" * (len(places) > 4)
            raise Rejected("ambiguous", f"the quoted lines occur more than once (lines {numbers})")
        if places:
            return places[0]
    return None


def _exact(lines: Sequence[str], quoted: Sequence[str]) -> list[Place]:
    return [Place(start, len(quoted), unchanged) for start in occurrences(lines, quoted)]


def _trailing_spaces(lines: Sequence[str], quoted: Sequence[str]) -> list[Place]:
    bare = [line.rstrip() for line in lines]
    return [Place(start, len(quoted), unchanged) for start in occurrences(bare, [line.rstrip() for line in quoted])]


def _shifted(lines: Sequence[str], quoted: Sequence[str]) -> list[Place]:
    """The whole quote stands too far to the left or to the right, every line by the same."""
    places = []
    for start in _by_content(lines, quoted):
        shift = _shift(lines[start : start + len(quoted)], quoted)
        if shift is not None:
            places.append(Place(start, len(quoted), shift))
    return places


def _by_content(lines: Sequence[str], quoted: Sequence[str]) -> list[int]:
    starts = occurrences([line.strip() for line in lines], [line.strip() for line in quoted])
    if len(starts) == _MOST_PLACES:
        raise Rejected("ambiguous", "the quoted lines occur thousands of times")
    return starts


def _shift(window: Sequence[str], quoted: Sequence[str]) -> Rewrite | None:
    pairs = [(indent(have), indent(said)) for have, said in zip(window, quoted, strict=True) if have.strip()]
    have_common = _common([have for have, _ in pairs])
    said_common = _common([said for _, said in pairs])
    if any(have[len(have_common) :] != said[len(said_common) :] for have, said in pairs):
        return None

    # What the file has more, or less, at the left of every line; new lines, also ones further left, follow.
    more = have_common.removesuffix(said_common) if have_common.endswith(said_common) else None
    less = said_common.removesuffix(have_common) if said_common.endswith(have_common) else None

    def rewrite(line: str) -> str:
        if not line.strip():
            return ""
        if more is not None:
            return more + line
        if less is not None:
            return line.removeprefix(less) if line.startswith(less) else line.lstrip()
        return have_common + line.removeprefix(said_common)

    return rewrite


def _common(indents: Sequence[str]) -> str:
    """The longest string that all begin with."""
    low, high = min(indents), max(indents)
    same = next((at for at, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[:same]


def _tabs(lines: Sequence[str], quoted: Sequence[str]) -> list[Place]:
    """The file is indented by tabs and the quote by spaces."""
    if not any(line.startswith("\t") for line in lines) or any(line.startswith("\t") for line in quoted):
        return []
    candidates = _by_content(lines, quoted)
    for width in _TAB_WIDTHS:
        places = []
        for start in candidates:
            window = [line.expandtabs(width) if line.strip() else "" for line in lines[start : start + len(quoted)]]
            shift = _shift(window, quoted)
            if shift is not None:
                places.append(Place(start, len(quoted), _tabbed(shift, width)))
        if places:
            return places
    return []


def _tabbed(shift: Rewrite, width: int) -> Rewrite:
    def rewrite(line: str) -> str:
        shifted = shift(line)
        tabs, spaces = divmod(len(indent(shifted)), width)
        return "\t" * tabs + " " * spaces + shifted.lstrip()

    return rewrite


def _first_line_stripped(lines: Sequence[str], quoted: Sequence[str]) -> list[Place]:
    """The quote lost the indentation of its first line and kept the others'."""
    if indent(quoted[0]) or len(quoted) < 2:
        return []
    tail = [line.rstrip() for line in quoted[1:]]
    bare = [line.rstrip() for line in lines]
    places = []
    for start in _by_content(lines, quoted):
        if bare[start + 1 : start + len(quoted)] == tail:
            places.append(Place(start, len(quoted), _indent_first(quoted[0], lines[start])))
    return places


def _indent_first(said: str, have: str) -> Rewrite:
    def rewrite(line: str) -> str:
        return line if indent(line) or not line.strip() else indent(have) + line

    return rewrite if said.strip() else unchanged


def indent(line: str) -> str:
    """The white space a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def unnumbered(lines: Sequence[str]) -> tuple[list[str], int] | None:
    """Lines without the line numbers that were copied along, and the first number; `None` if they carry none.

    Every line that isn't blank must have one, and they must count up by one.
    """
    matches = [_NUMBERED.match(line) for line in lines]
    first: int | None = None
    bare: list[str] = []
    for offset, (line, match) in enumerate(zip(lines, matches, strict=True)):
        if match is None:
            if line.strip():
                return None
            bare.append("")
            continue
        if first is None:
            first = int(match[1]) - offset
        if int(match[1]) != first + offset:
            return None
        bare.append(match[2])
    return None if first is None else (bare, first)


def drop_numbers(lines: Sequence[str]) -> list[str]:
    """New lines without line numbers, where most of them carry one (the count need not be whole)."""
    matches = [_NUMBERED.match(line) for line in lines]
    filled = sum(1 for line in lines if line.strip())
    if 2 * sum(match is not None for match in matches) <= filled:
        return list(lines)
    return [match[2] if match else line for line, match in zip(lines, matches, strict=True)]
