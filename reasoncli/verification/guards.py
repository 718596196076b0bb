"""Which guards a patch can reach: from the base's per-test coverage and the lines the patch changes."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from reasoncli.domain import Baseline, Patch

IMPORT = "<import>"  # the runner's context for lines of modules and class bodies
_CHEAP = 1.0  # seconds of tests that are not worth choosing from


@dataclass(frozen=True, slots=True)
class Reach:
    """The guards to run for a patch, and why no fewer."""

    guards: tuple[str, ...]
    why: str


def touched_guards(patch: Patch, baseline: Baseline, read: Callable[[str], bytes | None]) -> Reach:
    """Guards that execute a function the patch changes, quickest first.

    All of them where the coverage can't tell: a file that is no Python or that no test runs, a change at module or
    class level, an import that wasn't there, a suite too quick to be worth choosing from. A guard whose coverage is
    unknown is always reached.

    Args:
        patch: the candidate.
        baseline: with coverage in its first run.
        read: path -> the file's bytes at the base.
    """
    guards = baseline.guards
    coverage = baseline.first.coverage
    duration = {test: result.duration for test, result in baseline.second.results.items()}
    if sum(duration.get(test, 0.0) for test in guards) <= _CHEAP:
        return Reach(guards, "the suite is quick")
    if not coverage:
        return Reach(guards, "there is no coverage")
    changed: dict[str, frozenset[int]] = {}
    for change in patch.changes:
        base = read(change.path)
        lines = None if base is None or change.content is None else changed_functions(base, change.content)
        if lines is None or not change.path.endswith(".py"):
            return Reach(guards, f"what {change.path} is used for can't be told from coverage")
        imported = coverage.get(IMPORT, {}).get(change.path)
        if imported is None:  # by no test at all, before the tracer began, or in another process
            return Reach(guards, f"who imports {change.path} was not seen")
        if lines & imported:
            return Reach(guards, f"{change.path} changes outside of functions")
        if base is not None and change.content is not None and _imports(change.content) - _imports(base):
            return Reach(guards, f"{change.path} imports what it did not")
        changed[change.path] = lines
    reached = [test for test in guards if test not in coverage or _meets(coverage[test], changed)]
    return Reach(tuple(sorted(reached, key=lambda test: duration.get(test, 0.0))), "they run what the patch changes")


def _imports(source: bytes) -> frozenset[str]:
    """What a file imports, anywhere in it, as source text; nothing if it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset(ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def _meets(covered: Mapping[str, frozenset[int]], changed: Mapping[str, frozenset[int]]) -> bool:
    return any(path in covered and not lines.isdisjoint(covered[path]) for path, lines in changed.items())


def changed_functions(before: bytes, after: bytes) -> frozenset[int] | None:
    """Lines of `before` that change, widened to the bodies of the functions around them; `None` if it is no Python.

    A line outside every function is widened to its statement, whose first line at least is among those that an import
    executes. An insertion touches the lines on both sides.
    """
    try:
        tree = ast.parse(before)
    except (SyntaxError, ValueError, RecursionError):
        return None
    old, new = before.decode("utf-8", "replace").split("\n"), after.decode("utf-8", "replace").split("\n")
    lines = set(_changed(old, new))
    bodies = sorted(_bodies(tree), key=len)
    statements = sorted(_statements(tree), key=len)
    found: set[int] = set()
    for line in lines:
        around = next((span for spans in (bodies, statements) for span in spans if line in span), None)
        found.update(around if around is not None else (line,))
    return frozenset(found)


def _changed(old: list[str], new: list[str]) -> Iterable[int]:
    shorter = min(len(old), len(new))
    same = next((index for index in range(shorter) if old[index] != new[index]), shorter)
    after = next((index for index in range(shorter - same) if old[-1 - index] != new[-1 - index]), shorter - same)
    middle = old[same : len(old) - after], new[same : len(new) - after]  # the matcher's time is quadratic
    for tag, *places in difflib.SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
        start, end, from_new, to_new = (place + same for place in places)
        if tag == "insert":
            beside = [line for line in (start, start + 1) if 1 <= line <= len(old)]
            depth = next((_indent(line) for line in new[from_new:to_new] if line.strip()), None)
            level = [line for line in beside if old[line - 1].strip() and _indent(old[line - 1]) == depth]
            yield from level or beside
        elif tag != "equal":
            yield from range(start + 1, end + 1)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _bodies(tree: ast.AST) -> Iterable[Collection[int]]:
    """Lines of function bodies, the `def` line apart (a module or class executes that)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)


def _statements(tree: ast.AST) -> Iterable[Collection[int]]:
    """Lines of statements; of those with a body, the lines before it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            body = getattr(node, "body", None)
            yield range(first, max(body[0].lineno if body else (node.end_lineno or first) + 1, first + 1))
