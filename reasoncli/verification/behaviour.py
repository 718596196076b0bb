"""What watched functions did in a run, as the hooks have recorded it, and in what two runs differ.

Values are structures (sandboxes/runner/hooks/reasoncli_values.py); here they are only compared, by their digests.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

_DEEPEST = 20  # more than the hooks go


class Asked(NamedTuple):
    """A call without what came of it: in which test, of which function (`path:qualified name`), with what.

    A call that was tried was not made by the test, but with other arguments where the test made one.
    """

    test: str
    function: str
    arguments: str
    tried: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What was recorded in one run.

    Attributes:
        calls: for each call what came of it, as digests, once for each time in their order: outcome, and arguments
            afterwards.
        values: structures by digest.
    """

    calls: Mapping[Asked, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)


class Recording:
    """Takes records in, one after the other. What makes no sense is left out: whoever is tested can write here."""

    def __init__(self) -> None:
        self._test = ""
        self._numbered: dict[tuple[object, object], str] = {}
        self._values: dict[str, object] = {}
        self._calls: defaultdict[Asked, list[tuple[str, str]]] = defaultdict(list)

    def start(self, test: str) -> None:
        """Calls from here on are of this test."""
        self._test = test

    def value(self, process: object, number: object, data: object) -> None:
        """A structure, to be referred to by its process's number."""
        key = digest(data)
        self._values[key] = data
        self._numbered[process, number] = key

    def call(
        self, process: object, function: str, arguments: object, outcome: object, after: object, *, tried: bool = False
    ) -> None:
        """A call.

        Raises:
            KeyError: it refers to a value that was not recorded.
        """
        known = self._numbered
        before = known[process, arguments]
        then = before if after is None else known[process, after]
        self._calls[Asked(self._test, function, before, tried)].append((known[process, outcome], then))

    def behaviour(self) -> Behaviour:
        """All of it."""
        return Behaviour({asked: tuple(came) for asked, came in self._calls.items()}, self._values)


def digest(data: object) -> str:
    """Sixteen hex digits that tell structures apart."""
    return hashlib.sha256(json.dumps(data, separators=(",", ":")).encode()).hexdigest()[:16]


def steady(one: Behaviour, other: Behaviour) -> frozenset[Asked]:
    """Calls of which the same came in two runs of the same code."""
    return frozenset(asked for asked, came in one.calls.items() if other.calls.get(asked) == came)


def fingerprint(behaviour: Behaviour, calls: Iterable[Asked]) -> str:
    """Equal for runs in which the same came of all these calls, those that did not happen included."""
    lines = sorted((*asked, behaviour.calls.get(asked, ())) for asked in calls)
    return digest(lines)


def differing(one: Behaviour, other: Behaviour, calls: Iterable[Asked]) -> Sequence[Asked]:
    """Those of the calls of which something else came, in a fixed order."""
    return sorted(asked for asked in calls if one.calls.get(asked) != other.calls.get(asked))


def words(data: object, most: int = 120) -> str:
    """A structure as a person would write the value, shortened."""
    try:
        text = _words(data, _DEEPEST)
    except IndexError:  # it is none that the hooks write
        text = "<unreadable>"
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _words(data: object, deep: int) -> str:
    if not deep:  # whoever is tested can write here
        return "…"
    inside = partial(_words, deep=deep - 1)
    if not isinstance(data, list) or not data:
        return repr(data)
    kind, *rest = data
    match kind:
        case "list":
            return f"[{', '.join(map(inside, rest))}]"
        case "tuple":
            return f"({', '.join(map(inside, rest))}{',' if len(rest) == 1 else ''})"
        case "set":
            return f"{{{', '.join(map(inside, rest))}}}" if rest else "set()"
        case "dict":
            return f"{{{', '.join(f'{inside(k)}: {inside(v)}' for k, v in _pairs(rest))}}}"
        case "float" | "own" | "name":
            return str(rest[-1])
        case "text":
            return f"{rest[0]!r}…"
        case "object" | "raised":
            name = str(rest[0]).rsplit(".", 1)[-1]
            if kind == "raised":
                return f"{name}({', '.join(map(inside, rest[1:]))})"
            named = [part for part in rest[1:] if isinstance(part, list) and len(part) == 2]
            return f"<{' '.join([name, *(f'{key}={inside(value)}' for key, value in _pairs(named))])}>"
        case _:
            return f"<{kind}>"


def _pairs(rest: Iterable[object]) -> Iterable[tuple[object, object]]:
    for pair in rest:
        if isinstance(pair, list) and len(pair) == 2:
            yield pair[0], pair[1]
