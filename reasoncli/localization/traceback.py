"""Places that a traceback names: the failing tests' own, and those pasted into the issue."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from reasoncli.domain import TestResult

_FRAME = re.compile(r'^[ \t>|]*File "([^"\n]+)", line (\d+)(?:, in ([^\n]+))?', re.MULTILINE)
_MENTION = re.compile(r"(?<![\w/.\\-])((?:[\w.-]+[/\\])*[\w-]+\.\w{1,5}):(\d+)\b")
_DECAY = 0.6
_FROM_ISSUE = 0.8
"""Weight of what the issue says beside what was seen here: its line numbers may be of another version."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that a traceback names: score 1 for the innermost frame, less for each one further out."""

    path: str
    line: int
    score: float
    detail: str


def from_failures(failures: Iterable[TestResult], excluded: Callable[[str], bool]) -> list[Mark]:
    """The frames of failing tests in the code under test, the innermost strongest."""
    marks = []
    for failure in failures:
        inside = [frame for frame in failure.frames if not excluded(frame[0])]
        kind = failure.message.split(":", 1)[0].split("\n", 1)[0][:80] or "failure"
        for depth, (path, line, function) in enumerate(reversed(inside)):
            marks.append(Mark(path, line, _DECAY**depth, f"{kind} of {failure.id} passed through {function}"))
    return marks


def from_text(text: str, paths: Collection[str], excluded: Callable[[str], bool]) -> list[Mark]:
    """The frames of tracebacks, and `file:line` mentions, in an issue's text."""
    marks = []
    by_name = _by_name(paths)
    block: list[tuple[str, int, str]] = []
    end = 0
    for match in _FRAME.finditer(text):
        if block and text.count("\n", end, match.start()) > 3:  # frames of one traceback stand close together
            marks += _ranked(block)
            block = []
        end = match.end()
        path = _resolve(match[1], by_name)
        if path is not None and not excluded(path):
            block.append((path, int(match[2]), (match[3] or "").strip()))
    marks += _ranked(block)
    for match in _MENTION.finditer(text):
        path = _resolve(match[1], by_name)
        if path is not None and not excluded(path):
            marks.append(Mark(path, int(match[2]), _FROM_ISSUE, "named in the issue"))
    return marks


def _ranked(frames: list[tuple[str, int, str]]) -> list[Mark]:
    return [
        Mark(path, line, _FROM_ISSUE * _DECAY**depth, f"the issue's traceback passes through {function or 'it'}")
        for depth, (path, line, function) in enumerate(reversed(frames))
    ]


def _by_name(paths: Collection[str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for path in sorted(paths):
        names.setdefault(path.rpartition("/")[2], []).append(path)
    return names


def _resolve(said: str, by_name: dict[str, list[str]]) -> str | None:
    """The repository's file that a path from elsewhere means: the one that shares the longest ending with it."""
    parts = said.replace("\\", "/").split("/")
    best, length, tied = None, 0, False
    for path in by_name.get(parts[-1], ()):
        shared = _shared_ending(path.split("/"), parts)
        if shared > length:
            best, length, tied = path, shared, False
        elif shared == length:
            tied = True
    return None if tied else best


def _shared_ending(first: list[str], second: list[str]) -> int:
    count = 0
    for one, other in zip(reversed(first), reversed(second), strict=False):
        if one != other:
            break
        count += 1
    return count
