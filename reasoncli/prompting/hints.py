"""What failing tests say, in the words in which the embedded model was taught to read it."""

from __future__ import annotations

from collections.abc import Sequence

from reasoncli.domain import TestResult
from reasoncli.prompting.checks import Check, checks
from reasoncli.prompting.excerpts import Files
from reasoncli.prompting.options import Read

_TESTS = 2
Hint = tuple[str, str]
"""The special token before it, without its brackets, and the text."""


def test_hints(failures: Sequence[TestResult], read: Read) -> tuple[Hint, ...]:
    """The checks that failed, each once.

    Args:
        failures: the most telling first.
        read: bytes of a file of the base.
    """
    files = Files(read)
    hints: dict[str, Hint] = {}
    for failure in failures:
        check = _failed(failure, files)
        if check is not None and check.text not in hints:
            hints[check.text] = ("test", check.text)
        if len(hints) == _TESTS:
            break
    return tuple(hints.values())


def _failed(failure: TestResult, files: Files) -> Check | None:
    """The check that a failing test stopped at: that of the innermost frame that is one."""
    for path, line, _ in reversed(failure.frames):
        module = files.module(path)
        found = [check for check in checks(module) if check.start <= line <= check.end] if module else []
        if found:
            return found[0]
    return None
