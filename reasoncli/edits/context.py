"""What every operator is given beside the place that it changes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from reasoncli.edits.pieces import Level, Piece, fit
from reasoncli.edits.scope import Vocabulary
from reasoncli.edits.unit import Site, Unit

Changes = Iterator[tuple[str, Piece]]
"""What an operator on expressions yields: its name, and what takes the expression's place."""


@dataclass(frozen=True, slots=True)
class Context:
    """A function, and what its changes may be made of."""

    unit: Unit
    words: Vocabulary

    def piece(self, node: ast.expr) -> Piece:
        """An expression's text and level."""
        return self.unit.piece(node)

    def element(self, node: ast.expr) -> str:
        """An expression as it stands between commas."""
        return fit(self.unit.piece(node), Level.TEST)

    def names_in(self, start: int, end: int) -> list[str]:
        """The variables that some lines read, in order."""
        seen: dict[str, None] = {}
        for line in range(start, end):
            for site in self.unit.at_line.get(line, ()):
                if isinstance(site.node, ast.Name) and isinstance(site.node.ctx, ast.Load):
                    seen[site.node.id] = None
        own = set(self.words.variables)
        return [name for name in seen if name in own]


def is_called(site: Site) -> bool:
    """Whether the expression is what a call calls."""
    return site.field == "func" and isinstance(site.parent, ast.Call)


def is_read(site: Site) -> bool:
    """Whether the expression is one whose value is used, and that another can take the place of."""
    node = site.node
    if isinstance(node, ast.Starred):
        return False
    return isinstance(getattr(node, "ctx", None), ast.Load | None) and not is_called(site)
