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
from difflib import SequenceMatcher

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
    module = python_source.parse(full)
    if module is None:
        raise Rejected("unappliable", f"{region.path} can't be parsed here")
    found = _find(module, full, region, content.line)
    if found is None or found.span is None:
        raise Rejected("unappliable", f"{region.path} has no such statement at line {region.start}")
    return {region.path: _replace(source, full, found.text, found.span, text).encode()}


def _find(module: ast.Module, full: str, region: Region, line: str) -> Line | None:
    for printed in python_source.unit_lines(module.body, full):
        span = printed.span
        if span and (span.line, span.end_line) == (region.start, region.end) and printed.text == line.strip():
            return printed
    return None


def _replace(source: Source, full: str, old: str, span: Span, answer: str) -> Source:
    lines = python_source.ast_lines(full)
    start = _offset(lines, span.line, span.column)
    end = _offset(lines, span.end_line, span.end_column)
    before, statement, after = full[:start], full[start:end], full[end:]
    margin = full[_offset(lines, span.line, 0) : start]
    alone = not margin.strip()
    fixed = _dedent(answer)
    if not fixed:
        fixed = ["pass"]
    elif len(fixed) > 1 and not alone:
        raise Rejected("unappliable", "several lines can't take the place of a statement that shares its line")
    if fixed[0].startswith("elif ") and statement.startswith("if"):
        fixed[0] = fixed[0].removeprefix("el")
    if len(fixed) == 1:
        if _meaning(fixed[0]) == _meaning(statement):
            raise Rejected("no-change", "the answer means what the line means")
        new = _in_form_of(statement, old, fixed[0])
    else:
        new = source.end.join([fixed[0], *(margin + line if line else "" for line in fixed[1:])])
    result = before + new + after
    split, ends = split_lines(result)
    return Source(split, ends, source.encoding, source.errors, source.bom)


def _offset(lines: list[str], line: int, column: int) -> int:
    """Index into the text of a place that `ast` gives in UTF-8 bytes."""
    inside = lines[line - 1].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass")
    return sum(map(len, lines[: line - 1])) + len(inside)


def _dedent(answer: str) -> list[str]:
    """The answer's lines, the first without indentation, the others relative to the first."""
    lines = answer.strip("\n").rstrip().split("\n")
    margin = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    rest = [line.removeprefix(margin).rstrip() for line in lines[1:]]
    first = lines[0].strip()
    if not margin and rest and not first.endswith(":"):
        # The prompt shows the suspect line stripped; lines that go with it may still carry the function's indentation.
        filled = [line for line in rest if line]
        depth = min((len(line) - len(line.lstrip()) for line in filled), default=0)
        rest = [line[depth:] for line in rest]
    return [first, *rest] if first or rest else []


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
    except (ValueError, SyntaxError):
        return False


def _meaning(code: str) -> str | None:
    """The AST of a statement, or of a header with an empty body, as text; `None` if it is neither."""
    for before, after in _SURROUNDINGS:
        module = python_source.parse(f"{before}{code}{after}")
        if module is not None:
            return ast.dump(module)
    return None
