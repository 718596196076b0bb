"""What is told of a function before it is shown, in the words in which the embedded model was taught to read it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from reasoncli import python_source
from reasoncli.domain import TestResult
from reasoncli.prompting.checks import Check, checks
from reasoncli.prompting.excerpts import Files
from reasoncli.prompting.options import Read
from reasoncli.python_source import Definition

_TESTS = 2
_LONGEST = 160  # characters of a message
_LINES = 12  # of another function
Hint = tuple[str, str]
"""The special token before it, without its brackets, and the text."""


def test_hints(failures: Sequence[TestResult], read: Read) -> tuple[Hint, ...]:
    """The checks that failed, each once, and what they got.

    Args:
        failures: the most telling first.
        read: bytes of a file of the base.
    """
    files = Files(read)
    hints: dict[str, tuple[Hint, ...]] = {}
    for failure in failures:
        check, said = _failed(failure, files), message(failure.message)
        text = check.text if check else ""
        told = (*([("test", text)] if text else []), *([("got", said)] if said else []))
        if told:
            hints.setdefault(text, told)
        if len(hints) == _TESTS:
            break
    return tuple(hint for told in hints.values() for hint in told)


def message(text: str) -> str:
    """What a failure says, in short: its first line, without the name that every failed assertion begins with."""
    return text.strip().split("\n")[0].removeprefix("AssertionError").removeprefix(":").strip()[:_LONGEST]


def called_hint(module: ast.Module, source: str, definition: Definition) -> tuple[Hint, ...]:
    """The beginning of the first function of the same file that a function calls, if it calls one."""
    inside = set(ast.walk(definition))
    known = {
        name.rpartition(".")[2]: node
        for name, node in reversed(list(python_source.definitions(module)))
        if node not in inside
    }
    known.pop(definition.name, None)
    calls = [node.func for node in inside if isinstance(node, ast.Call)]
    for function in sorted(calls, key=lambda each: (each.end_lineno or 0, each.end_col_offset or 0)):
        match function:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in known:
                lines = python_source.unit_lines(known[name], source)[len(known[name].decorator_list) :]
                return (("context", "\n".join(line.printed for line in lines[:_LINES])),) if lines else ()
    return ()


def _failed(failure: TestResult, files: Files) -> Check | None:
    """The check that a failing test stopped at: that of the innermost frame that is one."""
    for path, line, _ in reversed(failure.frames):
        module = files.module(path)
        check = next(checks(module, line), None) if module else None
        if check is not None:
            return check
    return None
