"""Changes of calls: arguments dropped, added, swapped, named; values wrapped in a call, or unwrapped.

ManySStuBs4J: same function with more or fewer arguments, swap arguments. TBar: mutate method invocation, insert cast,
mutate data type.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Sequence

from reasoncli.edits.context import Changes, Context, is_read
from reasoncli.edits.pieces import Level, Piece, atom, attribute, call, fit, tuple_of
from reasoncli.edits.related import KEYWORDS
from reasoncli.edits.scope import bare_name
from reasoncli.edits.unit import Site

_WRAPPERS = ("str", "int", "list", "len", "tuple", "set", "sorted", "float", "bool", "abs", "repr", "dict", "type")
_ITERATED = ("list", "enumerate", "reversed", "sorted", "range", "set", "zip", "iter")
_Made = Callable[[Sequence[str], Sequence[str]], Piece]
_CONSTANTS = ("None", "True", "False", "0", "1", "-1", "''", "[]", "{}")


def change_calls(site: Site, context: Context) -> Changes:
    """Arguments of a call, and the call replaced by one of them."""
    node = site.node
    if not isinstance(node, ast.Call):
        return
    function = fit(context.piece(node.func), Level.ATOM)
    texts = [context.element(argument) for argument in node.args]
    words = [context.unit.text(word) for word in node.keywords]

    def made(arguments: Sequence[str], keywords: Sequence[str]) -> Piece:
        return atom(f"{function}({', '.join([*arguments, *keywords])})")

    for index in range(len(texts)):
        yield "drop-argument", made(texts[:index] + texts[index + 1 :], words)
    for index in range(len(words)):
        yield "drop-keyword", made(texts, words[:index] + words[index + 1 :])
    for count in range(len(texts) - 1):
        yield "drop-arguments", made(texts[:count], [])
    if len(texts) + len(words) > 1:
        yield "drop-arguments", made([], [])
    if words and texts:
        yield "drop-arguments", made(texts, [])
    for index, (word, after) in enumerate(itertools.pairwise(node.keywords)):
        if word.arg and after.arg:
            values = [f"{word.arg}={context.element(after.value)}", f"{after.arg}={context.element(word.value)}"]
            yield "swap-values", made(texts, [*words[:index], *values, *words[index + 2 :]])
    for index in range(len(texts)):
        for other in range(index + 1, len(texts)):
            swapped = list(texts)
            swapped[index], swapped[other] = texts[other], texts[index]
            yield "swap-arguments", made(swapped, words)
    for argument in node.args:
        if not isinstance(argument, ast.Starred):
            yield "unwrap-call", context.piece(argument)
    yield from _added(node, texts, words, context, made)
    yield from _spread(node, texts, words, context, made)
    yield from _rephrased(node, texts, context)


def _added(node: ast.Call, texts: list[str], words: list[str], context: Context, made: _Made) -> Changes:
    for text in (*context.words.variables, *_CONSTANTS):
        if text not in texts:
            for index in range(len(texts), -1, -1):
                yield "add-argument", made([*texts[:index], text, *texts[index:]], words)
    for text in context.words.strings:
        yield "add-argument", made([*texts, text], words)
    for text in context.words.attributes.get("self", ()):
        yield "add-argument", made([*texts, f"self.{text}"], words)
    name = bare_name(node.func)
    given = {word.arg for word in node.keywords}
    known: dict[str, None] = {}
    for word in context.words.parameters.get(name, ()):
        known[f"{word}={word}" if word in context.words.variables else f"{word}=None"] = None
        known.update((f"{word}={value}", None) for value in ("True", "False"))
    for word, value in context.words.keywords.get(name, {}).items():
        known[f"{word}={value}"] = None
    known.update(dict.fromkeys(KEYWORDS.get(name, ())))
    special = set(known)
    for passed in context.words.keywords.values():
        known.update((f"{word}={value}", None) for word, value in passed.items())
    known.update((f"{word}={word}", None) for word in context.words.variables if word not in {"self", "cls"})
    spread = bool(words) and words[-1].startswith("**")
    for text in known:
        if text.split("=", 1)[0] not in given:
            yield "add-keyword", made(texts, [*words[:-1], text, words[-1]] if spread else [*words, text])
            if text in special and words:
                yield "add-keyword", made(texts, [text, *words])


def _spread(node: ast.Call, texts: list[str], words: list[str], context: Context, made: _Made) -> Changes:
    for index, argument in enumerate(node.args):
        if isinstance(argument, ast.Starred):
            yield "change-star", made([*texts[:index], context.element(argument.value), *texts[index + 1 :]], words)
        elif isinstance(argument, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.List | ast.Tuple):
            starred = "*" + fit(context.piece(argument), Level.BIT_OR)
            yield "change-star", made([*texts[:index], starred, *texts[index + 1 :]], words)
            if index == len(texts) - 1 and not words:
                yield "change-star", made([*texts[:index], "*" + starred], words)
    for index, word in enumerate(node.keywords):
        value = context.element(word.value)
        if word.arg is None:
            if index == 0 and not any(other.arg is None for other in node.keywords[1:]):
                yield "change-star", made([*texts, value], words[1:])
            continue
        if index == 0:
            yield "keyword-to-argument", made([*texts, value], words[1:])
        names = [*context.words.parameters.get(bare_name(node.func), ()), *context.words.variables]
        given = {other.arg for other in node.keywords}
        for name in dict.fromkeys(names):
            if name not in given and name not in {"self", "cls"}:
                yield "rename-keyword", made(texts, [*words[:index], f"{name}={value}", *words[index + 1 :]])
    if node.args and not isinstance(node.args[-1], ast.Starred):
        given = {word.arg for word in node.keywords}
        names = [*context.words.parameters.get(bare_name(node.func), ())]
        names += [texts[-1]] if texts[-1].isidentifier() else []
        names += [node.args[-1].attr] if isinstance(node.args[-1], ast.Attribute) else []
        for name in dict.fromkeys(names):
            if name not in given and name not in _CONSTANTS:
                yield "argument-to-keyword", made(texts[:-1], [f"{name}={texts[-1]}", *words])


def _rephrased(node: ast.Call, texts: list[str], context: Context) -> Changes:
    """Special calls: `d.get(k)`, `isinstance`, `f(a)` for `a.f()` and back."""
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass" as name), args=[value, kinds]):
            given = [context.element(kind) for kind in kinds.elts] if isinstance(kinds, ast.Tuple) else [texts[1]]
            for kind in ("str", "bytes", "int", "float", "list", "tuple", "set", "dict", "bool", "type(None)"):
                if kind not in given:
                    yield "change-types", call(name, context.piece(value), tuple_of([*given, kind]))
                    if len(given) == 1:
                        yield "change-types", call(name, context.piece(value), tuple_of([kind, *given]))
                        yield "change-types", call(name, context.piece(value), atom(kind))
        case ast.Call(func=ast.Attribute(attr="join"), args=[ast.Name() | ast.Attribute() as argument], keywords=[]):
            listed = context.piece(argument).text
            for mapped in (f"map(str, {listed})", f"[str(x) for x in {listed}]", f"(str(x) for x in {listed})"):
                yield "join-as-text", call(context.piece(node.func).text, atom(mapped))
        case ast.Call(func=ast.Attribute(value=value, attr="get" | "pop" | "setdefault"), args=[key, *_], keywords=[]):
            yield "get-to-index", atom(f"{fit(context.piece(value), Level.ATOM)}[{context.element(key)}]")
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=[argument], keywords=[]):
            if not isinstance(argument, ast.Starred) and isinstance(argument, ast.Name | ast.Attribute | ast.Call):
                yield "swap-caller", call(attribute(context.piece(argument), name).text, context.piece(value))
        case ast.Call(func=ast.Name(id=name), args=[ast.Name() | ast.Attribute() | ast.Call()], keywords=[]):
            yield "function-to-method", call(f"{texts[0]}.{name}")


def wrap_values(site: Site, context: Context) -> Changes:
    """A value made the argument of a conversion, or of a function that is called nearby."""
    if not is_read(site) or site.truth or isinstance(site.node, ast.Constant | ast.Lambda | ast.JoinedStr):
        return
    if isinstance(site.parent, ast.Attribute | ast.Expr) or site.piece.text in {"self", "cls"}:
        return
    if isinstance(site.parent, ast.Subscript) and site.field == "value":
        return
    node = site.node
    if isinstance(node, ast.Tuple | ast.Yield | ast.YieldFrom | ast.Await | ast.NamedExpr | ast.Starred):
        return
    iterated = isinstance(site.parent, ast.For | ast.AsyncFor | ast.comprehension) and site.field == "iter"
    own = bare_name(node.func) if isinstance(node, ast.Call) else ""
    outer = bare_name(site.parent.func) if isinstance(site.parent, ast.Call) else ""
    for name in _ITERATED if iterated else _WRAPPERS:
        if name not in {own, outer}:
            yield "wrap-call", call(name, site.piece)
    if isinstance(node, ast.Compare | ast.BoolOp):
        return
    for name in context.words.functions:
        if name not in {own, outer} and name not in _WRAPPERS:
            yield "wrap-call-seen", call(name, site.piece)
    for name in context.words.methods.get("self", ()):
        if name != own and not iterated:
            yield "wrap-call-seen", call(f"self.{name}", site.piece)
    if iterated or isinstance(site.parent, ast.Compare):
        return
    variables = context.words.variables if isinstance(node, ast.BinOp | ast.Call) else []
    for limit in ("0", "1", *variables):
        if not isinstance(site.parent, ast.Assign | ast.Return | ast.Slice | ast.BinOp | ast.Call):
            return
        if limit in variables and isinstance(site.parent, ast.BinOp | ast.Call):
            return
        if limit not in {site.piece.text, "self", "cls"}:
            yield "add-limit", call("max", site.piece, atom(limit))
            yield "add-limit", call("min", site.piece, atom(limit))
            yield "add-limit", call("max", atom(limit), site.piece)
            yield "add-limit", call("min", atom(limit), site.piece)
