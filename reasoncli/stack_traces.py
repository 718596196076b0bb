"""Stack traces in text, as several languages print them, and the repository's files that they mean."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_LINE = r"(?P<line>\d{1,7})"
_SOURCE = r"(?:c|cc|cpp|cxx|h|hpp|rs|go|ts|tsx|js|jsx|mjs|cjs|kt|java|scala|rb|ex|exs|swift|dart|php|py|lua|zig|cs)"
# Which end of a trace is the innermost differs: Python prints it last, everybody else first.
_PYTHON = re.compile(rf'^[ \t>|]*File "(?P<path>[^"\n]+)", line {_LINE}(?:, in (?P<name>[^\n]+))?')
_OTHERS = tuple(
    re.compile(pattern)
    for pattern in (
        # V8: at fn (path:line:col), at async fn (...), at path:line:col, with file:// and node: in front
        rf"^\s*at (?:async )?(?:(?P<name>[^()\n]*?(?: \[as [^\]]+\])?) \()?(?:file://)?(?P<path>[^():\n]+|[A-Za-z]:[^():\n]+)"
        rf":{_LINE}(?::\d+)?\)?",
        # JavaScriptCore and SpiderMonkey: fn@path:line:col
        rf"^(?P<name>[\w.$<>/]*)@(?:file://)?(?P<path>[^:\s@]+):{_LINE}:\d+$",
        # TAP's YAML (tape): at: fn (path:line:col), location: 'path:line:col'
        rf"^\s*(?:at|location): ['\"]?(?:(?P<name>[^()'\"\n]*) \()?(?:file://)?(?P<path>[^()'\"\n:]+):{_LINE}:\d+",
        # JVM: at pkg.Class.method(File.java:12)
        rf"^\s*at (?:[\w.@]*/)*(?P<name>[\w.$<>]+)\((?P<path>[\w.]+\.(?:java|kt|scala|groovy)):{_LINE}\)",
        # Rust: panicked at path:line:col, and the `at path:line:col` of a backtrace (which V8's reads as well)
        rf"panicked at (?:'.*', )?(?P<path>[^\s:',]+\.rs):{_LINE}:\d+",
        # Ruby and PHP: path:line:in `method', #0 path(line): method()
        rf"^\s*(?:# |from )?(?P<path>[^\s:]+\.(?:rb|ex|exs)):{_LINE}(?::in [`'](?P<name>[^']+)')?",
        rf"^#\d+ (?P<path>[^\s(]+\.php)\({_LINE}\): (?P<name>[^\s(]+)",
        # .NET: at Class.Method() in path:line 12
        rf"^\s*at (?P<name>[\w.`<>]+)\(.*\) in (?P<path>.+):line {_LINE}$",
        # Go's goroutine traces (tab, path, line), and every compiler's path:line at the beginning of a line
        rf"^\s*(?P<path>[^\s:()'\"]+\.{_SOURCE}):{_LINE}(?::\d+)?(?=[\s:)]|$)",
    )
)
_APART = 3  # lines between frames of one trace, at most


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it is printed; `function` may be empty."""

    path: str
    line: int
    function: str


def traces(text: str) -> list[list[Frame]]:
    """The stack traces in a text, each with its outermost frame first."""
    found: list[list[Frame]] = []
    last, python = -_APART - 1, False
    for number, line in enumerate(text.split("\n")):
        if len(line) > 1000:
            continue
        match = _PYTHON.match(line)
        is_python = match is not None
        if match is None:
            match = next((hit for pattern in _OTHERS if (hit := pattern.search(line))), None)
        if match is None:
            continue
        groups = match.groupdict()
        frame = Frame(groups["path"].strip(), int(groups["line"]), (groups.get("name") or "").strip())
        if number - last > _APART + 1 or is_python != python or not found:
            found.append([])
        last, python = number, is_python
        if is_python:
            found[-1].append(frame)
        else:
            found[-1].insert(0, frame)
    return found


class Files:
    """A repository's files, by the paths that are said elsewhere."""

    def __init__(self, paths: Collection[str]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for path in sorted(paths):
            self._by_name.setdefault(path.rpartition("/")[2], []).append(path)

    def resolve(self, said: str) -> str | None:
        """The file that a path from elsewhere means: the one that shares the longest ending with it, if it is one."""
        parts = said.replace("\\", "/").split("/")
        if "node_modules" in parts:  # somebody else's file, whatever it is called
            return None
        best, length, tied = None, 0, False
        for path in self._by_name.get(parts[-1], ()):
            shared = _shared_ending(path.split("/"), parts)
            if shared > length:
                best, length, tied = path, shared, False
            elif shared == length:
                tied = True
        return None if tied else best


def located(text: str, files: Files) -> tuple[tuple[str, int, str], ...]:
    """(path, line, function) of the frames in the repository of the trace with most of them, outermost first."""
    best: tuple[tuple[str, int, str], ...] = ()
    for trace in traces(text):
        inside = tuple(
            (path, frame.line, frame.function) for frame in trace if (path := files.resolve(frame.path)) is not None
        )
        if len(inside) > len(best):
            best = inside
    return best


def _shared_ending(first: list[str], second: list[str]) -> int:
    count = 0
    for one, other in zip(reversed(first), reversed(second), strict=False):
        if one != other:
            break
        count += 1
    return count
