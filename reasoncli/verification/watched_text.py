"""What a round of watching found as text, and back: each value once, each call once, runs by their places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reasoncli.verification.behaviour import Asked, Behaviour
from reasoncli.verification.watching import Watched


def dumped(watched: Watched) -> str:
    """As text; what the issue mentions is left out, which is another's to say."""
    behaviours = [watched.base, *watched.runs.values()]
    places = {
        asked: place for place, asked in enumerate(dict.fromkeys(call for each in behaviours for call in each.calls))
    }
    data = {
        "values": {digest: value for each in behaviours for digest, value in each.values.items()},
        "asked": list(places),
        "base": _calls(watched.base, places),
        "runs": {key: _calls(run, places) for key, run in watched.runs.items()},
        "calls": sorted(places[asked] for asked in watched.calls),
        "tried": sorted(places[asked] for asked in watched.tried),
        "seen": watched.seen,
        "tests": watched.tests,
    }
    return json.dumps(data, separators=(",", ":"))


def loaded(text: str) -> Watched | None:
    """From text; `None` where it is none of these."""
    try:
        data = json.loads(text)
        asked = [
            Asked(str(test), str(function), str(arguments), bool(tried))
            for test, function, arguments, tried in data["asked"]
        ]
        return Watched(
            _behaviour(data["base"], asked, data["values"]),
            {str(key): _behaviour(run, asked, data["values"]) for key, run in data["runs"].items()},
            frozenset(asked[place] for place in data["calls"]),
            frozenset(asked[place] for place in data["tried"]),
            int(data["seen"]),
            int(data["tests"]),
            lasting=True,
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None


def _calls(behaviour: Behaviour, places: Mapping[Asked, int]) -> list[list[Any]]:
    return [[places[asked], came] for asked, came in behaviour.calls.items()]


def _behaviour(calls: list[list[Any]], asked: list[Asked], values: Mapping[str, object]) -> Behaviour:
    return Behaviour(
        {asked[place]: tuple((str(outcome), str(after)) for outcome, after in came) for place, came in calls}, values
    )
