"""Reading an issue's text: what of it is code, what is output, and what is prose around both.

Issues come with fences and without, with interpreter sessions (`>>>`, `In [1]:`), with tracebacks, and with code that
stands in the text line by line. Everything is told apart by what it looks like; nothing is run here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import dedent

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*([\w+-]*)")
_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.|In \[\d*\]:|\s*\.\.\.:)(?: |$)")
_START = re.compile(r"^(\s*)(?:>>>|In \[\d*\]:) ?(.*)$")
_MORE = re.compile(r"^\s*(?:\.\.\.:?) ?(.*)$")
_RESULT = re.compile(r"^\s*Out\[\d*\]:\s?(.*)$")
_TRACEBACK = re.compile(r"^\s*Traceback \(most recent call last\)")
_RAISED = re.compile(
    r"^\s*((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Warning|Exit|Interrupt|Iteration|DoesNotExist))"
    r"(?::\s(.*)|:?\s*)$"
)
_CODE = re.compile(
    r"^\s*(?:from\s+[\w.]+\s+import\b|import\s+\w|class\s+\w+.*:|(?:async\s+)?def\s+\w+\(.*|@\w|assert\s|print\s*\("
    r"|(?:for|while|if|with)\s.+:$|try:$|[A-Za-z_][\w.]*(?:\[[^\]]*\])?\s*=[^=]|[A-Za-z_][\w.]*\(.*)"
)
_SAYS = re.compile(
    r"^\s*(?:output|result|prints?|returns?|gives?|actual(?: output| result)?|expected(?: output| result)?|got)"
    r"\s*:\s*(.+)$",
    re.IGNORECASE,
)
_INLINE = re.compile(r"^`([^`]+)`[.!]?$")
_ITEM = re.compile(r"^\s*(?:[-*+•#|>]|\d+[.)]\s)")
_LANGUAGES = frozenset(
    ("", "python", "py", "python3", "pycon", "ipython", "python-repl", "pytb", "text", "txt", "console")
)
_LONGEST = 20_000  # characters of one piece
_MOST = 200  # pieces


@dataclass(frozen=True, slots=True)
class Code:
    """Statements, with the output that a session shows after each; `None` where the text shows none there."""

    statements: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Output:
    """What something printed or raised, as text."""

    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """One line of what somebody says; `goes_on` if it goes on in the paragraph of the line before it."""

    text: str
    goes_on: bool = False


Piece = Code | Output | Prose


def pieces(text: str) -> list[Piece]:
    """An issue's text in order, as far as it is not longer than anything that a person wrote."""
    found: list[Piece] = []
    for piece in _Reader(text.replace("\r\n", "\n").expandtabs(4).split("\n")).read():
        found.append(piece)
        if len(found) == _MOST:
            break
    return found


def raised(text: str) -> tuple[str, str] | None:
    """The exception that a text ends with, as (name without module, message); `None` where it shows none."""
    for line in reversed(text.strip().split("\n")):
        match = _RAISED.match(line)
        if match:
            return match[1].rsplit(".", 1)[-1], (match[2] or "").strip()
        if line.strip() and not line.startswith(" "):
            return None
    return None


class _Reader:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._at = 0
        self._prose = -1  # the line that prose may go on in

    def read(self) -> Iterator[Piece]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            fence = _FENCE.match(line)
            if fence:
                yield from self._fenced(fence[1], fence[2].lower())
            elif _START.match(line):
                yield from _session(self._taken(self._session_end()))
            elif _TRACEBACK.match(line):
                yield Output(dedent("\n".join(self._taken(self._traceback_end()))))
            elif says := _SAYS.match(line):
                self._at += 1
                yield Prose(line[: says.start(1)].strip())
                yield Output(_INLINE.sub(r"\1", says[1].strip()))
            elif _RAISED.match(line):
                self._at += 1
                yield Output(line.strip())
            elif _CODE.match(line) and (end := self._code_end()) > self._at:
                yield from _block("\n".join(self._taken(end)))
            else:
                self._at += 1
                if line.strip():
                    goes_on = self._prose == self._at - 1 and not _ITEM.match(line)
                    self._prose = -1 if line.lstrip().startswith("#") else self._at
                    yield Prose(line.strip(), goes_on)

    def _taken(self, end: int) -> list[str]:
        lines = list(self._lines[self._at : end])
        self._at = end
        return lines

    def _fenced(self, fence: str, language: str) -> Iterator[Piece]:
        self._at += 1
        end = self._at
        while end < len(self._lines) and not self._lines[end].strip().startswith(fence):
            end += 1
        body = dedent("\n".join(self._taken(end)))[:_LONGEST]
        self._at += 1
        if language not in _LANGUAGES or not body.strip():
            return
        if any(_START.match(line) for line in body.split("\n")):
            yield from _session(body.split("\n"))
        elif _TRACEBACK.search(body) or raised(body):
            before, trace = _apart(body)
            if before.strip():
                yield from _block(before)
            yield Output(trace)
        else:
            yield from _block(body)

    def _session_end(self) -> int:
        """After the last line of a session in plain text: an empty line, then something that is none of it."""
        end = self._at
        while end < len(self._lines):
            line = self._lines[end]
            if not line.strip() and not any(_PROMPT.match(each) for each in self._lines[end + 1 : end + 3]):
                break
            end += 1
        return end

    def _traceback_end(self) -> int:
        end = self._at + 1
        while end < len(self._lines):
            if _RAISED.match(self._lines[end]) and not self._lines[end].startswith("  File"):
                return end + 1
            following = self._lines[end + 1] if end + 1 < len(self._lines) else " "
            if not self._lines[end].strip() and not following.startswith(" ") and not _RAISED.match(following):
                return end
            end += 1
        return end

    def _code_end(self) -> int:
        """After the longest run of lines from here that parses; the place itself where none does."""
        best = end = self._at
        while end < len(self._lines) and end - self._at < 80:
            line = self._lines[end]
            if any(other.match(line) for other in (_FENCE, _START, _TRACEBACK, _SAYS, _RAISED)):
                break
            end += 1
            if _parsed(dedent("\n".join(self._lines[self._at : end]))) is None:
                continue
            if best in (self._at, end - 1) or (line.strip() and _goes_on(line)):
                best = end
        return best


def _goes_on(line: str) -> bool:
    return bool(_CODE.match(line)) or line.startswith((" ", ")", "]", "}"))


def _apart(body: str) -> tuple[str, str]:
    """What stands before a traceback, or an exception alone, and it."""
    lines = body.split("\n")
    at = next((i for i, line in enumerate(lines) if _TRACEBACK.match(line)), None)
    if at is None:
        at = next(i for i in range(len(lines) - 1, -1, -1) if _RAISED.match(lines[i]))
    return "\n".join(lines[:at]), "\n".join(lines[at:])


def _block(body: str) -> Iterator[Piece]:
    """Code, as its statements; or output, if it isn't code."""
    module = _parsed(body)
    if module is None or not any(_tells(node) for node in module.body):
        yield Output(body.strip("\n"))
        return
    statements = []
    lines = body.split("\n")
    for node in module.body:
        start = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        statements.append(("\n".join(lines[start - 1 : node.end_lineno]), None))
    yield Code(tuple(statements))


def _tells(node: ast.stmt) -> bool:
    """Whether a statement is code rather than a word or a value that happens to parse."""
    return not isinstance(node, ast.Expr) or any(isinstance(each, ast.Call | ast.Await) for each in ast.walk(node))


def _parsed(body: str) -> ast.Module | None:
    if len(body) > _LONGEST:
        return None
    try:
        module = ast.parse(body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return module if module.body else None


def _session(lines: Sequence[str]) -> Iterator[Piece]:
    """Statements of an interpreter session, each with what it shows."""
    statements: list[tuple[str, str | None]] = []
    source: list[str] = []
    shown: list[str] = []

    def close() -> None:
        if source:
            statements.append(("\n".join(source), "\n".join(shown).strip() or None))
        source.clear()
        shown.clear()

    for line in lines:
        start = _START.match(line)
        if start:
            close()
            source.append(start[2])
        elif source and not shown and (more := _MORE.match(line)):
            source.append(more[1])
        elif source:
            result = _RESULT.match(line)
            shown.append(result[1] if result else line)
    close()
    kept = tuple((code.rstrip(), out) for code, out in statements if code.strip() and not code.startswith(("%", "!")))
    if kept:
        yield Code(kept)
