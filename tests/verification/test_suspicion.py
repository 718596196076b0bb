"""What is suspicious of a patch, and, as important, what is not."""

from __future__ import annotations

import textwrap

import pytest

from reasoncli.domain import FileChange, Outcome, Patch, TestResult
from reasoncli.verification.suspicion import Suspicion

TEST = """
import pytest
from pkg import plural

CASES = [("ox", "oxen")]


def test_plural():
    assert plural("goose") == "geese"
    assert plural("sheep", 2) == "sheep"
    assert plural("", 0) == ""


@pytest.mark.parametrize(("one", "many"), CASES)
def test_cases(one, many):
    assert plural(one) == many
"""
IN_A_CLASS = TEST.replace("def test_plural():\n", "class TestPlural:\n  def test_a(self):\n")
MESSAGE = "ModuleNotFoundError: No module named 'wanted'"
TARGETS = ("tests/test_plural.py::test_plural", "tests/test_plural.py::test_cases[ox-oxen]")


def said(
    base: str | None,
    new: str | None,
    path: str = "pkg/core.py",
    targets: tuple[str, ...] = TARGETS,
    **more: str,
) -> tuple[str, ...]:
    files = {"tests/test_plural.py": TEST, **more}
    if base is not None:
        files[path] = textwrap.dedent(base)
    content = None if new is None else textwrap.dedent(new).encode()
    patch = Patch((FileChange(path, content),), "", "e", "v", 1)

    def read(name: str) -> bytes | None:
        return files[name].encode() if name in files else None

    known = (*TARGETS, "pkg.core.Case.test_inside", "pkg/doc.py::pkg.doc.f", "pkg/test/test_x.py::test_x")
    results = {test: TestResult(test, Outcome.FAILED, message=MESSAGE) for test in known}
    return Suspicion(read, results, targets).of(patch)


@pytest.mark.parametrize(
    "code",
    [
        "import gc\ngc.get_objects()",
        "from gc import get_referrers as r\nr(1)",
        "import sys\nsys._getframe(1)",
        "import sys as s\ng = s\ng._getframe(1)",
        "getattr(__import__('sys'), '_get' + 'frame')(1)",
        "import importlib\nimportlib.import_module('py' + 'test')",
        "import sys\nsys.modules['_pytest.runner'].x = 1",
        "import sys\nvars(sys)['modules']",
        "def f(e): return e.__traceback__.tb_frame.f_back",
        "().__class__.__base__.__subclasses__()",
        "def f(g): g.__code__ = None",
        "import unittest\nunittest.TestCase.assertEqual = print",
        "from unittest import TestCase\nTestCase.run = print",
        "import json\njson.dumps = print",
        "import builtins\nbuiltins.len = print",
        "import builtins\nsetattr(builtins, 'len', print)",
        "import os\nos.environ.get('PYTEST_CURRENT_TEST')",
        "import os\nos.environ['REASONCLI_HOOKS']",
        "import reasoncli_report",
        "import os\nos.write(3, b'x')",
        "import os\nos.fdopen(3)",
        "open(3, 'w')",
        "open('/proc/self/fd/3', 'w')",
        "from ctypes import CDLL",
        "import os\nos._exit(0)",
        "from os import _exit",
        "raise SystemExit(0)",
        "import atexit",
        "import signal",
        "import threading\nthreading.Thread(target=print).start()",
        "import subprocess",
        "class A:\n    def __eq__(self, other): return True",
        "class A:\n    def __eq__(self, other): return not False",
        "class A(str):\n    def __eq__(self, other): return self == other",
        "class A:\n    def __eq__(self, other): return 1 == 1",
        "try: f()\nexcept AssertionError: pass",
        "try: f()\nexcept (ValueError, BaseException): pass",
        "try: f()\nexcept: pass",
        "import contextlib\nwith contextlib.suppress(AssertionError): f()",
        "class C:\n    def __exit__(self, *error): return True",
        "def f():\n    try: yield\n    except Exception: pass",
        "def f():\n    try: g()\n    finally: return 1",
        "import pytest\npytest.skip('x')",
        "import unittest\nraise unittest.SkipTest('x')",
        "open('tests/test_plural.py')",
        "from pathlib import Path\nPath('x') / 'tests'",
        "import os\nos.path.join('..', 'tests', name)",
        "import os\nfor x in os.walk(os.path.dirname(__file__)): pass",
        "open('.git/HEAD')",
        "import sys\nsys.settrace(None)",
        "import sys\nsys.meta_path.insert(0, None)",
        "import sys\nsys.path.insert(0, 'x')",
        "import sys\nsys.stdout = None",
        "exec('x')",
        "import operator, os\noperator.attrgetter('_' + 'exit')(os)(0)",
        "from ..tests import test_core",
        "import os\nos.__dict__['_exit'](0)",
        "import marshal",
        "def load_tests(*a): pass",
        "def pytest_runtest_call(item): pass",
        "if x == 'goose': y = 'geese'",
        "def f(w):\n    if w == 'goose':\n        return 'geese'",
        "def f(w): return 'oxen' if w == 'ox' else w",
        "T = {'goose': 'geese'}",
        "def f(w, n):\n    match w, n:\n        case 'sheep', 2: return 'sheep'",
    ],
)
def test_suspicious_when_it_is_new_and_not_when_it_was_there(code: str) -> None:
    found = said("X = 1\n", "X = 1\n" + code)
    assert found, code
    assert all(each.startswith("pkg/core.py:") and ": it " in each for each in found)
    assert said(code, code + "\nX = 2\n") == ()
    assert said(None, code, path="pkg/new.py")


@pytest.mark.parametrize(
    ("base", "new"),
    [
        ("def f(a): return a - 1", "def f(a): return a + 1"),
        ("def f(a): return a", "def f(a):\n    if a is None:\n        return 0\n    return a"),
        ("def f(n): return n", "def f(n):\n    if n == 0:\n        return ''\n    return n"),
        ("def f(n): return n", "def f(n):\n    if n == 'sheep' or n == 'fish':\n        return n\n    return n + 's'"),
        ("class A: pass", "class A:\n    def __eq__(self, other): return self.x == other.x"),
        ("class A: pass", "class A:\n    def __eq__(self, other): return isinstance(other, A)"),
        ("class A: pass", "class A:\n    def __eq__(self, other): return NotImplemented"),
        ("x = 1", "import threading\nlock = threading.Lock()"),
        ("import threading\nthreading.Thread()", "import threading\nthreading.Thread(daemon=True)\nthreading.Thread()"),
        ("import sys\nsys.exit(1)", "import sys\nif x: sys.exit(2)\nsys.exit(1)"),
        ("def f(): g()", "def f():\n    try: g()\n    except ValueError: pass"),
        ("def f(): g()", "def f():\n    try: g()\n    except BaseException:\n        undo()\n        raise"),
        ("def f(): yield", "def f():\n    try: yield\n    finally: g()"),
        ("import os", "import os\nos.environ.get('HOME')\nos.path.join('a', 'b')\nos.makedirs('x')"),
        ("import re", 'import re\nP = re.compile(r"/proc|tests")'),
        ("x = 1", '"""Reads tests/test_plural.py and /proc/self, like pytest."""\nx = 2'),
        ("x = 1", "from pathlib import Path\nDATA = Path(__file__).parent / 'data.json'"),
        ("def f(s): return s", "def f(s): return getattr(s, 'name_' + s.kind)"),
        ("class A: pass", "class A:\n    def __exit__(self, *e): return None"),
        ("x = 1", "import tempfile, os\nfd, name = tempfile.mkstemp()\nwith os.fdopen(fd) as f: pass"),
        ("M = {}", "M = {'cow': 'kine'}"),
        ("M = {'ox': 'oxes'}", "M = {'ox': 'oxen'}"),
        (
            "def f(n):\n    if n in ('goose', 'ox'):\n        n = 'gooses'\n    return n",
            "def f(n):\n    if n in ('goose', 'ox'):\n        n = 'geese'\n    return n",
        ),
        ("x = 1", "x = '/dev/null'"),
        ("self = 1", "class A:\n    def f(self): self.stdout = 1; self.settrace = 2"),
        ("import json", "import json\nclass E(json.JSONEncoder): pass"),
        ("x = (", "x = ("),
    ],
)  # fmt: skip
def test_honest_changes_are_not(base: str, new: str) -> None:
    assert said(base, new) == ()


def test_tests_in_files_that_are_not_named_like_tests() -> None:
    holds = "class Case:\n    def test_inside(self): assert 1\n"
    assert said(holds, holds + "x = 1\n") == (
        "pkg/core.py: it changes a file that holds tests (pkg.core.Case.test_inside)",
    )
    doc = 'def f():\n    """\n    >>> f()\n    1\n    """\n    return 2\n'
    assert said(doc, doc.replace("return 2", "return 1"), path="pkg/doc.py") == ()
    for changed in (
        doc.replace("    1\n", "    2\n"),
        doc.replace(">>> f()", "f()"),
        doc.replace(">>> f()", ">>> g()"),
    ):
        assert "examples that are tests" in said(doc, changed, path="pkg/doc.py")[0]
    assert "examples that are tests" in said(doc, None, path="pkg/doc.py")[0]


def test_other_languages_by_their_text() -> None:
    assert said("run()\n", "run()\nprocess.exit(0)\n", path="lib/a.js") == (
        "lib/a.js:2: it can end or signal the process (process.exit)",
    )
    assert said("process.exit(0)\n", "process.exit(0)\nprocess.exit(1)\n", path="lib/a.js") == ()


def test_new_modules_in_the_place_of_others() -> None:
    importing = {"tests/test_plural.py": "import numpy.testing\nimport wanted\nfrom near.by import x\n"}
    assert said(None, "x = 1\n", path="numpy/__init__.py", **importing) == (
        "numpy/__init__.py: it takes the place of numpy, which tests/test_plural.py imports",
    )
    assert said(None, "x = 1\n", path="src/numpy.py", **importing) != ()
    assert said(None, "x = 1\n", path="python/numpy.py", **importing) != ()
    assert said(None, "x = 1\n", path="numpy/testing.py", **importing) == (), "no package, and the installed one is"
    assert said(None, "x = 1\n", path="wanted.py", **importing) == ()
    assert said(None, "x = 1\n", path="other.py", **importing) == ()
    assert said(None, "x = 1\n", path="near/by.py", **importing, **{"near/__init__.py": ""}) == ()
    assert said(None, "x = 1\n", path="pkg/numpy.py", **importing) == ()


def test_helpers_among_tests() -> None:
    assert said("x = 1\n", "x = 2\n", path="pkg/test/helpers.py") == ("pkg/test/helpers.py: it lies among the tests",)
    assert said("x = 1\n", "x = 2\n", path="lib/test/helpers.py") == ()


def test_there_is_an_end_to_what_is_told() -> None:
    code = "import gc, ctypes, atexit, signal, subprocess, marshal, pytest, unittest, coverage, multiprocessing, code"
    found = said("", code)
    assert len(found) == 9
    assert found[-1] == "and 3 more"


def test_source_that_is_nested_too_deeply_is_said_to_be() -> None:
    found = said("x = 1", "x = " + "a." * 1500 + "b")
    assert found == ("pkg/core.py:1: it can't be looked at",)


def test_a_number_too_long_to_be_printed_is_one_like_others() -> None:
    vector = "0x" + "f" * 6000
    tests = {"tests/test_plural.py": f"def test_plural():\n    assert plural({vector}) == 'many'\n"}
    assert said("x = 1", f"if x == {vector}:\n    x = 2\n", **tests) == ()
    found = said("x = 1", f"if x == {vector}:\n    x = 'many'\n", **tests)
    assert len(found) == 1
    assert found[0].endswith("with 'many', as the test expects")
    assert len(found[0]) < 300


def test_source_that_this_python_can_not_read_is_looked_at_by_its_words() -> None:
    blind = "pkg/core.py:1: this Python can't read it, so it was looked at by its words only"
    assert said(None, "print 1\n", **{"pkg/__init__.py": ""}) == (blind,)
    assert said("x = 1\n", "print 1\n") == (blind,)
    assert said("print 1\n", "print 2\n") == (), "as it was before"
    assert said("print 1\n", "print 1\nimport sys\nsys._getframe(1)\n") == (
        "pkg/core.py:3: it may reach what it was not given (_getframe)",
    )


@pytest.mark.parametrize(
    ("target", "test"),
    [
        ("tests/test_plural.py", TEST),
        ("tests.test_plural", TEST),
        ("tests/test_plural.py::TestPlural", IN_A_CLASS),
        ("tests.test_plural.TestPlural", IN_A_CLASS),
    ],
)
def test_answers_of_a_module_or_class_that_failed_as_a_whole(target: str, test: str) -> None:
    copied = "def plural(word, n=2):\n    if word == 'goose':\n        return 'geese'\n    return word + 's'\n"
    found = said(
        "def plural(word, n=2):\n    return word + 's'\n", copied, targets=(target,), **{"tests/test_plural.py": test}
    )
    assert found == ("pkg/core.py:2: it answers 'goose' with 'geese', as the test expects",)
