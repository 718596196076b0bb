"""Several printed lines replaced by others: what stays of them stays as the author wrote it.

Lines that old and new have in common are found by a diff of the prints. They keep their source, with the comments and
blank lines above them; a line that one other takes the place of keeps its form as far as it goes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from reasoncli import python_source
from reasoncli.domain import Region
from reasoncli.patches.indentation import Indentation
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.statement_form import in_form_of
from reasoncli.patches.text import Source
from reasoncli.python_source import Line

_ALIKE = 0.6  # of two lines, from which on one is taken for a change of the other
_SHARED = "several lines can't take the place of one that shares its physical line with another"


@dataclass(frozen=True, slots=True)
class NewLine:
    """A printed line without its indentation, and how many steps deeper than the first old line it stands."""

    text: str
    deeper: int


@dataclass(frozen=True, slots=True)
class _Old:
    """An old line and its source.

    Attributes:
        above: physical lines between the one before and this; of the hunk's first line none.
        source: its physical lines.
        inside: its statement or header alone.
        tail: what follows it on its last physical line: a comment, or spaces.
        below: of a header, the physical lines of the docstring that follows it; a print leaves it out.
    """

    line: Line
    above: tuple[str, ...]
    source: tuple[str, ...]
    inside: str
    tail: str
    below: tuple[str, ...]


def replace_lines(
    source: Source, module: ast.Module, old: Sequence[Line], new: Sequence[NewLine], region: Region
) -> Source:
    """Put lines in the place of others.

    Args:
        source: the file.
        module: its tree.
        old: printed lines that follow each other, the first and the last with a span, depths as in the file.
        new: what should stand there; nothing deletes the lines, or leaves `pass` where a block would be empty.
        region: the physical lines of the old ones, from 1.

    Raises:
        Rejected: an old line shares a physical line with something else.
    """
    documented = python_source.documented(module, source.text)
    stop = documented.get(region.end, region.end)
    lines = source.lines[region.start - 1 : stop]
    known = list(_sources(lines, old, region.start, documented))
    indentation = Indentation(module, source.lines, region.start, old[0].depth)
    result = list(_put(known, new, indentation)) if new else []
    start = region.start - 1
    replaced = source.splice(start, stop, result, [None] * len(result))
    if not new and python_source.parse(replaced.text) is None:
        return source.splice(start, stop, [indentation.of("pass", 0) + "pass"], [None])
    return replaced


def _sources(lines: Sequence[str], old: Sequence[Line], first: int, documented: Mapping[int, int]) -> Iterator[_Old]:
    """Where each old line stands.

    Args:
        lines: the physical ones.
        old: the printed ones.
        first: number of the first physical line.
        documented: by the line on which a header ends, the one on which its docstring ends.
    """
    at = 0
    for line in old:
        start, stop, column, end_column = _place(lines, line, first, at)
        if start < at or stop > len(lines):
            raise Rejected("unappliable", _SHARED)
        own = lines[start:stop]
        tail = _from(own[-1], end_column)
        if own[0][: len(own[0]) - len(_from(own[0], column))].strip() or tail.strip()[:1] not in {"", "#"}:
            raise Rejected("unappliable", _SHARED)
        whole = "\n".join(own)
        inside = _from(whole, column)
        inside = inside[: len(inside) - len(tail)]
        if line.text.startswith("elif ") and not inside.startswith("elif"):
            raise Rejected("unappliable", "an `if` under `else:` is printed as `elif`: several lines can't replace it")
        below = documented.get(first + stop - 1, first + stop - 1) - first + 1
        yield _Old(line, tuple(lines[at:start]), tuple(own), inside, tail, tuple(lines[stop:below]))
        at = below


def _place(lines: Sequence[str], line: Line, first: int, at: int) -> tuple[int, int, int, int]:
    """Indices of the physical lines of a printed one, and where it begins and ends in them, in bytes."""
    if line.span is not None:
        return line.span.line - first, line.span.end_line - first + 1, line.span.column, line.span.end_column
    keyword = line.text[:-1]  # `else:`, `try:`, `finally:` have no span
    for number in range(at, len(lines)):
        code = lines[number].split("#", 1)[0]
        if code.strip().removesuffix(":").rstrip() == keyword:
            return number, number + 1, len(code) - len(code.lstrip()), len(code.rstrip())
    raise Rejected("unappliable", _SHARED)


def _from(text: str, column: int) -> str:
    """What follows so many bytes of a text."""
    return text.encode("utf-8", "surrogatepass")[column:].decode("utf-8", "surrogatepass")


def _put(old: Sequence[_Old], new: Sequence[NewLine], indentation: Indentation) -> Iterator[str]:
    base = old[0].line.depth
    before = [(each.line.depth - base, each.line.text) for each in old]
    after = [(each.deeper, each.text) for each in new]
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            for each in old[i1:i2]:
                yield from (*each.above, *each.source, *each.below)
            continue
        for number, wanted in enumerate(new[j1:j2]):
            indent = indentation.of(wanted.text, wanted.deeper)
            changed = old[i1 + number] if i1 + number < i2 else None
            if changed is None or (i2 - i1 != j2 - j1 and not _alike(changed.line.text, wanted.text)):
                yield indent + wanted.text
            else:
                yield from (*changed.above, *_rewritten(changed, wanted, indent), *changed.below)


def _alike(old: str, new: str) -> bool:
    return SequenceMatcher(None, old, new, autojunk=False).ratio() > _ALIKE


def _rewritten(old: _Old, new: NewLine, indent: str) -> Iterator[str]:
    text = in_form_of(old.inside, old.line.text, new.text)
    if "\n" in text and not old.source[0].startswith(indent + old.inside[:1]):
        text = new.text  # its further lines would have to move, and may be inside of a string
    yield from (indent + text + old.tail).split("\n")
