"""`--events FILE`: one JSON object a line for every event, as it happens.

Every line has `schema_version` (as in json.py), `type` (the event's name, lower case, words joined
by `-`), `time` (seconds since the epoch), and the fields of the event. Baselines and
candidates are given in short: ids, counts and the diff; the run store has the whole.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import TracebackType
from typing import Self, TextIO

from reasoncli.domain import Candidate, Decision
from reasoncli.events import (
    BaselineReady,
    CandidateFound,
    CandidateJudged,
    Decided,
    Event,
    Spent,
    SuspectsRanked,
)
from reasoncli.reports.json import SCHEMA_VERSION, baseline_object, decision_object, suspect_object, verdict_object
from reasoncli.reports.spending import spending_object


class EventLog:
    """A listener that writes events to a stream it owns; every line is flushed."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._clock = clock

    def __call__(self, event: Event) -> None:
        """Write one event."""
        line = {"schema_version": SCHEMA_VERSION, "type": _name(event), "time": self._clock(), **_body(event)}
        self._stream.write(json.dumps(line, allow_nan=False) + "\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


def _name(event: Event) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(event).__name__).lower()


def _body(event: Event) -> Mapping[str, object]:
    match event:
        case BaselineReady(baseline):
            return baseline_object(baseline)
        case SuspectsRanked(suspects):
            return {"suspects": [suspect_object(each) for each in suspects]}
        case CandidateFound(candidate):
            return _candidate(candidate)
        case CandidateJudged(index, verdict, verified):
            return {"index": index, "verified": verified, "verdict": verdict_object(verdict)}
        case Decided(decision):
            return _decided(decision)
        case Spent(spending):
            return spending_object(spending)
        case _:
            return {field.name: getattr(event, field.name) for field in fields(event)}


def _candidate(candidate: Candidate) -> Mapping[str, object]:
    return {
        "index": candidate.index,
        "votes": candidate.votes,
        "logprob": candidate.logprob if math.isfinite(candidate.logprob) else None,
        "execution_key": candidate.patch.execution_key,
        "vote_key": candidate.patch.vote_key,
        "diff": candidate.patch.diff,
    }


def _decided(decision: Decision) -> Mapping[str, object]:
    return {"status": decision.status.value, **decision_object(decision)}
