"""Functions as lines: an answer put in its place, and what makes two functions the same."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence
from functools import lru_cache

from reasoncli import python_source

Lines = tuple[str, ...]


def joined(lines: Sequence[str]) -> str:
    """The text of printed lines."""
    return "\n".join(lines)


@lru_cache(maxsize=1 << 16)
def canonical(text: str) -> str | None:
    """What equal functions have in common: a hash of their AST without docstrings and needless `pass`.

    `pass` goes because a model that answers for one line can delete a statement in no other way.

    Returns:
        `None` for what isn't Python.
    """
    module = python_source.parse(text)
    if module is None:
        return None
    try:
        for node in ast.walk(module):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                _strip(node, body)
            for name in ("orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list) and all(isinstance(each, ast.Pass) for each in block):
                    block.clear()
                elif isinstance(block, list):
                    block[:] = [each for each in block if not isinstance(each, ast.Pass)]
        dumped = ast.dump(module)
    except RecursionError:
        dumped = text
    return hashlib.sha256(dumped.encode("utf-8", "surrogatepass")).hexdigest()


def _strip(node: ast.AST, body: list[ast.stmt]) -> None:
    documented = (
        isinstance(node, python_source.Definition | ast.ClassDef) and body and python_source.is_docstring(body[0])
    )
    kept = [each for each in (body[1:] if documented else body) if not isinstance(each, ast.Pass)]
    body[:] = kept or [ast.Pass()]


def answered(lines: Sequence[str], start: int, end: int, text: str) -> Lines | None:
    """A function with a model's answer in the place of some of its lines, as `patches.line_repair` puts it there.

    Args:
        lines: as printed.
        start: index of the first line that was asked about.
        end: index after the last one.
        text: the answer; its first line's indentation says nothing, other lines have that of the print. Nothing
            deletes the lines, and leaves `pass` in an empty block.

    Returns:
        `None` where the answer changes nothing.
    """
    if not text.strip():
        without = (*lines[:start], *lines[end:])
        if python_source.parse(joined(without)) is not None:
            return without
    first, *rest = text.strip("\n").rstrip().split("\n")
    margin = lines[start][: len(lines[start]) - len(lines[start].lstrip(" "))]
    new = (margin + (first.strip() or "pass"), *(line.rstrip() for line in rest if line.strip()))
    return None if new == tuple(lines[start:end]) else (*lines[:start], *new, *lines[end:])
