"""The canonical form of Python's statements: two with equal forms behave alike.

Dropped are comments, layout, positions, and docstrings that nothing in the file can read. Local names are numbered
in the order in which they appear. Where any of this could be noticed from inside the program, it is left as it is:
merging two different programs would falsify the vote, keeping two equal ones apart only weakens it.

The form is not Python and can't be executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Whoever names one of these may look at local variables, frames or bytecode.
_SEES_LOCALS = frozenset(
    [
        "eval",
        "exec",
        "locals",
        "vars",
        "dir",
        "globals",
        "inspect",
        "_getframe",
        "_current_frames",
        "currentframe",
        "f_locals",
        "f_back",
        "tb_frame",
        "gi_frame",
        "cr_frame",
        "ag_frame",
        "__code__",
        "co_varnames",
        "co_names",
        "co_consts",
        "settrace",
        "setprofile",
        "monitoring",
        "dis",
        "marshal",
        "getsource",
        "getsourcelines",
        "linecache",
        "breakpoint",
        "pdb",
        "numba",
        "jit",
        "njit",
        "pythran",
        "cython",
        "query",
        "builtins",
        "__builtins__",
    ]
)
# Whoever names one of these may read docstrings.
_READS_DOCSTRINGS = frozenset(
    [
        "__doc__",
        "doctest",
        "getdoc",
        "cleandoc",
        "inspect",
        "pydoc",
        "argparse",
        "click",
        "typer",
        "docopt",
        "fire",
        "cleo",
        "plac",
        "invoke",
        "fabric",
        "optparse",
        "cmd",
        "ply",
        "spark",
        "lex",
        "yacc",
        "help",
        "vars",
        "unittest",
        "TestCase",
        "fastapi",
        "flask",
        "strawberry",
        "graphene",
        "update_wrapper",
        "eval",
        "exec",
        "globals",
        "getsource",
        "__dict__",
        "builtins",
        "__builtins__",
    ]
)
_COMMON_ATTRIBUTES = frozenset(["dir", "help", "cmd", "invoke"])  # words that methods and fields are called by
# Decorators that pass a docstring on at most.
_SILENT_DECORATORS = frozenset(
    [
        "staticmethod",
        "classmethod",
        "property",
        "setter",
        "getter",
        "deleter",
        "cached_property",
        "lru_cache",
        "cache",
        "abstractmethod",
        "contextmanager",
        "asynccontextmanager",
        "override",
        "overload",
        "wraps",
        "total_ordering",
    ]
)

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = _Function | ast.Lambda | ast.ClassDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Traits(NamedTuple):
    """What code looks at of itself, and therefore must keep."""

    reads_docstrings: bool = False
    sees_locals: bool = False

    def __or__(self, other: object) -> Traits:
        if not isinstance(other, Traits):
            return NotImplemented
        return Traits(self.reads_docstrings or other.reads_docstrings, self.sees_locals or other.sees_locals)


def traits(nodes: Sequence[ast.AST]) -> Traits:
    """The traits of the code that `nodes` are all nodes of."""
    names = frozenset(_names(nodes))
    return Traits(not names.isdisjoint(_READS_DOCSTRINGS), not names.isdisjoint(_SEES_LOCALS))


def normalize(nodes: Sequence[ast.AST], module: Traits) -> None:
    """Bring a statement into its canonical form, in place.

    Args:
        nodes: all of the statement, outer ones before inner ones.
        module: the traits of the whole module.
    """
    if not module.reads_docstrings:
        _drop_docstrings(nodes)
    if not module.sees_locals:
        for node in nodes:
            if isinstance(node, _Function):
                _Renaming(node).apply()
    for node in nodes:
        if isinstance(node, ast.Constant):
            node.kind = None  # u"" and "" are one string


def _names(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every name, attribute and imported module that the source mentions, and words of strings that are names."""
    for node in nodes:
        match node:
            case ast.Name():
                yield node.id
            case ast.Attribute() if node.attr not in _COMMON_ATTRIBUTES:
                yield node.attr
            case ast.alias():
                yield from node.name.split(".")
            case ast.ImportFrom(module=str(name)):
                yield from name.split(".")
            case ast.Constant(value=str(text)) if text.isidentifier():
                yield text


def _drop_docstrings(nodes: Sequence[ast.AST]) -> None:
    for node in nodes:
        if isinstance(node, _Function | ast.ClassDef) and is_silent(node.body[0]) and is_unasked(node):
            node.body = node.body[1:] or [ast.Pass()]


def is_silent(statement: ast.stmt) -> bool:
    """Whether a statement is a string that isn't collected as a doctest."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
        and ">>>" not in statement.value.value
    )


def is_unasked(node: _Function | ast.ClassDef) -> bool:
    """Whether no base class and no decorator can ask for a definition's docstring."""
    if isinstance(node, ast.ClassDef):
        return not (node.keywords or node.decorator_list) and all(_plain_base(base) for base in node.bases)
    return all(_last_name(decorator) in _SILENT_DECORATORS for decorator in node.decorator_list)


def _plain_base(base: ast.expr) -> bool:
    """Whether a base class surely doesn't look at the docstrings of its subclasses."""
    return isinstance(base, ast.Name) and (base.id == "object" or base.id.endswith(("Error", "Exception", "Warning")))


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Call():
            return _last_name(node.func)
        case ast.Attribute():
            return node.attr
        case ast.Name():
            return node.id
        case _:
            return ""


class _Renaming:
    """Numbers the local names of one function.

    Renamed are names that are bound in the function by assignment and its like, and occur in no nested function,
    class or lambda. Parameters are part of the interface; imported, defined and deleted-from-outside names keep their
    own. All occurrences in the function and its comprehensions change together, so scoping stays as it was.
    """

    def __init__(self, function: _Function) -> None:
        self.function = function
        self.bound: set[str] = set()
        self.kept: set[str] = set()
        self.comprehended: set[str] = set()  # bound by a comprehension
        self.loose: set[str] = set()  # read where no comprehension binds them
        self.nodes: list[ast.AST] = []

    def apply(self) -> None:
        self._keep_interface()
        for statement in self.function.body:
            self._visit(statement, frozenset())
        renamed = (self.bound | (self.comprehended - self.loose)) - self.kept
        renamed = {name for name in renamed if not name.startswith("__")}
        numbers: dict[str, str] = {}
        for node in self.nodes:
            match node:
                case ast.Name(id=name) if name in renamed:
                    node.id = numbers.setdefault(name, f"<{len(numbers)}>")
                case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    if name in renamed:
                        node.name = numbers.setdefault(name, f"<{len(numbers)}>")
                case ast.MatchMapping(rest=str(name)) if name in renamed:
                    node.rest = numbers.setdefault(name, f"<{len(numbers)}>")

    def _keep_interface(self) -> None:
        arguments = self.function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        self.kept.update(argument.arg for argument in every if argument is not None)
        self.kept.update(getattr(parameter, "name", "") for parameter in getattr(self.function, "type_params", ()))

    def _visit(self, node: ast.AST, inside: frozenset[str]) -> None:
        """`inside` holds the names bound by the comprehensions around."""
        self.nodes.append(node)
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                self.kept.update(_mentioned(node))
                self.nodes.pop()
                return
            case ast.Global() | ast.Nonlocal():
                self.kept.update(node.names)
            case ast.Import() | ast.ImportFrom():
                self.kept.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
            case ast.Name():
                if not isinstance(node.ctx, ast.Load) and node.id not in inside:
                    self.bound.add(node.id)
                elif node.id not in inside:
                    self.loose.add(node.id)
            case ast.NamedExpr(target=ast.Name(id=name)):
                self.bound.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self.bound.add(name)
            case ast.MatchMapping(rest=str(name)):
                self.bound.add(name)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._visit_comprehension(node, inside)
                return
        for child in ast.iter_child_nodes(node):
            self._visit(child, inside)

    def _visit_comprehension(self, node: _Comprehension, inside: frozenset[str]) -> None:
        targets = {
            name.id
            for generator in node.generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        }
        self.comprehended |= targets
        within = inside | targets
        for child in ast.iter_child_nodes(node):
            if child is node.generators[0] and isinstance(child, ast.comprehension):
                self.nodes.append(child)
                self._visit(child.target, within)
                self._visit(child.iter, inside)  # evaluated outside of the comprehension's scope
                for condition in child.ifs:
                    self._visit(condition, within)
            else:
                self._visit(child, within)


def _mentioned(scope: _Scope) -> Iterator[str]:
    """Every name that occurs in a nested scope, its own name included."""
    for node in ast.walk(scope):
        match node:
            case ast.Name():
                yield node.id
            case ast.arg():
                yield node.arg
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Global() | ast.Nonlocal():
                yield from node.names
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.alias():
                yield (node.asname or node.name).split(".")[0]
