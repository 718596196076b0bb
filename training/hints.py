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
_CALLED = 0.3  # how often a function that calls another of its file has that shown
_LINES = 12  # of the other function
_CALL = re.compile(r"(?:\b|\.)([A-Za-z_]\w+)\(")


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

    def of(self, function: Mapping[str, Any], lines: Sequence[str], rng: random.Random) -> tuple[Hint, ...]:
        """Hints for a function (or a mined fix), drawn anew each time.

        Args:
            function: its record; of it source, path and name are used, and a bug's own `check` and what it `got`.
            lines: as they are shown.
            rng: decides what is shown.
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
        siblings = self._siblings.get((function["source"], function["path"]), {})
        if len(siblings) > 1 and rng.random() < _CALLED:
            called = {called for line in lines for called in _CALL.findall(line)} - {name}
            known = sorted(called & siblings.keys())
            if known:
                hints.append((CONTEXT, "\n".join(siblings[rng.choice(known)][:_LINES])))
        return tuple(hints)


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
