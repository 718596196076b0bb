"""Every small change of a function that the operators know, lazily and without duplicates."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import islice

from reasoncli.edits.arithmetic import add_operands, change_arithmetic, change_indexes
from reasoncli.edits.blocks import change_blocks
from reasoncli.edits.calls import change_calls, wrap_values
from reasoncli.edits.conditions import add_fallbacks, change_comparisons, change_truth
from reasoncli.edits.context import Changes, Context, is_read
from reasoncli.edits.edit import Edit
from reasoncli.edits.headers import rewrite_branches, rewrite_header
from reasoncli.edits.literals import change_displays, change_literals, wrap_literals
from reasoncli.edits.names import change_access, change_names
from reasoncli.edits.pieces import fit
from reasoncli.edits.scope import Scope, Vocabulary
from reasoncli.edits.statements import rewrite_statement
from reasoncli.edits.unit import Site, Unit

_EXPRESSIONS: tuple[Callable[[Site, Context], Changes], ...] = (
    change_names,
    change_literals,
    change_comparisons,
    change_truth,
    change_arithmetic,
    change_calls,
    change_indexes,
    change_displays,
    change_access,
    wrap_values,
    add_fallbacks,
    add_operands,
    wrap_literals,
)


LONGEST_LINE = 1_000
"""Characters of a line, from which on nothing inside it is changed: tables of data have thousands of places."""

MOST_OF_A_LINE = 5_000
"""Changes inside one line; those of its later places are left out."""


def enumerate_edits(
    lines: Sequence[str], scope: Scope | None = None, at: Container[int] | None = None
) -> Iterator[Edit]:
    """Small changes of every line of a function.

    The operators follow the patterns of ManySStuBs4J (Karampatsis and Sutton, MSR 2020) and the fix templates of TBar
    (Liu et al., ISSTA 2019), as far as they mean something in Python, and what single-line fixes in public
    repositories do besides.

    Args:
        lines: a function as `python_source.unit_lines` prints it, each line with its indentation.
        scope: what is known of its surroundings.
        at: indexes of the lines whose changes are wanted; all by default. An insertion belongs to the statement that
            it comes before, or to the last of its block.

    Yields:
        edits whose results parse, all different and different from the function; in a fixed order, by line. None of
        what can't be parsed here.
    """
    unit = Unit.read(lines)
    if unit is None:
        return
    context = Context(unit, Vocabulary(unit, scope or Scope()))
    seen: set[tuple[int, int, tuple[str, ...]]] = set()
    branches: dict[int, list[tuple[str, str]]] = {}
    for line, operator, text in rewrite_branches(context):
        branches.setdefault(line, []).append((operator, text))
    for line in range(len(unit.lines)):
        if at is not None and line not in at:
            continue
        for edit in islice(_of_line(line, branches.get(line, ()), context), MOST_OF_A_LINE):
            key = (edit.start, edit.end, edit.replacement)
            if key not in seen:
                seen.add(key)
                yield edit


def _of_line(line: int, branches: Iterable[tuple[str, str]], context: Context) -> Iterator[Edit]:
    unit = context.unit
    printed = unit.lines[line]
    margin = printed[: len(printed) - len(printed.lstrip(" "))]
    if len(printed) <= LONGEST_LINE:
        for operator, text in islice(_inside(line, context), MOST_OF_A_LINE):
            yield Edit(line, line + 1, (text,), operator)
        for operator, text in branches:
            if margin + text != printed:
                yield Edit(line, line + 1, (margin + text,), operator)
        headed = unit.headed.get(line)
        if headed is not None:
            for rewrite in (rewrite_statement, rewrite_header):
                for operator, text in rewrite(headed, context):
                    if margin + text != printed:
                        yield Edit(line, line + 1, (margin + text,), operator)
    statement = unit.starting.get(line)
    if statement is not None:
        yield from change_blocks(statement, context)


def _inside(line: int, context: Context) -> Iterator[tuple[str, str]]:
    """Changes of the expressions of a line."""
    unit = context.unit
    printed = unit.lines[line]
    alike: dict[str, list[Site]] = {}
    for site in unit.at_line.get(line, ()):
        alike.setdefault(site.piece.text, []).append(site)
        impossible = _impossible(site)
        before, after, level = printed[: site.start], printed[site.end :], site.level
        for change in _EXPRESSIONS:
            for operator, piece in change(site, context):
                text = before + fit(piece, level) + after
                if text != printed and piece.text[0] not in impossible:
                    yield operator, text
    for sites in alike.values():
        if len(sites) > 1:
            for operator, text in _everywhere(printed, sites, context):
                yield operator, text


def _impossible(site: Site) -> str:
    """With what no text may begin there: a string alone is a docstring, and `1.x` is read as a number."""
    match site.parent:
        case ast.Expr():
            return "'\""
        case ast.Attribute():
            return "0123456789"
        case _:
            return ""


def _everywhere(printed: str, sites: list[Site], context: Context) -> Iterator[tuple[str, str]]:
    """A name or attribute changed in every place of a line where it stands."""
    first = sites[0]
    if not isinstance(first.node, ast.Name | ast.Attribute | ast.Constant) or not all(map(is_read, sites)):
        return
    changes = [*change_names(first, context), *change_literals(first, context)]
    is_object = any(isinstance(site.parent, ast.Attribute) for site in sites)
    for operator, piece in changes:
        if is_object and not piece.text.replace(".", "_").isidentifier():
            continue
        text, end = "", 0
        for site in sites:
            text += printed[end : site.start] + fit(piece, site.level)
            end = site.end
        text += printed[end:]
        if text != printed:
            yield f"{operator}-everywhere", text
