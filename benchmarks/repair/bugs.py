"""Bugs of functions, with the right function: those from data files."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.repair.functions import Lines, canonical, joined
from reasoncli import python_source
from reasoncli.edits import Scope
from reasoncli.edits.answers import anchored
from reasoncli.prompting.hints import Hint

Judge = Callable[[Sequence[str]], Iterator[bool]]
"""Verdicts on functions given as text, one after the other, only as many as are asked for."""


@dataclass(frozen=True, slots=True)
class Bug:
    """A function with a bug.

    Attributes:
        id: the same in every run.
        group: what bugs may share that makes them alike: a repository, a program.
        before: the printed function with the bug.
        after: the right one.
        wrong: indices `start` and `end` of the lines that are wrong; of an insertion, the line before it.
        scope: what is known of the function's surroundings.
        hints: what is told of the failure, as the tool tells it a model that was taught to read it.
        tests: judges functions by tests; `None` where there are none, so that only the right one will do.
    """

    id: str
    group: str
    before: Lines
    after: Lines
    wrong: tuple[int, int]
    scope: Scope = field(default_factory=Scope)
    hints: tuple[Hint, ...] = ()
    tests: Judge | None = None

    def is_exact(self, text: str) -> bool:
        """Whether a function is the right one."""
        return text == joined(self.after) or canonical(text) == canonical(joined(self.after))

    def passes(self, texts: Sequence[str]) -> Iterator[bool]:
        """Whether functions pass the tests, or are right where there are none."""
        return self.tests(texts) if self.tests else map(self.is_exact, texts)


def read_bugs(
    paths: Sequence[Path], *, split: str = "test", limit: int | None = None, longest: int | None = None
) -> tuple[list[Bug], int, int]:
    """Held-out bugs of files of training data.

    Args:
        paths: JSON lines, gzip: `source`, `path`, `name`, `split`, and a hunk from `before` to `after`; where a call
            showed the bug, `check` and `got`.
        split: of which sources, `test` or `dev`.
        limit: how many at most; the same ones each time, drawn by the hash of their id.
        longest: lines of a function at most.

    Returns:
        the bugs; how many others came up that are too long; and how many that can't be read as functions here.
    """
    rows = [row for path in paths for row in _rows(path) if row.get("split") == split]
    rows.sort(key=lambda row: hashlib.sha256(_id(row).encode()).digest())
    bugs: list[Bug] = []
    long = unreadable = 0
    for row in rows:
        if limit is not None and len(bugs) == limit:
            break
        bug = _bug(row)
        if longest is not None and len(bug.before) > longest:
            long += 1
        elif is_printed(bug.before) and is_printed(bug.after):
            bugs.append(bug)
        else:
            unreadable += 1
    return bugs, long, unreadable


def is_printed(lines: Lines) -> bool:
    """Whether lines are one function as the tool prints it."""
    text = joined(lines)
    module = python_source.parse(text)
    if module is None or len(module.body) != 1 or not isinstance(module.body[0], python_source.Definition):
        return False
    return tuple(line.printed for line in python_source.unit_lines(module.body[0], text)) == lines


def _bug(row: dict[str, Any]) -> Bug:
    before = tuple(row["before"])
    start, end, _ = anchored(before, row["start"], row["end"], row["replacement"])
    hints = (("test", row["check"]), ("got", row["got"])) if "check" in row else ()
    return Bug(_id(row), row["source"], before, tuple(row["after"]), (start, end), hints=hints)


def _id(row: dict[str, Any]) -> str:
    known = ":".join(str(row.get(key, "")) for key in ("source", "path", "name", "commit", "start"))
    return f"{known}:{hashlib.sha256(joined(row['before']).encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
