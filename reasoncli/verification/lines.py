"""Verbose output -> test results: the last resort for runners that no hook reaches. Weak: anything can print a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reasoncli.domain import Outcome, TestResult
from reasoncli.verification.outcomes import SEVERITY, plausible
from reasoncli.verification.tap import parse_tap

_WORDS = {
    "passed": Outcome.PASSED,
    "ok": Outcome.PASSED,
    "failed": Outcome.FAILED,
    "fail": Outcome.FAILED,
    "error": Outcome.ERROR,
    "skipped": Outcome.SKIPPED,
    "xfail": Outcome.XFAILED,
    "expected failure": Outcome.XFAILED,
    "xpass": Outcome.XPASSED,
    "unexpected success": Outcome.XPASSED,
}
_SYMPY_WORDS = {
    "ok": Outcome.PASSED,
    "F": Outcome.FAILED,
    "E": Outcome.ERROR,
    "f": Outcome.XFAILED,
    "X": Outcome.XPASSED,
}
_PYTEST = re.compile(r"^(\S+::.+?) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b")
_PYTEST_COLLECT = re.compile(r"^ERROR (\S+\.py)(?: - (.*))?$")
_UNITTEST = re.compile(
    r"^(\w+) \(([\w.<>]+)\)(?:.*?) \.\.\. (ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b", re.IGNORECASE
)
_UNITTEST_HEAD = re.compile(r"^(\w+) \(([\w.<>]+)\)$")
_UNITTEST_TAIL = re.compile(r"^.* \.\.\. (ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b", re.IGNORECASE)
_FILE = re.compile(r"^(\S+\.py)\[(\?|\d+)\]\s*(.*)$")
_SYMPY = re.compile(r"^(test_\w+)\s+(ok|f|E|s|X|F)\b")
_GO = re.compile(r"^\s*--- (PASS|FAIL|SKIP): (\S+) \((\d+(?:\.\d+)?)s\)")
_GO_WORDS = {"PASS": Outcome.PASSED, "FAIL": Outcome.FAILED, "SKIP": Outcome.SKIPPED}


@dataclass(frozen=True, slots=True)
class Lines:
    """Results by id, and whether there is no sign that some are missing."""

    results: Mapping[str, TestResult]
    complete: bool = True


def parse_lines(output: str, root: str = "") -> Lines:
    """Results from the lines of `pytest -v`, `unittest -v`, sympy's bin/test, `go test -v` and TAP.

    A test that shows up several times keeps its worst outcome.

    Args:
        output: of the test command.
        root: the repository's path where it ran; ids don't begin with it.
    """
    if root:
        output = output.replace(root.rstrip("/") + "/", "")
    results = _verbose(output)
    if results:
        return Lines(results)
    tap = parse_tap(output)
    return Lines(tap.results, tap.complete)


def _verbose(output: str) -> dict[str, TestResult]:
    results: dict[str, TestResult] = {}
    for test, outcome, seconds in _found(output):
        known = results.get(test)
        if known is None or SEVERITY[outcome] > SEVERITY[known.outcome]:
            results[test] = TestResult(test, outcome, seconds)
    return results


def _found(output: str) -> Iterator[tuple[str, Outcome, float]]:
    """(test, outcome, seconds; 0 where the line doesn't say)."""
    file = head = ""
    for raw in output.splitlines():
        line = raw.rstrip()
        if match := _PYTEST.match(line):
            yield match[1], _WORDS[match[2].lower()], 0.0
        elif match := _PYTEST_COLLECT.match(line):
            yield match[1], Outcome.ERROR, 0.0
        elif match := _UNITTEST.match(line):
            yield _dotted(match[1], match[2]), _WORDS[match[3].lower()], 0.0
        elif match := _UNITTEST_HEAD.match(line):
            head = _dotted(match[1], match[2])
        elif head and (match := _UNITTEST_TAIL.match(line)):
            yield head, _WORDS[match[1].lower()], 0.0
            head = ""
        elif match := _FILE.match(line):
            file = match[1]
        elif file and (match := _SYMPY.match(line)):
            yield f"{file}::{match[1]}", _SYMPY_WORDS[match[2]], 0.0
        elif match := _GO.match(line):
            yield match[2], _GO_WORDS[match[1]], plausible(float(match[3]))


def _dotted(name: str, group: str) -> str:
    """`test_x`, `pkg.mod.Class` or, since Python 3.11, `pkg.mod.Class.test_x` -> `pkg.mod.Class.test_x`."""
    return group if group.endswith(f".{name}") else f"{group}.{name}"
