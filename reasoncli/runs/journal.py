"""One run on disk: written while it goes on, read when it is shown or resumed.

Durable before it counts: prompts, batches, verdicts, the baseline, the decision and what was applied are
on the disk when the call returns. What can be derived again (candidates, timings) waits in memory and
goes along with the next of them.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from reasoncli.domain import (
    Baseline,
    Candidate,
    Completion,
    Consultation,
    Decision,
    Excerpt,
    Issue,
    Prompt,
    Reproduction,
    Spending,
    Suspect,
    Verdict,
)
from reasoncli.events import CandidateFound, Event, SandboxReplaced, StageFinished, Warned
from reasoncli.locks import FileLock
from reasoncli.repository.applied import Applied
from reasoncli.runs.failures import told_apart
from reasoncli.runs.manifest import Manifest
from reasoncli.runs.record import RunRecord, StageTime, Totals, load
from reasoncli.runs.request import FixRequest
from reasoncli.runs.schema import connect, from_body, to_body

T = TypeVar("T")

FAILED = "failed"
FILE = "run.sqlite"


class RunJournal:
    """A run opened for writing by the process that holds its live lock. Its methods may be called from any thread.

    All methods raise `DiskFullError` or `StoreError` when a write fails; what was recorded before stays.
    """

    def __init__(self, folder: Path, lock: FileLock) -> None:
        """Open the database in `folder`; `lock` is let go on `close`, and at once if this fails."""
        self.folder = folder
        self._lock = lock
        self._path = folder / FILE
        self._guard = threading.Lock()
        self._closed = False
        self._found: dict[str, Candidate] = {}
        self._events: list[tuple[float, str, str | bytes]] = []
        try:
            with told_apart(self._path):
                self._db = connect(self._path, checked=True)
        except BaseException:
            lock.release()
            raise

    @property
    def id(self) -> str:
        """The run's id."""
        return self.folder.name

    def created(self, issue: Issue, repository: Path) -> None:
        """The first record of a run; if it fails, the run is closed."""
        try:
            with self._transaction() as db:
                db.execute(
                    "INSERT INTO run (id, created, repository, issue) VALUES (?, ?, ?, ?)",
                    (self.id, time.time(), as_text(str(repository)), as_text(issue.title)),
                )
                _put(db, "issue", to_body(Issue, issue))
        except BaseException:
            self._abandon()
            raise

    def request(self, request: FixRequest) -> None:
        """What the run was asked for."""
        with self._transaction() as db:
            _put(db, "request", to_body(FixRequest, request))

    def manifest(self, manifest: Manifest) -> None:
        """What the run is made of; a later one replaces it."""
        with self._transaction() as db:
            db.execute("UPDATE run SET model = ?", (as_text(manifest.model),))
            _put(db, "manifest", to_body(Manifest, manifest))

    def baseline(self, baseline: Baseline) -> None:
        """The base was measured."""
        with self._transaction() as db:
            _put(db, "baseline", to_body(Baseline, baseline))

    def suspects(self, suspects: Sequence[Suspect], excerpts: Sequence[Excerpt] = ()) -> None:
        """Suspects were ranked; the source around the first of them, for whoever reads the run later."""
        with self._transaction() as db:
            _put(db, "suspects", to_body(tuple[Suspect, ...], tuple(suspects)))
            _put(db, "excerpts", to_body(tuple[Excerpt, ...], tuple(excerpts)))

    def reproductions(self, tests: Sequence[Reproduction]) -> None:
        """Tests of the model's were run at the base, and these show the issue."""
        with self._transaction() as db:
            _put(db, "reproductions", to_body(tuple[Reproduction, ...], tuple(tests)))

    def prompts(self, prompts: Sequence[Prompt]) -> None:
        """Prompts are about to be asked; known ones are kept."""
        rows = [(prompt.id, to_body(Prompt, prompt)) for prompt in prompts]
        with self._transaction() as db:
            db.executemany("INSERT OR IGNORE INTO prompts (id, body) VALUES (?, ?)", rows)

    def consulted(self, consultation: Consultation) -> None:
        """A model was asked something beside the proposals, and has answered."""
        row = (consultation.purpose, consultation.prompt.id, to_body(Consultation, consultation))
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO consultations (purpose, prompt, body) VALUES (?, ?, ?)", row)

    def completion_batch(self, index: int, completions: Sequence[Completion]) -> None:
        """A whole batch was drawn. It is recorded at once or not at all, so a resumed run repeats none of it.

        Raises:
            ValueError: the batch is already recorded.
        """
        rows = [(index, place, to_body(Completion, each)) for place, each in enumerate(completions)]
        samples, ranked = _counts(completions)
        tokens = sum(each.tokens for each in completions)
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM batches WHERE number = ?", (index,)).fetchone():
                raise ValueError(f"batch {index} of run {self.id} is already recorded")
            db.execute(
                "INSERT INTO batches (number, samples, tokens, at) VALUES (?, ?, ?, ?)",
                (index, samples, tokens, time.time()),
            )
            db.executemany("INSERT INTO completions (batch, place, body) VALUES (?, ?, ?)", rows)
            db.execute("UPDATE run SET samples = samples + ?, ranked = ranked + ?", (samples, ranked))

    def verdict(self, execution_key: str, verdict: Verdict) -> None:
        """A candidate was judged; the screening and the clean verdict are kept side by side."""
        row = (execution_key, verdict.clean, time.time(), to_body(Verdict, verdict))
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO verdicts (execution_key, clean, at, body) VALUES (?, ?, ?, ?)", row)

    def search_begins(self) -> None:
        """The search begins, or goes on: it announces all candidates again, under numbers that may be others."""
        with self._transaction() as db:
            rows = db.execute("SELECT body FROM completions")
            counts = _counts([from_body(Completion, body) for (body,) in rows])
            db.execute("UPDATE run SET status = '', samples = ?, ranked = ?", counts)
            db.execute("DELETE FROM candidates")
            db.execute("DELETE FROM parts WHERE name IN ('decision', 'totals')")

    def decision(self, decision: Decision, candidates: Sequence[Candidate], totals: Totals | None = None) -> None:
        """The search is over; the candidates that it was made of with their final votes, and what it took."""
        with self._transaction() as db:
            db.execute("DELETE FROM candidates")
            _put_candidates(db, candidates)
            row = (decision.status.value, decision.samples, decision.ranked)
            db.execute("UPDATE run SET status = ?, samples = ?, ranked = ?", row)
            _put(db, "decision", to_body(Decision, decision))
            if totals is not None:
                _put(db, "totals", to_body(Totals, totals))

    def spending(self, spent: Spending) -> None:
        """What was taken until now; replaces what was said before."""
        with self._transaction() as db:
            _put(db, "spending", to_body(Spending, spent))

    def failed(self) -> None:
        """It ended by an error before there was a decision."""
        with self._transaction() as db:
            db.execute("UPDATE run SET status = ? WHERE status = ''", (FAILED,))

    def taken_up(self) -> None:
        """It goes on, whatever ended it before."""
        with self._transaction() as db:
            db.execute("UPDATE run SET status = '' WHERE status = ?", (FAILED,))

    def applied(self, applied: Applied) -> None:
        """The patch is in the user's repository."""
        with self._transaction() as db:
            db.execute("UPDATE run SET applied = ?, undone = NULL", (time.time(),))
            _put(db, "applied", applied.to_json())

    def withdrawn(self) -> None:
        """What `applied` announced did not come to be: nothing was written, and there is nothing to take back."""
        with self._transaction() as db:
            db.execute("UPDATE run SET applied = NULL")
            db.execute("DELETE FROM parts WHERE name = 'applied'")

    def undone(self) -> None:
        """It was taken back."""
        with self._transaction() as db:
            db.execute("UPDATE run SET undone = ?", (time.time(),))

    def __call__(self, event: Event) -> None:
        """Listen to a run's events: candidates, stage times, warnings."""
        with self._guard:
            match event:
                case CandidateFound(candidate):
                    self._found[candidate.patch.execution_key] = candidate
                case StageFinished(stage, seconds, detail):
                    body = to_body(StageTime, StageTime(stage, seconds, detail))
                    self._events.append((time.time(), "stage", body))
                case Warned(message):
                    self._events.append((time.time(), "warning", to_body(str, message)))
                case SandboxReplaced(reason):
                    self._events.append((time.time(), "warning", to_body(str, f"a sandbox was replaced: {reason}")))
                case _:
                    pass

    def load(self) -> RunRecord:
        """Everything recorded so far."""
        with self._guard, told_apart(self._path):
            return load(self._db)

    def close(self) -> None:
        """Write what waits, close the file and let the run go. Idempotent."""
        if self._closed:
            return
        try:
            with self._transaction():
                pass
        finally:
            self._abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _abandon(self) -> None:
        self._closed = True
        self._db.close()
        self._lock.release()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable step; what waits goes along."""
        with self._guard, told_apart(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._flush()
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself rolls back when the disk is full
                    self._db.execute("ROLLBACK")
                raise
            self._found.clear()
            self._events.clear()

    def _flush(self) -> None:
        _put_candidates(self._db, self._found.values())
        self._db.executemany("INSERT INTO events (at, kind, body) VALUES (?, ?, ?)", self._events)


def _counts(completions: Iterable[Completion]) -> tuple[int, int]:
    """Independent samples, and ranked proposals."""
    counts = [0, 0]
    for each in completions:
        counts[bool(each.rank)] += each.count
    return counts[0], counts[1]


def _put_candidates(db: sqlite3.Connection, candidates: Iterable[Candidate]) -> None:
    """Without their verdicts, which stand in a table of their own."""
    rows = [(c.patch.execution_key, c.index, to_body(Candidate, replace(c, verdict=None))) for c in candidates]
    db.executemany("INSERT OR REPLACE INTO candidates (execution_key, number, body) VALUES (?, ?, ?)", rows)


def _put(db: sqlite3.Connection, name: str, body: str | bytes) -> None:
    db.execute("INSERT OR REPLACE INTO parts (name, body) VALUES (?, ?)", (name, body))


def as_text(value: str) -> str:
    """Text that SQLite can hold: a path may have bytes that are no UTF-8, which Python keeps as lone surrogates."""
    return value.encode("utf-8", "backslashreplace").decode()
