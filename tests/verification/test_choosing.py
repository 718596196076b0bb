"""Requested targets, links to the issue, environmental failures, guards."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reasoncli.domain import (
    Baseline,
    Evidence,
    FileChange,
    Issue,
    Outcome,
    Patch,
    TestReport,
    TestResult,
)
from reasoncli.errors import UsageError
from reasoncli.verification.environmental import environmental_reason
from reasoncli.verification.guards import GuardIndex, changed_functions
from reasoncli.verification.linking import link_targets
from reasoncli.verification.requested import requested_targets

SOURCE = b"""import os

LIMIT = 3


def parse(text):
    if not text:
        return []
    return text.split(",")


class Reader:
    size = 1

    def read(self):
        return self.size
"""


def report(results: list[TestResult], coverage: Mapping[str, Mapping[str, set[int]]] | None = None) -> TestReport:
    frozen = {
        test: {path: frozenset(lines) for path, lines in files.items()} for test, files in (coverage or {}).items()
    }
    return TestReport({each.id: each for each in results}, Evidence.STRUCTURED, 1, 1.0, coverage=frozen)


def failing(test: str, message: str = "AssertionError", frames: tuple[tuple[str, int, str], ...] = ()) -> TestResult:
    return TestResult(test, Outcome.FAILED, 0.01, message, "", frames)


def issue(text: str) -> Issue:
    return Issue(text, text.partition("\n")[0], "test")


def patch(path: str, content: bytes | None) -> Patch:
    return Patch((FileChange(path, content),), "", "e", "v", 1)


# ---------------------------------------------------------------- requested targets


RESULTS = {
    each.id: each
    for each in (
        failing("tests/a.py::test_x[1]"),
        failing("tests/a.py::test_x[2]"),
        TestResult("tests/a.py::test_x[3]", Outcome.PASSED),
        TestResult("tests/a.py::test_good", Outcome.PASSED),
        failing("tests/a.py::test_flaky"),
        TestResult("tests/a.py::test_skipped", Outcome.SKIPPED),
    )
}


def requested(*names: str) -> list[str]:
    guards = ["tests/a.py::test_good", "tests/a.py::test_x[3]"]
    return [
        target.id
        for target in requested_targets(
            names, RESULTS, guards, {"tests/a.py::test_flaky": "passed in 1 of 2 runs"}, ["tests/a.py::test_flaky"]
        )
    ]


@pytest.mark.parametrize("name", ["tests/a.py::test_x", "test_x", "a.py::test_x"])
def test_a_parametrized_target_means_its_failing_cases(name: str) -> None:
    assert requested(name) == ["tests/a.py::test_x[1]", "tests/a.py::test_x[2]"]


def test_a_target_by_its_id() -> None:
    assert requested("tests/a.py::test_x[2]") == ["tests/a.py::test_x[2]"]


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("tests/a.py::test_goood", "no test at the base", "tests/a.py::test_good"),
        ("tests/a.py::test_good", "passes at the base", "must fail"),
        ("tests/a.py::test_skipped", "is skipped at the base", "must fail"),
        ("tests/a.py::test_flaky", "is unsteady at the base: passed in 1 of 2 runs", "another"),
    ],
)
def test_a_target_that_can_not_judge_is_refused(name: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        requested(name)
    assert hint in caught.value.hint


# ---------------------------------------------------------------- linking


COVERAGE: dict[str, dict[str, set[int]]] = {
    "tests/test_core.py::test_one": {"core.py": {7, 8}},
    **{f"tests/test_core.py::test_other_{number}": {"core.py": {16}} for number in range(20)},
}


def linked(text: str, *results: TestResult) -> dict[str, str]:
    found = link_targets(results, report(list(results), COVERAGE), issue(text), {"core.py": SOURCE}.get)
    return {target.id: target.why for target in found}


NOISE = failing("tests/test_other.py::test_weather", "AssertionError: assert 'rain' == 'sun'")


@pytest.mark.parametrize(
    ("text", "test", "why"),
    [
        ("test_one is red", failing("tests/test_core.py::test_one"), "names test_one"),
        ("see tests/test_core.py", failing("tests/test_core.py::test_one"), "names test_core.py"),
        (
            "I get `AttributeError: 'NoneType' object has no attribute 'foo'`",
            failing("t.py::test_q", "AttributeError: 'NoneType' object has no attribute 'foo'"),
            "fails as the issue says",
        ),
        (
            "please add a function to_csv",
            failing("t.py", "ImportError: cannot import name 'to_csv' from 'core'"),
            "to_csv",
        ),
        (
            "normalize_path() drops the last part",
            failing("t.py::test_q", "AssertionError", (("t.py", 3, "test_q"), ("src/paths.py", 9, "normalize_path"))),
            "traceback goes through normalize_path",
        ),
        ("`parse` returns a list with one empty string", failing("tests/test_core.py::test_one"), "runs parse"),
        ("splitting an empty header is wrong", failing("t.py::test_splitting_empty_header"), "share"),
    ],
)
def test_links(text: str, test: TestResult, why: str) -> None:
    found = linked(text, test, NOISE)
    assert list(found) == [test.id], "and the other failure is left alone"
    assert why in found[test.id]


def test_a_test_that_fails_at_the_same_place_comes_along() -> None:
    place = (("src/paths.py", 9, "normalize_path"),)
    named = failing("t.py::test_named_here", frames=place)
    sibling = failing("t.py::test_q", frames=place)
    assert set(linked("test_named_here fails", named, sibling, NOISE)) == {named.id, sibling.id}


def test_without_a_link_a_few_failures_are_taken_and_many_are_not() -> None:
    assert linked("nothing in common", NOISE) == {NOISE.id: "nothing but this fails at the base"}
    many = [failing(f"t.py::test_{number}") for number in range(30)]
    assert linked("nothing in common", *many) == {}
    assert len(linked("Please fix the broken tests.", *many)) == 30


# ---------------------------------------------------------------- the environment's failures


@pytest.mark.parametrize(
    ("message", "text", "expected"),
    [
        ("ModuleNotFoundError: No module named 'yaml'", "", "yaml is not installed"),
        ("ModuleNotFoundError: No module named 'yaml.loader'", "support for yaml files", None),
        ("ModuleNotFoundError: No module named 'ours.new'", "", None),
        ("ImportError: cannot import name 'x' from 'ours'", "", None),
        ("gaierror: [Errno -2] Name or service not known", "", "needs the network"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "", "service"),
        ("OSError: [Errno 30] Read-only file system: '/x'", "", "may not write"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'git'", "", "program"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data.txt'", "", None),
        ("AssertionError: assert 'Connection refused' == 'ok'", "", None),
        ("PermissionError: [Errno 13] Permission denied", "PermissionError when the file is locked", None),
    ],
)
def test_environmental(message: str, text: str, expected: str | None) -> None:
    reason = environmental_reason(failing("t", message), {"ours"}.__contains__, text)
    assert (reason is None) if expected is None else (reason is not None and expected in reason)


# ---------------------------------------------------------------- guards


def baseline(durations: float) -> Baseline:
    coverage = {
        "reads": {"core.py": {16}},
        "parses": {"core.py": {7, 9}},
        "<import>": {"core.py": {1, 3, 6, 12, 13, 15}},
    }
    results = [TestResult(test, Outcome.PASSED, durations) for test in ("reads", "parses", "unknown")]
    first = report(results, coverage)
    return Baseline(first, first, (), ("reads", "parses", "unknown"), (), {}, ())


def reached(after: bytes, path: str = "core.py", durations: float = 10.0) -> set[str]:
    files = {"core.py": SOURCE, "early.py": b"x", "a.txt": b"x"}
    return set(GuardIndex(baseline(durations), files.get).touched(patch(path, after)).guards)


ALL = {"reads", "parses", "unknown"}


def test_guards_that_run_the_changed_function() -> None:
    assert reached(SOURCE.replace(b"return []", b"return None")) == {"parses", "unknown"}
    assert reached(SOURCE.replace(b"self.size", b"2")) == {"reads", "unknown"}
    inserted = SOURCE.replace(b"    if not text:", b"    text = text.strip()\n    if not text:")
    assert reached(inserted) == {"parses", "unknown"}, "a line added at the top of a function is inside it"


def test_all_guards_where_coverage_can_not_tell() -> None:
    assert reached(SOURCE.replace(b"LIMIT = 3", b"LIMIT = 4")) == ALL, "module level"
    assert reached(SOURCE.replace(b"size = 1", b"size = 2")) == ALL, "class level"
    assert reached(SOURCE.replace(b"import os", b"import os\nimport re")) == ALL, "a new import"
    assert reached(SOURCE.replace(b"def parse(text)", b"def parse(text='')")) == ALL, "a default"
    assert reached(SOURCE + b"\n\nparse = str\n") == ALL, "behind the last function"
    assert reached(SOURCE.replace(b"import os\n", b"import os\n\n\nLATE = 1\n\n")) == ALL, "between blank lines"
    assert reached(SOURCE + b"\n    def late(self):\n        return 1\n") == ALL, "a method more"
    assert reached(b"y", path="a.txt") == ALL, "no Python"
    assert reached(b"y", path="new.py") == ALL, "a new file"
    assert reached(b"y", path="early.py") == ALL, "imported where the tracer did not see it"
    assert reached(SOURCE.replace(b"return []", b"return None"), durations=0.01) == ALL, "quick anyway"


def test_changed_functions() -> None:
    assert changed_functions(SOURCE, SOURCE) == frozenset()
    assert changed_functions(SOURCE, SOURCE.replace(b"return []", b"return None")) == {7, 8, 9}
    assert changed_functions(b"def (", b"x") is None


def test_a_line_outside_of_functions_stands_for_its_statement() -> None:
    source = b"""WORDS = [
    "one",
    "two",
]


@register(
    name="x",
)
def f(
    a,
    b=2,
):
    return a


# a remark
"""
    assert changed_functions(source, source.replace(b"two", b"too")) == {1, 2, 3, 4}, (
        "an import executes its first line"
    )
    assert changed_functions(source, source.replace(b'"x"', b'"y"')) == set(range(7, 14))
    assert changed_functions(source, source.replace(b"b=2", b"b=3")) == set(range(7, 14))
    assert changed_functions(source, source.replace(b"return a", b"return 1")) == {14}
    assert changed_functions(source, source.replace(b"a remark", b"the remark")) == {17}
