"""The functions and class bodies of a Python file, and what each of its lines belongs to."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reasoncli.python_source import parse

MODULE = "<module>"

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True)
class Function:
    """A function, a class body, or a module as a whole.

    Attributes:
        name: qualified as Python does it (`Class.method`, `outer.<locals>.inner`), `<module>` for the file.
        start, end: first and last line, decorators included.
        kind: `function`, `class` or `module`.
    """

    name: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A simple statement, or the head of a compound one (`if …:`, `def …:` with its decorators).

    Attributes:
        kind: lower-case name of its syntax node (`return`, `functiondef`, …); `docstring` for a text that stands alone.
        guard: first line of the `if`, `for`, `try`, … right around it, `None` directly in a function or module.
    """

    start: int
    end: int
    kind: str
    guard: int | None = None


class Outline:
    """One file's functions and statements.

    A file that does not parse, or is not Python, has one function, `<module>`, and no statements.
    """

    def __init__(self, functions: Sequence[Function], statements: Sequence[Statement]) -> None:
        self.functions = tuple(functions)
        self.statements = tuple(statements)
        self._starts = [statement.start for statement in self.statements]
        self._owners = _owners(self.functions)

    def function_at(self, line: int) -> Function:
        """The innermost function or class body that holds a line."""
        return self._owners.get(line, self.functions[0])

    def statement_at(self, line: int) -> Statement | None:
        """The statement that a line belongs to, or `None` for blank lines and comments between statements."""
        index = bisect_right(self._starts, line) - 1
        if index < 0 or self.statements[index].end < line:
            return None
        return self.statements[index]


def outline(source: str) -> Outline:
    """Parse a Python file's functions, class bodies and statements."""
    whole = whole_file(source)
    tree = parse(source)
    if tree is None:
        return Outline([whole], [])
    functions = [whole]
    statements: list[Statement] = []
    pending: list[tuple[ast.AST, str, int | None]] = [(tree, "", None)]
    while pending:
        node, prefix, guard = pending.pop()
        for child in _statements(node):
            statements.append(_statement(child, guard))
            if isinstance(child, _SCOPES):
                functions.append(_function(child, prefix))
                inside = "." if isinstance(child, ast.ClassDef) else ".<locals>."
                pending.append((child, prefix + child.name + inside, None))
            else:
                pending.append((child, prefix, child.lineno))
    functions[1:] = sorted(functions[1:], key=lambda function: (function.start, -function.end))
    return Outline(functions, sorted(statements, key=lambda statement: (statement.start, statement.end)))


def whole_file(source: str) -> Function:
    """A file as one function."""
    lines = source_lines(source)
    return Function(MODULE, 1, max(1, len(lines) - (not lines[-1])), "module")


def source_lines(source: str) -> list[str]:
    """Lines as Python's parser counts them; `str.splitlines` also splits at form feeds and the like."""
    return source.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements directly inside a compound one; handlers and cases are looked through."""
    for block in _BLOCKS:
        for child in getattr(node, block, ()):
            if isinstance(child, ast.stmt):
                yield child
            elif isinstance(child, ast.AST):
                yield from _statements(child)


def _function(node: _Scope, prefix: str) -> Function:
    kind = "class" if isinstance(node, ast.ClassDef) else "function"
    return Function(prefix + node.name, _first_line(node), node.end_lineno or node.lineno, kind)


def _first_line(node: ast.stmt) -> int:
    if isinstance(node, _SCOPES) and node.decorator_list:
        return node.decorator_list[0].lineno
    return node.lineno


def _statement(node: ast.stmt, guard: int | None) -> Statement:
    kind = type(node).__name__.lower()
    start, end = _first_line(node), node.end_lineno or node.lineno
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        kind = "docstring"
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if body:  # only the head; what is inside has statements of its own
        first = body[0]
        inside = first.pattern.lineno if isinstance(first, ast.match_case) else _first_line(first)
        end = max(node.lineno, inside - 1)
    return Statement(start, end, kind, guard)


def _owners(functions: Sequence[Function]) -> Mapping[int, Function]:
    """Line -> innermost function; functions come outermost first."""
    owners: dict[int, Function] = {}
    for function in functions[1:]:
        owners.update(dict.fromkeys(range(function.start, function.end + 1), function))
    return owners
