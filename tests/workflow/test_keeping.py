"""Answers of a person, written down as tests."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from reasoncli.workflow.keeping import as_check, file_of, literal
from tests.runner.test_values import values


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -1, "a'b\n", 0.5, -2.25, 100.0, [], [1, [2]], (), (1,), (1, 2), {1}, {}, {"a": [1], 2: None}],
)
def test_plain_values_come_again_from_their_text(value: object) -> None:
    text = literal(values.structure(value))
    assert text is not None
    assert ast.literal_eval(text) == value


@pytest.mark.parametrize(
    "value", [set(), 1 / 3, float("inf"), float("nan"), object(), 2**70, "x" * 300, [1 / 3], {1: 1 / 3}, b"a", len]
)
def test_what_is_not_known_to_the_last_digit_is_not_written_down(value: object) -> None:
    assert literal(values.structure(value)) is None


@pytest.mark.parametrize(
    "data",
    [
        ["float", ""],
        ["float", "-"],
        ["float", "1e"],
        ["float", "1_0"],
        ["float", "nan"],
        ["dict", 3],
        ["dict", ["a"]],
        [],
        {},
    ],
)
def test_what_makes_no_sense_is_not_written_down(data: object) -> None:
    assert literal(data) is None


def test_what_is_nested_without_end_is_not_written_down() -> None:
    data: list[object] = ["list"]
    for _ in range(5000):
        data = ["list", data]
    assert literal(data) is None


RAISED = ["raises", ["list"], ["raised", "builtins.ValueError", "no"]]


@pytest.mark.parametrize(
    ("function", "outcome", "check"),
    [
        ("pkg/m.py:f", ["returns", 2], "from pkg.m import f\nassert f(1, 'a') == 2"),
        ("src/pkg/__init__.py:f", ["returns", None], "from pkg import f\nassert f(1, 'a') is None"),
        ("m.py:f", RAISED, "from m import f\nraises ValueError: f(1, 'a')"),
        ("m.py:f", ["raises", ["list"], ["raised", "m.Own"]], ""),
        ("m.py:f", ["raises", ["list"], ["raised", "builtins.E): exec('x')  #"]], ""),
        ("m.py:f", ["raises", ["list"], ["raised", "builtins.print"]], ""),
        ("m.py:f", ["yields", ["list", 1], None], ""),
        ("m.py:C.f", ["returns", 2], ""),
        ("my-scripts/m.py:f", ["returns", 2], ""),
        ("m.py:f", ["returns", ["object", "m.C"]], ""),
    ],
)
def test_what_is_said_of_a_call(function: str, outcome: object, check: str) -> None:
    assert as_check(function, ["list", 1, "a"], outcome) == check
    assert as_check(function, ["list", ["object", "m.C"]], outcome) == ""


@pytest.mark.parametrize(("by_pytest", "command"), [(True, "pytest"), (False, "unittest")])
def test_the_file_runs_by_the_projects_own_program(tmp_path: Path, by_pytest: bool, command: str) -> None:
    (tmp_path / "m.py").write_text("def f(a):\n    return 1 // a\n")
    checks = ["from m import f\nassert f(1) == 1", "from m import f\nraises ZeroDivisionError: f(0)"]
    names, source = file_of(checks, by_pytest=by_pytest)
    assert names == ["test_f_as_answered", "test_f_as_answered_2"]
    for text, passes in ((source, True), (source.replace("== 1", "== 2"), False)):
        (tmp_path / "test_it.py").write_text(text)
        program = [sys.executable, "-B", "-m", command, "test_it.py"]
        run = subprocess.run(program, cwd=tmp_path, check=False, capture_output=True)
        assert (run.returncode == 0) is passes, run.stdout + run.stderr
