"""The source around the first suspects, for whoever reads of them when the repository has gone on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from reasoncli.domain import Excerpt, Suspect
from reasoncli.sources.text import decode

_ENDS = re.compile(r"\r\n|\r|\n")  # what counts as the end of a line to Python
_MOST = 12  # stretches
_AROUND = 3  # lines before and after
_LONGEST = 160  # lines of one stretch
_WIDEST = 400  # characters of a line

Read = Callable[[str], bytes | None]


def excerpts(suspects: Sequence[Suspect], read: Read) -> tuple[Excerpt, ...]:
    """The functions that the first suspects stand in, most suspect first, each once.

    Of a function that is too long the lines around its first suspect are taken.

    Args:
        suspects: in their order.
        read: bytes of a file at the base, `None` where there is none.
    """
    files: dict[str, list[str]] = {}
    found: list[Excerpt] = []
    for path, first, last in _stretches(suspects):
        if len(found) == _MOST:
            break
        if path not in files:
            files[path] = _ENDS.split(decode(read(path) or b"").rstrip("\r\n"))
        start = max(first, 1)
        lines = tuple(line[:_WIDEST] for line in files[path][start - 1 : last])
        if lines:
            found.append(Excerpt(path, start, lines))
    return tuple(found)


def _stretches(suspects: Sequence[Suspect]) -> Iterator[tuple[str, int, int]]:
    """(path, first line, last line), one for each function, or for a place in one that is too long."""
    seen: list[tuple[str, int, int]] = []
    for suspect in suspects:
        line = suspect.line if suspect.line is not None else suspect.start
        if any(path == suspect.path and first <= line <= last for path, first, last in seen):
            continue
        first, last = suspect.start - _AROUND, suspect.end + _AROUND
        if last - first >= _LONGEST:
            first = max(first, line - _LONGEST // 2)
            last = min(last, first + _LONGEST - 1)
        seen.append((suspect.path, first, last))
        yield seen[-1]
