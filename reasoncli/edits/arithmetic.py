"""Changes of arithmetic, indexes and slices.

ManySStuBs4J: change binary operator, change operand, change unary operator. TBar: mutate operators, mutate data type;
and off by one, of which all the taxonomies know.
"""

from __future__ import annotations

import ast

from reasoncli.edits.context import Changes, Context, is_read
from reasoncli.edits.pieces import (
    BINARY,
    Level,
    Piece,
    atom,
    attribute,
    binary,
    call,
    fit,
    is_name,
    minus,
    subscript,
    tuple_of,
)
from reasoncli.edits.unit import Site

_ARITHMETIC = ("+", "-", "*", "/", "//", "%", "**")
_BITS = ("&", "|", "^", "<<", ">>")
_COUNTED = {"range", "len", "min", "max", "islice", "randint", "insert", "pop", "sleep"}


def change_arithmetic(site: Site, context: Context) -> Changes:
    """Operators and operands of `a + b`; signs."""
    match site.node:
        case ast.BinOp(left=left, op=operator, right=right):
            yield from _binary(left, BINARY[type(operator)], right, context)
        case ast.UnaryOp(op=ast.UAdd() | ast.Invert(), operand=operand):
            yield "drop-unary", context.piece(operand)
    if is_read(site) and isinstance(site.node, ast.BinOp) and not isinstance(site.parent, ast.BinOp):
        yield "add-minus", minus(site.piece)


def _binary(left: ast.expr, operator: str, right: ast.expr, context: Context) -> Changes:
    one, two = context.piece(left), context.piece(right)
    text = isinstance(left, ast.Constant) and isinstance(left.value, str)
    kinds = _ARITHMETIC if operator in _ARITHMETIC else _BITS if operator in _BITS else ()
    for other in kinds:
        if other != operator and not (text and operator == "%"):
            yield "change-operator", binary(one, other, two)
    if operator == "|" or operator == "&":
        yield "change-operator", binary(one, "-", two)
        yield "change-operator", binary(one, "+", two)
    elif operator == "-" or operator == "+":
        yield "change-operator", binary(one, "|", two)
        yield "change-operator", binary(one, "&", two)
    yield "swap-operands", binary(two, operator, one)
    yield "drop-operand", one
    yield "drop-operand", two
    if operator == "%" and text and not isinstance(right, ast.Tuple | ast.Dict):
        yield "wrap-format", binary(one, operator, tuple_of([context.element(right)]))
    match left:
        case ast.BinOp(left=first, op=inner, right=second):
            regrouped = binary(context.piece(second), operator, two)
            yield "regroup-operands", binary(context.piece(first), BINARY[type(inner)], regrouped)
            yield "drop-operand", binary(context.piece(first), operator, two)
    match right:
        case ast.BinOp(left=second, op=inner, right=third):
            regrouped = binary(one, operator, context.piece(second))
            yield "regroup-operands", binary(regrouped, BINARY[type(inner)], context.piece(third))
            yield "drop-operand", binary(one, operator, context.piece(third))


def add_operands(site: Site, context: Context) -> Changes:
    """Off by one, and another variable added or taken off, where counting is likely."""
    if not is_read(site) or site.truth or not isinstance(site.node, _COUNTABLE):
        return
    if site.piece.text in {"self", "cls"}:
        return
    parent = site.parent
    counted = isinstance(parent, ast.Slice) or (isinstance(parent, ast.Subscript) and site.field == "slice")
    match parent:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            counted = name in _COUNTED
        case ast.Compare(ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() | ast.Eq() | ast.NotEq()]):
            counted = True
        case ast.BinOp(op=ast.Mult() | ast.Div() | ast.FloorDiv() | ast.Mod()):
            counted = True
    plain = isinstance(parent, ast.Assign | ast.Return | ast.AugAssign | ast.Call | ast.keyword | ast.BinOp)
    if not counted and not plain:
        return
    for operator in ("+", "-"):
        yield "off-by-one", binary(site.piece, operator, atom("1"))
    if counted or isinstance(parent, ast.Return | ast.AugAssign):
        for name in context.words.variables:
            if name not in {"self", "cls", site.piece.text}:
                for operator in ("+", "-"):
                    yield "add-operand", binary(site.piece, operator, atom(name))


_COUNTABLE = (ast.Name, ast.Attribute, ast.Call, ast.BinOp, ast.Subscript)


def change_indexes(site: Site, context: Context) -> Changes:
    """Bounds of slices put in, dropped, swapped; an index for a slice; an index dropped."""
    node = site.node
    if not isinstance(node, ast.Subscript):
        return
    value = context.piece(node.value)
    if not isinstance(node.ctx, ast.Load):
        return
    yield "drop-index", value
    if isinstance(node.slice, ast.Slice):
        yield from _slice(value, node.slice, context)
        return
    index = context.piece(node.slice)
    text = fit(index, Level.TUPLE)
    yield "index-to-slice", subscript(value, f"{fit(index, Level.TEST)}:")
    yield "index-to-slice", subscript(value, f":{fit(index, Level.TEST)}")
    get = attribute(value, "get").text
    yield "index-to-get", call(get, index)
    for default in ("None", "''", "0", "[]", "{}", "False"):
        yield "index-to-get", call(get, index, atom(default))
    yield "index-to-call", atom(f"{fit(value, Level.ATOM)}({text if index.level > Level.TUPLE else f'({text})'})")
    if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
        for other in ("0", "1", "-1", "2"):
            if other != text:
                yield "change-index", subscript(value, other)
    elif text != "-1":
        yield "add-minus", subscript(value, minus(index).text)
    if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str) and is_name(node.slice.value):
        yield "index-to-attribute", attribute(value, node.slice.value)


def _slice(value: Piece, node: ast.Slice, context: Context) -> Changes:
    lower, upper, step = (
        context.element(part) if part is not None else "" for part in (node.lower, node.upper, node.step)
    )

    def made(low: str, high: str, by: str) -> Piece:
        return subscript(value, f"{low}:{high}" + (f":{by}" if by else ""))

    if lower:
        yield "drop-bound", made("", upper, step)
    if upper:
        yield "drop-bound", made(lower, "", step)
    if step:
        yield "drop-bound", made(lower, upper, "")
    if lower and not upper:
        yield "slice-to-index", subscript(value, lower)
    if upper and not lower:
        yield "slice-to-index", subscript(value, upper)
    if lower or upper:
        yield "swap-bounds", made(upper, lower, step)
    for bound in ("0", "1", "-1", "2", *context.words.variables):
        if not lower and bound != "0":
            yield "add-bound", made(bound, upper, step)
        if not upper and bound != "0":
            yield "add-bound", made(lower, bound, step)
    if not step:
        yield "add-bound", made(lower, upper, "-1")
