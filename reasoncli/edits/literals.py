"""Changes of literals and displays.

ManySStuBs4J: change numeral, boolean literal, swap boolean literal. TBar: mutate literal expression.
"""

from __future__ import annotations

import ast
import itertools

from reasoncli.edits.context import Changes, Context, is_read
from reasoncli.edits.pieces import Level, Piece, atom, binary, fit, is_name, minus, number, tuple_of
from reasoncli.edits.unit import Site

_NONE_LIKE = ("False", "True", "0", "1", "-1", "''", "[]", "{}", "()", "set()")
_WORDS = (
    ("r", "rb"), ("w", "wb"), ("a", "ab"), ("w", "a"), ("r", "w"), ("rb", "wb"), ("utf-8", "utf8"), ("utf-8", "ascii"),
    ("utf-8", "latin-1"), ("utf-8", "utf-8-sig"), ("strict", "ignore"), ("ignore", "replace"), ("strict", "replace"),
    ("%d", "%s"), ("%s", "%r"), ("\n", "\r\n"), ("/", "\\"), ("\n", ""), (" ", ""), (",", ", "), (".", ""), ("-", "_"),
    ("utf-8", "surrogateescape"), ("left", "right"), ("asc", "desc"), ("GET", "POST"), ("start", "end"), ("id", "pk"),
)  # fmt: skip


def change_literals(site: Site, context: Context) -> Changes:
    """Another literal, or a name, in the place of one; a `-` before a number taken away."""
    match site.node:
        case ast.Constant(value=bool() as value):
            yield "flip-boolean", atom(str(not value))
            yield "boolean-to-none", atom("None")
            yield from _names("literal-to-name", context)
        case ast.Constant(value=None):
            if isinstance(site.parent, ast.Compare):
                return
            for text in _NONE_LIKE:
                yield "change-none", Piece(text, Level.FACTOR if text[0] == "-" else Level.ATOM)
            yield from _names("literal-to-name", context)
        case ast.Constant(value=int() | float() as value):
            yield from _number(site, value, context)
        case ast.Constant(value=str() as value):
            yield from _string(site, value, context)
        case ast.Constant(value=bytes()):
            yield "change-string-kind", atom(site.piece.text.removeprefix("b"))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "drop-minus", context.piece(operand)
        case ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Tuple(elts=[]) if is_read(site):
            for text in ("[]", "{}", "()", "None", "set()", "''", "0"):
                if text != site.piece.text:
                    yield "change-empty", atom(text)
        case ast.JoinedStr():
            yield from _format(site.piece.text, context)


def _names(operator: str, context: Context) -> Changes:
    for name in context.words.variables:
        yield operator, atom(name)


def _number(site: Site, value: float, context: Context) -> Changes:
    text = site.piece.text
    signed = isinstance(site.parent, ast.UnaryOp)
    near: list[float] = [value + 1, value - 1, 0, 1, 2, -1]
    if value:
        near += [-value, value * 2, value * 10]
        near.append(value // 2 if isinstance(value, int) and value % 2 == 0 else value / 2)
    if value >= 10:
        near += [value // 10 if isinstance(value, int) else value / 10, value * 100, value * 1000]
    near += [float(value)] if isinstance(value, int) else [int(value)] if value == value // 1 and value < 1e15 else []
    for other in near:
        if not (signed and other < 0) and repr(other) != text and abs(other) < 10**300:
            yield "change-number", number(other)
    for seen in context.words.numbers:
        if seen != text:
            yield "change-number-to-seen", atom(seen)
    if not signed:
        yield "literal-to-none", atom("None")
    if isinstance(value, int) and value in (0, 1):
        yield "literal-to-boolean", atom(str(bool(value)))
    yield from _names("literal-to-name", context)


def _string(site: Site, value: str, context: Context) -> Changes:
    if isinstance(site.parent, ast.Expr):
        return
    text = site.piece.text
    for seen in context.words.strings:
        if seen != text:
            yield "change-string-to-seen", atom(seen)
    for other in dict.fromkeys(_similar(value)):
        if other != value:
            yield "change-string", atom(repr(other))
    if value.isascii() and not isinstance(site.parent, ast.keyword):
        yield "change-string-kind", atom("b" + text)
    yield "literal-to-none", atom("None")
    yield from _names("literal-to-name", context)
    if is_name(value) and "self" in context.words.variables:
        yield "literal-to-attribute", atom(f"self.{value}")


def _similar(value: str) -> list[str]:
    near = ["", value.lower(), value.upper(), value.capitalize(), value.strip(), value.rstrip(), value.lstrip()]
    near += [value + "\n", value + " ", " " + value, value + "s", value.removesuffix("s"), value + ":", value + "."]
    near += [value.rstrip("."), value.rstrip(":"), value.lstrip("."), "." + value, "/" + value, value + "/"]
    near += [value.rstrip("/"), value.lstrip("/"), value.lstrip("^"), "^" + value, value + "$", value.rstrip("$")]
    near += [value.replace("_", "-"), value.replace("-", "_"), value.replace("_", ""), "_" + value, value.lstrip("_")]
    near += [value[1:], value[:-1], "-" + value, "--" + value.lstrip("-"), value.lstrip("-"), value + "="]
    for one, other in _WORDS:
        if value == one:
            near.append(other)
        elif value == other:
            near.append(one)
    for one, other in (
        ("%s", "%r"),
        ("%d", "%s"),
        ("\\d", "\\w"),
        (".*", ".+"),
        ("*", "+"),
        ("+", "*"),
        (" ", "  "),
        ("\n", "\n\n"),
        ("'%s'", "%s"),
        ('"%s"', "%s"),
    ):
        if one in value:
            near.append(value.replace(one, other))
        if other in value:
            near.append(value.replace(other, one))
    return near


def _format(text: str, context: Context) -> Changes:
    """Names at the start of an f-string's fields; a field read as text ends at the first thing that isn't a name."""
    start = text.find("{")
    while start >= 0:
        if text.startswith("{{", start):
            start = text.find("{", start + 2)
            continue
        end = start + 1
        while end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        name = text[start + 1 : end]
        if is_name(name) and text[end : end + 1] in {"}", ".", "!", ":", "["}:
            for other in context.words.variables:
                if other != name:
                    yield "change-name-in-format", atom(text[: start + 1] + other + text[end:])
            if text[end] == "}":
                yield "change-conversion", atom(f"{text[:end]}!r{text[end:]}")
            for seen in context.words.attributes.get(name, ()):
                if text[end] != ".":
                    yield "add-attribute-in-format", atom(f"{text[:end]}.{seen}{text[end:]}")
        if text.startswith("!r}", end):
            yield "change-conversion", atom(text[:end] + text[end + 2 :])
        start = text.find("{", end)


def change_displays(site: Site, context: Context) -> Changes:
    """Elements of a list, tuple, set or dict dropped, added, or swapped; one kind of display for another."""
    match site.node:
        case ast.List(elts=elements, ctx=ast.Load()):
            yield from _elements([context.element(element) for element in elements], "[", context)
            if len(elements) == 1 and not isinstance(elements[0], ast.Starred):
                yield "unwrap-display", context.piece(elements[0])
        case ast.Tuple(elts=elements, ctx=ast.Load()) if elements and not _is_index(site):
            yield from _elements([context.element(element) for element in elements], "(", context)
            for element in elements:
                if not isinstance(element, ast.Starred):
                    yield "unwrap-display", context.piece(element)
        case ast.Tuple(elts=elements) if elements:
            texts = [context.element(element) for element in elements]
            for changed in _swapped(texts):
                yield "swap-elements", tuple_of(changed)
            if not _is_index(site):
                for name in ("_", *context.words.variables):
                    yield "add-element", tuple_of([*texts, name])
                if len(elements) > 1:
                    for index in range(len(texts)):
                        yield "drop-element", tuple_of(texts[:index] + texts[index + 1 :])
        case ast.Set(elts=elements):
            yield from _elements([context.element(element) for element in elements], "{", context)
        case ast.Dict(keys=keys, values=values) if keys:
            yield from _items(keys, values, context)
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
            inner = site.piece.text[1:-1]
            for left, right in ("[]", "()", "{}"):
                if site.piece.text[0] != left:
                    yield "change-comprehension", atom(left + inner + right)


def _is_index(site: Site) -> bool:
    return isinstance(site.parent, ast.Subscript) and site.field == "slice"


def _display(texts: list[str], left: str) -> Piece:
    if left == "(":
        return tuple_of(texts)
    return atom(left + ", ".join(texts) + {"[": "]", "{": "}"}[left])


def _elements(texts: list[str], left: str, context: Context) -> Changes:
    for index in range(len(texts)):
        if len(texts) > 1 or left == "[":
            yield "drop-element", _display(texts[:index] + texts[index + 1 :], left)
    for changed in _swapped(texts):
        yield "swap-elements", _display(changed, left)
    for text in [*context.words.variables, *context.words.strings, *context.words.numbers]:
        if text not in texts:
            yield "add-element", _display([*texts, text], left)
    if not texts:
        return
    for other in "[({":
        if other != left and not (other == "{" and any(text.startswith("*") for text in texts)):
            yield "change-display", _display(texts, other)


def _swapped(texts: list[str]) -> list[list[str]]:
    return [
        [*texts[:i], texts[i + 1], texts[i], *texts[i + 2 :]] for i in range(len(texts) - 1) if texts[i] != texts[i + 1]
    ]


def _items(keys: list[ast.expr | None], values: list[ast.expr], context: Context) -> Changes:
    texts = [
        f"{context.element(key)}: {context.element(value)}"
        if key is not None
        else f"**{fit(context.piece(value), Level.BIT_OR)}"
        for key, value in zip(keys, values, strict=True)
    ]
    for index, (one, two) in enumerate(itertools.pairwise(keys)):
        if one is not None and two is not None:
            swapped = [f"{context.element(one)}: {context.element(values[index + 1])}"]
            swapped.append(f"{context.element(two)}: {context.element(values[index])}")
            yield "swap-values", atom("{" + ", ".join([*texts[:index], *swapped, *texts[index + 2 :]]) + "}")
    for index in range(len(texts)):
        yield "drop-item", atom("{" + ", ".join(texts[:index] + texts[index + 1 :]) + "}")
    known = {key.value for key in keys if isinstance(key, ast.Constant)}
    for name in context.words.variables:
        if name not in known:
            yield "add-item", atom("{" + ", ".join([*texts, f"'{name}': {name}"]) + "}")


def wrap_literals(site: Site, context: Context) -> Changes:
    """A value made the only element of a display; a sign put before it; text added to text."""
    match site.node:
        case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript() if is_read(site) and not site.truth:
            text = site.piece.text
            if isinstance(site.parent, ast.Attribute | ast.Subscript) or text == "self":
                return
            yield "wrap-display", atom(f"[{text}]")
            yield "wrap-display", tuple_of([text])
            yield "add-minus", minus(site.piece)
        case ast.Constant(value=str()) if is_read(site) and not isinstance(site.parent, ast.Expr):
            for name in context.words.variables[:8]:
                yield "add-operand", binary(site.piece, "+", atom(name))
