"""JUnit XML -> test results, from documents that nobody vouches for.

Expat is driven directly: a document type declaration ends the parsing (no entity is ever expanded), and what was
read before a document breaks off is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from reasoncli.domain import Outcome, TestResult

_TEXT_LIMIT = 8000
_OUTCOMES = {"failure": Outcome.FAILED, "error": Outcome.ERROR, "skipped": Outcome.SKIPPED}


@dataclass(frozen=True, slots=True)
class Parsed:
    """Results by id (`classname::name`), and whether every document was whole."""

    results: dict[str, TestResult]
    complete: bool


def parse_junit(documents: Iterable[str]) -> Parsed:
    """Read JUnit documents as pytest, Maven, Gradle, jest-junit, go-junit-report and cargo-nextest write them."""
    reader = _Reader()
    complete = True
    for document in documents:
        complete = reader.read(document) and complete
    return Parsed(reader.results, complete and bool(reader.results))


class _DoctypeError(Exception):
    """The document declares a type."""


@dataclass(slots=True)
class _Reader:
    results: dict[str, TestResult] = field(default_factory=dict)
    _suites: list[str] = field(default_factory=list)
    _id: str = ""
    _duration: float = 0.0
    _outcome: Outcome = Outcome.PASSED
    _message: str = ""
    _text: list[str] | None = None
    _trace: str = ""

    def read(self, document: str) -> bool:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        self._suites, self._id, self._text = [], "", None
        try:
            parser.Parse(document.encode("utf-8"), True)
        except (expat.ExpatError, _DoctypeError):
            return False
        return True

    def _doctype(self, *_: object) -> None:
        raise _DoctypeError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "testsuite":
            self._suites.append(attributes.get("name", ""))
        elif name == "testcase":
            group = attributes.get("classname") or (self._suites[-1] if self._suites else "")
            self._id = f"{group}::{attributes.get('name', '')}" if group else attributes.get("name", "")
            self._duration = _seconds(attributes.get("time", "0"))
            self._outcome, self._message, self._trace = Outcome.PASSED, "", ""
        elif name in _OUTCOMES and self._id:
            self._outcome = _OUTCOMES[name]
            self._message = ": ".join(filter(None, (attributes.get("type", ""), attributes.get("message", ""))))
            self._text = []

    def _data(self, text: str) -> None:
        if self._text is not None and sum(map(len, self._text)) < _TEXT_LIMIT:
            self._text.append(text)

    def _end(self, name: str) -> None:
        if name == "testsuite" and self._suites:
            self._suites.pop()
        elif name in _OUTCOMES and self._text is not None:
            self._trace, self._text = "".join(self._text)[:_TEXT_LIMIT], None
        elif name == "testcase" and self._id:
            known = self.results.get(self._id)
            if known is None or known.outcome.ok:
                message = self._message or self._trace.strip().partition("\n")[0]
                self.results[self._id] = TestResult(
                    self._id, self._outcome, self._duration, message[:_TEXT_LIMIT], self._trace
                )
            self._id = ""


def _seconds(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return 0.0
