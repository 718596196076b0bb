from __future__ import annotations

import math

import pytest

from reasoncli.domain import Evidence, Outcome, TestReport, TestResult
from reasoncli.localization.spectrum import ochiai, spectra

Cover = dict[str, dict[str, set[int]]]


def report(outcomes: dict[str, Outcome], coverage: Cover) -> TestReport:
    return TestReport(
        results={name: TestResult(name, outcome) for name, outcome in outcomes.items()},
        evidence=Evidence.STRUCTURED,
        exit_code=1,
        duration=1.0,
        coverage={test: {path: frozenset(lines) for path, lines in files.items()} for test, files in coverage.items()},
    )


def is_test(path: str) -> bool:
    return path.startswith("tests/")


def test_the_coefficient_by_hand() -> None:
    """Abreu et al. 2007, equation for s_O: a11 / sqrt((a11 + a01) * (a11 + a10))."""
    assert ochiai(1, 0, 1) == 1.0
    assert ochiai(2, 2, 2) == pytest.approx(2 / math.sqrt(2 * 4))
    assert ochiai(1, 3, 4) == pytest.approx(1 / math.sqrt(4 * 4))
    assert ochiai(0, 5, 1) == 0.0


def test_lines_of_failing_and_passing_tests() -> None:
    found = spectra(
        report(
            {"bad": Outcome.FAILED, "good": Outcome.PASSED, "also": Outcome.PASSED},
            {
                "bad": {"a.py": {1, 2, 3}, "tests/t.py": {1}},
                "good": {"a.py": {1, 2}, "b.py": {1}},
                "also": {"a.py": {1}},
            },
        ),
        ["bad"],
        is_test,
    )
    assert {place: (seen.failing, seen.passing) for place, seen in found.items()} == {
        ("a.py", 1): (1, 2),
        ("a.py", 2): (1, 1),
        ("a.py", 3): (1, 0),
    }
    assert found["a.py", 3].score == 1.0 > found["a.py", 2].score > found["a.py", 1].score


def test_only_passing_tests_speak_for_a_line() -> None:
    """Skipped, expectedly failing and unrelated failing tests say nothing; neither does a target that passes."""
    outcomes = {
        "bad": Outcome.FAILED,
        "other": Outcome.FAILED,
        "skip": Outcome.SKIPPED,
        "x": Outcome.XFAILED,
        "flaky target": Outcome.PASSED,
    }
    found = spectra(report(outcomes, {name: {"a.py": {1}} for name in outcomes}), ["bad", "flaky target"], is_test)
    assert (found["a.py", 1].failing, found["a.py", 1].passing) == (2, 0)


def test_lines_run_at_import_count_as_run_by_every_test() -> None:
    found = spectra(
        report(
            {"bad": Outcome.FAILED, "good": Outcome.PASSED},
            {
                "bad": {"a.py": {2}},
                "good": {},
                "<import>": {"a.py": {1}, "unrelated.py": {1}},
            },
        ),
        ["bad"],
        is_test,
    )
    assert (found["a.py", 1].failing, found["a.py", 1].passing) == (1, 1)
    assert ("unrelated.py", 1) not in found


def test_equal_sets_of_lines_count_once_for_each_test() -> None:
    same: dict[str, set[int]] = {"a.py": {1, 2}}
    tests = {f"good{number}": Outcome.PASSED for number in range(10)}
    coverage: Cover = {"bad": same, **dict.fromkeys(tests, same)}
    found = spectra(report({"bad": Outcome.FAILED, **tests}, coverage), ["bad"], is_test)
    assert found["a.py", 2].passing == 10


def test_nothing_to_see() -> None:
    assert spectra(report({}, {}), [], is_test) == {}
    assert spectra(report({"bad": Outcome.FAILED}, {}), ["bad", "unknown"], is_test) == {}
