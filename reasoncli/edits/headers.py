"""Changes of the headers of compound statements: `if`, `for`, `except`, `def`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial

from reasoncli import python_source
from reasoncli.edits.context import Context
from reasoncli.edits.insertions import takes_else
from reasoncli.edits.pieces import Level, fit
from reasoncli.edits.statements import Rewrites
from reasoncli.edits.unit import Statement

_DEFAULTS = ("None", "False", "True", "0", "''", "()")
_EXCEPTIONS = (
    "Exception", "ValueError", "TypeError", "KeyError", "AttributeError", "IndexError", "OSError", "ImportError",
    "IOError", "RuntimeError", "UnicodeDecodeError", "FileNotFoundError", "StopIteration", "NotImplementedError",
    "PermissionError", "ConnectionError", "RecursionError", "BaseException",
    "KeyboardInterrupt", "OverflowError",
)  # fmt: skip


def rewrite_header(statement: Statement, context: Context) -> Rewrites:
    """Other headers in the place of a compound statement's."""
    node = statement.node
    text = context.unit.lines[statement.header].strip()
    match node:
        case ast.If():
            test = text.split(" ", 1)[1]
            if statement.elif_branch:
                yield "elif-to-if", f"if {test}"
                if not node.orelse:
                    yield "elif-to-else", "else:"
            else:
                if not (len(node.orelse) == 1 and context.unit.of_node[node.orelse[0]].elif_branch):
                    yield "if-to-while", f"while {test}"
                before = statement.block[statement.index - 1] if statement.index else None
                if isinstance(before, ast.If) and takes_else(before):
                    yield "if-to-elif", f"el{text}"
        case ast.While():
            yield "while-to-if", text.replace("while", "if", 1)
        case ast.For() | ast.AsyncFor():
            yield from _loop(node, text, context)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _definition(node, context)


def _loop(node: ast.For | ast.AsyncFor, text: str, context: Context) -> Rewrites:
    target, values = fit(context.piece(node.target), Level.TUPLE), context.element(node.iter)
    keyword = text.split("for", 1)[0] + "for"
    nested = f"({target})" if isinstance(node.target, ast.Tuple) else target
    for name in ("i", "_", *context.words.variables):
        if name not in {"self", "cls", target}:
            yield "enumerate-loop", f"{keyword} {name}, {nested} in enumerate({values}):"
            if not isinstance(node.target, ast.Tuple):
                yield "unpack-loop", f"{keyword} {name}, {target} in {values}:"
                yield "unpack-loop", f"{keyword} {target}, {name} in {values}:"
                yield "items-loop", f"{keyword} {target}, {name} in {values}.items():"
    match node:
        case ast.For(target=ast.Tuple(elts=[_, item]), iter=ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_])):
            yield "enumerate-loop", f"{keyword} {fit(context.piece(item), Level.TUPLE)} in {context.element(inner)}:"
        case ast.For(target=ast.Tuple(elts=[key, value]), iter=ast.Call(func=ast.Attribute(value=owner, attr="items"))):
            inside = fit(context.piece(owner), Level.ATOM)
            yield "items-loop", f"{keyword} {context.element(key)} in {inside}:"
            yield "items-loop", f"{keyword} {context.element(value)} in {inside}.values():"
    if isinstance(node.target, ast.Tuple):
        for part in node.target.elts:
            yield "unpack-loop", f"{keyword} {context.element(part)} in {values}:"
    yield "loop-to-if", f"if {values}:"


def rewrite_branches(context: Context) -> Iterator[tuple[int, Callable[[], Rewrites]]]:
    """Of each `else:` and `except ...:` the index of its line, and its changes."""
    for statement in context.unit.statements:
        node = statement.node
        if isinstance(node, ast.If) and node.orelse:
            line = context.unit.of_node[node.orelse[0]].start - 1
            if context.unit.lines[line].strip() == "else:":
                yield line, partial(_else, statement, context)
        elif isinstance(node, ast.Try):
            for handler in node.handlers:
                yield context.unit.line_of(handler), partial(_handler, handler, context)


def _else(statement: Statement, context: Context) -> Rewrites:
    for test in context.words.tests:
        yield "else-to-elif", f"elif {fit(test.piece, Level.TEST)}:"
    used = context.names_in(statement.start, statement.start + 1)
    for name in dict.fromkeys([*used, *context.words.variables]):
        if name not in {"self", "cls"}:
            yield "else-to-elif", f"elif {name}:"


def _handler(node: ast.ExceptHandler, context: Context) -> Rewrites:
    name = f" as {node.name}" if node.name else ""
    if node.type is None:
        for other in _EXCEPTIONS:
            yield "narrow-except", f"except {other}:"
        return
    caught = context.element(node.type)
    elements = [context.element(part) for part in node.type.elts] if isinstance(node.type, ast.Tuple) else [caught]
    for other in dict.fromkeys([*_EXCEPTIONS, *context.words.constants]):
        if other in elements:
            continue
        yield "widen-except", f"except ({', '.join([*elements, other])}){name}:"
        if other in _EXCEPTIONS:
            if len(elements) == 1:
                yield "widen-except", f"except ({other}, {caught}){name}:"
            yield "change-except", f"except {other}{name}:"
    if isinstance(node.type, ast.Tuple):
        for index, part in enumerate(elements):
            yield "narrow-except", f"except {part}{name}:"
            rest = elements[:index] + elements[index + 1 :]
            if len(rest) > 1:
                yield "narrow-except", f"except ({', '.join(rest)}){name}:"
    if not node.name:
        for other in ("e", "exc", "err", "error", "ex"):
            yield "name-exception", f"except {caught} as {other}:"
    else:
        yield "name-exception", f"except {caught}:"


def _definition(node: python_source.Definition, context: Context) -> Rewrites:
    """Parameters added, dropped, swapped; defaults put in, changed, taken away."""
    arguments = node.args
    text = context.unit.lines[context.unit.line_of(node)].strip()
    if isinstance(node, ast.AsyncFunctionDef):
        yield "change-async", text.removeprefix("async ")
    else:
        yield "change-async", f"async {text}"
    for operator, changed in _parameters(arguments, context):
        header = type(node)(**{**dict(ast.iter_fields(node)), "args": changed, "body": [], "decorator_list": []})
        yield operator, ast.unparse(ast.copy_location(header, node)).strip()


def _parameters(old: ast.arguments, context: Context) -> Iterator[tuple[str, ast.arguments]]:
    fields = dict(ast.iter_fields(old))
    args: list[ast.arg] = fields["args"]
    defaults: list[ast.expr] = fields["defaults"]

    def made(**changed: object) -> ast.arguments:
        return ast.arguments(**{**fields, **changed})

    names = {arg.arg for arg in [*old.posonlyargs, *args, *old.kwonlyargs]}
    plain = len(args) - len(defaults)
    first = 1 if args and args[0].arg in {"self", "cls"} else 0
    for text in _DEFAULTS:
        value = ast.Constant(ast.literal_eval(text)) if text != "()" else ast.Tuple([], ast.Load())
        if plain > first:
            yield "add-default", made(defaults=[value, *defaults])
        for index, default in enumerate(defaults):
            if ast.unparse(default) != text:
                yield "change-default", made(defaults=[*defaults[:index], value, *defaults[index + 1 :]])
    if defaults:
        yield "drop-default", made(defaults=defaults[1:])
    for index in range(len(args)):
        left = defaults if index < plain else [*defaults[: index - plain], *defaults[index - plain + 1 :]]
        yield "drop-parameter", made(args=[*args[:index], *args[index + 1 :]], defaults=left)
    for index in range(plain - 1):
        swapped = [*args[:index], args[index + 1], args[index], *args[index + 2 :]]
        yield "swap-parameters", made(args=swapped)
    for name in context.words.constants:
        if name.islower() and name not in names:
            new = ast.arg(name)
            if not defaults:
                yield "add-parameter", made(args=[*args, new])
            for text in ("None", "False", "True"):
                value = ast.Constant(ast.literal_eval(text))
                yield "add-parameter", made(args=[*args, new], defaults=[*defaults, value])
    if old.vararg is None and not old.kwonlyargs:
        yield "add-rest", made(vararg=ast.arg("args"))
        if old.kwarg is None:
            yield "add-rest", made(vararg=ast.arg("args"), kwarg=ast.arg("kwargs"))
    if old.kwarg is None:
        yield "add-rest", made(kwarg=ast.arg("kwargs"))
        yield "add-rest", made(kwarg=ast.arg("kw"))
    elif old.vararg is None:
        yield "drop-rest", made(kwarg=None)
    if not args and not old.posonlyargs:
        yield "add-self", made(args=[ast.arg("self")])
    elif args[:1] and args[0].arg != "self" and not old.posonlyargs:
        yield "add-self", made(args=[ast.arg("self"), *args])
