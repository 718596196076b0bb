"""Changes of what is true: comparisons, `and`, `or`, `not`, clauses, `x if c else y`.

ManySStuBs4J: more or less specific if, change unary operator, change binary operator. TBar: mutate conditional
expression, insert null or range checks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reasoncli.edits.context import Changes, Context, is_read
from reasoncli.edits.pieces import (
    COMPARE,
    Level,
    Piece,
    atom,
    attribute,
    boolean,
    call,
    compare,
    fit,
    negated,
    tuple_of,
)
from reasoncli.edits.related import related_functions
from reasoncli.edits.unit import Site

_OPERATORS = {
    "==": ("!=", "is", "in", "<=", ">=", "<", ">"),
    "!=": ("==", "is not", "not in", "<", ">", "<=", ">="),
    "<": ("<=", ">", ">=", "==", "!="),
    "<=": ("<", ">=", ">", "==", "!="),
    ">": (">=", "<", "<=", "==", "!="),
    ">=": (">", "<=", "<", "==", "!="),
    "is": ("is not", "==", "!=", "in"),
    "is not": ("is", "!=", "==", "not in"),
    "in": ("not in", "==", "!="),
    "not in": ("in", "!=", "=="),
}
_TYPES = ("str", "bytes", "int", "list", "tuple", "dict", "type")


def change_comparisons(site: Site, context: Context) -> Changes:
    """Other operators, swapped sides, and other ways to compare the same."""
    node = site.node
    if not isinstance(node, ast.Compare):
        return
    operands = [context.piece(value) for value in (node.left, *node.comparators)]
    operators = [COMPARE[type(operator)] for operator in node.ops]
    texts = [fit(operand, Level.BIT_OR) for operand in operands]
    for index, operator in enumerate(operators):
        for other in _OPERATORS[operator]:
            yield "change-comparison", _chain(texts, [*operators[:index], other, *operators[index + 1 :]])
    if len(operators) > 1:
        yield "drop-comparison", _chain(texts[:-1], operators[:-1])
        yield "drop-comparison", _chain(texts[1:], operators[1:])
        return
    (left, right), (operator,) = operands, operators
    if operator in {"<", "<=", ">", ">=", "in", "not in"}:
        yield "swap-operands", compare(right, operator, left)
    if site.truth:
        yield "comparison-to-truth", left
        yield "comparison-to-truth", negated(left)
    within = node.comparators[0]
    if operator in {"in", "not in"} and isinstance(within, ast.Tuple | ast.List | ast.Set):
        for element in within.elts:
            yield "within-to-equal", compare(left, "==" if operator == "in" else "!=", context.piece(element))
    if operator in {"==", "!=", "is", "is not"} and right.text != "None":
        inside = "in" if operator in {"==", "is"} else "not in"
        if isinstance(node.comparators[0], ast.Constant):
            for seen in [*context.words.strings, *context.words.numbers, "None", "''"]:
                if seen != right.text:
                    yield "equal-to-within", compare(left, inside, tuple_of([right.text, seen]))
        direct = "is" if operator in {"==", "is"} else "is not"
        yield "compare-with-none", compare(left, direct, atom("None"))
    for index, part in enumerate(operands):
        if isinstance([node.left, *node.comparators][index], ast.Constant):
            continue
        for name, changed in (
            ("compare-lowered", call(attribute(part, "lower").text)),
            ("compare-type", call("type", part)),
            ("compare-length", call("len", part)),
        ):
            yield name, compare(changed, operator, right) if index == 0 else compare(left, operator, changed)


def _chain(texts: list[str], operators: list[str]) -> Piece:
    rest = "".join(f" {operator} {text}" for operator, text in zip(operators, texts[1:], strict=True))
    return Piece(texts[0] + rest, Level.COMPARE)


def change_truth(site: Site, context: Context) -> Changes:
    """Negations, clauses and checks of an expression of which only the truth matters."""
    node, piece = site.node, site.piece
    match node:
        case ast.BoolOp():
            yield from _clauses(node, context)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "drop-not", context.piece(operand)
        case ast.IfExp():
            yield from _conditional(node, context)
    if not site.truth:
        return
    inverted = isinstance(site.parent, ast.UnaryOp)
    if not inverted and not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        yield "add-not", negated(piece)
    inner = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) else node
    if isinstance(inner, ast.Name | ast.Attribute | ast.Subscript | ast.Call) and not inverted:
        yield from _checks(context.piece(inner), context)
    if not isinstance(site.parent, ast.BoolOp) and not inverted:
        yield from _more_specific(site, context)
    if isinstance(site.parent, ast.If | ast.While) and site.field == "test":
        for test in context.words.tests:
            if test is not site and test.piece.text != piece.text:
                yield "change-test", test.piece
        yield "constant-test", atom("True")


def _clauses(node: ast.BoolOp, context: Context) -> Changes:
    operator, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    clauses = [context.piece(value) for value in node.values]
    yield "change-boolean-operator", boolean(other, clauses)
    for index, clause in enumerate(clauses):
        rest = clauses[:index] + clauses[index + 1 :]
        yield "drop-clause", boolean(operator, rest)
        if len(rest) > 1:
            yield "keep-clause", clause
        if index + 1 < len(clauses):
            swapped = [*clauses[:index], clauses[index + 1], clause, *clauses[index + 2 :]]
            yield "swap-clauses", boolean(operator, swapped)
            joined = boolean(other, [clause, clauses[index + 1]])
            if len(clauses) > 2:
                yield "regroup-clauses", boolean(operator, [*clauses[:index], joined, *clauses[index + 2 :]])
    for index, value in enumerate(node.values):
        match value:
            case ast.BoolOp(values=[*inner]):
                parts = [context.piece(part) for part in inner]
                if index == 0:
                    rest = [boolean(operator, [parts[-1], *clauses[1:]])]
                    yield "regroup-clauses", boolean(other, [*parts[:-1], *rest])
                else:
                    rest = [boolean(operator, [*clauses[:index], parts[0]])]
                    yield "regroup-clauses", boolean(other, [*rest, *parts[1:]])


def _checks(piece: Piece, context: Context) -> Changes:
    yield "truth-to-check", compare(piece, "is not", atom("None"))
    yield "truth-to-check", compare(piece, "is", atom("None"))
    for operator, number in ((">", "0"), (">", "1"), ("==", "0"), ("!=", "0"), (">=", "0"), ("<", "0"), ("==", "1")):
        yield "truth-to-check", compare(piece, operator, atom(number))
    yield "truth-to-check", call("len", piece)
    yield "truth-to-check", compare(call("len", piece), ">", atom("0"))
    yield "truth-to-check", compare(call("len", piece), ">", atom("1"))
    yield "truth-to-check", compare(call("len", piece), "==", atom("1"))
    for kind in _TYPES:
        yield "truth-to-type", call("isinstance", piece, atom(kind))
    for name in context.words.variables:
        if name != piece.text:
            yield "truth-to-comparison", compare(piece, "==", atom(name))
            yield "truth-to-comparison", compare(piece, "in", atom(name))


def _more_specific(site: Site, context: Context) -> Changes:
    """A clause joined to a whole condition."""
    node, piece, words = site.node, site.piece, context.words
    statement = site.statement
    used = context.names_in(statement.start, min(statement.end, statement.start + 4))
    dotted = dict.fromkeys(
        other.piece.text
        for line in range(statement.start, min(statement.end, statement.start + 3))
        for other in context.unit.at_line.get(line, ())
        if isinstance(other.node, ast.Attribute) and isinstance(other.node.value, ast.Name) and is_read(other)
    )
    near = [*used, *dotted]
    flags = [f"self.{name}" for name in words.attributes.get("self", ())]
    own = {context.piece(value).text for value in (node.values if isinstance(node, ast.BoolOp) else [node])}

    def joined(operator: str, clause: Piece, *, first: bool) -> Piece:
        clauses = [piece]
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) == (operator == "and"):
            clauses = [context.piece(value) for value in node.values]
        return boolean(operator, [clause, *clauses] if first else [*clauses, clause])

    for text in dict.fromkeys([*near, *words.variables, *flags]):
        if text in {"self", "cls"}:
            continue
        value = atom(text)
        for clause in (value, negated(value)):
            if clause.text in own:
                continue
            yield "add-clause", joined("and", clause, first=True)
            yield "add-clause", joined("and", clause, first=False)
            yield "add-clause", joined("or", clause, first=True)
            yield "add-clause", joined("or", clause, first=False)
        if text in near:
            absent, present = compare(value, "is", atom("None")), compare(value, "is not", atom("None"))
            yield "add-none-check", joined("and", present, first=True)
            yield "add-none-check", joined("and", present, first=False)
            yield "add-none-check", joined("or", absent, first=True)
            yield "add-none-check", joined("or", absent, first=False)
            yield "add-none-check", joined("and", absent, first=False)
            yield "add-none-check", joined("or", present, first=False)
            length = call("len", value)
            yield "add-range-check", joined("and", compare(length, ">", atom("0")), first=True)
            yield "add-range-check", joined("and", compare(length, ">", atom("0")), first=False)
            yield "add-range-check", joined("and", compare(value, ">", atom("0")), first=True)
            yield "add-range-check", joined("and", compare(value, ">", atom("0")), first=False)
            yield "add-range-check", joined("or", compare(value, "==", atom("0")), first=False)
            for kind in _TYPES:
                yield "add-type-check", joined("and", call("isinstance", value, atom(kind)), first=True)
                yield "add-type-check", joined("and", call("isinstance", value, atom(kind)), first=False)
                yield "add-type-check", joined("and", negated(call("isinstance", value, atom(kind))), first=False)
    for clause in _varied(node, context):
        yield "vary-clause", joined("or", clause, first=False)
        yield "vary-clause", joined("and", clause, first=False)
    for test in words.tests:
        if test is not site and test.piece.text not in own:
            for operator in ("and", "or"):
                yield "add-seen-clause", joined(operator, test.piece, first=False)
                yield "add-seen-clause", joined(operator, test.piece, first=True)
                yield "add-seen-clause", joined(operator, negated(test.piece), first=False)


def _varied(node: ast.expr, context: Context) -> Iterator[Piece]:
    """The last clause once more, compared with something else."""
    last = node.values[-1] if isinstance(node, ast.BoolOp) else node
    match last:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            one, old = context.piece(left), context.piece(right).text
            words = context.words
            near = related_functions(old) or (words.strings if isinstance(right, ast.Constant) else words.variables)
            for text in near:
                if text not in {old, one.text, "self"}:
                    yield compare(one, COMPARE[type(operator)], atom(text))
        case ast.Call(func=function, args=[argument], keywords=[]) if isinstance(argument, ast.Constant):
            for text in context.words.strings:
                if text != context.piece(argument).text:
                    yield call(context.piece(function).text, atom(text))


def _conditional(node: ast.IfExp, context: Context) -> Changes:
    body, test, other = context.piece(node.body), context.piece(node.test), context.piece(node.orelse)
    yield "drop-conditional", body
    yield "drop-conditional", other
    yield "swap-branches", conditional(other, test, body)


def conditional(body: Piece, test: Piece, other: Piece) -> Piece:
    """`body if test else other`."""
    return Piece(f"{fit(body, Level.OR)} if {fit(test, Level.OR)} else {fit(other, Level.TEST)}", Level.TEST)


def add_fallbacks(site: Site, context: Context) -> Changes:
    """What is used when a value is missing: `x or d`, `x if x else d`; and such a fallback dropped."""
    node, piece = site.node, site.piece
    if site.truth or not is_read(site):
        return
    match node:
        case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript() if piece.text not in {"self", "cls"}:
            pass
        case _:
            return
    if not (isinstance(site.parent, ast.Attribute) and isinstance(node, ast.Name)):
        for text in ("''", "[]", "{}", "0", "()", "None", "1"):
            yield "add-fallback", boolean("or", [piece, atom(text)])
    if isinstance(site.parent, ast.Attribute | ast.Compare | ast.BinOp | ast.Subscript):
        return
    checked = [context.piece(node.value) if isinstance(node, ast.Attribute) else piece]
    if isinstance(node, ast.Call):
        checked += [context.piece(part) for part in node.args if isinstance(part, ast.Name | ast.Attribute)]
    for test in checked:
        for text in ("None", "''", "[]", "0"):
            yield "add-conditional", conditional(piece, test, atom(text))
            yield "add-conditional", conditional(piece, compare(test, "is not", atom("None")), atom(text))
    if isinstance(site.parent, ast.Assign | ast.Return | ast.keyword | ast.Call):
        for name in [*context.words.variables, *(f"self.{name}" for name in context.words.attributes.get("self", ()))]:
            if name not in {piece.text, "self", "cls"}:
                yield "add-fallback", boolean("or", [piece, atom(name)])
