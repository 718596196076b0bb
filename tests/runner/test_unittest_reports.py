from __future__ import annotations

from pathlib import Path

import pytest

from tests.runner.support import run, write_tree

SEARCH_PATHS = """
import os
import unittest

import elsewhere


class Path(unittest.TestCase):
    def test_path(self):
        self.assertEqual(os.environ["PYTHONPATH"], os.environ["WANTED"])
"""


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("PYTHONPATH=lib python -m unittest", "lib"),
        ("env PYTHONPATH='lib' python -m unittest", "lib"),
        ('cd . && export PYTHONPATH="$PWD/lib:$PYTHONPATH"; python -m unittest', "{root}/lib:given"),
        ("PYTHONPATH=other:lib python -m pytest -q -p no:cacheprovider", "other:lib"),
    ],
)
def test_a_search_path_that_the_command_sets_hides_nothing_and_stays_as_it_is(
    here: str, tmp_path: Path, command: str, wanted: str
) -> None:
    write_tree(tmp_path, lib__elsewhere="", test_path=SEARCH_PATHS)
    environment = {"WANTED": wanted.format(root=tmp_path), "PYTHONPATH": "given"}
    seen = run(here, tmp_path, command, env=environment)
    assert list(seen.outcomes().values()) == ["passed"], seen.answer.output


TESTS = """
import unittest

from pkg import add


class Outcomes(unittest.TestCase):
    def test_passes(self):
        self.assertEqual(add(1, 2), 3)

    def test_fails(self):
        self.assertEqual(add(1, 2), 4)

    def test_raises(self):
        raise KeyError("x")

    @unittest.skip("not now")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_xfailed(self):
        self.fail()

    @unittest.expectedFailure
    def test_xpassed(self):
        pass

    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)


class SetUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise ValueError("for the class")

    def test_one(self):
        pass

    def test_two(self):
        pass


class TearDown(unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        raise ValueError("after the class")

    def test_one(self):
        pass


class Nested(unittest.TestCase):
    def test_runs_another_suite(self):
        class Inner(unittest.TestCase):
            def test_inner(self):
                self.fail()

        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(Inner).run(result)
        self.assertEqual(len(result.failures), 1)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_tree(tmp_path, pkg="def add(a, b):\n    return a + b\n", tests____init__="", tests__test_pkg=TESTS)
    return write_tree(tmp_path, tests__test_missing="import no_such_module\n")


def test_every_outcome(python: str, project: Path) -> None:
    seen = run(python, project, "python -m unittest", coverage=True)
    case = "tests.test_pkg."
    assert seen.outcomes() == {
        case + "Outcomes.test_passes": "passed",
        case + "Outcomes.test_fails": "failed",
        case + "Outcomes.test_raises": "error",
        case + "Outcomes.test_skipped": "skipped",
        case + "Outcomes.test_xfailed": "xfailed",
        case + "Outcomes.test_xpassed": "xpassed",
        case + "Outcomes.test_subtests": "failed",
        case + "SetUp.test_one": "error",
        case + "SetUp.test_two": "error",
        case + "TearDown.test_one": "passed",
        case + "TearDown": "error",
        case + "Nested.test_runs_another_suite": "passed",
        "tests.test_missing": "error",
    }
    assert seen.records.whole
    results = seen.records.results
    assert results[case + "Outcomes.test_fails"].message == "AssertionError: 3 != 4"
    assert results[case + "Outcomes.test_fails"].frames == (("tests/test_pkg.py", 12, "test_fails"),)
    assert "number=1" in results[case + "Outcomes.test_subtests"].message
    assert results["tests.test_missing"].message == "ModuleNotFoundError: No module named 'no_such_module'"
    assert seen.records.coverage[case + "Outcomes.test_passes"]["pkg.py"] == {2}
    assert seen.records.coverage["<import>"]["pkg.py"] == {1}


def test_selected(python: str, project: Path) -> None:
    wanted = ["tests.test_pkg.Outcomes.test_passes", "tests.test_pkg.SetUp"]
    seen = run(python, project, "python -m unittest discover", tests=wanted)
    assert set(seen.outcomes()) == {
        "tests.test_pkg.Outcomes.test_passes",
        "tests.test_pkg.SetUp.test_one",
        "tests.test_pkg.SetUp.test_two",
    }
    assert seen.records.whole


def test_failfast_of_the_command_is_lifted(here: str, project: Path) -> None:
    assert len(run(here, project, "python -m unittest --failfast").outcomes()) == 13
    stopped = run(here, project, "python -m unittest", stop_after=1)
    assert stopped.records.stopped
    assert stopped.records.whole


def test_django(python_with_django: str, tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        manage="""
        import os
        import sys

        from django.core.management import execute_from_command_line

        os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
        execute_from_command_line(sys.argv)
        """,
        settings="""
        SECRET_KEY = "x"
        INSTALLED_APPS = ["app"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        """,
        app____init__="",
        app__models="""
        from django.db import models


        class Thing(models.Model):
            name = models.CharField(max_length=9)

            class Meta:
                app_label = "app"

            def shout(self):
                return self.name.upper()
        """,
        app__tests="""
        from django.test import SimpleTestCase, TestCase

        from app.models import Thing


        class ThingTests(TestCase):
            def test_shout(self):
                thing = Thing.objects.create(name="a")
                self.assertEqual(thing.shout(), "A")

            def test_fails(self):
                self.assertEqual(Thing.objects.count(), 1)


        class Plain(SimpleTestCase):
            def test_plain(self):
                pass
        """,
    )
    seen = run(python_with_django, tmp_path, "python manage.py test --parallel 1", coverage=True)
    assert seen.outcomes() == {
        "app.tests.ThingTests.test_shout": "passed",
        "app.tests.ThingTests.test_fails": "failed",
        "app.tests.Plain.test_plain": "passed",
    }, seen.answer.output
    assert 12 in seen.records.coverage["app.tests.ThingTests.test_shout"]["app/models.py"]
    labels = "app.tests.ThingTests.test_fails"
    again = run(python_with_django, tmp_path, f"python manage.py test {labels}", tests=[labels])
    assert again.outcomes() == {labels: "failed"}
    assert again.records.whole


def test_a_class_set_up_counts_for_every_test_of_the_class(here: str, tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        pkg="def make():\n    return [1]\n",
        test_a="""
        import unittest

        import pkg


        class A(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                pkg.make()

            def test_one(self): pass

            def test_two(self): pass


        class B(unittest.TestCase):
            def test_one(self): pass
        """,
    )
    coverage = run(here, tmp_path, "python -m unittest", coverage=True).records.coverage
    assert coverage["test_a.A.test_one"]["pkg.py"] == {2}
    assert coverage["test_a.A.test_two"]["pkg.py"] == {2}
    assert "pkg.py" not in coverage["test_a.B.test_one"]
