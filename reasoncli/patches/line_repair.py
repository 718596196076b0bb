"""A line repair: the embedded model's answer put back where the suspect statement stands.

The model sees a function printed one statement a line; its answer replaces the statement that the line was printed
from. A statement over several lines is replaced whole, of a compound statement only the header; every other byte
of the file stays. Where the old statement and its print differ in form only (quotes, spaces, line breaks), the
parts of it that the answer keeps stay in the author's form.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from reasoncli import python_source
from reasoncli.domain import Region, RepairContent
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.text import Source, decode, split_lines
from reasoncli.patches.tree import Tree
from reasoncli.python_source import Line, Span

_LAYOUT = {
    tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
    tokenize.ENCODING,
}  # fmt: skip

# What makes a whole program of a statement, a header, and headers that only follow another.
_SURROUNDINGS = (
    ("", "\n"),
    ("", " pass\n"),
    ("if 0: pass\n", " pass\n"),
    ("try: pass\n", " pass\n"),
    ("match 0:\n ", " pass\n"),
    ("", "\n case _: pass\n"),
    ("", "\ndef _(): pass\n"),
)


def apply_repair(text: str, content: RepairContent, region: Region, tree: Tree) -> dict[str, bytes]:
    """Put a repaired line into the file.

    Args:
        text: the completion: the fixed line, or lines; empty to delete the statement.
        content: what the model was shown.
        region: the lines of the statement (header only, if it is compound) in the file.
        tree: the base.

    Raises:
        Rejected: `no-change`, or the statement isn't where the region says.
    """
    if text.strip() == content.line.strip():
        raise Rejected("no-change", "the answer is the line itself")
    data = tree.read(region.path)
    if data is None:
        raise Rejected("unappliable", f"{region.path} is not in the repository")
    source = decode(data, python=True)
    full = source.text
    module = _module(full)
    if module is None:
        raise Rejected("unappliable", f"{region.path} can't be parsed here")
    found = _find(module, full, region, content.line)
    if found is None or found.span is None:
        raise Rejected("unappliable", f"{region.path} has no such statement at line {region.start}")
    answer = _Answer.read(text, content)
    return {region.path: _replace(source, full, found, found.span, answer).encode()}


@dataclass(frozen=True, slots=True)
class _Answer:
    """Lines without indentation, and how many steps deeper than the first one each of them stands."""

    lines: tuple[str, ...]
    depths: tuple[int, ...]

    @classmethod
    def read(cls, text: str, content: RepairContent) -> _Answer:
        """The first line's indentation says nothing, as it follows the prompt; others have that of the print."""
        first, *rest = text.strip("\n").rstrip().split("\n")
        rest = [line for line in rest if line.strip()]
        shown = [line for line in content.function.split("\n") if line.strip() == content.line.strip()]
        own = min((_steps(line) for line in shown), default=0)
        lines = [first.strip() or "pass", *(line.strip() for line in rest)]
        return cls(tuple(lines), (0, *(_steps(line) - own for line in rest)))


def _steps(line: str) -> int:
    return (len(line) - len(line.lstrip(" "))) // len(python_source.INDENT)


# Many answers concern one file; its AST is only read.
@lru_cache(maxsize=8)
def _module(full: str) -> ast.Module | None:
    return python_source.parse(full)


def _find(module: ast.Module, full: str, region: Region, line: str) -> Line | None:
    depth, body = _surroundings(module, region)
    for printed in python_source.unit_lines(body, full):
        span = printed.span
        if span and (span.line, span.end_line) == (region.start, region.end) and printed.text == line.strip():
            return replace(printed, depth=printed.depth + depth)
    return None


def _surroundings(module: ast.Module, region: Region) -> tuple[int, list[ast.stmt]]:
    """The definition that holds a region, innermost of those that stand in definitions alone, and its depth."""
    depth, body = 0, module.body
    while True:
        nodes = [node for node in body if _first(node) <= region.start and region.end <= (node.end_lineno or 0)]
        if len(nodes) != 1 or not isinstance(nodes[0], python_source.Definition | ast.ClassDef):
            return depth, nodes
        inner = nodes[0].body
        if region.start < _first(inner[0]) or inner[0].lineno == nodes[0].lineno:
            return depth, nodes
        depth, body = depth + 1, inner


def _first(node: ast.stmt) -> int:
    if isinstance(node, python_source.Definition | ast.ClassDef):
        return python_source.first_line(node)
    return node.lineno


def _replace(source: Source, full: str, old: Line, span: Span, answer: _Answer) -> Source:
    lines = python_source.ast_lines(full)
    start = _offset(lines, span.line, span.column)
    end = _offset(lines, span.end_line, span.end_column)
    before, statement, after = full[:start], full[start:end], full[end:]
    first, *rest = answer.lines
    # Printed as `elif`, but written as an `if` under `else:`.
    if first.startswith("elif ") and old.text.startswith("elif ") and statement.startswith("if"):
        first = first.removeprefix("el")
    if not rest:
        if _meaning(first) == _meaning(statement):
            raise Rejected("no-change", "the answer means what the line means")
        new = _in_form_of(statement, old.text, first)
    else:
        margin = full[_offset(lines, span.line, 0) : start]
        if margin.strip():
            raise Rejected("unappliable", "several lines can't take the place of a statement that shares its line")
        indents = [_indent(margin, old.depth, depth) for depth in answer.depths[1:]]
        new = source.end.join([first, *(indent + line for indent, line in zip(indents, rest, strict=True))])
    split, ends = split_lines(before + new + after)
    return Source(split, ends, source.encoding, source.errors, source.bom)


def _indent(margin: str, depth: int, deeper: int) -> str:
    """The indentation of a line some steps deeper than a statement that stands at `depth` behind `margin`."""
    step = margin[: len(margin) // depth] if depth and margin else python_source.INDENT
    return margin + step * deeper if deeper >= 0 else step * max(0, depth + deeper)


def _offset(lines: list[str], line: int, column: int) -> int:
    """Index into the text of a place that `ast` gives in UTF-8 bytes."""
    inside = lines[line - 1].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass")
    return sum(map(len, lines[: line - 1])) + len(inside)


def _in_form_of(statement: str, old: str, new: str) -> str:
    """Write `new` with the spaces, quotes and line breaks of `statement`, whose print is `old`.

    Tokens that `old` and `new` share are taken from the statement as it stands, and so is what lies between two that
    stay together: spaces, line breaks, comments, and the parentheses and commas that a print leaves out. Where
    statement and print don't correspond, or the result would not mean what `new` means, `new` is taken as it is.
    """
    every, printed, wanted = _tokens(statement), _tokens(old), _tokens(new)
    if every is None or printed is None or wanted is None:
        return new
    have = _matching(every, printed)
    if have is None:
        return new
    texts = [token.string for token in wanted]
    places: list[int | None] = [None] * len(wanted)  # of each new token, the old one it stands for
    matcher = SequenceMatcher(None, [token.string for token in printed], texts, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if i2 - i1 == j2 - j1:
            places[j1:j2] = range(i1, i2)
        if tag == "equal":
            texts[j1:j2] = [token.string for token in have[i1:i2]]
    between = _gaps(have, statement)
    plain = _gaps(wanted, new)
    pieces: list[str] = []
    for index, text in enumerate(texts):
        place = places[index]
        together = place is not None and index > 0 and places[index - 1] == place - 1
        pieces += [between[place] if together and place is not None else plain[index], text]
    tail = statement[_gap_start(have[-1], statement) :] if places and places[-1] == len(have) - 1 else ""
    result = "".join(pieces) + tail
    meant = _meaning(new)
    return result if meant is not None and meant == _meaning(result) else new


def _matching(every: list[tokenize.TokenInfo], printed: list[tokenize.TokenInfo]) -> list[tokenize.TokenInfo] | None:
    """The statement's tokens that the print has too; only parentheses and commas may be left over."""
    matching: list[tokenize.TokenInfo] = []
    for token in every:
        if len(matching) < len(printed) and _same(token.string, printed[len(matching)].string):
            matching.append(token)
        elif token.string not in {"(", ")", ","}:
            return None
    return matching if len(matching) == len(printed) else None


def _gaps(tokens: list[tokenize.TokenInfo], code: str) -> list[str]:
    """What lies before each token, since the one before it."""
    starts = _line_starts(code)
    gaps: list[str] = []
    position = 0
    for token in tokens:
        gaps.append(code[position : starts[token.start[0] - 1] + token.start[1]])
        position = starts[token.end[0] - 1] + token.end[1]
    return gaps


def _gap_start(token: tokenize.TokenInfo, code: str) -> int:
    return _line_starts(code)[token.end[0] - 1] + token.end[1]


def _line_starts(code: str) -> list[int]:
    starts = [0]
    for line in python_source.ast_lines(code):
        starts.append(starts[-1] + len(line))
    return starts


def _tokens(code: str) -> list[tokenize.TokenInfo] | None:
    try:
        return [token for token in _generate(code) if token.type not in _LAYOUT]
    except (tokenize.TokenError, SyntaxError):
        return None


def _generate(code: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(code).readline)


def _same(a: str, b: str) -> bool:
    if a == b:
        return True
    try:
        return a[-1:] in "'\"" and b[-1:] in "'\"" and bool(ast.literal_eval(a) == ast.literal_eval(b))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def _meaning(code: str) -> str | None:
    """The AST of a statement, or of a header with an empty body, as text; `None` if it is neither.

    What is nested too deep to be printed stands for itself.
    """
    for before, after in _SURROUNDINGS:
        module = python_source.parse(f"{before}{code}{after}")
        if module is not None:
            try:
                return ast.dump(module)
            except RecursionError:
                return code
    return None
