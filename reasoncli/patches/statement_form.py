"""Statements as authors write them and as `ast.unparse` prints them: new text in the form of the old."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from difflib import SequenceMatcher

from reasoncli import python_source

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


def in_form_of(statement: str, old: str, new: str) -> str:
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
    meant = meaning(new)
    return result if meant is not None and meant == meaning(result) else new


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


def meaning(code: str) -> str | None:
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
