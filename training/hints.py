"""What is told of a function before it is shown: what its tests check, and a function that it calls."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from training.examples import Hint
from training.vocabulary import CONTEXT, GOT, TEST

_TESTED = 0.7  # how often a function whose tests are known has them shown
_CHECKED = 0.85  # how often the check that shows a bug is shown, and how often what it got
_TWO = 0.25  # how often two checks of them
_CALLED = 0.4  # how often a function that calls another of its file has that shown
_LINES = 12  # of the other function
_CALL = re.compile(r"(?:\b|\.)([A-Za-z_]\w+)\(")

Siblings = Mapping[str, str]
"""Texts of functions by their bare names."""


class Hints:
    """What is known of the functions of a corpus.

    Args:
        functions: records in the form of `functions.jsonl.gz`.
    """

    def __init__(self, functions: Iterable[Mapping[str, Any]]) -> None:
        self._siblings: dict[tuple[str, str], dict[str, Sequence[str]]] = defaultdict(dict)
        self._tests: dict[tuple[str, str], list[str]] = {}
        for each in functions:
            name = _bare(each["name"])
            self._siblings[each["source"], each["path"]].setdefault(name, each["lines"])
            if each.get("tests"):
                self._tests[each["source"], name] = each["tests"]

    def told(self, function: Mapping[str, Any], rng: random.Random) -> tuple[Hint, ...]:
        """What is told of a function's tests, drawn anew each time.

        Args:
            function: its record, or a mined fix's; source and name are used, and a bug's own `check` and what it `got`.
            rng: decides what is told.
        """
        hints: list[Hint] = []
        name = _bare(function["name"])
        if "check" in function:
            shown = rng.random()
            hints += [(TEST, function["check"])] if shown < _CHECKED else []
            hints += [(GOT, function["got"])] if shown > 1 - _CHECKED else []
        tests = self._tests.get((function["source"], name)) if "check" not in function else None
        if tests and rng.random() < _TESTED:
            some = rng.sample(tests, 2 if len(tests) > 1 and rng.random() < _TWO else 1)
            hints += [(TEST, text) for text in some]
        return tuple(hints)

    def siblings(self, function: Mapping[str, Any], lines: Sequence[str]) -> Siblings:
        """The functions of the same file that lines call, by name, as far as they are shown."""
        known = self._siblings.get((function["source"], function["path"]), {})
        if len(known) < 2:
            return {}
        called = dict.fromkeys(called for line in lines for called in _CALL.findall(line))
        called.pop(_bare(function["name"]), None)
        return {name: "\n".join(known[name][:_LINES]) for name in called if name in known}

    def others(self, function: Mapping[str, Any]) -> list[Sequence[str]]:
        """Lines of the other functions of the same file."""
        known = self._siblings.get((function["source"], function["path"]), {})
        return [lines for name, lines in known.items() if name != _bare(function["name"])]


def context(siblings: Siblings, lines: Sequence[str], rng: random.Random) -> tuple[Hint, ...]:
    """Now and then, the first function that lines call among its siblings, as `prompting.hints` shows it.

    Args:
        siblings: as `Hints.siblings` gives them.
        lines: as they are shown, faults included: what a fault left out must not be given away.
        rng: decides whether it is shown.
    """
    called = (name for line in lines for name in _CALL.findall(line) if name in siblings)
    first = next(called, None)
    return ((CONTEXT, siblings[first]),) if first is not None and rng.random() < _CALLED else ()


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
