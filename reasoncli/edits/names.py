"""Changes of identifiers: variables, attributes, methods, functions.

ManySStuBs4J: change identifier used, wrong function name, change caller in function call. TBar: mutate variable, mutate
method invocation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from reasoncli.edits.context import Changes, Context, is_called, is_read
from reasoncli.edits.pieces import atom, attribute, call, subscript
from reasoncli.edits.related import related_attributes, related_functions, related_methods
from reasoncli.edits.unit import Site

_LITERALS = ("None", "True", "False", "0", "1", "''", "[]", "{}")
_BARE_METHODS = ("strip", "lower", "copy", "items", "values", "keys", "split", "encode", "decode", "rstrip", "upper")


def change_names(site: Site, context: Context) -> Changes:
    """Changes of one name or attribute."""
    match site.node:
        case ast.Name(ctx=ast.Store()):
            for other in _others(site.node.id, context.words.variables):
                yield "change-target", atom(other)
            if "self" in context.words.variables and not isinstance(site.parent, ast.NamedExpr):
                yield "target-to-attribute", atom(f"self.{site.node.id}")
        case ast.Name(ctx=ast.Load()) if is_called(site):
            yield from _function(site, site.node, context)
        case ast.Name(ctx=ast.Load()):
            yield from _variable(site, site.node, context)
        case ast.Attribute():
            yield from _attribute(site, site.node, context)


def _variable(site: Site, node: ast.Name, context: Context) -> Changes:
    words = context.words
    for other in _others(node.id, words.variables):
        yield "change-name", atom(other)
    for other in _others(node.id, dict.fromkeys([*words.constants, *related_functions(node.id)])):
        yield "change-name", atom(other)
    for other in _others(node.id, words.scope.names):
        yield "change-name-to-global", atom(other)
    is_object = isinstance(site.parent, ast.Attribute)
    dotted = [f"{base}.{name}" for base in ("self", "cls") for name in words.attributes.get(base, ())]
    if node.id not in {"self", "cls"}:
        if "self" in words.variables and f"self.{node.id}" not in dotted:
            dotted.append(f"self.{node.id}")
        others = [f"{name}.{node.id}" for name in words.variables if name not in {node.id, "self", "cls"}]
        for text in (*dotted, *others):
            yield "name-to-attribute", atom(text)
    for name in words.attributes.get(node.id, ()):
        if not (is_object and isinstance(site.parent, ast.Attribute) and site.parent.attr == name):
            yield "add-attribute", atom(f"{node.id}.{name}")
    if not is_object and not isinstance(site.parent, ast.Call | ast.Subscript):
        for name in words.methods.get(node.id, ()):
            yield "add-method-call", atom(f"{node.id}.{name}()")
    if not is_object:
        for text in _LITERALS:
            yield "name-to-literal", atom(text)


def _function(site: Site, node: ast.Name, context: Context) -> Changes:
    words = context.words
    near = [*words.functions, *related_functions(node.id), *words.scope.names]
    for other in _others(node.id, dict.fromkeys(near)):
        yield "change-function", atom(other)
    for other in _others(node.id, words.variables):
        yield "change-function-to-variable", atom(other)
    for name in words.methods.get("self", ()):
        yield "function-to-method", atom(f"self.{name}")
    if node.id not in words.methods.get("self", ()) and "self" in words.variables:
        yield "function-to-method", atom(f"self.{node.id}")


def _attribute(site: Site, node: ast.Attribute, context: Context) -> Changes:
    words = context.words
    value = context.piece(node.value)
    if is_called(site):
        same = words.methods.get(value.text, [])
        near = [*same, *related_methods(node.attr)]
        for other in _others(node.attr, dict.fromkeys(near)):
            yield "change-method", attribute(value, other)
        rest = dict.fromkeys(name for names in words.methods.values() for name in names if name not in near)
        for other in _others(node.attr, rest):
            yield "change-method-to-other", attribute(value, other)
        for name in words.attributes.get(value.text, ()):
            yield "add-attribute", attribute(attribute(value, name), node.attr)
        if isinstance(node.value, ast.Name):
            yield "method-to-function", atom(node.attr)
        return
    same = words.attributes.get(value.text, [])
    near = [*same, *related_attributes(node.attr)]
    for other in _others(node.attr, dict.fromkeys(near)):
        yield "change-attribute", attribute(value, other)
    rest = dict.fromkeys(name for names in words.attributes.values() for name in names if name not in near)
    for other in _others(node.attr, rest):
        yield "change-attribute-to-other", attribute(value, other)
    if isinstance(node.ctx, ast.Store):
        yield "attribute-to-name", atom(node.attr)
        return
    yield "drop-attribute", value
    for other in _others(node.attr, words.variables):
        yield "attribute-to-name", atom(other)
    yield "attribute-to-name", atom(node.attr)
    for name in words.attributes.get(site.piece.text, ()):
        yield "add-attribute", attribute(site.piece, name)
    if is_read(site) and not isinstance(site.parent, ast.Attribute):
        for default in ("None", "False", "''"):
            yield "attribute-to-getattr", atom(f"getattr({value.text}, '{node.attr}', {default})")
        yield "attribute-to-index", subscript(value, f"'{node.attr}'")
        yield "attribute-to-index", call(attribute(value, "get").text, atom(f"'{node.attr}'"))


def change_access(site: Site, context: Context) -> Changes:
    """A call, an index or a method put behind a value, or taken away."""
    node, piece = site.node, site.piece
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=[], keywords=[]):
            yield "drop-method-call", context.piece(value)
            yield "drop-call", context.piece(node.func)
        case ast.Call(func=ast.Attribute(value=value)):
            yield "drop-method-call", context.piece(value)
            yield "drop-call", context.piece(node.func)
        case ast.Call(func=function):
            yield "drop-call", context.piece(function)
    if not is_read(site):
        return
    match node:
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call() if piece.text not in {"self", "cls"}:
            for method in ("copy",) if isinstance(site.parent, ast.Attribute) else _BARE_METHODS:
                yield "add-method-call", call(attribute(piece, method).text)
            if isinstance(site.parent, ast.Attribute | ast.Subscript):
                return
            yield "add-call", call(piece.text)
    if site.truth or isinstance(site.parent, ast.Subscript):
        return
    match node:
        case ast.Name() | ast.Attribute() | ast.Call() if not isinstance(node, ast.Name) or node.id != "self":
            for index in ("0", "-1", "1", "1:", ":-1", ":"):
                yield "add-index", subscript(piece, index)
            for name in context.words.indexes:
                if name != piece.text and not isinstance(site.parent, ast.Attribute):
                    yield "add-index", subscript(piece, name)


def _others(name: str, names: Iterable[str]) -> list[str]:
    return [other for other in names if other != name]
