"""How outcomes of the same test are compared, between runs and between base and candidate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reasoncli.domain import Outcome, TestReport, TestResult

SEVERITY = {
    Outcome.PASSED: 0,
    Outcome.SKIPPED: 1,
    Outcome.XFAILED: 1,
    Outcome.XPASSED: 1,
    Outcome.FAILED: 2,
    Outcome.ERROR: 3,
    Outcome.TIMEOUT: 4,
}
"""Which of several outcomes of one test counts: the highest."""
REPEATED = re.compile(r" #\d+$")


def plausible(seconds: float) -> float:
    """The time that a test is said to have taken, or 0 where it can't have: clocks are set and replaced."""
    return seconds if 0.0 <= seconds < 1e9 else 0.0


def passes(result: TestResult | None) -> bool:
    """Whether a test ran and passed. A skip, an expected failure or silence is not a pass."""
    return result is not None and result.outcome in (Outcome.PASSED, Outcome.XPASSED)


def same(first: TestResult | None, second: TestResult | None) -> bool:
    """Whether two runs of one test agree: both passed, both failed (however), or both were set aside."""
    return group(first) == group(second)


def folded(report: TestReport, base: Mapping[str, TestResult]) -> TestReport:
    """A report in which tests of one name that the base doesn't have count against the one that it has.

    Names repeat where a test program tells them by nothing else, and get numbers then. One more of a name than at the
    base may be a result that was slipped in before the real one.
    """
    results = dict(report.results)
    for test, result in report.results.items():
        name = REPEATED.sub("", test)
        if name == test or test in base or name not in base or result.outcome.ok:
            continue
        known = results.get(name)
        if known is None or known.outcome.ok:
            results[name] = replace(result, id=name)
    return replace(report, results=results)


class Names:
    """Tells tests of the same name apart: `x`, `x #2`, `x #3`."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Begin with names that are taken."""
        self._last = dict.fromkeys(taken, 1)  # name -> the last number that was given to it

    def unique(self, name: str) -> str:
        """The name itself, or one with a number that was not given out."""
        number, chosen = self._last.get(name, 0), name
        while chosen in self._last:
            number += 1
            chosen = f"{name} #{number}"
        self._last[name] = max(number, 1)
        self._last.setdefault(chosen, 1)
        return chosen


def group(result: TestResult | None) -> str:
    """`passed`, `failed`, `set aside` (skipped, expected to fail) or `absent`: what runs are compared by."""
    if result is None:
        return "absent"
    if passes(result):
        return "passed"
    return "set aside" if result.outcome.ok else "failed"


def ancestors(test: str) -> Iterator[str]:
    """What holds a test: `a/b.py::C::d[x]` -> `a/b.py::C::d`, `a/b.py::C`, `a/b.py`; `m.C.d` -> `m.C`, `m`."""
    name = test.partition("[")[0]
    if name != test:
        yield name
    separator = "::" if "::" in name else "."
    while separator in name and not (separator == "." and "/" in name):
        name = name.rpartition(separator)[0]
        yield name


def holder(test: str) -> str:
    """The file of a pytest id, the module (or what stands for it) of a dotted one."""
    if "::" in test:
        return test.partition("::")[0]
    return test.partition("[")[0].rpartition(".")[0].rpartition(".")[0] or test


def holds(holder: str, test: str) -> bool:
    """Whether `holder` is the test itself or something that holds it."""
    return holder == test or holder in ancestors(test)


def uncollectable(
    report: TestReport, base: Mapping[str, TestResult], expected: Mapping[str, object]
) -> TestResult | None:
    """A module or class of the expected tests that fails as a whole now and did not at the base."""
    for result in report.results.values():
        if result.outcome.ok or result.id in expected or result.id in base:
            continue
        if any(result.id in ancestors(test) for test in expected):
            return result
    return None
