"""Every small change of a function that the operators know, lazily and without duplicates."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice

from reasoncli.edits.answers import Place, by_place
from reasoncli.edits.arithmetic import add_operands, change_arithmetic, change_indexes
from reasoncli.edits.blocks import change_blocks
from reasoncli.edits.calls import change_calls, wrap_values
from reasoncli.edits.conditions import add_fallbacks, change_comparisons, change_truth
from reasoncli.edits.context import Changes, Context, is_read
from reasoncli.edits.edit import Edit, minimal
from reasoncli.edits.headers import rewrite_branches, rewrite_header
from reasoncli.edits.insertions import LIMIT
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
"""Changes inside one line, and of the statement that it begins; those of its later places are left out."""


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
    read = _Function.read(lines, scope)
    if read is None:
        return
    seen: set[tuple[int, int, tuple[str, ...]]] = set()
    for line in range(len(lines)):
        if at is not None and line not in at:
            continue
        for edit in chain(read.of_line(line), read.of_statement(line)):
            key = (edit.start, edit.end, edit.replacement)
            if key not in seen:
                seen.add(key)
                yield edit


class Answers:
    """A function's edits in the words of answers, each place's enumerated when it is asked for."""

    def __init__(self, lines: Sequence[str], scope: Scope | None = None) -> None:
        """Take a function; see `enumerate_edits`."""
        self._lines = lines
        self._scope = scope

    def to(self, place: Place) -> tuple[str, ...]:
        """The answers to a question about some lines: those that `by_place` gives of all edits, in the same order."""
        read = self._read
        edits = read.ending(place) if read is not None else ()
        return tuple(by_place(edits, self._lines, {place}).get(place, ()))

    @cached_property
    def _read(self) -> _Function | None:
        return _Function.read(self._lines, self._scope)


class _Function:
    """A function's edits by what they change, some of them more than once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._branches = dict(rewrite_branches(context))

    @classmethod
    def read(cls, lines: Sequence[str], scope: Scope | None) -> _Function | None:
        unit = Unit.read(lines)
        return None if unit is None else cls(Context(unit, Vocabulary(unit, scope or Scope())))

    def of_line(self, line: int) -> Iterator[Edit]:
        """Those inside a line: one line for one in the same column."""
        return islice(self._of_line(line), MOST_OF_A_LINE)

    def _of_line(self, line: int) -> Iterator[Edit]:
        context = self._context
        printed = context.unit.lines[line]
        margin = printed[: len(printed) - len(printed.lstrip(" "))]
        if len(printed) > LONGEST_LINE:
            return
        for operator, text in islice(_inside(line, context), MOST_OF_A_LINE):
            yield Edit(line, line + 1, (text,), operator)
        headed = context.unit.headed.get(line)
        rewrites = [self._branches[line]()] if line in self._branches else []
        rewrites += [rewrite(headed, context) for rewrite in (rewrite_statement, rewrite_header) if headed is not None]
        for operator, text in chain.from_iterable(rewrites):
            if margin + text != printed:
                yield Edit(line, line + 1, (margin + text,), operator)

    def of_statement(self, line: int, end: int | None = None) -> Iterator[Edit]:
        """Those of the statement that begins in a line; if an end is given, all that end there, and some others."""
        statement = self._context.unit.starting.get(line)
        if statement is None:
            return
        lines = self._context.unit.lines
        for start, stop, replacement, operator in islice(change_blocks(statement, self._context), MOST_OF_A_LINE):
            if end is None or stop == end or _moves(lines, start, stop, replacement):
                edit = minimal(lines, start, stop, replacement, operator)
                if edit is not None:
                    yield edit

    def ending(self, place: Place) -> Iterator[Edit]:
        """All that can be an answer to a question about a place, in the order of `enumerate_edits`, and some others.

        What an answer replaces ends where the change ends (`anchored`). A change of a statement begins within it, and
        takes `LIMIT` lines at most; what is left of it may be as many lines further up, and comes the further down
        the more lines repeat (`minimal`).
        """
        unit, (start, end) = self._context.unit, place
        first = end - 2 * LIMIT - _repeated(unit.lines, end)
        for line in range(min(end + 1, len(unit.lines))):
            if (line, line + 1) == (start, end):
                yield from self.of_line(line)
            statement = unit.starting.get(line)
            if statement is not None and statement.end >= first:
                yield from self.of_statement(line, end)


def _moves(lines: Sequence[str], start: int, end: int, replacement: Sequence[str]) -> bool:
    """Whether `minimal` may let a change end elsewhere; a quick look."""
    return (
        not replacement
        or (start < end and lines[end - 1] == replacement[-1])
        or (start < len(lines) and lines[start] == replacement[0])
    )


def _repeated(lines: Sequence[str], end: int) -> int:
    """How many lines before `end` are each the same as one a few lines above, always as many."""
    most = 0
    for distance in range(1, LIMIT + 1):
        line = end - 1
        while line >= distance and lines[line] == lines[line - distance]:
            line -= 1
        most = max(most, end - 1 - line)
    return most


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
