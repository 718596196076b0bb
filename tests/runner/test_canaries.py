"""Canaries: they come out as they must, nobody but the reader of the report sees them, and forgers trip over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli.verification import wire
from reasoncli.verification.canaries import Canaries
from reasoncli.verification.session import Run, interpret
from tests.runner.support import answer_of, write_tree

PYTEST = "python -m pytest -q"
UNITTEST = "python -m unittest"

SUITE = """
import unittest

import pytest


def test_passes(): pass


@pytest.mark.parametrize("x", [1, 2])
def test_each(x): assert x == 1


class TestClass:
    def test_method(self): pass


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls): print("class is set up")

    def test_case(self): self.assertEqual(1, 1)
"""
OUTCOMES = {
    "test_a.py::test_passes": "passed",
    "test_a.py::test_each[1]": "passed",
    "test_a.py::test_each[2]": "failed",
    "test_a.py::TestClass::test_method": "passed",
    "test_a.py::Case::test_case": "passed",
}


def run(python: str, root: Path, command: str, **changes: object) -> tuple[Run, wire.Answer, Canaries]:
    canaries = Canaries.drawn()
    request = wire.Request(command=command, tests=None, timeout=60, canaries=canaries, **changes)  # type: ignore[arg-type]
    answer = answer_of(python, root, request)
    assert answer is not None
    return interpret(answer, canaries=canaries), answer, canaries


def outcomes(run: Run) -> dict[str, str]:
    return {test: result.outcome.value for test, result in run.report.results.items()}


def test_they_come_out_as_they_must_and_leave_no_trace(python: str, tmp_path: Path) -> None:
    write_tree(tmp_path, test_a=SUITE)
    seen, answer, canaries = run(python, tmp_path, PYTEST, coverage=True)
    assert seen.report.canaries, seen
    assert seen.report.complete
    assert outcomes(seen) == OUTCOMES
    assert list(seen.collected) == list(OUTCOMES)
    assert set(seen.report.coverage) <= {*OUTCOMES, "<import>"}
    assert "1 failed, 4 passed" in answer.output
    assert answer.records.count(canaries.fails) >= 3, "they stand in the report like any test"
    assert canaries.fails not in answer.output
    assert canaries.passes not in answer.output


def test_under_unittest(python: str, tmp_path: Path) -> None:
    write_tree(
        tmp_path, test_a=SUITE.replace("import pytest\n", "").replace('@pytest.mark.parametrize("x", [1, 2])', "")
    )
    seen, answer, canaries = run(python, tmp_path, UNITTEST)
    assert seen.report.canaries, seen
    assert outcomes(seen) == {"test_a.Case.test_case": "passed"}
    assert "Ran 1 test" in answer.output
    assert answer.exit_code == 0
    assert canaries.fails in answer.records
    assert canaries.fails not in answer.output


NOSY = """
import pytest

SEEN = []


def pytest_collection_modifyitems(items):
    SEEN.extend(item.function.__doc__ for item in items if not hasattr(item, "dtest"))


@pytest.fixture(autouse=True)
def every_test(request):
    print("fixture for", request.node.name)
    yield


def pytest_runtest_protocol(item, nextitem):
    print("protocol of", item.nodeid)


def pytest_runtest_setup(item):
    print("set-up of", item.nodeid)
    assert item.funcargs is not None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.excinfo:
        print("report on", item.nodeid, item.funcargs["x"])


def pytest_runtest_logreport(report):
    print("logged", report.nodeid)


def pytest_exception_interact(node):
    print("interact", node.nodeid)


def pytest_assertrepr_compare(config, op, left, right):
    if left > 2:
        raise RuntimeError("nobody else compares here")


def pytest_sessionfinish(session):
    print("tests", session.testscollected, session.testsfailed)
"""


def test_hooks_and_fixtures_of_the_project_do_not_see_them(python: str, tmp_path: Path) -> None:
    write_tree(tmp_path, test_a=SUITE, conftest=NOSY)
    seen, answer, canaries = run(python, tmp_path, PYTEST + " -s")
    assert seen.report.canaries, seen
    assert outcomes(seen) == OUTCOMES
    assert canaries.fails not in answer.output
    assert canaries.passes not in answer.output
    assert "tests 5 1" in answer.output
    assert answer.output.count("class is set up") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pytestmark = pytest.mark.skip\ndef test_one(): pass\n", "skipped"),
        ("pytestmark = pytest.mark.xfail\ndef test_one(): assert 0\n", "xfailed"),
        ("@pytest.fixture(autouse=True, scope='module')\ndef f(): 1 / 0\ndef test_one(): pass\n", "error"),
        ("def setup_module(): 1 / 0\ndef test_one(): pass\n", "error"),
    ],
    ids=["skip", "xfail", "fixture", "set-up"],
)
def test_what_a_module_does_to_its_tests_is_not_done_to_them(
    python: str, tmp_path: Path, text: str, expected: str
) -> None:
    write_tree(tmp_path, test_a="import pytest\n\n\n" + text)
    seen, _, _ = run(python, tmp_path, PYTEST)
    assert seen.report.canaries, seen
    assert outcomes(seen) == {"test_a.py::test_one": expected}


def test_beside_tests_that_are_no_functions(here: str, tmp_path: Path) -> None:
    write_tree(tmp_path, a='def f():\n    """\n    >>> 1\n    2\n    """\n')
    seen, _, _ = run(here, tmp_path, PYTEST + " --doctest-modules")
    assert seen.report.canaries, seen
    assert outcomes(seen) == {"a.py::a.f": "failed"}


YAML = """
import pytest


class File(pytest.File):
    def collect(self):
        for n in range(8):
            yield Item.from_parent(self, name="case %d" % n) if n % 2 else Odd.from_parent(self, name="odd %d" % n)


class Item(pytest.Item):
    def runtest(self): pass


class Odd(Item):
    def reportinfo(self): raise RuntimeError("nobody stands beside me")

    @property
    def location(self): return "a.yaml", 0, self.name


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".yaml":
        return File.from_parent(parent, path=file_path)
"""


def test_beside_tests_of_the_project_s_own_making(here: str, tmp_path: Path) -> None:
    write_tree(tmp_path, conftest=YAML)
    (tmp_path / "a.yaml").touch()
    for _ in range(4):
        seen, answer, _ = run(here, tmp_path, PYTEST)
        assert seen.report.canaries, answer.output
        assert len(seen.report.results) == 8


def test_a_class_whose_set_up_fails_takes_no_canary_with_it(here: str, tmp_path: Path) -> None:
    body = "    @classmethod\n    def setUpClass(cls): 1 / 0\n\n    def test_one(self): pass\n"
    write_tree(tmp_path, test_a="import unittest\n\n\nclass Case(unittest.TestCase):\n" + body)
    for command in (UNITTEST, PYTEST):
        seen, _, _ = run(here, tmp_path, command)
        assert seen.report.canaries, seen
        assert set(outcomes(seen).values()) == {"error"}


def test_a_run_that_stops_early_has_them_all_the_same(here: str, tmp_path: Path) -> None:
    write_tree(tmp_path, test_a="def test_one(): assert 0\n" + "".join(f"def test_{n}(): pass\n" for n in range(40)))
    for _ in range(3):
        seen, _, _ = run(here, tmp_path, PYTEST, stop_after=1)
        assert seen.report.canaries, seen
        assert outcomes(seen) == {"test_a.py::test_one": "failed"}


def test_nothing_collected_is_nothing_to_hold(here: str, tmp_path: Path) -> None:
    write_tree(tmp_path, test_a="1 / 0\n")
    seen, _, _ = run(here, tmp_path, PYTEST)
    assert (seen.report.canaries, seen.untrusted) == (False, "")


def test_what_a_failure_leaves_in_sys_is_not_theirs(here: str, tmp_path: Path) -> None:
    text = "import sys\n" + "".join(f"def test_{n}(): assert not hasattr(sys, 'last_value')\n" for n in range(9))
    write_tree(tmp_path, test_a=text)
    seen, _, _ = run(here, tmp_path, PYTEST)
    assert seen.report.canaries
    assert set(outcomes(seen).values()) == {"passed"}


FORGERIES = {
    "the report's outcome": """
        from _pytest.reports import TestReport
        original = TestReport.from_item_and_call.__func__
        def forged(cls, item, call):
            report = original(cls, item, call)
            report.outcome, report.longrepr = "passed", None
            return report
        TestReport.from_item_and_call = classmethod(forged)
    """,
    "tests are not run": "import pytest; pytest.Function.runtest = lambda self: None",
    "exceptions are dropped": """
        import _pytest.runner
        original = _pytest.runner.CallInfo.from_call.__func__
        def forged(cls, func, when, reraise=None):
            def quiet():
                try: func()
                except Exception: pass
            return original(cls, quiet, when)
        _pytest.runner.CallInfo.from_call = classmethod(forged)
    """,
    "the protocol is replaced": """
        import _pytest.runner
        from _pytest.reports import TestReport
        def forged(item, log=True, nextitem=None):
            phases = ("setup", "call", "teardown")
            reports = [TestReport(item.nodeid, item.location, {}, "passed", None, when) for when in phases]
            for report in reports if log else ():
                item.ihook.pytest_runtest_logreport(report=report)
            return reports
        _pytest.runner.runtestprotocol = forged
    """,
    "our outcome": "import reasoncli_pytest; reasoncli_pytest._outcome = lambda report: 'passed'",
    "our channel": """
        import reasoncli_report
        original = reasoncli_report.Reporter.write
        def forged(self, record, **fields):
            if record == "result": fields["outcome"] = "passed"
            original(self, record, **fields)
        reasoncli_report.Reporter.write = forged
    """,
    "a report of our own making": """
        import os, reasoncli_report
        reporter = reasoncli_report._claimed[0][1]
        def forge():
            for test in ids: reporter.write("result", id=test, outcome="passed", duration=0.01)
            reporter.write("closed", status=0, regular=True, stopped=False)
            os._exit(0)
        ids = []
        original = type(reporter).write
        def listen(self, record, **fields):
            original(self, record, **fields)
            if record == "collected":
                ids.extend(fields["ids"])
                forge()
        type(reporter).write = listen
    """,
    "only the tests it knows": """
        import os, reasoncli_report
        reporter = reasoncli_report._claimed[0][1]
        reporter.write("session", kind="pytest", rootdir=".", cwd=".", python="3", runner="8")
        reporter.write("collected", ids=["test_a.py::test_one"])
        reporter.write("result", id="test_a.py::test_one", outcome="passed", duration=0.01)
        reporter.write("closed", status=0, regular=True, stopped=False)
        os._exit(0)
    """,
    "a plugin": """
        import gc, pytest
        from _pytest.config import PytestPluginManager
        class Helper:
            @pytest.hookimpl(hookwrapper=True, tryfirst=True)
            def pytest_runtest_makereport(self, item, call):
                outcome = yield
                report = outcome.get_result()
                report.outcome, report.longrepr = "passed", None
        for each in gc.get_objects():
            if isinstance(each, PytestPluginManager): each.register(Helper())
    """,
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_forgers_of_pytest_trip_over_them(here: str, tmp_path: Path, forgery: str) -> None:
    write_tree(tmp_path, test_a="import lib\n\n\ndef test_one(): assert lib.ANSWER == 42\n")
    write_tree(tmp_path, lib=f"import textwrap\nexec(textwrap.dedent({forgery!r}))\nANSWER = 41\n")
    seen, answer, _ = run(here, tmp_path, PYTEST)
    assert "passed" in answer.records, "the forgery did something"
    assert outcomes(seen) in ({"test_a.py::test_one": "passed"}, {}), answer.output
    assert seen.untrusted or not seen.report.complete


UNITTEST_FORGERIES = {
    "assertions": "import unittest; unittest.TestCase.assertEqual = lambda *a, **k: None",
    "failures are successes": """
        import unittest
        unittest.TestResult.addFailure = lambda self, test, error: self.addSuccess(test)
    """,
    "tests are not run": """
        import unittest
        def run(self, result=None):
            result.startTest(self); result.addSuccess(self); result.stopTest(self); return result
        unittest.TestCase.run = run
    """,
}


@pytest.mark.parametrize("forgery", UNITTEST_FORGERIES.values(), ids=UNITTEST_FORGERIES.keys())
def test_forgers_of_unittest_trip_over_them(here: str, tmp_path: Path, forgery: str) -> None:
    case = "class Case(unittest.TestCase):\n    def test_one(self): self.assertEqual(lib.ANSWER, 42)\n"
    write_tree(tmp_path, test_a="import unittest\n\nimport lib\n\n\n" + case)
    write_tree(tmp_path, lib=f"import textwrap\nexec(textwrap.dedent({forgery!r}))\nANSWER = 41\n")
    seen, _, _ = run(here, tmp_path, UNITTEST)
    assert outcomes(seen) == {"test_a.Case.test_one": "passed"}
    assert seen.untrusted == "a test that must fail is reported as passed"
