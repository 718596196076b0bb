"""Syntax trees compared: where two of the same shape differ, and what a printed line parses to."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from reasoncli import python_source

_CONTEXT = {"ctx", "type_comment", "kind", "lineno", "end_lineno", "col_offset", "end_col_offset"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One leaf in which two trees of the same shape differ.

    Attributes:
        path: the nodes of the first tree above the leaf, outermost first.
        field: which field of the last one.
        before, after: the two values.
    """

    path: tuple[ast.AST, ...]
    field: str
    before: object
    after: object


def differences(before: ast.AST, after: ast.AST) -> list[Difference] | None:
    """Every leaf in which two trees differ, in order; `None` where they differ in more than leaves."""
    found: list[Difference] = []
    return found if _differ(before, after, (), found) else None


def _differ(before: ast.AST, after: ast.AST, path: tuple[ast.AST, ...], found: list[Difference]) -> bool:
    if type(before) is not type(after):
        return False
    path = (*path, before)
    for field in before._fields:
        if field in _CONTEXT:
            continue
        one, other = getattr(before, field, None), getattr(after, field, None)
        if isinstance(one, ast.AST) and isinstance(other, ast.AST):
            if not _differ(one, other, path, found):
                return False
        elif isinstance(one, list) and isinstance(other, list):
            if not _differ_list(field, one, other, path, found):
                return False
        elif isinstance(one, ast.AST | list) or isinstance(other, ast.AST | list):
            return False
        elif type(one) is not type(other) or one != other:
            found.append(Difference(path, field, one, other))
    return True


def _differ_list(
    field: str, one: list[object], other: list[object], path: tuple[ast.AST, ...], found: list[Difference]
) -> bool:
    if len(one) != len(other):
        return False
    for first, second in zip(one, other, strict=True):
        if isinstance(first, ast.AST) and isinstance(second, ast.AST):
            if not _differ(first, second, path, found):
                return False
        elif first != second:
            found.append(Difference(path, field, first, second))
    return True


def same(before: object, after: object) -> bool:
    """Whether two trees, lists of trees or leaves are equal but for their places."""
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, ast.AST) and isinstance(after, ast.AST):
        return ast.dump(_loaded(before)) == ast.dump(_loaded(after))
    return type(before) is type(after) and before == after


def _loaded(node: ast.AST) -> ast.AST:
    """Contexts don't count: what is stored in one tree may be loaded in the other."""
    for child in ast.walk(node):
        if hasattr(child, "ctx"):
            child.ctx = ast.Load()
    return node


def statement(line: str) -> ast.stmt | ast.ExceptHandler | None:
    """A printed line, with an empty block where it opens one; `None` of `else:`, `try:`, `finally:` and a `case`."""
    text = line.strip()
    for head, tail in (
        ("", ""),
        ("", " pass"),
        ("if 0: pass\n", " pass"),
        ("try: pass\n", " pass"),
        ("async def f():\n  ", " pass"),
    ):
        source = head + text + tail
        module = python_source.parse(source) if not (tail and not text.endswith(":")) else None
        if module is None or len(module.body) != 1:
            continue
        node: ast.AST = module.body[0]
        if not head:
            return module.body[0]
        if isinstance(node, ast.If):
            return node.orelse[0] if node.orelse and isinstance(node.orelse[0], ast.If) else None
        if isinstance(node, ast.Try):
            return node.handlers[0] if node.handlers else None
        if isinstance(node, ast.AsyncFunctionDef):
            return node.body[0]
    return None
