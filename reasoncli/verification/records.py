"""The runner's report lines -> test results. A line that makes no sense is skipped, and leaves the run incomplete."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reasoncli.domain import Loaded, Outcome, TestResult
from reasoncli.verification.behaviour import Behaviour, Recording
from reasoncli.verification.outcomes import SEVERITY, plausible

_LINES = 20_000_000  # of all spans of one report: what they take of our memory is written by what is tested
_Spans = dict[tuple[Any, Any], tuple[str, frozenset[int]]]


@dataclass(slots=True)
class Records:
    """What the lines say.

    Attributes:
        claimed: a test program with our hooks began to start.
        sessions: test sessions that began; closed: those that came to their regular end.
        stopped: a session ended early because it was told to (fail fast).
        collected: ids that were going to run, in order.
        results: by id; the worst where a test ran several times.
        started: tests that began and have no result.
        coverage: test id -> path -> lines.
        loaded: in the end, where that was asked for.
        damaged: lines that could not be read.
        lines: of source that spans have named so far.
        behaviour: of the functions that were watched.
    """

    claimed: bool = False
    sessions: int = 0
    closed: int = 0
    stopped: bool = False
    collected: dict[str, None] = field(default_factory=dict)
    results: dict[str, TestResult] = field(default_factory=dict)
    started: dict[str, None] = field(default_factory=dict)
    coverage: dict[str, dict[str, frozenset[int]]] = field(default_factory=dict)
    loaded: Loaded = field(default_factory=Loaded)
    damaged: int = 0
    lines: int = 0
    behaviour: Behaviour = field(default_factory=Behaviour)

    @property
    def missing(self) -> tuple[str, ...]:
        """Collected tests that never reported."""
        return tuple(test for test in self.collected if test not in self.results)

    @property
    def whole(self) -> bool:
        """Every session closed in order and every collected test reported (or the run was told to stop early)."""
        ended = self.sessions > 0 and self.closed == self.sessions and self.damaged == 0
        return ended and (self.stopped or not self.missing)


def read_records(text: str, *, coverage: bool = True, watched: bool = False) -> Records:
    """Read report lines; equal sets of lines become one object, which keeps coverage of large suites small.

    Whoever is tested can write what it likes into them.

    Args:
        text: one record a line.
        coverage: whether it was asked for; what comes of it otherwise is left aside.
        watched: the same of functions that were to be watched.
    """
    records = Records()
    spans: _Spans = {}
    recording = Recording()
    for line in text.split("\n"):
        if not line:
            continue
        try:
            record = json.loads(line, parse_constant=_refuse)
            if record["t"] in ("value", "call", "replay"):
                if watched:
                    _record(recording, record)
            elif coverage or record["t"] not in ("span", "cover"):
                _take(records, spans, record)
                if record["t"] == "start":
                    recording.start(str(record["id"]))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            records.damaged += 1
    records.behaviour = recording.behaviour()
    return records


def _record(recording: Recording, record: Mapping[str, Any]) -> None:
    process = record["pid"]
    if record["t"] == "value":
        recording.value(process, record["n"], record["data"])
    else:
        numbers = record["arguments"], record["outcome"], record["after"]
        recording.call(process, str(record["function"]), *numbers, tried=record["t"] == "replay")


def _take(records: Records, spans: _Spans, record: Mapping[str, Any]) -> None:
    match record["t"]:
        case "result":
            result = _result(record)
            known = records.results.get(result.id)
            if known is None or SEVERITY[result.outcome] >= SEVERITY[known.outcome]:
                records.results[result.id] = result
            records.started.pop(result.id, None)
        case "start":
            records.started[str(record["id"])] = None
        case "span":
            lines = lines_of(str(record["lines"]), _LINES - records.lines)
            records.lines += len(lines)
            spans[record["pid"], record["n"]] = str(record["path"]), lines
        case "cover":
            covered = records.coverage.setdefault(str(record["id"]), {})
            for number in record["spans"]:
                path, lines = spans[record["pid"], number]
                covered[path] = covered[path] | lines if path in covered else lines
        case "collected":
            records.collected.update((str(test), None) for test in record["ids"])
        case "session":
            records.sessions += 1
        case "closed":
            records.closed += bool(record["regular"])
            records.stopped = records.stopped or bool(record["stopped"])
        case "loaded":
            lists = (tuple(map(str, record[name])) for name in ("modules", "sources", "rewritten"))
            records.loaded = Loaded(*lists)
        case "claimed":
            records.claimed = True


def _refuse(constant: str) -> float:
    """`NaN` and `Infinity`: no JSON, and nothing that can be added up."""
    raise ValueError(constant)


def _result(record: Mapping[str, Any]) -> TestResult:
    return TestResult(
        id=str(record["id"]),
        outcome=Outcome(record["outcome"]),
        duration=plausible(float(record["duration"])),
        message=str(record.get("message", "")),
        traceback=str(record.get("traceback", "")),
        frames=tuple((str(path), int(line), str(name)) for path, line, name in record.get("frames", ())),
    )


def lines_of(ranges: str, most: int = 1_000_000) -> frozenset[int]:
    """`"1-3,7"` -> {1, 2, 3, 7}.

    Raises:
        ValueError: not of that form, or more lines than `most`.
    """
    found: set[int] = set()
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        start, end = int(first), int(last or first)
        most -= max(0, end - start + 1)
        if most < 0:
            raise ValueError(part)
        found.update(range(start, end + 1))
    return frozenset(found)
