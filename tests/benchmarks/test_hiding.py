"""Tests taken out of a repository, so that they can judge later."""

from __future__ import annotations

import ast

from benchmarks.selection.hiding import function_of, reaching, without

SOURCE = b"""import pytest


@pytest.mark.parametrize("n", [1, 2])
def test_a(n):
    assert n


class TestB:
    @staticmethod
    def helper():
        return 1

    def test_b(self):
        assert self.helper()


class TestC:
    def test_c(self):
        assert True
"""


def test_an_id_says_of_which_function_it_is() -> None:
    assert function_of("tests/test_a.py::TestB::test_b[x::y]") == ("tests/test_a.py", "TestB.test_b")
    assert function_of("tests/test_a.py") is None
    assert function_of("pkg.tests.TestB.test_b") is None


def test_what_is_hidden_is_gone_and_all_else_stays() -> None:
    hidden = [("t.py", "test_a"), ("t.py", "TestC.test_c")]
    changed = without({"t.py": SOURCE, "other.py": b"x = 1\n"}, hidden)
    assert changed is not None
    assert list(changed) == ["t.py"]
    names = {node.name for node in ast.walk(ast.parse(changed["t.py"])) if isinstance(node, ast.FunctionDef)}
    assert names == {"helper", "test_b"}
    assert b"parametrize" not in changed["t.py"]


def test_nothing_is_taken_out_that_is_not_found() -> None:
    assert without({"t.py": SOURCE}, [("t.py", "test_z")]) is None
    assert without({"t.py": SOURCE}, [("u.py", "test_a")]) is None


def test_a_test_reaches_a_function_if_it_runs_its_body() -> None:
    function = ast.parse("def f():\n    return 1\n").body[0]
    coverage = {"imports": {"m.py": frozenset({1})}, "calls": {"m.py": frozenset({1, 2})}, "other": {}}
    assert reaching(coverage, "m.py", function) == {"calls"}
