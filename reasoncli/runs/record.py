"""What a run's file holds, read."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from reasoncli.domain import (
    Baseline,
    Candidate,
    Completion,
    Consultation,
    Decision,
    Excerpt,
    Issue,
    Prompt,
    Rejection,
    Reproduction,
    Spending,
    Suspect,
    Verdict,
)
from reasoncli.repository.applied import Applied
from reasoncli.runs.codec import CodecError
from reasoncli.runs.manifest import Manifest
from reasoncli.runs.request import FixRequest
from reasoncli.runs.schema import from_body
from reasoncli.search.interface import Recorded

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunHead:
    """A run in one line.

    Attributes:
        created: seconds since the epoch; applied, undone: the same, or `None` where that didn't happen.
        status: of the decision, or an empty string where there is none yet.
        samples: independent samples recorded; once there is a decision, all that were drawn for it.
        ranked: ranked proposals, counted in the same way.
    """

    id: str
    created: float
    repository: str
    issue: str
    model: str
    status: str
    samples: int
    applied: float | None
    undone: float | None
    ranked: int = 0


@dataclass(frozen=True, slots=True)
class StageTime:
    """How long a stage took, in the order in which they ended."""

    stage: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the search took. Seconds are those of the process that ended it; those of tests are summed over workers.

    Attributes:
        rejected: proposals that were no patch, by kind.
        refused: the first of them, each with the id of its prompt.
    """

    tokens: int
    model_seconds: float
    test_seconds: float
    rejected: Mapping[str, int]
    refused: tuple[tuple[str, Rejection], ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Everything a run has on disk; parts that it did not come to are `None` or empty.

    Attributes:
        excerpts: the source around the first suspects; empty in runs of earlier versions.
        consultations: what was asked beside the proposals.
        reproductions: tests of the model's that show the issue; `None` where it was not asked for any.
        recorded: what the search goes on from.
        candidates: as last known, with their verdicts.
        applied: what was done to the user's repository; stays after an undo, see `head.undone`.
        spending: what it took, in all its processes; `None` in runs of earlier versions.
    """

    head: RunHead
    issue: Issue
    request: FixRequest | None
    manifest: Manifest | None
    baseline: Baseline | None
    suspects: tuple[Suspect, ...]
    prompts: tuple[Prompt, ...]
    consultations: tuple[Consultation, ...]
    reproductions: tuple[Reproduction, ...] | None
    recorded: Recorded
    candidates: tuple[Candidate, ...]
    decision: Decision | None
    totals: Totals | None
    applied: Applied | None
    stages: tuple[StageTime, ...]
    warnings: tuple[str, ...]
    excerpts: tuple[Excerpt, ...] = ()
    spending: Spending | None = None


def load(db: sqlite3.Connection) -> RunRecord:
    """Read a run.

    Raises:
        CodecError: something in it can't be read.
        sqlite3.Error: the same, found by SQLite.
    """
    db.execute("BEGIN")  # one moment of a run that may go on meanwhile
    try:
        batches: dict[int, list[Completion]] = {n: [] for (n,) in db.execute("SELECT number FROM batches ORDER BY 1")}
        for number, body in db.execute("SELECT batch, body FROM completions ORDER BY batch, place"):
            if number not in batches:
                raise CodecError(f"completions of a batch {number} that was never drawn")
            batches[number].append(from_body(Completion, body))
        verdicts = tuple(
            (key, from_body(Verdict, body))
            for key, body in db.execute("SELECT execution_key, body FROM verdicts ORDER BY clean, at")
        )
        latest = dict(verdicts)  # the clean ones come last
        candidates = [
            replace(from_body(Candidate, body), verdict=latest.get(key))
            for key, body in db.execute("SELECT execution_key, body FROM candidates ORDER BY number")
        ]
        asked = db.execute("SELECT body FROM consultations ORDER BY rowid")
        consultations = tuple(from_body(Consultation, body) for (body,) in asked)
        events = [(kind, body) for kind, body in db.execute("SELECT kind, body FROM events ORDER BY number")]
        issue = _part(db, "issue", Issue)
        applied = db.execute("SELECT body FROM parts WHERE name = 'applied'").fetchone()
        return RunRecord(
            head=head(db),
            issue=issue if issue is not None else Issue("", "", ""),
            request=_part(db, "request", FixRequest),
            manifest=_part(db, "manifest", Manifest),
            baseline=_part(db, "baseline", Baseline),
            suspects=_part(db, "suspects", tuple[Suspect, ...]) or (),
            prompts=tuple(from_body(Prompt, body) for (body,) in db.execute("SELECT body FROM prompts ORDER BY rowid")),
            consultations=consultations,
            reproductions=_part(db, "reproductions", tuple[Reproduction, ...]),
            recorded=Recorded(tuple(tuple(batch) for batch in batches.values()), verdicts),
            candidates=tuple(candidates),
            decision=_part(db, "decision", Decision),
            totals=_part(db, "totals", Totals),
            applied=None if applied is None else Applied.from_json(applied[0]),
            stages=tuple(from_body(StageTime, body) for kind, body in events if kind == "stage"),
            warnings=tuple(from_body(str, body) for kind, body in events if kind == "warning"),
            excerpts=_part(db, "excerpts", tuple[Excerpt, ...]) or (),
            spending=_part(db, "spending", Spending),
        )
    finally:
        db.execute("COMMIT")


def head(db: sqlite3.Connection) -> RunHead:
    """Read a run's line.

    Raises:
        sqlite3.DatabaseError: there is none.
    """
    row = db.execute(
        "SELECT id, created, repository, issue, model, status, samples, applied, undone, ranked FROM run"
    ).fetchone()
    if row is None:
        raise sqlite3.DatabaseError("it ended before anything was recorded")
    return RunHead(*row)


def _part(db: sqlite3.Connection, name: str, kind: type[T]) -> T | None:
    row = db.execute("SELECT body FROM parts WHERE name = ?", (name,)).fetchone()
    return None if row is None else from_body(kind, row[0])
