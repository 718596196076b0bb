from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from reasoncli.verification import wire
from reasoncli.verification.records import read_records
from tests.runner.support import answer_of, run, write_tree

ORDER = """
import os

import pytest

SET_UP = []


@pytest.fixture(scope="module")
def shared():
    SET_UP.append(1)


class TestA:
    def test_1(self, shared): pass
    def test_2(self, shared): pass
    def test_3(self, shared): pass


class TestB:
    def test_1(self, shared): pass
    def test_2(self, shared): pass


@pytest.mark.parametrize("number", range(4))
def test_numbers(number, shared): pass


@pytest.fixture(scope="module", params=["x", "y"])
def costly(request):
    SET_UP.append(request.param)
    return request.param


def test_costly_1(costly): pass
def test_costly_2(costly): pass
def test_costly_3(costly): pass


def test_z_set_up_as_often_as_before():
    assert len(SET_UP) <= 3
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    modules = {f"tests__unit__test_{name}": ORDER for name in "abcd"}
    return write_tree(tmp_path, conftest="", **modules)


def started(python: str, project: Path, command: str = "python -m pytest -q", **changes: object) -> list[str]:
    seen = run(python, project, command, **changes)
    assert seen.records.whole, seen.answer.output
    assert set(seen.outcomes().values()) == {"passed"}, seen.answer.output
    return list(seen.records.collected)


def groups(tests: list[str], length: int) -> list[str]:
    """What holds the tests, in the order in which it comes; twice where it comes in two pieces."""
    held = ["::".join(test.split("[")[0].split("::")[:length]) for test in tests]
    return [name for at, name in enumerate(held) if at == 0 or held[at - 1] != name]


def test_another_order_keeps_together_what_belongs_together(python: str, project: Path) -> None:
    own = started(python, project)
    other = started(python, project, shuffle=7)
    assert sorted(other) == sorted(own)
    assert groups(other, 1) != groups(own, 1), "modules change places"
    assert len(groups(other, 1)) == 4, "and stay whole"
    classes = [test for test in other if "::Test" in test]
    assert len(groups(classes, 2)) == 8
    assert any(
        [test for test in other if test.startswith(module)] != [test for test in own if test.startswith(module)]
        for module in groups(own, 1)
    ), "inside of a module, too"


def test_the_same_seed_is_the_same_order(here: str, project: Path) -> None:
    one = started(here, project, shuffle=7)
    assert started(here, project, shuffle=7) == one
    assert started(here, project, shuffle=8) != one
    part = one[::2]
    assert started(here, project, shuffle=7, tests=part) == part, "a part keeps the order of the whole"


def test_an_order_that_the_project_insists_on_is_kept(here: str, tmp_path: Path) -> None:
    tests = "".join(f"def test_{name}(): pass\n" for name in "dbca")
    sorts = "def pytest_collection_modifyitems(items):\n    items.sort(key=lambda item: item.nodeid)\n"
    project = write_tree(tmp_path, conftest=sorts, test_a=tests, test_b=tests)
    own = started(here, project)
    assert own == sorted(own)
    assert started(here, project, shuffle=7) == own


CASES = """
import unittest


class {name}One(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.times = getattr(cls, "times", 0) + 1

    def test_a(self): self.assertEqual(self.times, 1)
    def test_b(self): self.assertEqual(self.times, 1)
    def test_c(self): self.assertEqual(self.times, 1)


class {name}Two(unittest.TestCase):
    def test_a(self): pass
    def test_b(self): pass
    def test_c(self): pass
"""


@pytest.mark.parametrize("command", ["python -m unittest discover -s tests -t .", "python -m pytest -q"])
def test_unittest(python: str, tmp_path: Path, command: str) -> None:
    modules = {f"tests__test_{name.lower()}": CASES.format(name=name) for name in "ABC"}
    write_tree(tmp_path, tests____init__="", **modules)
    own = started(python, tmp_path, command)
    other = started(python, tmp_path, command, shuffle=3)
    assert sorted(own) == sorted(other)
    assert own != other
    holders = [test.replace("::", ".").rpartition(".")[0] for test in other]
    assert sum(one != two for one, two in itertools.pairwise(holders)) == 5, "classes stay whole"
    assert started(python, tmp_path, command, shuffle=3) == other


ENVIRONMENT = """
import datetime
import locale
import os
import sys
import time


def test_time_zone():
    assert time.tzname == ("UTC", "UTC")
    assert datetime.datetime.fromtimestamp(0) == datetime.datetime(1970, 1, 1)


def test_locale():
    locale.setlocale(locale.LC_ALL, "")
    assert locale.localeconv()["decimal_point"] == "."
    assert locale.getpreferredencoding(False).upper() in ("UTF-8", "UTF8")


def test_hash_seed():
    assert sys.flags.hash_randomization == 0
    assert os.environ["PYTHONHASHSEED"] == "0"
"""


def test_time_zone_locale_and_hash_seed_are_fixed(python: str, tmp_path: Path) -> None:
    write_tree(tmp_path, test_environment=ENVIRONMENT)
    strange = {"TZ": "Asia/Kathmandu", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE", "PYTHONHASHSEED": "17"}
    request = wire.Request(command="python -m pytest -q", tests=None, timeout=60.0)
    answer = answer_of(python, tmp_path, request, **strange)
    assert answer is not None
    seen = read_records(answer.records)
    assert {test: result.outcome.value for test, result in seen.results.items()} == {
        "test_environment.py::test_time_zone": "passed",
        "test_environment.py::test_locale": "passed",
        "test_environment.py::test_hash_seed": "passed",
    }, answer.output
