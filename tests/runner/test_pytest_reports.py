from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.runner.support import run, write_tree

CODE = """
def add(a, b):
    if a == 99:
        return -1
    return a + b


class Counter:
    start = 1

    def up(self):
        return self.start + 1
"""

TESTS = """
import unittest

import pytest

from pkg import Counter, add


def test_passes():
    assert add(1, 2) == 3


def test_fails():
    assert add(1, 2) == 4


@pytest.mark.parametrize("text", ["a b", "[x]::y", "\\u00e9", "'\\""])
def test_odd_ids(text):
    assert add(text, "")


@pytest.mark.skip(reason="not now")
def test_skipped():
    pass


@pytest.mark.xfail
def test_xfailed():
    assert 0


@pytest.mark.xfail
def test_xpassed():
    assert 1


@pytest.fixture
def broken_setup():
    raise ValueError("in set-up")


@pytest.fixture
def broken_teardown():
    yield
    raise ValueError("in tear-down")


def test_setup(broken_setup):
    pass


def test_teardown(broken_teardown):
    pass


class TestCounter(unittest.TestCase):
    def test_up(self):
        self.assertEqual(Counter().up(), 2)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_tree(tmp_path, pkg=CODE, tests__test_pkg=TESTS, conftest="")
    write_tree(tmp_path, tests__test_missing="import no_such_module\n")
    return tmp_path


def test_every_outcome(python: str, project: Path) -> None:
    seen = run(python, project, "python -m pytest -q")
    outcomes = seen.outcomes()
    test = "tests/test_pkg.py::"
    assert outcomes[test + "test_passes"] == "passed"
    assert outcomes[test + "test_fails"] == "failed"
    assert outcomes[test + "test_skipped"] == "skipped"
    assert outcomes[test + "test_xfailed"] == "xfailed"
    assert outcomes[test + "test_xpassed"] == "xpassed"
    assert outcomes[test + "test_setup"] == "error"
    assert outcomes[test + "test_teardown"] == "error"
    assert outcomes[test + "TestCounter::test_up"] == "passed"
    assert outcomes["tests/test_missing.py"] == "error", "a module that can't be imported doesn't hide the others"
    assert seen.records.whole
    assert len(seen.records.collected) == 12
    failed = seen.records.results[test + "test_fails"]
    assert failed.message.startswith("AssertionError: assert 3 == 4")
    assert failed.frames == (("tests/test_pkg.py", 14, "test_fails"),)
    assert "test_fails" in failed.traceback
    assert "no_such_module" in seen.records.results["tests/test_missing.py"].message


def test_lines_of_each_test(python: str, project: Path) -> None:
    seen = run(python, project, "python -m pytest -q", coverage=True)
    coverage = seen.records.coverage
    assert coverage["tests/test_pkg.py::test_passes"]["pkg.py"] == {3, 5}
    assert coverage["tests/test_pkg.py::TestCounter::test_up"]["pkg.py"] == {12}
    assert coverage["tests/test_pkg.py::test_fails"]["pkg.py"] == {3, 5}, "every test sees its own lines again"
    assert {2, 8, 9, 11} <= coverage["<import>"]["pkg.py"]
    assert not {3, 5, 12} & coverage["<import>"]["pkg.py"]
    assert seen.records.whole


def test_selected_by_exact_id(python: str, project: Path) -> None:
    every = run(python, project, "python -m pytest -q").records.collected
    wanted = [test for test in every if "odd_ids" in test][1:]
    seen = run(python, project, "python -m pytest -q", tests=wanted)
    assert list(seen.outcomes()) == wanted
    assert set(seen.outcomes().values()) == {"passed"}
    assert list(seen.records.collected) == wanted


def test_selected_as_a_class_or_a_module(here: str, project: Path) -> None:
    seen = run(here, project, "python -m pytest", tests=["tests/test_pkg.py::TestCounter"])
    assert list(seen.outcomes()) == ["tests/test_pkg.py::TestCounter::test_up"]
    assert len(run(here, project, "python -m pytest", tests=["tests/test_pkg.py"]).outcomes()) == 12


def test_selection_reaches_through_make(here: str, project: Path) -> None:
    (project / "Makefile").write_text("test:\n\tpython -m pytest --version\n\tpython -m pytest -x\n")
    seen = run(here, project, "make test", tests=["tests/test_pkg.py::test_fails", "tests/test_pkg.py::test_passes"])
    assert len(seen.outcomes()) == 2, "-x in the command doesn't hide what comes after a failure"
    assert seen.records.sessions == seen.records.closed == 1


def test_fail_fast_is_told_from_an_early_end(here: str, project: Path) -> None:
    seen = run(here, project, "python -m pytest", stop_after=1, tests=["tests/test_pkg.py"])
    assert seen.outcomes()["tests/test_pkg.py::test_fails"] == "failed"
    assert seen.records.stopped
    assert seen.records.whole
    assert seen.records.missing


def test_listed_tests_run_file_by_file_in_the_order_of_the_list(here: str, tmp_path: Path) -> None:
    bodies = {"a": "def test_1(): pass\ndef test_2(): assert 0\n", "b": "def test_1(): assert 0\n"}
    write_tree(tmp_path, **{f"test_{name}": body for name, body in bodies.items()}, test_c=bodies["a"])
    wanted = ["test_b.py::test_1", "test_c.py::test_2", "test_c.py::test_1", "test_a.py::test_1"]
    seen = run(here, tmp_path, "python -m pytest", tests=wanted, listed=True)
    assert list(seen.outcomes()) == ["test_b.py::test_1", "test_c.py::test_1", "test_c.py::test_2", "test_a.py::test_1"]
    stopped = run(here, tmp_path, "python -m pytest", tests=wanted, listed=True, stop_after=2)
    assert list(stopped.outcomes()) == ["test_b.py::test_1", "test_c.py::test_1", "test_c.py::test_2"]
    assert stopped.records.stopped


def test_project_settings_that_would_get_in_the_way(python: str, project: Path) -> None:
    def has(module: str) -> bool:
        return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0

    options = ["-x", "-p no:cacheprovider"]
    options += ["-n 2"] if has("xdist") else []
    options += ["--cov=pkg", "--cov-fail-under=100"] if has("pytest_cov") else []
    options += ["-p randomly"] if has("pytest_randomly") else []
    (project / "pytest.ini").write_text(f"[pytest]\naddopts = {' '.join(options)}\n")
    first = run(python, project, "python -m pytest", coverage=True)
    second = run(python, project, "python -m pytest")
    assert list(first.outcomes()) == list(second.outcomes()), "one order, whatever shuffles"
    assert len(first.outcomes()) == 13
    assert first.records.whole
    assert "pkg.py" in first.records.coverage["tests/test_pkg.py::test_passes"]


def test_pytest_inside_a_test_is_not_reported(python: str, tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        conftest='pytest_plugins = ["pytester"]\n',
        test_outer="""
        import os
        import subprocess
        import sys

        INNER = "def test_inner_fails(): assert 0"


        def test_in_process(testdir):
            testdir.makepyfile(INNER)
            testdir.inline_run().assertoutcome(failed=1)


        def test_in_a_process_of_its_own(testdir):
            testdir.makepyfile(INNER)
            testdir.runpytest_subprocess().assert_outcomes(failed=1)


        def test_as_a_script(tmpdir):
            tmpdir.join("test_inner.py").write(INNER)
            assert subprocess.call([sys.executable, "-m", "pytest", "-q", str(tmpdir)]) == 1
            assert not [name for name in os.environ if "REASONCLI" in name]
            assert "reasoncli" not in os.environ.get("PYTEST_PLUGINS", "")
            assert "hooks" not in os.environ.get("PYTHONPATH", "")
        """,
    )
    seen = run(python, tmp_path, "python -m pytest -q")
    assert seen.outcomes() == {
        "test_outer.py::test_in_process": "passed",
        "test_outer.py::test_in_a_process_of_its_own": "passed",
        "test_outer.py::test_as_a_script": "passed",
    }, seen.answer.output
    assert seen.records.whole


def test_a_conftest_that_breaks_is_no_success(here: str, tmp_path: Path) -> None:
    write_tree(tmp_path, conftest="raise RuntimeError('no')\n", test_a="def test_a(): pass\n")
    seen = run(here, tmp_path, "python -m pytest")
    assert seen.records.claimed
    assert not seen.records.sessions
    assert not seen.records.whole
    assert "RuntimeError: no" in seen.answer.output


def test_the_sitecustomize_of_the_environment_still_runs(here: str, tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        site__sitecustomize="import os\nos.environ['SEEN'] = os.environ.get('SEEN', '') + 'x'\n",
        test_a="import os\n\n\ndef test_a(): assert os.environ['SEEN'] == 'x'\n",
    )
    environment = {"PYTHONPATH": str(tmp_path / "site")}
    seen = run(here, tmp_path, "python -m pytest -q", env=environment)
    assert seen.outcomes() == {"test_a.py::test_a": "passed"}, seen.answer.output


def test_time_zone_locale_and_hash_seed_are_fixed(here: str, tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        test_a="""
        import os
        import sys
        import time


        def test_a():
            assert time.tzname[0] == "UTC"
            assert os.environ["LC_ALL"] == "C.UTF-8"
            assert sys.flags.hash_randomization == 0
            assert sys.dont_write_bytecode
        """,
    )
    assert run(here, tmp_path, "python -m pytest").outcomes() == {"test_a.py::test_a": "passed"}


def test_a_shared_fixture_counts_for_every_test_that_uses_it(here: str, tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        pkg="def make():\n    return [1]\n\n\ndef other():\n    return 2\n\n\ndef use(x):\n    return x\n",
        test_a="""
        import pytest

        import pkg


        @pytest.fixture(scope="session")
        def inner():
            return pkg.other()


        @pytest.fixture(scope="module")
        def made(inner):
            return pkg.make()


        def test_one(made): pkg.use(made)


        def test_two(made): pkg.use(made)


        def test_three(): pass


        def test_four(inner): pass
        """,
    )
    coverage = run(here, tmp_path, "python -m pytest", coverage=True).records.coverage
    assert coverage["test_a.py::test_one"]["pkg.py"] == {2, 6, 10}
    assert coverage["test_a.py::test_two"]["pkg.py"] == {2, 6, 10}
    assert "pkg.py" not in coverage["test_a.py::test_three"]
    assert coverage["test_a.py::test_four"]["pkg.py"] == {6}
