"""What a test checks, in the few lines that say it: the check itself, and what the values in it were made by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from reasoncli.python_source import Definition

_LONGEST = 320  # characters of a check
_MADE_BY = 2  # assignments before it


@dataclass(frozen=True, slots=True)
class Check:
    """One assertion of a test.

    Attributes:
        start, end: lines of the file that the assertion itself takes, from 1, both included.
        calls: bare names of what is called, assertions left out.
        text: printed statements, the assertion last.
    """

    start: int
    end: int
    calls: frozenset[str]
    text: str


def checks(module: ast.AST, line: int | None = None) -> Iterator[Check]:
    """The assertions in the functions of a parsed test file; those too long or too deep to show are left out.

    Args:
        module: the file.
        line: only those that take this line; all by default.
    """
    for node in ast.walk(module):
        if isinstance(node, Definition):
            yield from _in_block(node.body, {}, line)


def _in_block(body: list[ast.stmt], bound: dict[str, ast.stmt], line: int | None) -> Iterator[Check]:
    for statement in body:
        if isinstance(statement, Definition | ast.ClassDef):
            continue
        if _is_check(statement):
            wanted = line is None or statement.lineno <= line <= (statement.end_lineno or statement.lineno)
            check = _check(statement, bound) if wanted else None
            if check is not None:
                yield check
            continue
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for name in (node for target in targets for node in ast.walk(target)):
                if isinstance(name, ast.Name):
                    bound[name.id] = statement
        for block in ("body", "orelse", "finalbody"):
            yield from _in_block(getattr(statement, block, []), bound, line)


def _is_check(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assert():
            return True
        case ast.Expr(value=ast.Call(func=function)):
            return _is_assertion(_bare(function))
        case ast.With(items=[ast.withitem(context_expr=ast.Call(func=function)), *_]):
            return _is_assertion(_bare(function)) or _bare(function) == "raises"
    return False


def _is_assertion(name: str) -> bool:
    return name.lower().startswith("assert")


def _check(statement: ast.stmt, bound: dict[str, ast.stmt]) -> Check | None:
    shown = [statement]
    names = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    while names and len(shown) <= _MADE_BY:
        maker = bound.get(names.pop(0))
        if maker is not None and maker not in shown:
            shown.insert(0, maker)
            names += [node.id for node in ast.walk(maker) if isinstance(node, ast.Name)]
    shown.sort(key=lambda each: each.lineno)
    try:
        texts = [ast.unparse(each) for each in shown]
    except RecursionError:
        return None
    while len(shown) > 1 and sum(map(len, texts)) > _LONGEST:
        del shown[0], texts[0]
    if sum(map(len, texts)) > _LONGEST:
        return None
    called = {_bare(node.func) for each in shown for node in ast.walk(each) if isinstance(node, ast.Call)}
    calls = frozenset(name for name in called if name and name != "raises" and not _is_assertion(name))
    return Check(statement.lineno, statement.end_lineno or statement.lineno, calls, "\n".join(texts))


def _bare(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
