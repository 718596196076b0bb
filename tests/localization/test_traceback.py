from __future__ import annotations

import pytest

from reasoncli.domain import Outcome, TestResult
from reasoncli.localization.traceback import from_failures, from_text

PATHS = ["src/pkg/core.py", "src/pkg/util.py", "src/other/util.py", "tests/test_core.py", "app.js"]


def is_test(path: str) -> bool:
    return path.startswith("tests/")


def test_the_innermost_frame_outside_the_tests_is_strongest() -> None:
    frames = (("tests/test_core.py", 5, "test_f"), ("src/pkg/core.py", 10, "f"), ("src/pkg/util.py", 3, "g"))
    marks = from_failures([TestResult("t", Outcome.FAILED, message="KeyError: 'a'", frames=frames)], is_test)
    assert [(mark.path, mark.line) for mark in marks] == [("src/pkg/util.py", 3), ("src/pkg/core.py", 10)]
    assert marks[0].score == 1.0 > marks[1].score > 0
    assert "KeyError" in marks[0].detail


def test_a_failed_assertion_in_the_test_marks_nothing() -> None:
    assert from_failures([TestResult("t", Outcome.FAILED, frames=(("tests/test_core.py", 5, "t"),))], is_test) == []


ISSUE = """It crashes:

    Traceback (most recent call last):
      File "/home/me/venv/lib/python3.9/site-packages/pkg/core.py", line 12, in f
        return g(x)
      File "C:\\venv\\Lib\\site-packages\\pkg\\util.py", line 7, in g
        return x[0]
      File "/usr/lib/python3.9/json/decoder.py", line 1, in decode
    IndexError: list index out of range

See also `core.py:20` and app.js:3, not util.py:9 (there are two) nor http://host:80/ or 12:30.
"""


def test_a_traceback_in_the_issue() -> None:
    marks = {(mark.path, mark.line): mark.score for mark in from_text(ISSUE, PATHS, is_test)}
    assert set(marks) == {("src/pkg/util.py", 7), ("src/pkg/core.py", 12), ("src/pkg/core.py", 20), ("app.js", 3)}
    assert 1 > marks["src/pkg/util.py", 7] > marks["src/pkg/core.py", 12]


def test_two_tracebacks_each_have_an_innermost_frame() -> None:
    text = (
        'File "pkg/core.py", line 1, in a\n  x\nFile "pkg/core.py", line 2, in b\n  x\nKeyError\n\n\n'
        "During handling of the above exception, another exception occurred:\n\n\n"
        'File "pkg/core.py", line 3, in c\n  x\nValueError\n'
    )
    scores = {mark.line: mark.score for mark in from_text(text, PATHS, is_test)}
    assert scores[2] == scores[3] > scores[1]


@pytest.mark.parametrize(
    "text", ["", 'File "", line 1', 'File "x.py", line 99999999999999999999', "::::", "a.py:" * 1000]
)
def test_odd_text(text: str) -> None:
    assert from_text(text, PATHS, is_test) == []
