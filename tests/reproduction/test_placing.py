"""Where a new test belongs, and what it is asked for by."""

from __future__ import annotations

import pytest

from reasoncli.domain import Evidence, Outcome, Suspect, TestReport, TestResult
from reasoncli.reproduction.placing import TestFiles, new_file

FILES = (
    "shop/prices.py",
    "shop/carts.py",
    "tests/test_prices.py",
    "tests/test_carts.py",
    "tests/deep/test_all.py",
    "tests/test_slow.py",
    "README.md",
)
PRICES = Suspect("shop/prices.py", 5, "total", 4, 9, 1.0)
OTHER = Suspect("shop/money.py", 5, "round", 4, 9, 1.0)


def report(*tests: str, failing: str = "", covered: dict[str, range] | None = None) -> TestReport:
    results = {test: TestResult(test, Outcome.FAILED if test == failing else Outcome.PASSED) for test in tests}
    coverage = {test: {"shop/money.py": frozenset(lines)} for test, lines in (covered or {}).items()}
    return TestReport(results, Evidence.STRUCTURED, 0, 1.0, coverage=coverage)


def test_a_file_named_after_the_suspect_one_is_nearest() -> None:
    found = TestFiles(report("tests/test_carts.py::a", "tests/test_prices.py::b", "tests/test_prices.py::c"), FILES)
    assert found.nearest([PRICES]) == "tests/test_prices.py"
    assert found.nearest([OTHER, PRICES]) == "tests/test_prices.py"


def test_else_the_one_whose_tests_run_the_suspect_function() -> None:
    tests = ("tests/test_slow.py::a", "tests/test_carts.py::b", "tests/test_slow.py::c", "tests/deep/test_all.py::d")
    covered = {"tests/test_slow.py::a": range(1, 9), "tests/test_carts.py::b": range(1, 4)}
    found = TestFiles(report(*tests, covered=covered), FILES)
    assert found.nearest([OTHER]) == "tests/test_slow.py"


def test_where_nothing_is_suspect_it_is_one_of_them_and_where_no_test_ran_none() -> None:
    assert TestFiles(report("tests/test_carts.py::b"), FILES).nearest([]) == "tests/test_carts.py"
    assert TestFiles(report("tests/test_carts.py::b", failing="tests/test_carts.py::b"), FILES).nearest([]) is None
    assert TestFiles(report("nowhere.py::b", "README.md::x"), FILES).nearest([PRICES]) is None


@pytest.mark.parametrize(
    ("test", "beside", "new", "address"),
    [
        ("tests/test_prices.py::a", "tests/test_prices.py", "tests/test_new.py", "tests/test_new.py"),
        ("test_prices.py::T::a[1::2]", "tests/test_prices.py", "tests/test_new.py", "test_new.py"),
        ("tests.test_prices.T.test_a", "tests/test_prices.py", "tests/test_new.py", "tests.test_new"),
        ("test_prices.T.test_a", "tests/test_prices.py", "tests/test_new.py", "test_new"),
        ("deep.test_all.T.test_a", "tests/deep/test_all.py", "tests/deep/test_new.py", "deep.test_new"),
    ],
)
def test_a_new_file_is_asked_for_as_its_neighbours_are(test: str, beside: str, new: str, address: str) -> None:
    found = TestFiles(report(test), FILES)
    assert found.nearest([]) == beside
    assert found.address(new, beside) == address


def test_a_new_file_takes_nobodys_place() -> None:
    assert new_file("tests", "test_carts", FILES) == "tests/test_carts2.py"
    assert new_file("", "test_x", FILES) == "test_x.py"
