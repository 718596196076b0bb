"""Reading what runs left: records, JUnit documents, verbose lines."""

from __future__ import annotations

import json

import pytest

from reasoncli.domain import Evidence, Outcome
from reasoncli.verification import wire
from reasoncli.verification.canaries import Canaries
from reasoncli.verification.lines import parse_lines
from reasoncli.verification.outcomes import Names
from reasoncli.verification.records import lines_of, read_records
from reasoncli.verification.session import WHOLE_COMMAND, interpret


def lines(*records: dict[str, object]) -> str:
    return "\n".join(json.dumps({"pid": 1, **record}) for record in records)


SESSION = {"t": "session", "kind": "pytest"}
CLOSED = {"t": "closed", "status": 0, "regular": True, "stopped": False}


def result(test: str, outcome: str = "passed") -> dict[str, object]:
    return {"t": "result", "id": test, "outcome": outcome, "duration": 0.1}


def answer(**changes: object) -> wire.Answer:
    whole: dict[str, object] = {
        "exit_code": 0,
        "timed_out": False,
        "hung": None,
        "duration": 1.0,
        "output": "",
        "records": "",
        "records_cut": False,
        "junit": (),
        "invalid": None,
    }
    return wire.Answer(**{**whole, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        json.dumps({**result("b"), "duration": 1}).replace('"duration": 1', '"duration": 1' + "0" * 400),
        json.dumps({**result("b"), "duration": float("inf")}),
        json.dumps({**result("b"), "frames": [["a.py", float("inf"), "f"]]}),
        json.dumps({"t": "span", "pid": 1, "n": 1, "path": "a.py", "lines": "99999999-1,1-30000000"}),
        json.dumps({"t": "span", "pid": 1, "n": 1, "path": "a.py", "lines": "1-30000000"}),
        json.dumps({"t": "span", "pid": 1, "n": 1, "path": "a.py", "lines": ",".join(["1-999999"] * 40)}),
    ],
)
def test_a_line_made_to_harm_us_damages_the_report_and_nothing_else(line: str) -> None:
    text = lines(SESSION, {"t": "collected", "ids": ["a"]}, result("a"), CLOSED)
    records = read_records(f"{line}\n{text}")
    assert records.damaged == 1
    assert records.results["a"].outcome is Outcome.PASSED
    assert not records.whole


@pytest.mark.parametrize(("said", "taken"), [("0.25", 0.25), ("1e999", 0.0), ("-0.5", 0.0), ("1700000000.5", 0.0)])
def test_a_clock_that_was_set_costs_a_test_its_time_only(said: str, taken: float) -> None:
    records = read_records(json.dumps({**result("a"), "duration": 7}).replace("7", said))
    assert records.results["a"].duration == taken
    assert records.damaged == 0


def test_coverage_that_nobody_asked_for_is_left_aside() -> None:
    span = {"t": "span", "pid": 1, "n": 1, "path": "a.py", "lines": "1-900000"}
    cover = {"t": "cover", "pid": 1, "id": "a", "spans": [1]}
    records = read_records(lines(span, cover), coverage=False)
    assert (records.coverage, records.lines, records.damaged) == ({}, 0, 0)


@pytest.mark.parametrize("outcome", ["passed", "xpassed"])
def test_results_that_nobody_collected_are_not_trusted(outcome: str) -> None:
    text = lines(SESSION, result("a", outcome), CLOSED)
    run = interpret(answer(records=text), canaries=Canaries.drawn())
    assert run.untrusted == "tests are reported that were not collected"
    assert not run.report.canaries


def test_a_whole_report() -> None:
    text = lines(SESSION, {"t": "collected", "ids": ["a", "b"]}, result("a"), result("b", "failed"), CLOSED)
    run = interpret(answer(records=text, exit_code=1))
    assert run.report.complete
    assert run.report.evidence is Evidence.STRUCTURED
    assert run.report.results["b"].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        ([{"t": "claimed"}], "could not start"),
        ([SESSION, {"t": "collected", "ids": ["a"]}, result("a")], "ended early"),
        (
            [SESSION, {"t": "collected", "ids": ["a", "b"]}, result("a"), CLOSED],
            "1 of 2 collected tests never reported",
        ),
        ([SESSION, result("a"), {**CLOSED, "regular": False}], "ended early"),
        ([SESSION, result("a"), CLOSED, {"t": "result", "id": "b", "outcome": "splendid"}], "damaged"),
    ],
)
def test_a_success_by_exit_status_alone_is_incomplete(records: list[dict[str, object]], problem: str) -> None:
    run = interpret(answer(records=lines(*records)))
    assert run.report.exit_code == 0
    assert not run.report.complete
    assert problem in run.problem


def test_a_test_that_took_the_process_with_it_is_an_error() -> None:
    text = lines(SESSION, {"t": "collected", "ids": ["a", "b"]}, {"t": "start", "id": "a"})
    run = interpret(answer(records=text, exit_code=-11))
    assert run.report.results["a"].outcome is Outcome.ERROR
    assert run.missing == ("b",)
    assert run.problem == "the test command was killed by signal 11"
    hung = interpret(answer(records=text, exit_code=None, hung="a"))
    assert hung.report.results["a"].outcome is Outcome.TIMEOUT


def test_a_test_that_ran_twice_keeps_its_worst_outcome() -> None:
    first = [SESSION, result("a", "failed"), CLOSED]
    second = [SESSION, result("a"), CLOSED]
    assert read_records(lines(*first, *second)).results["a"].outcome is Outcome.FAILED


def test_equal_lines_are_one_object() -> None:
    span = {"t": "span", "n": 0, "path": "x.py", "lines": "1-3,7"}
    covers = [{"t": "cover", "id": test, "spans": [0]} for test in ("a", "b")]
    coverage = read_records(lines(span, *covers)).coverage
    assert coverage["a"]["x.py"] == {1, 2, 3, 7}
    assert coverage["a"]["x.py"] is coverage["b"]["x.py"]
    with pytest.raises(ValueError):
        lines_of("1-99999999999")


def test_nothing_but_an_exit_status() -> None:
    run = interpret(answer(output="7 passing (1s)\n"))
    assert run.report.evidence is Evidence.EXIT_CODE
    assert run.report.results[WHOLE_COMMAND].outcome is Outcome.PASSED
    assert run.report.complete
    assert run.report.counted == 7
    run = interpret(answer(exit_code=2, output="broken\n"))
    assert run.report.results[WHOLE_COMMAND].outcome is Outcome.FAILED
    assert run.report.results[WHOLE_COMMAND].message == "broken"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "tests/test_a.py::test_x[a b] PASSED   [ 50%]\ntests/test_a.py::T::test_y FAILED [100%]\n"
            "ERROR tests/test_b.py - ImportError: no\n",
            {
                "tests/test_a.py::test_x[a b]": "passed",
                "tests/test_a.py::T::test_y": "failed",
                "tests/test_b.py": "error",
            },
        ),
        (
            "test_a (pkg.tests.T) ... ok\ntest_b (pkg.tests.T.test_b) ... FAIL\n"
            "test_c (pkg.tests.T.test_c)\nWhat it is for ... ERROR\ntest_d (pkg.T) ... skipped 'why'\n",
            {
                "pkg.tests.T.test_a": "passed",
                "pkg.tests.T.test_b": "failed",
                "pkg.tests.T.test_c": "error",
                "pkg.T.test_d": "skipped",
            },
        ),
        (
            "sympy/core/tests/test_x.py[3] \ntest_a ok\ntest_b F\ntest_c f\n",
            {
                "sympy/core/tests/test_x.py::test_a": "passed",
                "sympy/core/tests/test_x.py::test_b": "failed",
                "sympy/core/tests/test_x.py::test_c": "xfailed",
            },
        ),
        ("--- PASS: TestA (0.00s)\n    --- FAIL: TestA/b (0.01s)\n", {"TestA": "passed", "TestA/b": "failed"}),
        (
            "ok 1 - adds\nnot ok 2 - subtracts\nok 3 - divides # SKIP\n",
            {"adds": "passed", "subtracts": "failed", "divides": "skipped"},
        ),
        ("everything is fine\n", {}),
    ],
)
def test_verbose_lines(output: str, expected: dict[str, str]) -> None:
    assert {test: each.outcome.value for test, each in parse_lines(output).results.items()} == expected


def test_a_frame_survives_what_surrounds_it() -> None:
    assert wire.find_frame(b"noise\nREASONCLI-FRAME other 3 \nabc\n", "mine") is None
    frame = wire.find_frame(b"noise\nREASONCLI-FRAME mine 3 /tmp/x\nabc\nREASONCLI-END mine\n", "mine")
    assert frame == wire.Frame(b"abc", 3, "/tmp/x")
    for damaged in (b"", b"!!!", b"YWJj", b"eJyrVkrLz1eyUkpKLFKqBQAdegQ0"):
        assert wire.decode(damaged) is None
    assert wire.read(b"[" * 100_000) is None


@pytest.mark.parametrize(
    ("words", "worst"),
    [("SKIPPED PASSED", Outcome.SKIPPED), ("FAILED ERROR", Outcome.ERROR), ("ERROR FAILED PASSED", Outcome.ERROR)],
)
def test_a_line_s_worst_word_counts(words: str, worst: Outcome) -> None:
    found = parse_lines("".join(f"a.py::test_x {word}\n" for word in words.split()))
    assert found.results["a.py::test_x"].outcome is worst


def test_go_says_how_long_a_test_took() -> None:
    assert parse_lines("--- PASS: TestSplit (1.25s)\n").results["TestSplit"].duration == 1.25


def test_equal_names_are_numbered() -> None:
    names = Names(["a"])
    assert [names.unique(name) for name in ("a", "a", "b", "b #2", "b", "b", "b #2")] == [
        "a #2", "a #3", "b", "b #2", "b #3", "b #4", "b #2 #2",
    ]  # fmt: skip
