"""Expressions as pieces of text that know how tightly they bind, put together as `ast.unparse` prints them.

An edit is made as text, because printing a statement anew for each of thousands of edits is slow; and as
`ast.unparse` would print it, because that is what models read and what equal edits are told by. The precedences and
their quirks (each further operand of `and` binds tighter) are those of `ast._Unparser`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from enum import IntEnum
from keyword import iskeyword
from typing import NamedTuple


class Level(IntEnum):
    """How tightly an expression binds; a place that demands more than it has puts it in parentheses."""

    NAMED = 1
    TUPLE = 2
    YIELD = 3
    TEST = 4
    OR = 5
    AND = 6
    NOT = 7
    COMPARE = 8
    BIT_OR = 9
    BIT_XOR = 10
    BIT_AND = 11
    SHIFT = 12
    SUM = 13
    TERM = 14
    FACTOR = 15
    POWER = 16
    AWAIT = 17
    ATOM = 18


class Piece(NamedTuple):
    """The text of an expression without parentheses around it, and its level."""

    text: str
    level: Level


BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&",
}  # fmt: skip
BINARY_LEVELS = {
    "+": Level.SUM, "-": Level.SUM, "*": Level.TERM, "@": Level.TERM, "/": Level.TERM, "%": Level.TERM,
    "//": Level.TERM, "<<": Level.SHIFT, ">>": Level.SHIFT, "|": Level.BIT_OR, "^": Level.BIT_XOR,
    "&": Level.BIT_AND, "**": Level.POWER,
}  # fmt: skip
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip

_LEVELS: dict[type[ast.AST], Level] = {
    ast.NamedExpr: Level.NAMED,
    ast.Yield: Level.YIELD,
    ast.YieldFrom: Level.YIELD,
    ast.IfExp: Level.TEST,
    ast.Lambda: Level.TEST,
    ast.Compare: Level.COMPARE,
    ast.Await: Level.AWAIT,
}


def _next(level: Level) -> Level:
    return Level(min(level + 1, Level.ATOM))


def own_level(node: ast.expr) -> Level:
    """The level of an expression's print."""
    match node:
        case ast.Tuple(elts=elements):
            return Level.TUPLE if elements else Level.ATOM
        case ast.BoolOp(op=op):
            return Level.AND if isinstance(op, ast.And) else Level.OR
        case ast.UnaryOp(op=operator):
            return Level.NOT if isinstance(operator, ast.Not) else Level.FACTOR
        case ast.BinOp(op=binary):
            return BINARY_LEVELS[BINARY[type(binary)]]
        case _:
            return _LEVELS.get(type(node), Level.ATOM)


def places(node: ast.AST) -> Iterator[tuple[ast.AST, Level, str]]:
    """The children of a node with the level that their place demands, and the field they stand in.

    What isn't an expression (arguments, keywords, comprehensions) comes too, with a level without meaning.
    """
    first: Level | None = None
    match node:
        case ast.BoolOp(op=op, values=values):
            level = Level.AND if isinstance(op, ast.And) else Level.OR
            for value in values:
                level = _next(level)
                yield value, level, "values"
            return
        case ast.BinOp(left=left, op=binary, right=right):
            level = BINARY_LEVELS[BINARY[type(binary)]]
            power = isinstance(binary, ast.Pow)
            yield left, _next(level) if power else level, "left"
            yield right, level if power else _next(level), "right"
            return
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield body, Level.OR, "body"
            yield test, Level.OR, "test"
            yield orelse, Level.TEST, "orelse"
            return
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if key is not None:
                    yield key, Level.TEST, "keys"
                yield value, Level.TEST if key is not None else Level.BIT_OR, "values"
            return
        case ast.UnaryOp():
            first = own_level(node)
        case ast.Compare() | ast.Starred():
            first = Level.BIT_OR
        case ast.Attribute() | ast.NamedExpr() | ast.Await() | ast.Yield() | ast.YieldFrom():
            first = Level.ATOM
        case ast.Expr():
            first = Level.YIELD
    for name, field in ast.iter_fields(node):
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST):
                yield child, first if first is not None else _demanded(node, name), name


def _demanded(node: ast.AST, field: str) -> Level:
    match node, field:
        case (ast.Call(), "func") | (ast.Subscript(), "value"):
            return Level.ATOM
        case (ast.Assign(), "targets") | (ast.For() | ast.AsyncFor() | ast.comprehension(), "target"):
            return Level.TUPLE
        case ast.Subscript(), "slice":
            return Level.TUPLE
        case ast.comprehension(), _:
            return Level.OR
        case _:
            return Level.TEST


def is_name(text: str) -> bool:
    """Whether a text may stand as an identifier."""
    return text.isidentifier() and not iskeyword(text)


def fit(piece: Piece, level: Level) -> str:
    """The text as it stands in a place that demands a level."""
    return f"({piece.text})" if level > piece.level else piece.text


def atom(text: str) -> Piece:
    """A name, literal, call, or anything else that never needs parentheses."""
    return Piece(text, Level.ATOM)


def number(value: float) -> Piece:
    """A number; a negative one is an operator before a literal."""
    return Piece(repr(value), Level.FACTOR if value < 0 else Level.ATOM)


def binary(left: Piece, operator: str, right: Piece) -> Piece:
    """`left operator right`."""
    level = BINARY_LEVELS[operator]
    near, far = (_next(level), level) if operator == "**" else (level, _next(level))
    return Piece(f"{fit(left, near)} {operator} {fit(right, far)}", level)


def boolean(operator: str, clauses: Sequence[Piece]) -> Piece:
    """`a and b and c`, or with `or`; a single clause stands for itself."""
    if len(clauses) == 1:
        return clauses[0]
    own = level = Level.AND if operator == "and" else Level.OR
    texts = []
    for clause in clauses:
        level = _next(level)
        texts.append(fit(clause, level))
    return Piece(f" {operator} ".join(texts), own)


def compare(left: Piece, operator: str, right: Piece) -> Piece:
    """`left operator right`, with an operator that compares."""
    return Piece(f"{fit(left, Level.BIT_OR)} {operator} {fit(right, Level.BIT_OR)}", Level.COMPARE)


def negated(piece: Piece) -> Piece:
    """`not piece`."""
    return Piece(f"not {fit(piece, Level.NOT)}", Level.NOT)


def minus(piece: Piece) -> Piece:
    """`-piece`."""
    return Piece(f"-{fit(piece, Level.FACTOR)}", Level.FACTOR)


def attribute(value: Piece, name: str) -> Piece:
    """`value.name`."""
    base = fit(value, Level.ATOM)
    apart = base.isdigit() or base in {"True", "False"}  # `1.x` would be read as a number
    return atom(f"{base} .{name}" if apart else f"{base}.{name}")


def subscript(value: Piece, index: str) -> Piece:
    """`value[index]`."""
    return atom(f"{fit(value, Level.ATOM)}[{index}]")


def call(function: str, *arguments: Piece) -> Piece:
    """`function(arguments)`."""
    return atom(f"{function}({', '.join(fit(argument, Level.TEST) for argument in arguments)})")


def tuple_of(elements: Sequence[str]) -> Piece:
    """`a, b`, or `a,`; empty, `()`."""
    if not elements:
        return atom("()")
    return Piece(f"{', '.join(elements)}{',' if len(elements) == 1 else ''}", Level.TUPLE)
