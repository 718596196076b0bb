"""What counts as a sign, in words, that tests ran and passed; and TAP, which tells more."""

from __future__ import annotations

import pytest

from reasoncli.verification.lines import parse_lines
from reasoncli.verification.summaries import Summary, read_summary


@pytest.mark.parametrize(
    ("output", "passed", "failed"),
    [
        ("Test Suites: 1 failed, 1 total\nTests:       1 failed, 2 passed, 3 total\n", 2, 1),
        ("\x1b[1mTests:       \x1b[22m\x1b[1m\x1b[32m5 passed\x1b[39m\x1b[22m, 5 total\n", 5, 0),
        (" Test Files  1 passed (1)\n      Tests  1 failed | 2 passed (3)\n", 2, 1),
        ("  3 passing (12ms)\n  1 pending\n  1 failing\n", 3, 1),
        ("\u2139 tests 6\n\u2139 pass 5\n\u2139 fail 1\n\u2139 cancelled 0\n", 5, 1),
        ("===== 1 failed, 3 passed, 1 skipped, 2 warnings in 0.10s =====\n", 3, 1),
        ("Ran 3 tests in 0.001s\n\nOK\n", 3, 0),
        ("Ran 3 tests in 0.001s\n\nFAILED (failures=1, errors=1)\n", 3, 2),
        ("test result: ok. 5 passed; 0 failed; 0 ignored\n\ntest result: ok. 2 passed; 0 failed; 1 ignored\n", 7, 0),
        ("     Summary [   0.012s] 5 tests run: 4 passed, 1 failed, 0 skipped\n", 4, 1),
        ("ok  \texample.com/a\t0.003s\nok  \texample.com/b\t(cached)\nFAIL\texample.com/c\t0.1s\nFAIL\n", 2, 1),
        ("ok  \texample.com/a\t0.003s [no tests to run]\n?   \texample.com/b\t[no test files]\n", None, None),
        ("FAIL\texample.com/c [build failed]\n", 0, 1),
        (
            "[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.05 s - in a.B\n"
            "[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 1\n[INFO] BUILD SUCCESS\n",
            3,
            0,
        ),
        ("OK (5 tests, 12 assertions)\n", 5, 0),
        ("Tests: 5, Assertions: 12, Errors: 1, Failures: 1.\n", 3, 2),
        ("5 examples, 1 failure, 1 pending\n", 4, 1),
        ("5 runs, 12 assertions, 1 failures, 2 errors, 0 skips\n", 2, 3),
        ("100% tests passed, 0 tests failed out of 5\n", 5, 0),
        ("Passed!  - Failed:     0, Passed:     5, Skipped:     0, Total:     5\n", 5, 0),
        ("ok | 5 passed | 0 failed (1s)\n", 5, 0),
        (" 5 pass\n 1 fail\n", 5, 1),
        ("00:01 +5: All tests passed!\n", 5, 0),
        ("Files=2, Tests=5,  0 wallclock secs\nResult: PASS\n", 5, 0),
        ("0 passing (1ms)\n", 0, 0),
        ("BUILD SUCCESSFUL in 1s\nfound 0 vulnerabilities\nall is fine\n", None, None),
    ],
)
def test_summaries(output: str, passed: int | None, failed: int | None) -> None:
    assert read_summary(output) == (None if passed is None or failed is None else Summary(passed, failed))


def test_the_user_s_own_marker() -> None:
    assert read_summary("5 passing\nchecked 7 of 7\n", r"^checked (\d+) of") == Summary(7, 0)
    assert read_summary("fine\nfine\n", "fine") == Summary(2, 0)
    assert read_summary("5 passing\n", "fine") is None


TAPE = """TAP version 13
# adds
ok 1 should be strictly equal
ok 2 should be strictly equal
# subtracts
not ok 3 should be strictly equal
  ---
    operator: equal
    at: Test.<anonymous> (/repo/test/sum.js:9:5)
  ...

1..3
# tests 3
# pass  2
# fail  1
"""
NODE = """TAP version 13
# Subtest: times
    # Subtest: works
    not ok 1 - works
      ---
      error: |-
        6 !== 7
      ...
    # Subtest: later
    ok 2 - later # SKIP
    1..2
not ok 1 - times
# Subtest: /repo/test/x.js
ok 2 - /repo/test/x.js
1..2
# tests 3
"""
BATS = "1..2\nnot ok 1 adds\n# (in test file sum.bats, line 3)\n#   `false' failed\nok 2 subtracts\n"


def outcomes(output: str) -> dict[str, str]:
    return {test: result.outcome.value for test, result in parse_lines(output, "/repo").results.items()}


def test_tap_of_several_programs() -> None:
    assert outcomes(TAPE) == {
        "adds::should be strictly equal": "passed",
        "adds::should be strictly equal #2": "passed",
        "subtracts::should be strictly equal": "failed",
    }
    assert outcomes(NODE) == {
        "times::works": "failed",
        "times::later": "skipped",
        "times": "failed",
        "test/x.js": "passed",
    }
    assert outcomes(BATS) == {"adds": "failed", "subtracts": "passed"}
    assert parse_lines(NODE).results["times::works"].message == "6 !== 7"
    assert "test/sum.js:9:5" in parse_lines(TAPE, "/repo").results["subtracts::should be strictly equal"].traceback


@pytest.mark.parametrize("output", [TAPE, NODE, BATS])
def test_tap_is_whole_by_its_plan_alone(output: str) -> None:
    assert parse_lines(output).complete
    plan = "1..3" if output is TAPE else "1..2"
    assert not parse_lines(output.replace(f"\n{plan}", "") if output is not BATS else output[5:]).complete
    assert not parse_lines(output.replace(plan, "1..9")).complete
    assert not parse_lines(output + "Bail out! no database\n").complete
