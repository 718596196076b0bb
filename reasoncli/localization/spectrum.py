"""Spectrum-based fault localization: lines that failing tests execute and passing ones don't.

Ochiai's coefficient over lines: suspicious(l) = ef / sqrt(F * (ef + ep)), with ef and ep the failing and passing tests
that execute l, F all failing ones. Source: Abreu, Zoeteweij, van Gemund, "On the Accuracy of Spectrum-based Fault
Localization", TAICPART-MUTATION 2007.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from reasoncli.domain import Outcome, TestReport

Lines = dict[tuple[str, int], "Spectrum"]


@dataclass(frozen=True, slots=True)
class Spectrum:
    """How one line was executed.

    Attributes:
        failing, passing: tests that execute it.
        score: Ochiai's coefficient, in [0, 1].
    """

    failing: int
    passing: int
    score: float


def ochiai(failing: int, passing: int, all_failing: int) -> float:
    """Ochiai's coefficient; 0 where no failing test executes the line."""
    return failing / math.sqrt(all_failing * (failing + passing)) if failing else 0.0


def spectra(report: TestReport, targets: Collection[str], excluded: Callable[[str], bool]) -> Lines:
    """The spectrum of each line that a target executes, by (path, line).

    Tests that fail and are not targets count neither way. Coverage under an id that is no test (what runs at
    import) counts as executed by every test, so that a wrong constant keeps a low score instead of none, but only in
    files that a target executes anyway.

    Args:
        report: a run at the base, with coverage.
        targets: ids of the tests that must turn green.
        excluded: whether a path can't hold the fault (tests).
    """
    failing = [report.coverage[target] for target in targets if target in report.coverage]
    failed: Counter[tuple[str, int]] = Counter()
    for covered in failing:
        for path, lines in covered.items():
            if not excluded(path):
                failed.update((path, line) for line in lines)
    suspects: dict[str, set[int]] = defaultdict(set)
    for path, line in failed:
        suspects[path].add(line)
    at_import = _import_lines(report, suspects)
    passed, passing = _passing(report, targets, suspects)
    for path, imported in at_import.items():
        for line in imported - suspects[path]:
            failed[path, line] = len(failing)
            passed[path, line] = passing
    return {
        place: Spectrum(count, passed[place], ochiai(count, passed[place], len(failing)))
        for place, count in failed.items()
    }


def _passing(
    report: TestReport, targets: Collection[str], suspects: Mapping[str, set[int]]
) -> tuple[Counter[tuple[str, int]], int]:
    """For each suspect line the passing tests that execute it; and how many passing tests there are."""
    sets: Counter[tuple[str, frozenset[int]]] = Counter()  # many tests execute the same lines of a file
    passing = 0
    for test, covered in report.coverage.items():
        result = report.results.get(test)
        if result is None or result.outcome is not Outcome.PASSED or test in targets:
            continue
        passing += 1
        sets.update((path, lines) for path, lines in covered.items() if path in suspects)
    passed: Counter[tuple[str, int]] = Counter()
    for (path, lines), times in sets.items():
        for line in lines & suspects[path]:
            passed[path, line] += times
    return passed, passing


def _import_lines(report: TestReport, suspects: Collection[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for context, covered in report.coverage.items():
        if context not in report.results:
            for path, lines in covered.items():
                if path in suspects:
                    found[path] |= lines
    return found
