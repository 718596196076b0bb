"""JUnit XML -> test results, from documents that nobody vouches for.

There is no standard, only dialects: suites nest or don't, `classname` is a class, a package, a file or nothing, a
rerun is an element of its own. Expat is driven directly: a document type declaration ends the reading (no entity is
ever expanded), and what was read before a document breaks off is kept.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from reasoncli.domain import Outcome, TestResult
from reasoncli.verification.outcomes import SEVERITY, Names, plausible

_TEXT_LIMIT = 8000
_DEPTH_LIMIT = 100
_DOCUMENT_LIMIT = 1000  # in one file: each is looked for in all that follows the one before
_OUTCOMES = {"failure": Outcome.FAILED, "error": Outcome.ERROR, "skipped": Outcome.SKIPPED}
_STATUS = {  # what some say by an attribute instead of an element (GoogleTest, CTest)
    **dict.fromkeys(("notrun", "disabled", "suppressed", "skipped", "ignored", "pending"), Outcome.SKIPPED),
    **dict.fromkeys(("fail", "failed", "failure"), Outcome.FAILED),
    **dict.fromkeys(("error", "errored"), Outcome.ERROR),
}
_NO_GROUP = ("", "test")  # `classname` of those that have none; Node's is always "test"

_BEGIN = re.compile(rb"<\?xml\b|<!DOCTYPE\b|<testsuites?\b")
_DECLARATION = re.compile(rb"<\?xml\b")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MULTIBYTE = frozenset(("gbk", "gb2312", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "iso-2022-jp"))
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));")
_STRAY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")
_CUT = tuple(
    expat.errors.codes[error]
    for error in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """Results by id, in the order of the documents, and whether every document was whole.

    An id is `file::group::name`, as much of it as a document says: the file relative to the repository, the class,
    or else the suites around, and the name. The second test of an id gets ` #2` behind it, and so on.
    """

    results: dict[str, TestResult]
    complete: bool


def parse_junit(documents: Iterable[bytes], root: str = "") -> Parsed:
    """Read JUnit documents; a file may hold several of them, and other output between.

    Args:
        documents: as the files hold them, of any encoding.
        root: the repository's absolute path where they were written; ids don't begin with it.
    """
    reader = _Reader(root.rstrip("/"))
    complete = True
    for document in documents:
        complete = reader.read(document) and complete
    return Parsed(reader.results, complete and bool(reader.results))


class _RefusedError(Exception):
    """The document declares a type, or is nested beyond all measure."""


@dataclass(slots=True)
class _Case:
    """A test case under way, or what a suite says of itself as a whole."""

    id: str
    depth: int
    duration: float = 0.0
    outcome: Outcome = Outcome.PASSED
    kind: str = ""
    message: str = ""
    trace: str = ""

    def result(self, unique: str) -> TestResult:
        message = self.message or self.trace.strip().partition("\n")[0]
        kind = "" if self.kind in _OUTCOMES else self.kind
        return TestResult(
            unique, self.outcome, self.duration, ": ".join(filter(None, (kind, message)))[:_TEXT_LIMIT], self.trace
        )


@dataclass(slots=True)
class _Reader:
    root: str
    results: dict[str, TestResult] = field(default_factory=dict)
    _depth: int = 0
    _suites: list[tuple[int, str, str]] = field(default_factory=list)  # depth, name, file
    _case: _Case | None = None
    _kind: Outcome = Outcome.PASSED  # of the element whose text is gathered
    _text: list[str] | None = None
    _length: int = 0
    _text_depth: int = 0
    _ended: bool = False  # the root element was closed
    _error_at: int = 0
    _names: Names = field(default_factory=Names)

    def read(self, document: bytes) -> bool:
        """Take the results of every document in a file; whether all were whole."""
        for mark, encoding in _BOMS:
            if document.startswith(mark):
                return self._read(self._relative(document.decode(encoding, "replace").encode()), encoding="utf-8")
        return self._read(self._relative(document))

    def _read(self, rest: bytes, encoding: str | None = None) -> bool:
        whole, begin, left = True, _BEGIN, _DOCUMENT_LIMIT
        while (start := begin.search(rest)) is not None:
            left -= 1
            if left < 0:
                return False
            rest = rest[start.start() :]
            known = dict(self.results)
            try:
                at = self._parse(rest, encoding)
            except _RefusedError:
                return False
            except (expat.ExpatError, ValueError, LookupError) as error:
                code = error.code if isinstance(error, expat.ExpatError) else None
                if encoding is None and code not in _CUT:
                    self.results = known
                    self._names = Names(known)
                    return self._read(_repaired(rest), encoding="utf-8") and whole
                whole, begin = False, _DECLARATION
                at = self._error_at
            if at is None:
                break
            rest = rest[max(at, 1) :]
        return whole

    def _parse(self, document: bytes, encoding: str | None) -> int | None:
        """Read one document; where it ends if something follows.

        Raises:
            ExpatError, ValueError, LookupError: it is damaged, or of an encoding that expat doesn't know.
        """
        parser = expat.ParserCreate(encoding)
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        self._depth, self._suites, self._case, self._text, self._ended, self._error_at = 0, [], None, None, False, 0
        try:
            parser.Parse(document, True)
        except expat.ExpatError:
            self._error_at = parser.ErrorByteIndex
            if self._ended:
                return self._error_at
            raise
        return None

    def _doctype(self, *_: object) -> None:
        raise _RefusedError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise _RefusedError
        if self._case is None and name == "testsuite":
            file = attributes.get("file") or (self._suites[-1][2] if self._suites else "")
            self._suites.append((self._depth, attributes.get("name", ""), file))
        elif self._case is None and name == "testcase":
            self._case = _Case(self._identity(attributes), self._depth, _seconds(attributes.get("time", "0")))
            for key in ("result", "status"):
                self._case.outcome = _STATUS.get(attributes.get(key, "").lower(), self._case.outcome)
        elif name in _OUTCOMES and self._text is None:
            if self._case is None and self._suites and name != "skipped":  # the suite itself failed
                self._case = _Case(self._identity({}), self._depth - 1)
            if self._case is not None and self._depth == self._case.depth + 1:
                self._begin(_OUTCOMES[name], attributes)

    def _begin(self, outcome: Outcome, attributes: dict[str, str]) -> None:
        case = self._case
        if case is None:
            return
        self._text, self._length, self._text_depth, self._kind = [], 0, self._depth, outcome
        if SEVERITY[outcome] > SEVERITY[case.outcome] or not (case.kind or case.message):
            case.kind, case.message = attributes.get("type", ""), attributes.get("message", "")
        case.outcome = max(case.outcome, outcome, key=SEVERITY.__getitem__)

    def _data(self, text: str) -> None:
        if self._text is not None and self._length < _TEXT_LIMIT:
            self._text.append(text[: _TEXT_LIMIT - self._length])
            self._length += len(text)

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        case = self._case
        if self._text is not None and self._depth == self._text_depth:
            if case is not None and (self._kind is case.outcome and not case.trace):
                case.trace = "".join(self._text)
            self._text = None
            if case is not None and name != "testcase" and self._suites and case.depth == self._suites[-1][0]:
                self._add(case)
        if case is not None and self._depth == case.depth and name == "testcase":
            self._add(case)
        if self._suites and self._depth == self._suites[-1][0]:
            self._suites.pop()
        self._depth -= 1
        self._ended = self._depth == 0

    def _add(self, case: _Case) -> None:
        unique = self._names.unique(case.id)
        self.results[unique] = case.result(unique)
        self._case = None

    def _identity(self, attributes: dict[str, str]) -> str:
        suite = "::".join(name for _, name, _ in self._suites if name)
        file = attributes.get("file") or (self._suites[-1][2] if self._suites else "")
        file = posixpath.normpath(file) if file else ""
        group = attributes.get("classname") or attributes.get("class", "")
        group = suite if group in _NO_GROUP else group
        name = attributes.get("name", "")
        if file and group.startswith(file):
            file = ""
        parts = [file, "" if name.endswith(group) else group, name]
        return " ".join("::".join(filter(None, parts)).split()) or "<unnamed>"

    def _relative(self, document: bytes) -> bytes:
        """Without the repository's own path: it is another one in each sandbox, and prompts shall be the same."""
        return document.replace(self.root.encode() + b"/", b"") if self.root else document


def _repaired(document: bytes) -> bytes:
    """A document as UTF-8 without what no XML document may hold: tools paste raw output into theirs."""
    declared = _ENCODING.match(document)
    name = declared[1].decode("ascii").lower() if declared else ""
    text = document.decode(name if name in _MULTIBYTE else "utf-8", "replace")
    text = _REFERENCE.sub(_valid, _NO_CHARACTER.sub("\ufffd", text))
    return _STRAY.sub("&amp;", text).encode("utf-8", "replace")


def _valid(reference: re.Match[str]) -> str:
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    code = int(digits[:9], base) if len(digits) < 9 else 0
    fine = 0 < code < 0x110000 and not _NO_CHARACTER.match(chr(code))
    return reference[0] if fine else "\ufffd"


def _seconds(text: str) -> float:
    try:
        return plausible(float(text.replace(",", "")))
    except ValueError:
        return 0.0
