"""Runs in a container, on the standard library alone: calls functions, right and broken, with made-up arguments.

Reads a JSON object a line: `id`, `right` (a function's source), `broken` (sources of it with bugs), `seed`. Writes one
a line: `id`, and `told`: for each broken one that a call tells from the right one, its `index`, the `call`, the `value`
that is right or the type of error that it `raises`, and what the broken one gave: `got` (a value) or `error` (exception
and message). Values are literals.
"""

from __future__ import annotations

import ast
import bisect
import builtins
import collections
import copy
import functools
import heapq
import itertools
import json
import math
import operator
import os
import random
import re
import resource
import select
import signal
import string
import sys
import warnings
from collections.abc import Callable
from typing import Any

TRIES = 240  # calls of a function, most of which fail for want of the right types
KEPT = 16  # calls that work, to try broken ones with
RAISING = 4  # besides, of such that raise what they should
LONGEST_CALL, LONGEST_VALUE = 90, 70  # characters
CALL_SECONDS = 0.1
JOB_SECONDS = 6
MEMORY = 768 << 20  # bytes
MODULES = {
    module.__name__: module
    for module in (bisect, collections, copy, functools, heapq, itertools, math, operator, re, string)
}
STARRED = (collections, math, itertools, functools)
"""Modules whose names are there without the module's, as much code imports them."""

NUMBERS = (0, 1, 2, 3, 4, 5, 7, 8, 10, 12, 100, -1, -3)
TEXTS = ("", "a", "abc", "hello world", "Foo_bar", "a,b,c", "12", "  x ", "racecar", "key=value", "2024-01-31")
LISTS: tuple[Any, ...] = (
    [], [1], [3, 1, 2], [1, 2, 2, 3], [5, 4, 3, 2, 1], [0, -1, 4], ["a", "b"], ["b", "a", "c"], [[1, 2], [3, 4]],
    [(1, "a"), (2, "b")], [True, False], [1.5, 2.5], ["x", "y", "x"],
)  # fmt: skip
MAPPINGS: tuple[Any, ...] = ({}, {"a": 1, "b": 2}, {"x": [1, 2], "y": []}, {1: 2, 3: 4}, {"name": "n", "value": 3})
OTHERS = (None, True, False, 0.5, 2.0, (1, 2), (), {1, 2}, b"ab")
KINDS: tuple[tuple[re.Pattern[str], tuple[Any, ...]], ...] = (
    (re.compile(r"^(n|m|i|j|k|x|y|a|b|num|number|count|size|width|height|index|start|end|stop|step|low|high|base|"
                r"limit|total|value|depth|level|length|year|month|day|offset|amount)\d?$"), NUMBERS),
    (re.compile(r"(^s\d?$|str|text|name|word|line|title|path|key|char|prefix|suffix|sep|pattern|sentence|msg|message)"),
     TEXTS),
    (re.compile(r"(^l$|list|arr|items|values|seq|nums|numbers|elements|data|rows|matrix|points|words|lines|keys|xs)$"),
     LISTS),
    (re.compile(r"(dict|mapping|^d\d?$|params|kwargs|options|config|counts|graph)"), MAPPINGS),
)  # fmt: skip


class TooLong(BaseException):
    """A call took its time; not an `Exception`, so that functions don't catch it."""


def function_of(source: str) -> Callable[..., Any]:
    """The function that a source defines."""
    names: dict[str, Any] = {"__builtins__": builtins, "__name__": "module", **MODULES}
    for module in STARRED:
        names.update({name: getattr(module, name) for name in dir(module) if not name.startswith("_")})
    exec(compile("from __future__ import annotations\n" + source, "<function>", "exec"), names)
    return names[definition(source).name]  # type: ignore[no-any-return]


def definition(source: str) -> ast.FunctionDef:
    """What a source that holds one function defines."""
    found = ast.parse(source).body[-1]
    assert isinstance(found, ast.FunctionDef)
    return found


def is_literal(text: str, value: Any) -> bool:
    """Whether a value comes again from its text."""
    try:
        return bool(ast.literal_eval(text) == value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[str, str]:
    """`("value", literal)`, `("error", exception and message)`, or `("", "")` for what can't be told."""
    signal.setitimer(signal.ITIMER_REAL, CALL_SECONDS)
    try:
        value = function(*copy.deepcopy(arguments))
        text = repr(value)
        if len(text) > LONGEST_VALUE or not is_literal(text, value):
            return "", ""
        return "value", text
    except TooLong:
        return "", ""
    except RecursionError:
        return "error", "RecursionError: maximum recursion depth exceeded"
    except Exception as error:  # noqa: BLE001 - this is what is asked for
        return "error", f"{type(error).__name__}: {error}".split("\n")[0][:160]
    except BaseException:  # noqa: BLE001 - such as the SystemExit of a function that ends its program
        return "", ""
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def made_up(names: list[str], rng: random.Random) -> tuple[Any, ...]:
    """Arguments for parameters, by what they are called more often than not."""
    return tuple(rng.choice(pool_for(name) if rng.random() < 0.75 else rng.choice(POOLS)) for name in names)


POOLS: tuple[tuple[Any, ...], ...] = (NUMBERS, TEXTS, LISTS, MAPPINGS, OTHERS)


def pool_for(name: str) -> tuple[Any, ...]:
    """What a parameter of this name is likely to be."""
    return next((pool for pattern, pool in KINDS if pattern.search(name.lower())), NUMBERS)


def parameters(source: str) -> list[str]:
    """Names of the parameters that a call must give."""
    arguments = definition(source).args
    plain = [*arguments.posonlyargs, *arguments.args]
    return [each.arg for each in plain[: len(plain) - len(arguments.defaults)]]


def raised(source: str) -> set[str]:
    """The types that a source raises by name."""
    nodes = (node.exc for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Raise))
    functions = (node.func if isinstance(node, ast.Call) else node for node in nodes)
    return {node.id for node in functions if isinstance(node, ast.Name)}


def working_calls(source: str, rng: random.Random) -> list[tuple[tuple[Any, ...], str, str]]:
    """Calls that give a value, or an error that the function means to raise: arguments, kind, and value or type.

    Different values come first; few of the calls raise.
    """
    function, names, errors = function_of(source), parameters(source), raised(source)
    found: dict[str, tuple[tuple[Any, ...], str, str]] = {}
    values: set[str] = set()
    raising: list[tuple[tuple[Any, ...], str, str]] = []
    for _ in range(TRIES if names else 1):
        arguments = made_up(names, rng)
        text = ", ".join(map(repr, arguments))
        if text in found or len(text) > LONGEST_CALL:
            continue
        kind, value = called(function, arguments)
        error = value.partition(":")[0]
        if kind == "error" and error in errors and len(raising) < RAISING:
            raising.append((arguments, "raises", error))
        if kind != "value" or called(function, arguments) != (kind, value):
            continue
        if value in values and rng.random() < 0.7:
            continue
        values.add(value)
        found[text] = (arguments, "value", value)
        if len(found) == KEPT:
            break
    if values <= {"None"}:
        return []
    return [*found.values(), *raising]


def tell_apart(job: dict[str, Any]) -> list[dict[str, Any]]:
    """For each broken function, a call that shows it."""
    rng = random.Random(job["seed"])
    calls = working_calls(job["right"], rng)
    told = []
    for index, source in enumerate(job["broken"] if calls else ()):
        try:
            function = function_of(source)
        except Exception:  # noqa: BLE001 - a bug that can't be defined is shown by no call
            continue
        rng.shuffle(calls)
        for arguments, expected, value in calls:
            kind, got = called(function, arguments)
            same = (expected, value) == (kind, got) if expected == "value" else got.partition(":")[0] == value
            if kind and not same:
                call = ", ".join(map(repr, arguments))
                told.append({"index": index, "call": call, expected: value, "got" if kind == "value" else kind: got})
                break
    return told


def in_child(job: dict[str, Any]) -> list[dict[str, Any]]:
    """`tell_apart` in a process of its own, which may hang, die or take memory."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            resource.setrlimit(resource.RLIMIT_CPU, (JOB_SECONDS, JOB_SECONDS))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            os.write(writer, json.dumps(tell_apart(job)).encode()[:60_000])
        finally:
            os._exit(0)  # whatever was raised, this job has no answer, and nothing else is done here
    os.close(writer)
    answer = b""
    ready, _, _ = select.select([reader], [], [], JOB_SECONDS)
    if ready:
        answer = os.read(reader, 65_536)
    os.close(reader)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        found: list[dict[str, Any]] = json.loads(answer)
    except ValueError:
        found = []
    return found


def ring(*_: object) -> None:
    """The alarm of a call."""
    raise TooLong


def main() -> None:
    """Answer jobs until there are no more."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, ring)
    out = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # what functions print
    os.dup2(nothing, 2)
    jobs = sys.stdin.read().splitlines()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # what functions read; a child must not take the parent's input
    for line in jobs:
        job = json.loads(line)
        out.write(json.dumps({"id": job["id"], "told": in_child(job)}) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
