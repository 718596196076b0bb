"""A source file as lines that can be edited while every other byte stays as it is.

The encoding is Python's own reading of the file (BOM, PEP 263 cookie, else UTF-8). Bytes that don't decode are
carried as surrogates, so that a file of unknown encoding still comes back byte for byte.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from reasoncli.patches.outcome import Rejected

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_CLASSIC = re.compile(r"[^\r]*\r|[^\r]+")
_LARGEST_ALIGNMENT = 250_000


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded file.

    Attributes:
        lines: without their ends.
        ends: of each line: `\\n`, `\\r\\n`, `\\r`, or an empty string for a last line without one.
        encoding: Python codec name.
        errors: its error handler.
        bom: bytes before the text.
    """

    lines: tuple[str, ...]
    ends: tuple[str, ...]
    encoding: str = "utf-8"
    errors: str = "strict"
    bom: bytes = b""

    @property
    def end(self) -> str:
        """The most frequent line end; `\\n` for a file without any."""
        counts = Counter(end for end in self.ends if end)
        return counts.most_common(1)[0][0] if counts else "\n"

    @property
    def text(self) -> str:
        """The whole text, line ends as they are."""
        return "".join(line + end for line, end in zip(self.lines, self.ends, strict=True))

    def encode(self) -> bytes:
        """The file's bytes.

        Raises:
            Rejected: a new character has no place in the file's encoding.
        """
        try:
            return self.bom + self.text.encode(self.encoding, self.errors)
        except UnicodeEncodeError as error:
            character = error.object[error.start]
            raise Rejected("unappliable", f"the file's encoding {self.encoding} can't hold {character!r}") from error

    def splice(self, start: int, stop: int, lines: Sequence[str], ends: Sequence[str | None]) -> Source:
        """Put lines in the place of `start:stop`; an end of `None` means what the file uses around there."""
        usual = self._end_near(start, stop)
        tail_open = bool(self.ends) and stop == len(self.ends) and self.ends[-1] == ""
        new_ends = [usual if end is None else end for end in ends]
        if tail_open and new_ends and ends[-1] is None:
            new_ends[-1] = ""
        merged = list(self.lines[:start]) + list(lines) + list(self.lines[stop:])
        merged_ends = list(self.ends[:start]) + new_ends + list(self.ends[stop:])
        for index, end in enumerate(merged_ends[:-1]):
            if not end:  # only the last line may go without
                merged_ends[index] = usual
        if tail_open and not new_ends and merged_ends:
            merged_ends[-1] = ""
        return replace(self, lines=tuple(merged), ends=tuple(merged_ends))

    def _end_near(self, start: int, stop: int) -> str:
        counts = Counter(end for end in self.ends[start:stop] if end)
        if counts:
            return counts.most_common(1)[0][0]
        before = [end for end in self.ends[max(0, start - 1) : start] if end]
        return before[0] if before else self.end


def decode(data: bytes, *, python: bool) -> Source:
    """Read a file's bytes; with `python` its coding cookie counts."""
    bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    body = data[len(bom) :]
    for encoding, errors in _readings(data, python=python):
        try:
            text = body.decode(encoding, errors)
            faithful = text.encode(encoding, errors) == body
        except (UnicodeError, LookupError):
            continue
        if faithful:
            lines, ends = split_lines(text)
            return Source(lines, ends, encoding, errors, bom)
    raise Rejected("unappliable", "the file can't be read as text")


def _readings(data: bytes, *, python: bool) -> list[tuple[str, str]]:
    readings = [("utf-8", "strict"), ("ascii", "surrogateescape")]
    if python:
        try:
            declared, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError:
            return readings
        if declared not in {"utf-8", "utf-8-sig"}:
            return [(declared, "strict"), ("ascii", "surrogateescape")]
    return readings


def split_lines(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines and their ends. A lone `\\r` ends a line only in a text that has no `\\n` at all."""
    if "\r" not in text:
        *closed, rest = text.split("\n")
        return (*closed, rest) if rest else tuple(closed), ("\n",) * len(closed) + (("",) if rest else ())
    classic = "\n" not in text
    lines: list[str] = []
    ends: list[str] = []
    for line in (_CLASSIC if classic else _LINE).findall(text):
        end = next((end for end in ("\r\n", "\n", "\r" if classic else "\n") if line.endswith(end)), "")
        lines.append(line.removesuffix(end))
        ends.append(end)
    return tuple(lines), tuple(ends)


def align(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For each line of `new` the index of the line of `old` it is unchanged from, or `None`. Ascending."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    result: list[int | None] = [None] * len(new)
    result[:head] = range(head)
    if tail:
        result[len(new) - tail :] = range(len(old) - tail, len(old))
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(middle_old) * len(middle_new) <= _LARGEST_ALIGNMENT:
        matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
        for block in matcher.get_matching_blocks():
            for offset in range(block.size):
                result[head + block.b + offset] = head + block.a + offset
    return result
