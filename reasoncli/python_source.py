"""Python source as the tool needs it: parsed without noise, and printed one statement a line.

The embedded model was trained on functions printed by `ast.unparse` without comments and docstrings; `unit_lines`
gives that print together with the place of every line in the source, so that an answer finds its way back.
"""

from __future__ import annotations

import ast
import io
import re
import threading
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

INDENT = "    "

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LONG = re.compile(r"0[xXoObB][0-9a-fA-F_]{3500}")  # what Python refuses to print in decimal has more digits

Definition = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)

# `warnings.catch_warnings` swaps process-wide state; two threads inside it could leave the wrong filters behind.
_quiet = threading.Lock()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source. Lines count from 1, columns from 0 in UTF-8 bytes, as in `ast`; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line.

    Attributes:
        text: without indentation.
        depth: indentation steps below the unit's own.
        span: where its source stands, header only for a compound statement; `None` for lines that hold no
            expression to repair (`else:`, `try:`, `finally:`).
    """

    text: str
    depth: int
    span: Span | None

    @property
    def printed(self) -> str:
        """The line with its indentation."""
        return INDENT * self.depth + self.text


def parse(source: str | bytes) -> ast.Module | None:
    """The module's AST, or `None` where this interpreter can't parse it. Bytes are decoded as PEP 263 says."""
    module = parse_or_error(source)
    return None if isinstance(module, str) else module


def parse_or_error(source: str | bytes) -> ast.Module | str:
    """The module's AST, which `ast.unparse` and `ast.dump` can print, or what is wrong with the syntax, in one line."""
    with _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = ast.parse(source)
        except SyntaxError as error:
            return f"line {error.lineno}: {error.msg}"
        except (ValueError, RecursionError, MemoryError) as error:
            return str(error) or type(error).__name__
    if _LONG.search(source if isinstance(source, str) else decode(source) or ""):
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and type(node.value) is int:
                node.value = _Long(node.value)
    return module


class _Long(int):
    """An integer that is printed whatever its length; Python refuses beyond 4,300 decimal digits."""

    def __repr__(self) -> str:
        try:
            return super().__repr__()
        except ValueError:
            return hex(self)


def decode(source: bytes) -> str | None:
    """The text of a file in the encoding that it declares, without a BOM; `None` where it doesn't decode."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        return None


def definitions(module: ast.Module) -> Iterator[tuple[str, Definition]]:
    """Every function and method with its qualified name, outer ones before inner ones."""
    pending: list[tuple[str, ast.AST]] = [("", module)]
    while pending:
        prefix, node = pending.pop()
        children: list[tuple[str, ast.AST]] = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Definition):
                yield prefix + child.name, child
                children.append((f"{prefix}{child.name}.", child))
            elif isinstance(child, ast.ClassDef):
                children.append((f"{prefix}{child.name}.", child))
            else:
                children.append((prefix, child))
        pending.extend(reversed(children))


def first_line(node: Definition | ast.ClassDef) -> int:
    """The first line of a definition, decorators included."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def is_docstring(statement: ast.stmt) -> bool:
    """Whether a statement is a string and nothing else (a docstring, if it stands first in its body)."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def unit_lines(unit: Definition | list[ast.stmt], source: str) -> list[Line]:
    """Print a function, or statements of one block, as the embedded model was trained to read them.

    Args:
        unit: nodes of the parsed `source`.
        source: the module's whole text, with its line ends as `ast` counts them.

    Returns:
        the lines; none of a unit that is nested too deep to be printed, as a sum of a thousand terms is.
    """
    printer = _Printer(source)
    try:
        printer.block([unit] if isinstance(unit, Definition) else unit, 0)
    except RecursionError:
        return []
    return printer.lines


def documented(module: ast.Module, source: str) -> dict[int, int]:
    """By the line on which the header of a function or class ends, the one on which its docstring ends."""
    printer = _Printer(source)
    return {
        printer.header_span(node).end_line: node.body[0].end_lineno or 0
        for node in ast.walk(module)
        if isinstance(node, Definition | ast.ClassDef) and is_docstring(node.body[0])
    }


class _Printer:
    def __init__(self, source: str) -> None:
        self.source = [line.encode("utf-8", "surrogatepass") for line in ast_lines(source)]
        self.lines: list[Line] = []

    def block(self, body: list[ast.stmt], depth: int) -> None:
        for statement in body:
            self.statement(statement, depth)

    def body(self, owner: ast.AST, body: list[ast.stmt], depth: int) -> None:
        documented = isinstance(owner, Definition | ast.ClassDef) and body and is_docstring(body[0])
        rest = body[1:] if documented else body
        if rest:
            self.block(rest, depth)
        else:
            self.bare("pass", depth)

    def bare(self, text: str, depth: int) -> None:
        self.lines.append(Line(text, depth, None))

    def statement(self, node: ast.stmt, depth: int) -> None:
        match node:
            case ast.If():
                self.branch(node, "if", depth)
            case ast.For() | ast.AsyncFor() | ast.While():
                self.header(node, depth, body=[], orelse=[])
                self.body(node, node.body, depth + 1)
                self.tail("else:", node.orelse, depth)
            case ast.With() | ast.AsyncWith():
                self.header(node, depth, body=[])
                self.body(node, node.body, depth + 1)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                for decorator in node.decorator_list:
                    self.lines.append(Line("@" + ast.unparse(decorator), depth, self.at_sign(decorator)))
                self.header(node, depth, body=[], decorator_list=[])
                self.body(node, node.body, depth + 1)
            case ast.Try() | ast.TryStar():
                self.bare("try:", depth)
                self.body(node, node.body, depth + 1)
                for handler in node.handlers:
                    star = "except*" if isinstance(node, ast.TryStar) else "except"
                    text = ast.unparse(_with(handler, body=[])).strip().replace("except", star, 1)
                    self.lines.append(Line(text, depth, self.header_span(handler)))
                    self.body(handler, handler.body, depth + 1)
                self.tail("else:", node.orelse, depth)
                self.tail("finally:", node.finalbody, depth)
            case ast.Match():
                self.header(node, depth, cases=[])
                for case in node.cases:
                    text = ast.unparse(_with(case, body=[])).strip()
                    self.lines.append(Line(text, depth + 1, self.header_span(case)))
                    self.body(case, case.body, depth + 2)
            case _:
                self.lines.append(Line(ast.unparse(node), depth, _span(node)))

    def branch(self, node: ast.If, keyword: str, depth: int) -> None:
        self.lines.append(Line(f"{keyword} {ast.unparse(node.test)}:", depth, self.header_span(node)))
        self.body(node, node.body, depth + 1)
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            self.branch(node.orelse[0], "elif", depth)
        else:
            self.tail("else:", node.orelse, depth)

    def tail(self, keyword: str, body: list[ast.stmt], depth: int) -> None:
        if body:
            self.bare(keyword, depth)
            self.block(body, depth + 1)

    def header(self, node: ast.stmt, depth: int, **emptied: list[ast.AST]) -> None:
        self.lines.append(Line(ast.unparse(_with(node, **emptied)).strip(), depth, self.header_span(node)))

    def at_sign(self, decorator: ast.expr) -> Span:
        span = _span(decorator)
        line, column = span.line, span.column
        while (found := self.source[line - 1].rfind(b"@", 0, column)) < 0:  # `@` may stand lines above, before a `\`
            line -= 1
            column = len(self.source[line - 1])
        return Span(line, found, span.end_line, span.end_column)

    def header_span(self, node: ast.stmt | ast.ExceptHandler | ast.match_case) -> Span:
        """From the keyword to the colon that ends the header."""
        line, column = max((_end(part) for part in _header_parts(node)), default=_start(node))
        start_line, start_column = self.case_start(node) if isinstance(node, ast.match_case) else _start(node)
        while True:
            rest = self.source[line - 1][column:]
            code = rest.split(b"#", 1)[0]
            if (offset := code.find(b":")) >= 0:
                return Span(start_line, start_column, line, column + offset + 1)
            line, column = line + 1, 0

    def case_start(self, node: ast.match_case) -> tuple[int, int]:
        line = node.pattern.lineno
        column = self.source[line - 1].rfind(b"case", 0, node.pattern.col_offset)
        while column < 0:
            line -= 1
            column = self.source[line - 1].rfind(b"case")
        return line, column


def ast_lines(source: str) -> list[str]:
    """Physical lines as the parser counts them, ends kept (`str.splitlines` also breaks at form feeds and more)."""
    return _LINE.findall(source)


def _header_parts(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in {"body", "orelse", "finalbody", "handlers", "cases", "decorator_list"}:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.arguments | ast.withitem | ast.keyword):
                yield from _header_parts(item)
            if isinstance(item, ast.AST) and hasattr(item, "end_lineno"):
                yield item


def _start(node: ast.stmt | ast.ExceptHandler | ast.match_case) -> tuple[int, int]:
    place = node.pattern if isinstance(node, ast.match_case) else node
    return place.lineno, place.col_offset


def _end(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "end_lineno", None) or 0, getattr(node, "end_col_offset", None) or 0


def _span(node: ast.stmt | ast.expr) -> Span:
    return Span(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0)


def _with(node: Node, **fields: list[ast.AST]) -> Node:
    """A shallow copy with some fields replaced."""
    copy = type(node)(**dict(ast.iter_fields(node)))
    for name, value in fields.items():
        setattr(copy, name, value)
    return ast.copy_location(copy, node)
