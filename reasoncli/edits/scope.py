"""What a change may be made of: names, attributes, methods, functions, literals and keywords in reach."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reasoncli import python_source
from reasoncli.edits.unit import Site, Unit


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known of the surroundings of a function; without it only what its own lines say is used.

    Attributes:
        names: of the module: functions, classes, imported names and constants.
        attributes: of `self`, seen in the class.
        methods: of `self`, defined or called in the class.
        parameters: of functions and methods that are defined nearby, by their bare name, `self` left out.
    """

    names: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def around(cls, module: ast.Module, definition: python_source.Definition) -> Scope:
        """The surroundings of one of a parsed module's functions."""
        names: dict[str, None] = {}
        for statement in module.body:
            names.update(dict.fromkeys(_bound(statement)))
        attributes: dict[str, None] = {}
        methods: dict[str, None] = {}
        owner = _class_of(module, definition)
        if owner is not None:
            methods.update((node.name, None) for node in owner.body if isinstance(node, python_source.Definition))
            for node in ast.walk(owner):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                        methods[name] = None
                    case ast.Attribute(value=ast.Name(id="self"), attr=name):
                        attributes[name] = None
        known = {
            node.name: tuple(
                arg.arg
                for arg in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                if arg.arg not in {"self", "cls"}
            )
            for node in ast.walk(module)
            if isinstance(node, python_source.Definition)
        }
        plain = tuple(name for name in attributes if name not in methods)
        return cls(tuple(names), plain, tuple(methods), known)


def _class_of(module: ast.Module, definition: python_source.Definition) -> ast.ClassDef | None:
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and definition in node.body:
            return node
    return None


def _bound(statement: ast.stmt) -> Iterable[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name.split(".")[0] for alias in aliases if alias.name != "*"]
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
            return [node.id for node in names if isinstance(node.ctx, ast.Store)]
        case _:
            return []


class Vocabulary:
    """What a function's own lines and its scope offer, each in the order in which it is first seen.

    Attributes:
        counters: names that are given numbers, or counted up or down.
        indexes: names that loops bind, or that stand alone in an index.
        variables: parameters, and names bound anywhere in the function.
        functions: plain names that are called and not bound here.
        constants: names that are only read: of the module, or builtins.
        attributes: by the text of their object, attributes that are read or written.
        methods: by the text of their object, those that are called.
        numbers, strings: texts of literals.
        keywords: by a callee's bare name, keywords that some call passes, with the value's text.
        parameters: by a callee's bare name, the names of its parameters.
        returns: texts of what is returned, without the bare `return`.
        tests: conditions and their clauses, each text once.
    """

    def __init__(self, unit: Unit, scope: Scope) -> None:
        self.scope = scope
        self.variables: list[str] = _variables(unit)
        own = set(self.variables)
        functions: dict[str, None] = {}
        constants: dict[str, None] = {}
        self.attributes: dict[str, list[str]] = {}
        self.methods: dict[str, list[str]] = {}
        self.keywords: dict[str, dict[str, str]] = {}
        self.parameters = dict(scope.parameters)
        numbers: dict[str, None] = {}
        strings: dict[str, None] = {}
        for site in unit.sites:
            match site.node:
                case ast.Name(id=name) if name not in own:
                    called = isinstance(site.parent, ast.Call) and site.field == "func"
                    (functions if called else constants)[name] = None
                case ast.Attribute(value=value, attr=name):
                    called = isinstance(site.parent, ast.Call) and site.field == "func"
                    table = self.methods if called else self.attributes
                    seen = table.setdefault(unit.piece(value).text, [])
                    if name not in seen:
                        seen.append(name)
                case ast.Constant(value=bool() | None):
                    pass
                case ast.Constant(value=int() | float()):
                    numbers[site.piece.text] = None
                case ast.Constant(value=str()):
                    strings[site.piece.text] = None
                case ast.Call(func=function, keywords=keywords):
                    passed = self.keywords.setdefault(bare_name(function), {})
                    passed.update((word.arg, unit.text(word.value)) for word in keywords if word.arg)
        for name in scope.attributes:
            _put(self.attributes.setdefault("self", []), name)
        for name in scope.methods:
            _put(self.methods.setdefault("self", []), name)
        for statement in unit.statements:
            if isinstance(statement.node, python_source.Definition):
                arguments = statement.node.args
                names = [arg.arg for arg in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
                self.parameters[statement.node.name] = tuple(name for name in names if name not in {"self", "cls"})
        self.functions = list(functions)
        self.constants = [name for name in constants if name not in functions]
        self.numbers = list(numbers)
        self.strings = list(strings)
        self.indexes = _indexes(unit)
        self.counters = _counters(unit)
        self.returns: list[str] = []
        self.tests: list[Site] = []
        self._read(unit)

    def _read(self, unit: Unit) -> None:
        returned: dict[str, None] = {}
        for statement in unit.statements:
            match statement.node:
                case ast.Return(value=ast.expr()):
                    returned[unit.lines[statement.start].strip().removeprefix("return ")] = None
        self.returns = list(returned)
        seen = set()
        for site in unit.sites:
            if site.truth and not isinstance(site.node, ast.BoolOp) and site.piece.text not in seen:
                seen.add(site.piece.text)
                self.tests.append(site)


def bare_name(function: ast.expr) -> str:
    """The last part of what is called: `c` of `a.b.c`; empty if it has no name."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _put(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def _counters(unit: Unit) -> frozenset[str]:
    names = set()
    for statement in unit.statements:
        match statement.node:
            case ast.AugAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int())):
                names.add(name)
    return frozenset(names)


def _indexes(unit: Unit) -> list[str]:
    names: dict[str, None] = {}
    for node in ast.walk(unit.definition):
        match node:
            case ast.Subscript(slice=ast.Name(id=name)):
                names[name] = None
            case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
                names.update((part.id, None) for part in ast.walk(target) if isinstance(part, ast.Name))
    return list(names)


def _variables(unit: Unit) -> list[str]:
    names: dict[str, None] = {}
    imported: set[str] = set()
    for node in ast.walk(unit.definition):
        match node:
            case ast.arg(arg=name):
                names[name] = None
            case ast.Name(id=name, ctx=ast.Store()):
                names[name] = None
            case ast.ExceptHandler(name=str() as name):
                names[name] = None
            case ast.alias(name=name, asname=other):
                imported.add(other or name)
    return [name for name in names if name not in imported]
