"""Tests of our own in every run: one that must fail and one that must pass, under names that nobody else knows.

A patched program can reach what reports on it. If it makes failing tests look passed, it does so to the failing canary
as well, unless it finds out which one that is; then nothing here helps (docs/security.md says what does).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from reasoncli.domain import Outcome
from reasoncli.verification.outcomes import passes
from reasoncli.verification.records import Records

_WORDS = (
    "add", "after", "all", "before", "bytes", "case", "cache", "check", "class", "close", "copy", "count",
    "create", "default", "delete", "dict", "empty", "error", "file", "first", "format", "from", "get", "handle",
    "index", "int", "invalid", "item", "iter", "join", "key", "large", "last", "len", "line", "list", "load",
    "long", "many", "map", "merge", "missing", "multiple", "name", "nested", "new", "none", "normal", "number",
    "of", "open", "order", "parse", "path", "plain", "raises", "read", "repeated", "reset", "return", "reverse",
    "round", "save", "same", "set", "short", "simple", "single", "size", "sort", "split", "start", "state",
    "str", "strip", "sum", "swap", "table", "text", "time", "to", "two", "type", "unicode", "update", "upper",
    "valid", "value", "with", "without", "word", "write", "wrong", "zero",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Canaries:
    """The canaries of one run.

    Attributes:
        passes, fails: names of the test functions.
        places: where they stand, as numbers to be taken modulo the number of tests.
    """

    passes: str
    fails: str
    places: tuple[int, int]

    @classmethod
    def drawn(cls) -> Canaries:
        """New ones, named like any test."""
        first, second = _name(), _name()
        while second == first:
            second = _name()
        return cls(first, second, (secrets.randbelow(1 << 20), secrets.randbelow(1 << 20)))

    def spec(self) -> dict[str, object]:
        """For the in-sandbox hooks: names, the passing one first."""
        return {"names": [self.passes, self.fails], "places": list(self.places)}

    def take_out(self, records: Records) -> str | None:
        """Remove every trace of the canaries from a report that has ended.

        Returns:
            what is wrong with them, an empty string if they came out as they must, `None` where no test ran.
        """
        found = {
            name: [test for test in records.collected if _last(test) == name] for name in (self.passes, self.fails)
        }
        outcomes = {
            name: {records.results[test].outcome if test in records.results else None for test in tests}
            for name, tests in found.items()
        }
        for known in (records.collected, records.results, records.started, records.coverage):
            for test in [each for each in known if _last(each) in outcomes]:
                del known[test]
        if not records.collected:
            reported = any(map(passes, records.results.values()))
            return "tests are reported that were not collected" if reported else None
        if outcomes[self.fails] == {Outcome.FAILED} and outcomes[self.passes] == {Outcome.PASSED}:
            return ""
        if Outcome.PASSED in outcomes[self.fails]:
            return "a test that must fail is reported as passed"
        missing = any(not outcome or None in outcome for outcome in outcomes.values())
        return "tests that must be in it are missing" if missing else "a test that must pass or fail does otherwise"


def _name() -> str:
    return "test_" + "_".join(secrets.choice(_WORDS) for _ in range(3 + secrets.randbelow(3)))


def _last(test: str) -> str:
    """The function's name of an id of pytest or unittest."""
    return re.split(r"::|\.", test.partition("[")[0])[-1]
