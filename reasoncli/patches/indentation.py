"""How deep new lines stand in a file: as its own lines do around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from reasoncli import python_source

_GOES_ON = ("elif ", "else:", "except", "finally:")


class Indentation:
    """Indentations by steps from a statement.

    A print shows an `if` alone under `else:` as `elif`, so that one step of it may be two of the source: what goes on
    with that inner `if` stands at its margin, all else at the outer one's.
    """

    def __init__(self, module: ast.Module, lines: Sequence[str], first: int, depth: int) -> None:
        """Around the statement that begins on line `first`, from 1, and is printed `depth` steps deep."""
        self._module = module
        self._lines = lines
        self._depth = depth
        self._around: dict[int, tuple[str, str]] = {}  # by depth of the headers around: the outer margin, the inner one
        self._deeper = {0: self._margin(first)}
        self._look(first)

    def of(self, text: str, deeper: int) -> str:
        """Of a printed line so many steps deeper than the statement."""
        if deeper < 0:
            outer, inner = self._around.get(self._depth + deeper, ("", ""))
            return inner if text.startswith(_GOES_ON) else outer
        if deeper not in self._deeper:
            self._deeper[deeper] = self.of(text, deeper - 1) + self._step()
        return self._deeper[deeper]

    def _look(self, first: int) -> None:
        body, depth = self._module.body, 0
        while statement := next((each for each in body if _first(each) <= first <= (each.end_lineno or 0)), None):
            for header, below, block in _blocks(statement):
                if _first(block[0]) <= first <= (block[-1].end_lineno or 0):
                    for level, part in enumerate((statement, header)[: below + 1], depth):
                        own = self._margin(_first(part))
                        outer, _ = self._around.get(level, (own, ""))
                        self._around[level] = outer, own
                    deeper = 0 if _printed_as_elif(header, block) else 1
                    body, depth = block, depth + below + deeper
                    break
                if _first(header) == first and (step := self._between(header, block)):
                    self._deeper.setdefault(1, self._deeper[0] + step)
            else:
                return

    def _step(self) -> str:
        own = self._deeper[0]
        if 1 in self._deeper:
            return self._deeper[1].removeprefix(own)
        around = self._around.get(self._depth - 1)
        if around and own.startswith(around[1]) and own != around[1]:
            return own.removeprefix(around[1])
        nested = (
            (block[0].lineno, self._between(header, block))
            for node in ast.walk(self._module)
            for header, _, block in _blocks(node)
        )
        return min(((line, step) for line, step in nested if step), default=(0, python_source.INDENT))[1]

    def _between(self, header: ast.AST, block: Sequence[ast.stmt]) -> str:
        """What the first statement of a block is indented more than its header; nothing if it stands on its line."""
        above, below = self._margin(_first(header)), self._margin(_first(block[0]))
        return below.removeprefix(above) if below.startswith(above) else ""

    def _margin(self, line: int) -> str:
        text = self._lines[line - 1]
        return text[: len(text) - len(text.lstrip())]


def _blocks(node: ast.AST) -> Iterator[tuple[ast.AST, int, list[ast.stmt]]]:
    """The blocks of a statement: each with its header, and how much deeper than the statement that is printed."""
    if isinstance(node, ast.Match):
        for case in node.cases:
            yield case, 1, case.body
    if isinstance(node, ast.stmt):
        for handler in getattr(node, "handlers", ()):
            yield handler, 0, handler.body
        for name in ("body", "orelse", "finalbody"):
            if block := getattr(node, name, None):
                yield node, 0, block


def _printed_as_elif(header: ast.AST, block: Sequence[ast.stmt]) -> bool:
    alone = len(block) == 1 and isinstance(block[0], ast.If)
    return alone and isinstance(header, ast.If) and block is header.orelse


def _first(node: ast.AST) -> int:
    """The first line of a statement, a handler or a case."""
    if isinstance(node, python_source.Definition | ast.ClassDef):
        return python_source.first_line(node)
    return int(node.pattern.lineno if isinstance(node, ast.match_case) else getattr(node, "lineno", 0))
