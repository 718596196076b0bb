"""Changes of whole statements: deleted, inserted, moved, guarded, taken into a block or out of it.

TBar: insert null or range checkers, move, remove and insert statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reasoncli.edits.context import Context
from reasoncli.edits.edit import Edit, minimal
from reasoncli.edits.pieces import Level, fit
from reasoncli.edits.unit import LOOPS, Statement
from reasoncli.python_source import INDENT

LIMIT = 5
"""Lines that one edit takes away or puts in at most."""

_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.Raise, ast.Delete, ast.Assert)
_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith)


def change_blocks(statement: Statement, context: Context) -> Iterator[Edit]:
    """Every change that begins at a statement."""
    if statement.owner is None:
        return
    for start, end, replacement, operator in _all(statement, context):
        if end - start <= LIMIT and len(replacement) <= LIMIT:
            edit = minimal(context.unit.lines, start, end, replacement, operator)
            if edit is not None:
                yield edit


_Hunk = tuple[int, int, list[str], str]


def _all(statement: Statement, context: Context) -> Iterator[_Hunk]:
    yield from _deleted(statement, context)
    yield from _moved(statement, context)
    yield from _shifted(statement, context)
    yield from _guards(statement, context)
    yield from _wrapped(statement, context)
    yield from _inserted(statement, context)


def _margin(statement: Statement) -> str:
    return INDENT * statement.depth


def _dedented(lines: tuple[str, ...] | list[str]) -> list[str]:
    return [line.removeprefix(INDENT) for line in lines]


def _indented(lines: tuple[str, ...] | list[str]) -> list[str]:
    return [INDENT + line for line in lines]


def _deleted(statement: Statement, context: Context) -> Iterator[_Hunk]:
    lines, of_node = context.unit.lines, context.unit.of_node
    start, end, node = statement.start, statement.end, statement.node
    if statement.elif_branch and isinstance(node, ast.If):
        yield start, of_node[node.body[-1]].end, [], "delete-branch"
    elif len(statement.block) > 1 and not _leaves_elif(statement):
        yield start, end, [], "delete-guard" if _is_guard(node) else "delete-statement"
    if not isinstance(node, ast.Pass):
        yield start, end, [_margin(statement) + "pass"] if not statement.elif_branch else [], "delete-to-pass"
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


def takes_else(node: ast.stmt) -> bool:
    """Whether an `else:` may follow a statement: an `if` or a loop that has none."""
    while isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
    return isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While) and not node.orelse


def _is_guard(node: ast.stmt) -> bool:
    match node:
        case ast.If(body=[ast.Return() | ast.Raise() | ast.Continue() | ast.Break() | ast.Assign()], orelse=[]):
            return True
        case _:
            return False


def _moved(statement: Statement, context: Context) -> Iterator[_Hunk]:
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


def _shifted(statement: Statement, context: Context) -> Iterator[_Hunk]:
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


def _names(statement: Statement, context: Context) -> list[str]:
    used = context.names_in(statement.start, min(statement.end, statement.start + 2))
    return [name for name in used if name not in {"self", "cls"}]


def _guards(statement: Statement, context: Context) -> Iterator[_Hunk]:
    if statement.elif_branch:
        return
    margin, at = _margin(statement), statement.start
    seen = [f"return {text}" for text in context.words.returns[:4]]
    exits = list(dict.fromkeys(["return", "return None", *seen, "return False", "return []"]))
    if statement.in_loop:
        exits = ["continue", "break", *exits[:3]]
    for name in _names(statement, context)[:5]:
        for test in (f"{name} is None", f"not {name}", name, f"{name} == 0"):
            for leave in exits:
                yield at, at, [f"{margin}if {test}:", f"{margin}{INDENT}{leave}"], "insert-guard"
        for test in (f"{name} is None", f"not {name}"):
            for value in ("[]", "{}", "''", "0", "set()"):
                inner = f"{margin}{INDENT}{name} = {value}"
                yield at, at, [f"{margin}if {test}:", inner], "insert-default"
    for site in context.words.tests[:8]:
        for leave in exits[:3]:
            yield at, at, [f"{margin}if {fit(site.piece, Level.TEST)}:", f"{margin}{INDENT}{leave}"], "insert-guard"


def _wrapped(statement: Statement, context: Context) -> Iterator[_Hunk]:
    if statement.elif_branch or statement.end - statement.start >= LIMIT or isinstance(statement.node, ast.Pass):
        return
    margin, start, end = _margin(statement), statement.start, statement.end
    inner = _indented(context.unit.lines[start:end])
    tests = [
        text
        for name in _names(statement, context)[:5]
        for text in (name, f"{name} is not None", f"not {name}", f"{name} is None")
    ]
    tests += [fit(site.piece, Level.TEST) for site in context.words.tests[:8]]
    for test in dict.fromkeys(tests):
        if not _prints_as_elif(statement):
            yield start, end, [f"{margin}if {test}:", *inner], "wrap-in-if"
    branch = not isinstance(statement.node, ast.If) and statement.index
    if branch and takes_else(statement.block[statement.index - 1]):
        yield start, end, [f"{margin}else:", *inner], "wrap-in-else"
    leave = ["pass", "continue"] if statement.in_loop else ["pass", "return None", "return"]
    for caught in ("Exception", "ValueError", "KeyError", "AttributeError", "TypeError", "OSError", "ImportError"):
        for action in leave:
            tail = [f"{margin}except {caught}:", f"{margin}{INDENT}{action}"]
            yield start, end, [f"{margin}try:", *inner, *tail], "wrap-in-try"


def _prints_as_elif(statement: Statement) -> bool:
    """Whether an `if` in a statement's place would be printed as `elif`: alone in the `else` of another."""
    owner = statement.owner
    return owner is not None and isinstance(owner.node, ast.If) and owner.node.orelse == [statement.node]


def _inserted(statement: Statement, context: Context) -> Iterator[_Hunk]:
    if statement.elif_branch:
        return
    margin, words = _margin(statement), context.words
    last = statement.index == len(statement.block) - 1
    texts: dict[str, str] = {}
    for other in context.unit.statements:
        if isinstance(other.node, _SIMPLE) and other is not statement:
            texts.setdefault(context.unit.lines[other.start].strip(), "insert-seen")
    before_block = isinstance(statement.node, (*_COMPOUND, ast.Try))
    for name in words.variables:
        if name in {"self", "cls"}:
            continue
        for value in ("None", "[]", "{}", "0", "''", "False", "True") if before_block else ("None",):
            texts.setdefault(f"{name} = {value}", "insert-assignment")
        if statement.in_loop and name in words.counters:
            texts.setdefault(f"{name} += 1", "insert-step")
            texts.setdefault(f"{name} -= 1", "insert-step")
        if "self" in words.variables and statement.function.name == "__init__":
            texts.setdefault(f"self.{name} = {name}", "insert-assignment")
    for text in ("return", "return None", "return True", "return False", "raise"):
        texts.setdefault(text, "insert-exit")
    if statement.in_loop:
        texts["break"] = texts["continue"] = "insert-exit"
    if statement.function.name.startswith("__") or statement.function.name in {"setUp", "tearDown"}:
        texts.setdefault(f"super().{statement.function.name}()", "insert-super")
    for name in words.variables:
        if name not in {"self", "cls"}:
            texts.setdefault(f"return {name}", "insert-exit")
    for text, operator in texts.items():
        leaves = text.split(" ")[0] in {"return", "raise", "break", "continue"}
        if not leaves:
            yield statement.start, statement.start, [margin + text], operator
        if last:
            yield statement.end, statement.end, [margin + text], operator
