"""Which guards a patch can reach: from the base's per-test coverage and the lines the patch changes."""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reasoncli.domain import Baseline, Patch
from reasoncli.python_source import parse

IMPORT = "<import>"  # the runner's context for lines of modules and class bodies
_CHEAP = 1.0  # seconds of tests that are not worth choosing from


@dataclass(frozen=True, slots=True)
class Touched:
    """The guards to run for a patch, and why no fewer."""

    guards: tuple[str, ...]
    why: str


class GuardIndex:
    """Guards by what they execute at the base. Asked from several threads at once."""

    def __init__(self, baseline: Baseline, read: Callable[[str], bytes | None]) -> None:
        """Index a baseline with coverage in its first run; `read` gives a file's bytes at the base by its path."""
        results = baseline.second.results
        self._guards = baseline.guards
        self._coverage = baseline.first.coverage
        self._quick = sum(results[test].duration for test in self._guards if test in results) <= _CHEAP
        self._read = read
        self._sources: dict[str, _Source | None] = {}

    def touched(self, patch: Patch) -> Touched:
        """Guards that execute a function the patch changes.

        All of them where the coverage can't tell: a file that is no Python or that no test runs, a change at module
        or class level, an import that wasn't there, a suite too quick to be worth choosing from. A guard whose
        coverage is unknown is always reached.
        """
        if self._quick:
            return Touched(self._guards, "the suite is quick")
        if not self._coverage:
            return Touched(self._guards, "there is no coverage")
        changed: dict[str, frozenset[int]] = {}
        for change in patch.changes:
            source = self._source(change.path)
            if source is None or change.content is None:
                return Touched(self._guards, f"what {change.path} is used for can't be told from coverage")
            imported = self._coverage.get(IMPORT, {}).get(change.path)
            if imported is None:  # by no test at all, before the tracer began, or in another process
                return Touched(self._guards, f"who imports {change.path} was not seen")
            lines = source.touched(change.content)
            if lines & imported:
                return Touched(self._guards, f"{change.path} changes outside of functions")
            if _imports(parse(change.content)) - source.imports:
                return Touched(self._guards, f"{change.path} imports what it did not")
            changed[change.path] = lines
        reached = [test for test in self._guards if test not in self._coverage or _meets(self._coverage[test], changed)]
        return Touched(tuple(reached), "they run what the patch changes")

    def _source(self, path: str) -> _Source | None:
        if path not in self._sources:
            content = self._read(path) if path.endswith(".py") else None
            self._sources[path] = None if content is None else _Source.of(content)
        return self._sources[path]


def changed_functions(before: bytes, after: bytes) -> frozenset[int] | None:
    """Lines of `before` that change, widened to the bodies of the functions around them; `None` if it is no Python.

    A line outside every function is widened to its statement, whose first line at least is among those that an import
    executes. An insertion touches the lines of its depth that it stands between.
    """
    source = _Source.of(before)
    return None if source is None else source.touched(after)


@dataclass(frozen=True, slots=True)
class _Source:
    """What the base's file is made of: its lines, and the places of its parts, innermost (shortest) first."""

    lines: tuple[str, ...]
    bodies: tuple[range, ...]
    statements: tuple[range, ...]
    imports: frozenset[str]

    @classmethod
    def of(cls, content: bytes) -> _Source | None:
        tree = parse(content)
        if tree is None:
            return None
        bodies, statements = sorted(_bodies(tree), key=len), sorted(_statements(tree), key=len)
        return cls(_lines(content), tuple(bodies), tuple(statements), _imports(tree))

    def touched(self, after: bytes) -> frozenset[int]:
        found: set[int] = set()
        for line in set(_changed(self.lines, _lines(after))):
            around = next((span for spans in (self.bodies, self.statements) for span in spans if line in span), None)
            found.update(around if around is not None else (line,))
        return frozenset(found)


def _lines(content: bytes) -> tuple[str, ...]:
    return tuple(content.decode("utf-8", "replace").split("\n"))


def _imports(tree: ast.AST | None) -> frozenset[str]:
    """What a file imports, anywhere in it, as source text."""
    nodes = ast.walk(tree) if tree is not None else ()
    return frozenset(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def _meets(covered: Mapping[str, frozenset[int]], changed: Mapping[str, frozenset[int]]) -> bool:
    return any(path in covered and not lines.isdisjoint(covered[path]) for path, lines in changed.items())


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterable[int]:
    shorter = min(len(old), len(new))
    same = next((index for index in range(shorter) if old[index] != new[index]), shorter)
    after = next((index for index in range(shorter - same) if old[-1 - index] != new[-1 - index]), shorter - same)
    middle = old[same : len(old) - after], new[same : len(new) - after]  # the matcher's time is quadratic
    for tag, *places in difflib.SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
        start, end, from_new, to_new = (place + same for place in places)
        if tag == "insert":
            yield from _beside(old, start, new[from_new:to_new])
        elif tag != "equal":
            yield from range(start + 1, end + 1)


def _beside(old: Sequence[str], start: int, inserted: Sequence[str]) -> Iterable[int]:
    """The lines that an insertion behind line `start` belongs to: of its own block, if it begins none."""
    depth = next((_indent(line) for line in inserted if _says(line)), math.inf)
    found = []
    for way in range(start, 0, -1), range(start + 1, len(old) + 1):
        found.extend([line for line in way if _says(old[line - 1]) and _indent(old[line - 1]) <= depth][:1])
    return [line for line in found if _indent(old[line - 1]) == depth] or found


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _bodies(tree: ast.AST) -> Iterable[range]:
    """Lines of function bodies, the `def` line apart (a module or class executes that)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)


def _statements(tree: ast.AST) -> Iterable[range]:
    """Lines of statements; of those with a body, the lines before it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            body = getattr(node, "body", None)
            yield range(first, max(body[0].lineno if body else (node.end_lineno or first) + 1, first + 1))
