"""Whether a test fails for the reason that its issue gives."""

from __future__ import annotations

import pytest

from reasoncli.domain import Outcome, TestResult
from reasoncli.reproduction.reasons import kind_of, mistaken

PATH = "tests/test_it.py"
OWN = (PATH, 3, "test_it")
CODE = ("pkg/core.py", 7, "f")
ISSUE = "f(0) crashes with a ZeroDivisionError.\n\nIt says: module 'pkg' has no attribute 'g', and *sometimes* KeyError"


def failing(message: str, *frames: tuple[str, int, str], outcome: Outcome = Outcome.FAILED) -> TestResult:
    return TestResult(f"{PATH}::test_it", outcome, message=message, frames=frames)


PASSED = TestResult("x", Outcome.PASSED)


@pytest.mark.parametrize(
    "result",
    [
        failing("AssertionError: assert 1 == 2", OWN),
        failing("AssertionError", OWN),
        failing("AssertionError: 1 != 2", OWN, ("django/test/testcases.py", 9, "assertQuerysetEqual")),
        failing("Failed: DID NOT RAISE <class 'ValueError'>", OWN),
        failing("ZeroDivisionError: division by zero", OWN, CODE),
        failing("KeyError: 3", OWN, CODE),
        failing("AttributeError: module 'pkg' has no attribute 'g'", OWN),
    ],
    ids=lambda each: each.message[:30],
)
def test_it_shows_the_issue(result: TestResult) -> None:
    assert mistaken([PASSED, result], PATH, ISSUE, errors=False) == ""


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (failing("ValueError: x", OWN, CODE), "raises ValueError, of which"),
        (failing("Division: by zero", OWN, CODE), "raises Division, of which"),
        (failing("AssertionError: an invariant", OWN, CODE), "raises AssertionError, of which"),
        (failing("NameError: name 'totl' is not defined", OWN), "a mistake of its own: NameError"),
        (failing("ImportError: cannot import name 'h' from 'pkg'", OWN), "a mistake of its own"),
        (failing("ModuleNotFoundError: No module named 'pkgs'", OWN), "a mistake of its own"),
        (failing("TypeError: f() takes 1", OWN), "raises TypeError, of which"),
        (failing("TestTimedOut: ran longer", OWN, outcome=Outcome.TIMEOUT), "ran past the time limit"),
        (failing("fixture 'shop' not found", OWN, outcome=Outcome.ERROR), "can't be collected or set up"),
        (failing("ZeroDivisionError: x", OWN, outcome=Outcome.ERROR), "can't be collected or set up"),
        (failing("the test process ended while this test ran", outcome=Outcome.FAILED), "outside of the repository"),
        (failing("AssertionError: 1 != 2", (PATH, 1, "setUp"), OWN), "can't be set up"),
        (PASSED, "passes at the base"),
        (TestResult("x", Outcome.SKIPPED), "passes at the base"),
        (TestResult("x", Outcome.XFAILED), "passes at the base"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_it_shows_something_else(result: TestResult, why: str) -> None:
    assert why in mistaken([result], PATH, ISSUE, errors=False)


def test_of_several_tests_none_may_fail_for_another_reason() -> None:
    good, bad = failing("AssertionError", OWN), failing("NameError: x", OWN)
    assert mistaken([good, PASSED], PATH, ISSUE, errors=False) == ""
    assert mistaken([good, bad], PATH, ISSUE, errors=False) != ""


def test_with_unittest_an_error_may_come_from_the_body() -> None:
    raised = failing("ZeroDivisionError: division by zero", OWN, CODE, outcome=Outcome.ERROR)
    assert mistaken([raised], PATH, ISSUE, errors=True) == ""


def test_what_the_issue_says_word_for_word_is_no_mistake() -> None:
    missing = failing("ImportError: cannot import name 'h' from 'pkg'", OWN)
    assert (
        mistaken([missing], PATH, "`from pkg import h`:\n  cannot import name 'h' from  'pkg' (x)", errors=False) == ""
    )
    assert mistaken([missing], PATH, "An ImportError comes.", errors=False) != ""
    short = failing("ValueError: x", OWN, CODE)
    assert mistaken([short], PATH, "x is wrong", errors=False) != ""


def test_a_name_is_no_part_of_another() -> None:
    raised = failing("KeyError: 3", OWN, CODE)
    assert mistaken([raised], PATH, "It raises MultiValueDictKeyError", errors=False) != ""


@pytest.mark.parametrize(
    ("message", "kind"), [("pkg.errors.Own: x", "Own"), ("KeyError", "KeyError"), ("", ""), ("<odd>: x", "")]
)
def test_the_type_of_what_was_raised(message: str, kind: str) -> None:
    assert kind_of(TestResult("x", Outcome.FAILED, message=message)) == kind
