"""Functions that can be called by themselves: they use nothing but Python and its standard tools for data."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from reasoncli import python_source
from training.execute.guest import MODULES, STARRED

_MOST_LINES = 32
_FORBIDDEN = frozenset(
    {
        "open", "eval", "exec", "input", "compile", "globals", "locals", "vars", "exit", "quit", "breakpoint", "help",
        "__import__", "memoryview", "super", "__file__",
    }
)  # fmt: skip
_KNOWN = frozenset(dir(builtins)) - _FORBIDDEN | MODULES.keys() | {name for each in STARRED for name in dir(each)}


def is_self_contained(lines: Sequence[str]) -> bool:
    """Whether a printed function can be called in an empty module, and does nothing but compute."""
    if not 2 <= len(lines) <= _MOST_LINES:
        return False
    module = python_source.parse("\n".join(lines))
    function = module.body[0] if module is not None and len(module.body) == 1 else None
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return False
    arguments = function.args
    parameters = [*arguments.posonlyargs, *arguments.args]
    if (parameters and parameters[0].arg in {"self", "cls"}) or _required_keywords(arguments) or len(parameters) > 5:
        return False
    bound = {function.name, *_bound(function)}
    for node in ast.walk(function):
        match node:
            case ast.Yield() | ast.YieldFrom() | ast.Await() | ast.AsyncFor() | ast.AsyncWith() | ast.Global():
                return False
            case ast.Import(names=names) if any(alias.name not in MODULES for alias in names):
                return False
            case ast.ImportFrom(module=origin) if origin not in MODULES:
                return False
            case ast.Attribute(attr=name) if name.startswith("__"):
                return False
            case ast.Name(id=name) if name not in bound and name not in _KNOWN:
                return False
    return any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function))


def _required_keywords(arguments: ast.arguments) -> bool:
    return any(default is None for default in arguments.kw_defaults)


def _bound(function: ast.FunctionDef) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.ExceptHandler(name=str() as name):
                names.add(name)
            case ast.alias(name=name, asname=other):
                names.add(other or name.split(".")[0])
    return names
