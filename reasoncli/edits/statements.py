"""Changes of what a statement does with its value: assigned, added, returned, yielded, raised, thrown away.

TBar: mutate return statement, mutate variable; ManySStuBs4J: missing throws.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reasoncli.edits.context import Context
from reasoncli.edits.pieces import BINARY, Level, binary, fit
from reasoncli.edits.unit import Statement

Rewrites = Iterator[tuple[str, str]]
"""The operator's name, and the line that takes the statement's place, without indentation."""

_VALUES = ("None", "True", "False", "0", "1", "-1", "''", "[]", "{}", "()")
_HELD = ("e", "exc", "err", "error", "ex")
_AUGMENTED = ("+", "-", "*", "/", "//", "%", "|", "&", "^")


def rewrite_statement(statement: Statement, context: Context) -> Rewrites:
    """Other statements of one line in the place of a simple one."""
    node = statement.node
    text = context.unit.lines[statement.start].strip()
    match node:
        case ast.Expr(value=value):
            yield from _expression(value, text, statement, context)
        case ast.Return(value=value):
            yield from _returned(value, text, context)
        case ast.Raise():
            yield from _raised(node, text, context)
        case ast.Assign(targets=[target], value=value):
            yield from _assigned(target, value, context)
        case ast.AugAssign():
            yield from _augmented(node, context)
        case ast.Delete(targets=[ast.Subscript(value=value, slice=index)]) if not isinstance(index, ast.Slice):
            owner = fit(context.piece(value), Level.ATOM)
            yield "delete-to-pop", f"{owner}.pop({context.element(index)}, None)"
            yield "delete-to-pop", f"{owner}.pop({context.element(index)})"
        case ast.Assert(test=test, msg=None):
            yield "assert-to-return", f"return {context.element(test)}"
    match node:
        case ast.Break() | ast.Continue() | ast.Pass():
            yield from _exits(text, statement)
        case ast.Return(value=None | ast.Constant()) | ast.Raise():
            yield from _exits(text, statement)


def _exits(text: str, statement: Statement) -> Rewrites:
    others = ("pass", "return", "return None", "return True", "return False", "raise")
    for other in (*others, "continue", "break") if statement.in_loop else others:
        if other != text:
            yield "change-exit", other


def _expression(value: ast.expr, text: str, statement: Statement, context: Context) -> Rewrites:
    match value:
        case ast.Yield(value=ast.expr() as inner):
            yield "change-yield", f"yield from {fit(context.piece(inner), Level.ATOM)}"
            yield "yield-to-return", f"return {context.element(inner)}"
            return
        case ast.YieldFrom(value=inner):
            yield "change-yield", f"yield {fit(context.piece(inner), Level.ATOM)}"
            yield "yield-to-return", f"return {context.element(inner)}"
            return
        case ast.Yield() | ast.Constant():
            return
        case ast.Await(value=inner):
            yield "drop-await", fit(context.piece(inner), Level.YIELD)
        case ast.Call() if isinstance(statement.function, ast.AsyncFunctionDef):
            yield "add-await", f"await {text}"
    yield "add-return", f"return {text}"
    whole = fit(context.piece(value), Level.ATOM)
    yield "add-yield", f"yield {whole}"
    yield "add-yield", f"yield from {whole}"
    yield "call-to-raise", f"raise {text}"
    match value:
        case ast.Call(func=ast.Attribute(value=owner, attr="append" | "add"), args=[item], keywords=[]):
            held, one = fit(context.piece(owner), Level.TUPLE), context.element(item)
            yield "append-to-assign", f"{held} = {one}"
            yield "append-to-assign", f"{held} += {one}"
            yield "append-to-assign", f"{held} = {held} + [{one}]"
        case ast.Call(func=ast.Attribute(value=owner)):
            held = fit(context.piece(owner), Level.ATOM)
            if isinstance(owner, ast.Name | ast.Attribute):
                yield "add-assignment", f"{held} = {text}"
    for name in context.words.variables:
        if name not in {"self", "cls"}:
            yield "add-assignment", f"{name} = {text}"
    for name in context.words.attributes.get("self", ()):
        yield "add-assignment", f"self.{name} = {text}"


def _returned(value: ast.expr | None, text: str, context: Context) -> Rewrites:
    given = text.removeprefix("return").strip()
    for other in dict.fromkeys([*context.words.returns, *_VALUES, *context.words.variables]):
        if other != given:
            yield "change-return", f"return {other}"
    if value is None:
        return
    yield "drop-return-value", "return"
    if not isinstance(value, ast.Constant):
        yield "return-to-call", context.element(value)
        yield "return-to-raise", f"raise {context.element(value)}"
        for name in context.words.variables:
            if name not in {"self", "cls", given}:
                yield "return-to-assign", f"{name} = {context.element(value)}"
                yield "add-return-element", f"return ({context.element(value)}, {name})"
    yield "return-to-yield", f"yield {fit(context.piece(value), Level.ATOM)}"
    yield "return-to-yield", f"yield from {fit(context.piece(value), Level.ATOM)}"


def _raised(node: ast.Raise, text: str, context: Context) -> Rewrites:
    if node.exc is None:
        return
    value = context.element(node.exc)
    yield "raise-to-return", f"return {value}"
    yield "raise-to-return", value
    yield "raise-again", "raise"
    if node.cause is None:
        yield "raise-from", f"{text} from None"
        for name in dict.fromkeys([*_caught(context), *(name for name in _HELD if name in context.words.variables)]):
            yield "raise-from", f"{text} from {name}"
    else:
        yield "raise-from", f"raise {value}"


def _caught(context: Context) -> list[str]:
    handlers = [node for node in ast.walk(context.unit.definition) if isinstance(node, ast.ExceptHandler)]
    return list(dict.fromkeys(handler.name for handler in handlers if handler.name))


def _assigned(target: ast.expr, value: ast.expr, context: Context) -> Rewrites:
    held, new = fit(context.piece(target), Level.TUPLE), context.element(value)
    if isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        for operator in ("+", "-", "*", "|"):
            yield "assign-to-augmented", f"{held} {operator}= {new}"
        yield "assign-to-append", f"{held}.append({new})"
        yield "assign-to-extend", f"{held}.extend({new})"
        yield "assign-to-extend", f"{held}.update({new})"
        match value:
            case ast.BinOp(left=left, op=own, right=right) if context.piece(left).text == held:
                yield "assign-to-augmented", f"{held} {BINARY[type(own)]}= {context.element(right)}"
        yield "unpack-assign", f"{held}, _ = {new}"
        yield "unpack-assign", f"_, {held} = {new}"
        yield "unpack-assign", f"{held}, = {new}"
    yield "assign-to-return", f"return {new}"
    if not isinstance(value, ast.Name | ast.Constant):
        yield "drop-assignment", new
    for name in context.words.variables:
        if name not in {"self", "cls", held}:
            yield "chain-assign", f"{held} = {name} = {new}"
            yield "chain-assign", f"{name} = {held} = {new}"
    if not isinstance(value, ast.Name | ast.Constant | ast.List | ast.Dict):
        for other in _VALUES:
            if other != new:
                yield "change-assigned", f"{held} = {other}"


def _augmented(node: ast.AugAssign, context: Context) -> Rewrites:
    held, new = fit(context.piece(node.target), Level.TUPLE), context.element(node.value)
    own = BINARY[type(node.op)]
    yield "augmented-to-assign", f"{held} = {new}"
    longer = binary(context.piece(node.target), own, context.piece(node.value))
    yield "augmented-to-assign", f"{held} = {longer.text}"
    for operator in _AUGMENTED:
        if operator != own:
            yield "change-augmented", f"{held} {operator}= {new}"
    if own == "+":
        yield "assign-to-append", f"{held}.append({new})"
        yield "assign-to-extend", f"{held}.extend({new})"
        yield "augmented-to-assign", f"{held} = {fit(context.piece(node.value), Level.SUM)} + {held}"
