"""Places that a traceback names: the failing tests' own, and those pasted into the issue."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from reasoncli.domain import TestResult
from reasoncli.stack_traces import Files, traces

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
    """The frames of stack traces, and `file:line` mentions, in an issue's text."""
    marks = []
    files = Files(paths)
    for trace in traces(text):
        resolved = [(files.resolve(frame.path), frame) for frame in trace]
        inside = [(path, frame) for path, frame in resolved if path is not None and not excluded(path)]
        for depth, (path, frame) in enumerate(reversed(inside)):
            detail = f"the issue's traceback passes through {frame.function or 'it'}"
            marks.append(Mark(path, frame.line, _FROM_ISSUE * _DECAY**depth, detail))
    for match in _MENTION.finditer(text):
        named = files.resolve(match[1])
        if named is not None and not excluded(named):
            marks.append(Mark(named, int(match[2]), _FROM_ISSUE, "named in the issue"))
    return marks
