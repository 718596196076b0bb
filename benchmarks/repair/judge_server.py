"""Judges programs by their tests, in forks of this process. Run by `judging`; standard library only.

Requests come as JSON lines: `{"sources": [...], "tests": [...], "seconds": ...}`. The answer is a line with a digit
for each source: 1 where every test is true, 0 otherwise.
"""

from __future__ import annotations

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
    quiet = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(quiet, standard)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for source in sources:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, _WALL)
        os.write(writer, b"1" if passes(source, tests) else b"0")


def main() -> None:
    """Answer requests until there are no more."""
    sys.setrecursionlimit(500)
    for line in sys.stdin:
        request = json.loads(line)
        sys.stdout.write(judge(request["sources"], request["tests"], request["seconds"]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
