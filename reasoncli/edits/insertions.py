"""Statements put in: guards and defaults, blocks around statements, copies, assignments, exits.

TBar: insert null, range and cast checkers, insert statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reasoncli.edits.context import Context, is_read
from reasoncli.edits.pieces import Level, fit
from reasoncli.edits.unit import Statement
from reasoncli.python_source import INDENT

LIMIT = 5
"""Lines that one edit takes away or puts in at most."""

Hunk = tuple[int, int, list[str], str]
"""First line, end, replacement, operator; not yet minimal."""

_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.Raise, ast.Delete, ast.Assert)
_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)
_CAUGHT = ("Exception", "ValueError", "KeyError", "AttributeError", "TypeError", "OSError", "ImportError", "IndexError")
_SUBJECTS = 6  # values of a statement that are checked


def insert_statements(statement: Statement, context: Context) -> Iterator[Hunk]:
    """Every insertion that belongs to a statement: before it, around it, after the last of a block."""
    if statement.elif_branch:
        return
    subjects = _subjects(statement, context)[:_SUBJECTS]
    members = _memberships(statement, context)
    yield from _guards(statement, context, subjects, members)
    yield from _wrapped(statement, context, subjects, members)
    yield from _inserted(statement, context)
    if statement.owner is not None and statement.owner.owner is None and statement.index == 0:
        yield from _defaults(context)


def margin_of(statement: Statement) -> str:
    """The indentation of a statement's first line."""
    return INDENT * statement.depth


def takes_else(node: ast.stmt) -> bool:
    """Whether an `else:` may follow a statement: an `if` or a loop that has none."""
    while isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
    return isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While) and not node.orelse


def _subjects(statement: Statement, context: Context) -> list[str]:
    """The variables and attributes that a statement reads, those of its first lines."""
    end = min(statement.end, statement.start + 2)
    names = [name for name in context.names_in(statement.start, end) if name not in {"self", "cls"}]
    dotted = [
        site.piece.text
        for line in range(statement.start, end)
        for site in context.unit.at_line.get(line, ())
        if isinstance(site.node, ast.Attribute) and isinstance(site.node.value, ast.Name) and is_read(site)
    ]
    return list(dict.fromkeys([*names, *dotted]))


def _memberships(statement: Statement, context: Context) -> list[str]:
    """`k in d` for each `d[k]` of a statement's first line."""
    found: dict[str, None] = {}
    for site in context.unit.at_line.get(statement.start, ()):
        match site.node:
            case ast.Subscript(value=value, slice=ast.Name() | ast.Constant() | ast.Attribute() as index):
                if not (isinstance(index, ast.Constant) and isinstance(index.value, int)):
                    owner = fit(context.piece(value), Level.BIT_OR)
                    found[f"{context.piece(index).text} in {owner}"] = None
                    found[f"{context.piece(index).text} not in {owner}"] = None
    return list(found)


def _guards(statement: Statement, context: Context, subjects: list[str], members: list[str]) -> Iterator[Hunk]:
    margin, at = margin_of(statement), statement.start
    seen = [f"return {text}" for text in context.words.returns[:4]]
    exits = list(dict.fromkeys(["return", "return None", *seen, "return False", "return []"]))
    if statement.in_loop:
        exits = ["continue", "break", *exits[:3]]
    tests = [text for name in subjects for text in (f"{name} is None", f"not {name}", name, f"{name} == 0")]
    for test in (*tests, *members):
        for leave in exits:
            yield at, at, [f"{margin}if {test}:", f"{margin}{INDENT}{leave}"], "insert-guard"
    for name in subjects:
        for test in (f"{name} is None", f"not {name}"):
            for value in ("[]", "{}", "''", "0", "set()"):
                inner = f"{margin}{INDENT}{name} = {value}"
                yield at, at, [f"{margin}if {test}:", inner], "insert-default"
    for site in context.words.tests[:8]:
        for leave in exits[:3]:
            yield at, at, [f"{margin}if {fit(site.piece, Level.TEST)}:", f"{margin}{INDENT}{leave}"], "insert-guard"
    if takes_else(statement.node):
        target = _assigned(statement.node.body[-1], context) if isinstance(statement.node, ast.If) else None
        otherwise = [f"{target} = {value}" for value in ("None", "''", "[]", "{}", "0", "False")] if target else exits
        for text in otherwise:
            yield statement.end, statement.end, [f"{margin}else:", f"{margin}{INDENT}{text}"], "insert-else"


def _assigned(node: ast.stmt, context: Context) -> str | None:
    match node:
        case ast.Assign(targets=[ast.Name() | ast.Attribute() as target]):
            return context.piece(target).text
        case _:
            return None


def _wrapped(statement: Statement, context: Context, subjects: list[str], members: list[str]) -> Iterator[Hunk]:
    if statement.end - statement.start >= LIMIT or isinstance(statement.node, ast.Pass):
        return
    margin, start, end = margin_of(statement), statement.start, statement.end
    inner = [INDENT + line for line in context.unit.lines[start:end]]
    tests = [text for name in subjects for text in (name, f"{name} is not None", f"not {name}", f"{name} is None")]
    tests += [*members, *(fit(site.piece, Level.TEST) for site in context.words.tests[:8])]
    for test in dict.fromkeys(tests):
        if not _prints_as_elif(statement):
            yield start, end, [f"{margin}if {test}:", *inner], "wrap-in-if"
    branch = not isinstance(statement.node, ast.If) and statement.index
    if branch and takes_else(statement.block[statement.index - 1]):
        yield start, end, [f"{margin}else:", *inner], "wrap-in-else"
    target = _assigned(statement.node, context)
    actions = ["continue" if statement.in_loop else "return None", "pass"]
    if isinstance(statement.node, ast.Return):
        actions = ["pass", "return None", "return False"]
    elif target:
        actions.append(f"{target} = None")
    called = "StopIteration" if any("next(" in line for line in inner) else "UnicodeDecodeError"
    for caught in (*_CAUGHT, called):
        for action in actions:
            tail = [f"{margin}except {caught}:", f"{margin}{INDENT}{action}"]
            yield start, end, [f"{margin}try:", *inner, *tail], "wrap-in-try"


def _defaults(context: Context) -> Iterator[Hunk]:
    """A default that all calls would share made anew in each."""
    arguments = context.unit.definition.args
    line = context.unit.line_of(context.unit.definition)
    header = context.unit.lines[line]
    positional = [*arguments.posonlyargs, *arguments.args]
    given = positional[len(positional) - len(arguments.defaults) :]
    for arg, default in zip(given, arguments.defaults, strict=True):
        site = context.unit.site(default)
        if site is None or not isinstance(default, ast.List | ast.Dict | ast.Set | ast.Call):
            continue
        new = f"{header[: site.start]}None{header[site.end :]}"
        checked = [f"{INDENT}if {arg.arg} is None:", f"{INDENT}{INDENT}{arg.arg} = {site.piece.text}"]
        yield line, line + 1, [new, *checked], "default-made-anew"
        yield line, line + 1, [new, f"{INDENT}{arg.arg} = {arg.arg} or {site.piece.text}"], "default-made-anew"


def _prints_as_elif(statement: Statement) -> bool:
    """Whether an `if` in a statement's place would be printed as `elif`: alone in the `else` of another."""
    owner = statement.owner
    return owner is not None and isinstance(owner.node, ast.If) and owner.node.orelse == [statement.node]


def _inserted(statement: Statement, context: Context) -> Iterator[Hunk]:
    margin, words = margin_of(statement), context.words
    last = statement.index == len(statement.block) - 1
    texts: dict[str, str] = {}
    for other in context.unit.statements:
        if isinstance(other.node, _SIMPLE) and other is not statement:
            texts.setdefault(context.unit.lines[other.start].strip(), "insert-seen")
    before_block = isinstance(statement.node, _COMPOUND)
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
