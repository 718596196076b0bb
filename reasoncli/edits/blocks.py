"""Changes of whole statements: deleted, moved, taken into a block or out of it; what is put in is in `insertions`.

TBar: move and remove statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reasoncli.edits.context import Context
from reasoncli.edits.insertions import LIMIT, Hunk, insert_statements, margin_of
from reasoncli.edits.unit import LOOPS, Statement
from reasoncli.python_source import INDENT

_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith)


def change_blocks(statement: Statement, context: Context) -> Iterator[Hunk]:
    """Every change that belongs to a statement: it begins within it, but for defaults of a function's header."""
    if statement.owner is None:
        return
    for start, end, replacement, operator in _all(statement, context):
        if end - start <= LIMIT and len(replacement) <= LIMIT:
            yield start, end, replacement, operator


def _all(statement: Statement, context: Context) -> Iterator[Hunk]:
    yield from _deleted(statement, context)
    yield from _moved(statement, context)
    yield from _shifted(statement, context)
    yield from insert_statements(statement, context)


def _dedented(lines: tuple[str, ...] | list[str]) -> list[str]:
    return [line.removeprefix(INDENT) for line in lines]


def _deleted(statement: Statement, context: Context) -> Iterator[Hunk]:
    lines, of_node = context.unit.lines, context.unit.of_node
    start, end, node = statement.start, statement.end, statement.node
    if statement.elif_branch and isinstance(node, ast.If):
        yield start, of_node[node.body[-1]].end, [], "delete-branch"
    elif len(statement.block) > 1 and not _leaves_elif(statement):
        yield start, end, [], "delete-guard" if _is_guard(node) else "delete-statement"
    if not isinstance(node, ast.Pass):
        yield start, end, [margin_of(statement) + "pass"] if not statement.elif_branch else [], "delete-to-pass"
    if isinstance(node, _COMPOUND) and not statement.elif_branch:
        inner_end = of_node[node.body[-1]].end
        body = _dedented(lines[start + 1 : inner_end])
        orelse = getattr(node, "orelse", [])
        if not orelse:
            yield start, end, body, "unwrap-block"
        elif lines[inner_end].strip() == "else:":
            yield start, end, body, "keep-branch"
            yield start, end, _dedented(lines[inner_end + 1 : end]), "keep-branch"
            yield inner_end, inner_end + 1, [], "drop-else"
            yield inner_end, end, _dedented(lines[inner_end + 1 : end]), "unwrap-else"
            yield inner_end, end, [], "delete-branch"
    elif isinstance(node, ast.If) and node.orelse:
        inner_end = of_node[node.body[-1]].end
        if lines[inner_end].strip() == "else:":
            yield inner_end, end, [], "delete-branch"
    if isinstance(node, ast.Try):
        yield start, end, _dedented(lines[start + 1 : of_node[node.body[-1]].end]), "unwrap-try"


def _leaves_elif(statement: Statement) -> bool:
    """Whether only an `if` would be left in an `else`, which is printed as `elif`."""
    owner, block = statement.owner, statement.block
    if owner is None or not isinstance(owner.node, ast.If) or owner.node.orelse is not block or len(block) > 2:
        return False
    return isinstance(block[1 - statement.index], ast.If)


def _is_guard(node: ast.stmt) -> bool:
    match node:
        case ast.If(body=[ast.Return() | ast.Raise() | ast.Continue() | ast.Break() | ast.Assign()], orelse=[]):
            return True
        case _:
            return False


def _moved(statement: Statement, context: Context) -> Iterator[Hunk]:
    if statement.elif_branch:
        return
    lines = context.unit.lines
    for distance in (1, 2, 3):
        if statement.index + distance >= len(statement.block):
            return
        last = context.unit.of_node[statement.block[statement.index + distance]]
        if last.end - statement.start > LIMIT:
            return
        rest = [*lines[statement.end : last.end]]
        yield statement.start, last.end, [*rest, *lines[statement.start : statement.end]], "move-statement"
        if distance > 1:
            moved = [*lines[last.start : last.end], *lines[statement.start : last.start]]
            yield statement.start, last.end, moved, "move-statement"


def _shifted(statement: Statement, context: Context) -> Iterator[Hunk]:
    """Into the block before, or out of the block that it ends."""
    lines = context.unit.lines
    start, end, owner = statement.start, statement.end, statement.owner
    if statement.elif_branch or owner is None:
        return
    if statement.index:
        last = context.unit.of_node[statement.block[statement.index - 1]]
        deepest = max(other.depth for other in context.unit.statements if other.end == start)
        for deeper in range(1, deepest - last.depth + 1):
            if not isinstance(last.node, ast.Match) or deeper > 1:
                yield start, end, [INDENT * deeper + line for line in lines[start:end]], "indent-statement"
    if len(statement.block) == 1:
        return
    above: Statement | None = owner
    while above is not None and above.owner is not None and above.end == end:
        if isinstance(statement.node, ast.Break | ast.Continue) and isinstance(above.node, LOOPS):
            return
        margin = INDENT * (statement.depth - above.depth)
        yield start, end, [line.removeprefix(margin) for line in lines[start:end]], "dedent-statement"
        while above.elif_branch and above.owner is not None:
            above = above.owner
        above = above.owner
