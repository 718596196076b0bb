"""Judges programs by their tests, in forks of this process. Run by `judging`; standard library only.

Requests come as JSON lines: `{"sources": [...], "tests": [...], "seconds": ...}`. The answer is a line with a digit
for each source: 1 where every test is true, 0 otherwise. With `"failure": true` the answer is the first test that is
not true of the first source, and what it got, as `[index, text]`: the index is null where all are true, the text empty
where that can't be told.
"""

from __future__ import annotations

import ast
import bisect  # noqa: F401 - loaded once, for all programs
import collections  # noqa: F401
import datetime  # noqa: F401
import fractions  # noqa: F401
import heapq  # noqa: F401
import json
import os
import re  # noqa: F401
import resource
import signal
import sys
from collections.abc import Callable

_MEMORY = 1 << 29  # bytes
_WALL = 2.0  # seconds; for what waits instead of working


def raises(expected: type[BaseException], function: Callable[..., object], *arguments: object) -> bool:
    """Whether a call raises an exception of a type."""
    try:
        function(*arguments)
    except expected:
        return True
    return False


def passes(source: str, tests: list[str]) -> bool:
    """Whether all tests are true of a program."""
    names: dict[str, object] = {"__name__": "program"}
    try:
        exec(compile(source, "program", "exec", dont_inherit=True), names)
        names["raises"] = raises
        return all(eval(test, names) for test in tests)
    except BaseException:  # noqa: BLE001 - whatever a broken program raises
        return False


def failure(source: str, tests: list[str], seconds: float) -> tuple[int | None, str]:
    """The first test that is not true of a program, and what it got, in the words of a test runner."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            _confine()
            _limit(seconds)
            _tell_failure(source, tests, writer)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        lines = [json.loads(line) for line in told.read().splitlines()]
    os.waitpid(child, 0)
    if lines and isinstance(lines[-1], str):
        return lines[-2], lines[-1]
    return (lines[-1] if lines else 0), ""  # it ended while that test was run


def _tell_failure(source: str, tests: list[str], writer: int) -> None:
    names: dict[str, object] = {"__name__": "program"}
    exec(compile(source, "program", "exec", dont_inherit=True), names)
    for number, test in enumerate(tests):
        os.write(writer, f"{number}\n".encode())
        got = _got(test, names)
        if got is not None:
            os.write(writer, f"{json.dumps(got)}\n".encode())
            return
    os.write(writer, b'null\n""\n')


def _got(test: str, names: dict[str, object]) -> str | None:
    """What a test that is not true got; `None` if it is true."""
    try:
        match ast.parse(test, mode="eval").body:
            case ast.Call(func=ast.Name(id="raises"), args=[expected, function, *arguments]):
                values = [eval(ast.unparse(each), names) for each in (expected, function, *arguments)]
                return None if raises(*values) else f"Failed: DID NOT RAISE {values[0]!r}"
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                one, other = (eval(ast.unparse(each), names) for each in (left, right))
                return None if one == other else f"assert {one!r} == {other!r}"
            case _:
                value = eval(test, names)
                return None if value else f"assert {value!r}"
    except Exception as error:  # noqa: BLE001 - whatever a broken program raises
        return f"{type(error).__name__}: {error}"


def judge(sources: list[str], tests: list[str], seconds: float) -> str:
    """For each source 1 where all tests are true, else 0.

    One fork judges one source after the other; where one takes its time, or ends the fork, the next fork goes on.
    """
    verdicts = ""
    while len(verdicts) < len(sources):
        told = _fork(sources[len(verdicts) :], tests, seconds)
        verdicts += told if len(verdicts) + len(told) == len(sources) else f"{told}0"
    return verdicts


def _fork(sources: list[str], tests: list[str], seconds: float) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            _judge_here(sources, tests, seconds, writer)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        verdicts = told.read().decode()
    os.waitpid(child, 0)
    return verdicts


def _judge_here(sources: list[str], tests: list[str], seconds: float, writer: int) -> None:
    _confine()
    for source in sources:
        _limit(seconds)
        os.write(writer, b"1" if passes(source, tests) else b"0")


def _confine() -> None:
    quiet = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(quiet, standard)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, _WALL)


def main() -> None:
    """Answer requests until there are no more."""
    sys.setrecursionlimit(500)
    for line in sys.stdin:
        request = json.loads(line)
        sources, tests, seconds = request["sources"], request["tests"], request["seconds"]
        if request.get("failure"):
            sys.stdout.write(json.dumps(failure(sources[0], tests, seconds)) + "\n")
        else:
            sys.stdout.write(judge(sources, tests, seconds) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
