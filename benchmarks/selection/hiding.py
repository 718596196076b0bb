"""Tests taken out of a repository's files, so that they can judge what was chosen without them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Mapping

from reasoncli import python_source

TestFunction = tuple[str, str]
"""Path of a test file, and the qualified name of a test in it: `TestThing.test_it`, whatever its parameters."""


def function_of(test: str) -> TestFunction | None:
    """The test function that a pytest id is of; `None` where it is of a file."""
    path, *names = test.partition("[")[0].split("::")
    return (path, ".".join(names)) if names and path.endswith(".py") else None


def without(files: Mapping[str, bytes], hidden: Collection[TestFunction]) -> dict[str, bytes] | None:
    """The files that hold hidden tests, without them; `None` where one of the tests is not found there."""
    by_path: dict[str, set[str]] = defaultdict(set)
    for path, name in hidden:
        by_path[path].add(name)
    changed: dict[str, bytes] = {}
    for path, names in by_path.items():
        module = python_source.parse(files[path]) if path in files else None
        found = dict(python_source.definitions(module)) if module is not None else {}
        if module is None or not names <= found.keys():
            return None
        lines = files[path].split(b"\n")
        for definition in sorted((found[name] for name in names), key=lambda each: -each.lineno):
            first = min([each.lineno for each in definition.decorator_list], default=definition.lineno)
            depth = b" " * definition.col_offset
            lines[first - 1 : definition.end_lineno] = [depth + b"pass"]  # a class may have nothing else
        changed[path] = b"\n".join(lines)
        if python_source.parse(changed[path]) is None:
            return None
    return changed


def reaching(coverage: Mapping[str, Mapping[str, frozenset[int]]], path: str, node: ast.stmt) -> set[str]:
    """Ids of the tests that execute the body of a function.

    Args:
        coverage: test id -> path -> lines it executed.
        path: the function's file.
        node: the function; the line of its `def` runs at import.
    """
    body = getattr(node, "body", [node])
    inside = range(body[0].lineno, (node.end_lineno or node.lineno) + 1)
    return {test for test, files in coverage.items() if not files.get(path, frozenset()).isdisjoint(inside)}
