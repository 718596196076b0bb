"""A printed function, read: where each expression and statement stands in its lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reasoncli import python_source
from reasoncli.edits.pieces import Level, Piece, own_level, places

LOOPS = (ast.For, ast.AsyncFor, ast.While)
_SKIPPED = {"annotation", "returns", "decorator_list", "type_params", "pattern", "bases"}


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """An expression in its place.

    Attributes:
        node: the expression.
        parent: the node that it is a part of; may be an `ast.keyword`, `ast.arguments`, or a statement.
        field: the parent's field that it stands in.
        line: index of its printed line.
        start: where it starts in that line, its parentheses included, in characters.
        end: where it ends, exclusive.
        level: what its place demands.
        truth: whether only its truth matters, as in an `if`.
        piece: its own text and level.
        statement: the statement that it belongs to.
    """

    node: ast.expr
    parent: ast.AST
    field: str
    line: int
    start: int
    end: int
    level: Level
    truth: bool
    piece: Piece
    statement: Statement


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A statement in its block.

    Attributes:
        node: the statement.
        start: index of its first printed line, a decorator's if it has any.
        header: index of the line with its keyword.
        end: index after the last line of all that it holds.
        depth: indentation steps.
        block: the statements of its block.
        index: its place in that block.
        owner: the statement whose block it is; None for the function itself.
        in_loop: whether `continue` may stand here.
        elif_branch: whether it is printed as `elif`.
        function: the innermost definition that it stands in, itself for a definition's own header.
    """

    node: ast.stmt
    start: int
    header: int
    end: int
    depth: int
    block: Sequence[ast.stmt]
    index: int
    owner: Statement | None
    in_loop: bool
    elif_branch: bool
    function: python_source.Definition


class Unit:
    """A function as it is printed, one statement a line.

    Attributes:
        lines: the printed lines.
        definition: its AST; positions in it count physical lines.
        sites: its expressions, by line and place; those inside f-strings and annotations are left out.
        statements: its statements in order, the definition first.
    """

    def __init__(self, lines: Sequence[str], definition: python_source.Definition) -> None:
        self.lines = tuple(lines)
        self.definition = definition
        self._physical: list[tuple[int, int, str]] = []  # printed line, offset in it, text
        for index, line in enumerate(lines):
            offset = 0
            for text in line.split("\n"):
                self._physical.append((index, offset, text))
                offset += len(text) + 1
        self._sites: dict[ast.AST, Site] = {}
        self.statements: list[Statement] = []
        self._statement(definition, [definition], 0, None, in_loop=False, function=definition)
        self.sites = sorted(self._sites.values(), key=lambda site: (site.line, site.start, -site.end))
        self.at_line: dict[int, list[Site]] = {}
        for site in self.sites:
            self.at_line.setdefault(site.line, []).append(site)
        self.starting = {statement.start: statement for statement in reversed(self.statements)}
        self.headed = {statement.header: statement for statement in reversed(self.statements)}
        self.of_node = {statement.node: statement for statement in self.statements}

    @classmethod
    def read(cls, lines: Sequence[str]) -> Unit | None:
        """Read printed lines; `None` for what isn't one function, or can't be parsed here."""
        module = python_source.parse("\n".join(lines))
        if module is None or len(module.body) != 1 or not isinstance(module.body[0], python_source.Definition):
            return None
        try:
            return cls(lines, module.body[0])
        except RecursionError:
            return None

    def site(self, node: ast.AST) -> Site | None:
        """Where an expression stands; `None` for those that are left out."""
        return self._sites.get(node)

    def piece(self, node: ast.expr) -> Piece:
        """An expression's text and level."""
        found = self._sites.get(node)
        return found.piece if found else Piece(ast.unparse(node), own_level(node))

    def text(self, node: ast.AST) -> str:
        """The text of a node that has a span, as an `ast.keyword` has."""
        line, start, end = self._span(node)
        return self.lines[line][start:end]

    def line_of(self, node: ast.AST) -> int:
        """The index of the printed line on which a node with a place starts."""
        return self._place(node.lineno, 0)[0]  # type: ignore[attr-defined]

    def _span(self, node: ast.AST) -> tuple[int, int, int]:
        line, start = self._place(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        _, end = self._place(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return line, start, end

    def _place(self, number: int, column: int) -> tuple[int, int]:
        index, offset, text = self._physical[number - 1]
        if not text.isascii():
            column = len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))
        return index, offset + column

    def _statement(
        self,
        node: ast.stmt,
        block: Sequence[ast.stmt],
        index: int,
        owner: Statement | None,
        *,
        in_loop: bool,
        function: python_source.Definition,
    ) -> None:
        if isinstance(node, python_source.Definition):
            function, in_loop = node, False
        elif isinstance(node, ast.ClassDef):
            in_loop = False
        header, column = self._place(node.lineno, node.col_offset)
        start = header
        if isinstance(node, python_source.Definition | ast.ClassDef) and node.decorator_list:
            start = self._place(python_source.first_line(node), 0)[0]
        end = self._physical[(node.end_lineno or node.lineno) - 1][0] + 1
        branch = isinstance(node, ast.If) and self.lines[header].startswith("elif ", column)
        depth = column // len(python_source.INDENT)
        statement = Statement(node, start, header, end, depth, block, index, owner, in_loop, branch, function)
        self.statements.append(statement)
        self._parts(node, statement, truth=False)
        inner = in_loop or isinstance(node, LOOPS)
        for name, body in _blocks(node):
            looped = inner if name != "orelse" or not isinstance(node, LOOPS) else in_loop
            for place, child in enumerate(body):
                self._statement(child, body, place, statement, in_loop=looped, function=function)

    def _parts(self, node: ast.AST, statement: Statement, *, truth: bool) -> None:
        for child, level, field in places(node):
            if field in _SKIPPED or isinstance(child, ast.stmt):
                continue
            if isinstance(child, ast.expr):
                inner = _is_truth(node, field, truth)
                self._expression(child, node, field, level, statement, truth=inner)
                if not isinstance(child, ast.JoinedStr):
                    self._parts(child, statement, truth=inner)
            else:
                self._parts(child, statement, truth=False)

    def _expression(
        self, node: ast.expr, parent: ast.AST, field: str, level: Level, statement: Statement, *, truth: bool
    ) -> None:
        if isinstance(node, ast.Slice):
            return
        line, start, end = self._span(node)
        printed = self.lines[line]
        own = own_level(node)
        inner = printed[start:end]
        if level > own:
            if own == Level.TUPLE:
                inner = inner[1:-1]
            elif printed[start - 1 : start] == "(" and printed[end : end + 1] == ")":
                start, end = start - 1, end + 1
            else:
                return
        self._sites[node] = Site(node, parent, field, line, start, end, level, truth, Piece(inner, own), statement)


def _blocks(node: ast.AST) -> Iterator[tuple[str, list[ast.stmt]]]:
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if not isinstance(body, list):
            continue
        if name in {"handlers", "cases"}:
            for part in body:
                yield from _blocks(part)
        elif body:
            yield name, body


def _is_truth(parent: ast.AST, field: str, truth: bool) -> bool:
    match parent:
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert() if field == "test":
            return True
        case ast.comprehension():
            return field == "ifs"
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp():
            return truth
        case _:
            return False
