"""The canonical form of Python files: two with equal forms behave alike.

A file's form is made of its statements' forms (`statements.py`), a class's of its members'. Many patches change one
file in one place, so what is known of the base is used again:

- A statement whose text is the base's has the base's form.
- Only the changed stretch is parsed, where that surely gives what parsing the whole file gives. The base is cut at
  ends of lines where a statement of the module has ended: no bracket, string or continued line is open there, so
  reading begins anew. If the file is base up to one cut, something else, and base from a later cut on, and what
  stands between is a program of its own that ends with its line, then the whole is the three programs one after the
  other, for no statement reaches beyond the program it stands in: `else` and its like begin no program.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import io
import tokenize
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

from reasoncli import python_source
from reasoncli.patches.statements import Traits, is_silent, is_unasked, normalize, traits

_CONTINUED = (b"\\\n", b"\\\r\n")  # ends of lines that go on in the next one


@dataclass(frozen=True, slots=True)
class Reading:
    """What there is to know of a Python file.

    Attributes:
        error: what is wrong with its syntax, in one line; `None` if this interpreter can parse it.
        form: a digest of its canonical form; `None` for what can't be parsed or is nested too deep.
    """

    error: str | None
    form: str | None


def canonical(source: bytes) -> str | None:
    """A digest of the canonical form of a module, or `None` where this interpreter can't parse it."""
    return read(source).form


# A file is asked for twice: whether it parses, and for its form.
@lru_cache(maxsize=32)
def read(content: bytes, base: bytes | None = None) -> Reading:
    """Examine a Python file.

    Args:
        content: of the file.
        base: what it was before; the result doesn't depend on it, only the time that it takes.
    """
    if base is None or base == content:
        return _read_base(content)[0]
    _, outline = _read_base(base)
    if outline is None or not _is_plain(content):
        return _read_whole(content)[0]
    form = _form_of_stretch(content, outline)
    return Reading(None, form) if form is not None else _read_like(content, outline)


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement: what it mentions itself, the digest of its form, and whether it is a docstring where it may be."""

    traits: Traits
    form: bytes
    silent: bool


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place in bytes where a file can be cut, and the index of the statement that follows."""

    offset: int
    index: int


@dataclass(frozen=True, slots=True)
class _Outline:
    """A file that others are compared with.

    Attributes:
        content: its bytes, plain.
        traits: of the whole module.
        parts: its statements.
        cuts: ascending; the first one is its start, the last one its end.
        known: statements of the module and of its classes by their text since the statement before.
    """

    content: bytes
    traits: Traits
    parts: Sequence[_Part]
    cuts: Sequence[_Cut]
    known: Mapping[bytes, _Part]


# Many patches change one file.
@lru_cache(maxsize=32)
def _read_base(content: bytes) -> tuple[Reading, _Outline | None]:
    return _read_whole(content)


def _is_plain(content: bytes) -> bool:
    """Whether bytes, lines and columns are where the AST says: UTF-8 without a mark, no carriage return alone."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        content.decode("utf-8")
    except (SyntaxError, UnicodeDecodeError):
        return False
    return encoding == "utf-8" and b"\0" not in content and content.count(b"\r") == content.count(b"\r\n")


def _read_whole(content: bytes) -> tuple[Reading, _Outline | None]:
    """Examine a file of which nothing is known; the outline is `None` if the file isn't plain, or has no form."""
    module = python_source.parse_or_error(content)
    if isinstance(module, str):
        return Reading(module, None), None
    plain = _is_plain(content)
    reader = _Reader(content if plain else None, traits(list(ast.walk(module))), {})
    try:
        parts = reader.body(module.body)
    except RecursionError:  # nesting too deep to walk
        return Reading(None, None), None
    reading = Reading(None, _module_form(parts, reader.module))
    if not plain:
        return reading, None
    return reading, _Outline(content, reader.module, parts, _cuts(content, module.body), reader.read)


def _read_like(content: bytes, outline: _Outline) -> Reading:
    """Examine a plain file, using what is known of a similar one."""
    module = python_source.parse_or_error(content)
    if isinstance(module, str):
        return Reading(module, None)
    try:
        parts = _Reader(content, outline.traits, outline.known).body(module.body)
    except RecursionError:
        return Reading(None, None)
    if _union(parts) != outline.traits:
        return _read_whole(content)[0]
    return Reading(None, _module_form(parts, outline.traits))


def _form_of_stretch(content: bytes, outline: _Outline) -> str | None:
    """The form of a plain file of which only a stretch is parsed; `None` where more is needed."""
    for first, last in _stretches(content, outline):
        end = len(content) - (len(outline.content) - last.offset)
        stretch = content[first.offset : end]
        # The parser itself lets `\`, carriage return and line feed pass at the end of a file.
        ends_open = stretch and (not stretch.endswith(b"\n") or stretch.endswith(_CONTINUED))
        if ends_open and end < len(content):
            continue
        # Text, as no line of it is one that could declare the encoding.
        module = python_source.parse(stretch.decode("utf-8"))
        if module is None:
            continue
        try:
            middle = _Reader(stretch, outline.traits, outline.known).body(module.body)
        except RecursionError:
            return None
        parts = [*outline.parts[: first.index], *middle, *outline.parts[last.index :]]
        return _module_form(parts, outline.traits) if _union(parts) == outline.traits else None
    return None


def _stretches(content: bytes, outline: _Outline) -> Iterator[tuple[_Cut, _Cut]]:
    """Cuts of the base between which all changes lie: the closest ones, then with one more statement before, to
    which lines behind it may have been added.
    """
    base, cuts = outline.content, outline.cuts
    nearest = bisect_left(cuts[:-1], True, key=lambda cut: not content.startswith(base[: cut.offset])) - 1
    for first in (nearest, nearest - 1):
        if first < 0:
            return
        last = bisect_left(cuts, True, lo=first, key=lambda cut: content.endswith(base[cut.offset :]))
        while cuts[first].offset + len(base) - cuts[last].offset > len(content):
            last += 1
        if first > 0 or last < len(cuts) - 1:
            yield cuts[first], cuts[last]


def _cuts(content: bytes, body: Sequence[ast.stmt]) -> list[_Cut]:
    starts = _line_starts(content)
    cuts = [_Cut(0, 0)]
    for index in range(1, len(body)):
        statement, line = body[index], body[index - 1].end_lineno or 0
        if statement.lineno <= line or line >= len(starts):  # behind a semicolon
            continue
        if not content.endswith(_CONTINUED, 0, starts[line]):
            cuts.append(_Cut(starts[line], index))
    return [*cuts, _Cut(len(content), len(body))]


def _line_starts(content: bytes) -> list[int]:
    starts = [0]
    for line in content.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


class _Reader:
    """Reads statements of one file whose module is assumed to have certain traits.

    Attributes:
        module: the traits assumed.
        read: what was read, by its text since the statement before. The first statement of a body has none before
            it and is left out.
    """

    def __init__(self, content: bytes | None, module: Traits, known: Mapping[bytes, _Part]) -> None:
        self.module = module
        self.read: dict[bytes, _Part] = {}
        self._known = known
        self._content = content
        self._starts = _line_starts(content) if content is not None else []

    def body(self, statements: Sequence[ast.stmt]) -> list[_Part]:
        """Statements of the module or of a class in it.

        Raises:
            RecursionError: a statement is nested too deep.
        """
        parts: list[_Part] = []
        for index, statement in enumerate(statements):
            text = self._text(statements[index - 1], statement) if index and self._content is not None else None
            part = None if text is None else self._known.get(text)
            if part is None:
                part = self._class(statement) if isinstance(statement, ast.ClassDef) else self._statement(statement)
            if text is not None:
                self.read[text] = part
            parts.append(part)
        return parts

    def _text(self, before: ast.stmt, statement: ast.stmt) -> bytes | None:
        return self._content[self._end(before) : self._end(statement)] if self._content is not None else None

    def _end(self, statement: ast.stmt) -> int:
        return self._starts[(statement.end_lineno or 1) - 1] + (statement.end_col_offset or 0)

    def _statement(self, statement: ast.stmt) -> _Part:
        silent = is_silent(statement)
        nodes = list(ast.walk(statement))
        own = traits(nodes)
        normalize(nodes, self.module)
        return _Part(own, _digest(b"statement", ast.dump(statement)), silent)

    def _class(self, node: ast.ClassDef) -> _Part:
        members = self.body(node.body)
        header = copy.copy(node)
        header.body = []
        nodes = [child for part in _header(node) for child in ast.walk(part)]
        own = reduce(or_, (member.traits for member in members), traits(nodes))
        normalize(nodes, self.module)
        if not self.module.reads_docstrings and members[0].silent and is_unasked(node):
            members = members[1:] or [self._statement(ast.Pass())]
        return _Part(own, _digest(b"class", ast.dump(header), members), silent=False)


def _header(node: ast.ClassDef) -> Iterator[ast.AST]:
    yield from node.bases
    yield from node.keywords
    yield from node.decorator_list
    yield from getattr(node, "type_params", ())


def _module_form(parts: Sequence[_Part], module: Traits) -> str:
    documented = not module.reads_docstrings and parts and parts[0].silent
    return _digest(b"module", "", parts[1:] if documented else parts).hex()


def _union(parts: Iterable[_Part]) -> Traits:
    return reduce(or_, {part.traits for part in parts}, Traits())


def _digest(kind: bytes, text: str, parts: Sequence[_Part] = ()) -> bytes:
    # A dump holds no zero byte, and digests are of one length: what is joined comes apart in one way only.
    return hashlib.sha256(
        b"\0".join([kind, text.encode("utf-8", "surrogatepass"), b"".join(part.form for part in parts)])
    ).digest()
