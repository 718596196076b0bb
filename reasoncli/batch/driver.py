"""Leads a batch: starts a process for each issue, as many at once as fit, and hears what they ask for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

from reasoncli.batch.book import Book
from reasoncli.batch.channel import ASK, END, FAILED
from reasoncli.batch.labour import Progress
from reasoncli.batch.ledger import Ledger
from reasoncli.batch.outcome import Outcome, State, Trouble
from reasoncli.batch.serving import Job, ModelServer
from reasoncli.batch.slots import Slots
from reasoncli.cluster.cluster import Cluster
from reasoncli.domain import Spending, WorkItem
from reasoncli.errors import DiskFullError, Interrupted, ReasoncliError, SandboxUnavailable

Entry = Callable[[Connection, Book, WorkItem], None]
"""What a process for an issue runs; to be found by name, in a module."""

_TRIES = 3
"""Of an issue whose process died, or whose trouble is passing (an engine that restarts)."""

_PAUSES = (2.0, 10.0)
"""Seconds before the second try, and before the third."""

_AWAY = 600.0
"""Seconds that an engine may take to come back before issues fail for want of it."""

_ORDERLY = 45.0
"""Seconds that a run may take to end in order."""

_LONGEST = 71
"""Bytes of a folder that a socket of `multiprocessing` fits into: the names below it have 32, a socket's path 103."""

_LOOK = 0.2
_SOON = 5.0


class Board:
    """Is told how a batch goes; what shows it overrides what it shows."""

    def began(self, item: WorkItem) -> None:
        """An issue's turn has come."""

    def progress(self, item: WorkItem, progress: Progress) -> None:
        """An issue got on."""

    def warned(self, item: WorkItem, text: str) -> None:
        """Something that one should know of an issue."""

    def told(self, text: str) -> None:
        """Something that one should know of the batch."""

    def ended(self, item: WorkItem, outcome: Outcome) -> None:
        """An issue is over for now."""

    def draining(self, running: int) -> None:
        """No more issues are begun; so many are at work still."""

    def spent(self, item: WorkItem, spent: Spending) -> None:
        """What an issue's run took until now."""

    def total(self, spent: Spending) -> None:
        """What the list took until now."""

    def ran_out(self, reason: str) -> None:
        """The list's budget is used up: no more issues are begun, and those at work end."""


class Driver:
    """Leads one batch to its end. Create it, call `run` once."""

    def __init__(
        self,
        book: Book,
        model: ModelServer,
        ledger: Ledger,
        slots: Slots,
        jobs: int,
        entry: Entry,
        board: Board,
        engine_answers: Callable[[], bool],
        cluster: Cluster | None = None,
    ) -> None:
        self._cluster = cluster
        self._engine_answers = engine_answers
        self._away: float | None = None  # since when the engine may be
        self._book = book
        self._model = model
        self._ledger = ledger
        self._slots = slots
        self._jobs = jobs
        self._entry = entry
        self._board = board
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["reasoncli.batch.labour", entry.__module__])
        self._active: list[Labourer] = []
        self._tries: dict[str, int] = {}
        self._later: list[tuple[float, WorkItem]] = []
        self._draining = False
        self._ran_out = False

    def drain(self) -> None:
        """Begin no more issues; what is at work ends by itself."""
        self._draining = True
        self._board.draining(len(self._active))

    def run(self) -> dict[str, Outcome]:
        """Work on all that is not done; how each issue stands in the end, by key.

        Raises:
            Interrupted: from a signal's handler; every run has ended in order.
            DiskFullError: there is no space to go on; so has every run.
        """
        items = self._book.order.items
        _begin_forkserver()
        try:
            self._lead([item for item in items if not self._book.is_done(item.key)])
            while not self._draining and (again := self._uncertain()):
                for item in again:
                    self._book.undone(item.key)
                self._lead(again)
        finally:
            self._end_all()
        return {item.key: self._outcome(item) for item in items}

    def _lead(self, items: Sequence[WorkItem]) -> None:
        waiting = list(items)
        while waiting or self._active or self._later:
            now = time.monotonic()
            waiting += [item for due, item in self._later if due <= now]
            self._later = [each for each in self._later if each[0] > now]
            while waiting and len(self._active) < self._jobs and not self._stopping() and self._engine_is_there():
                self._begin(waiting.pop(0))
            if self._stopping():
                waiting.clear()
                self._later.clear()
            sentinels = [each.process.sentinel for each in self._active]
            if sentinels:
                multiprocessing.connection.wait(sentinels, _LOOK)
            elif self._later or waiting:
                time.sleep(_LOOK)
            for labourer in [each for each in self._active if not each.process.is_alive()]:
                self._ended(labourer)

    def _engine_is_there(self) -> bool:
        """Whether an issue has a chance; where one failed for want of an engine, that is asked for a while."""
        if self._away is not None and (self._engine_answers() or time.monotonic() - self._away > _AWAY):
            self._away = None
        return self._away is None

    def _stopping(self) -> bool:
        over = self._ledger.over()
        if over and not self._ran_out:
            self._ran_out = True
            self._board.ran_out(over)
        return self._draining or bool(over)

    def _begin(self, item: WorkItem) -> None:
        run = self._book.run_of(item.key)
        before = self._book.outcome(item) if run else None
        if before is None:
            self._ledger.begin(item.key)
        else:
            self._ledger.begin(item.key, before.samples, before.spending)
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=self._entry, args=(theirs, replace(self._book, lock=None), item), name=item.key
        )
        labourer = Labourer(item, process, ours, self._model, self._ledger, self._slots, self._board, self._cluster)
        process.start()
        theirs.close()
        labourer.listen()
        self._active.append(labourer)
        self._board.began(item)

    def _ended(self, labourer: Labourer) -> None:
        item = labourer.item
        self._active.remove(labourer)
        labourer.close()
        if self._cluster is not None and (run := self._book.run_of(item.key)):
            self._cluster.release(run)  # it may have been killed
        code = labourer.process.exitcode
        if (
            not self._book.is_done(item.key)
            and self._book.trouble_of(item.key) is None
            and code != Interrupted.exit_code
        ):
            died = f"by signal {-code}" if code is not None and code < 0 else f"with status {code}"
            self._book.trouble(item.key, Trouble("Died", f"the issue's process ended {died}", passing=True))
        found = self._outcome(item)
        self._ledger.end(item.key, found.samples + found.ranked)
        if found.run:
            self._ledger.told(item.key, found.spending)
        trouble = self._book.trouble_of(item.key)
        if trouble is not None and trouble.kind == DiskFullError.__name__:
            raise DiskFullError(
                trouble.message, hint=f"Free some space, then `reasoncli batch --resume {self._book.id}`."
            )
        if trouble is not None and trouble.kind == SandboxUnavailable.__name__ and self._away is None:
            self._away = time.monotonic()
        tried = self._tries[item.key] = self._tries.get(item.key, 0) + 1
        if trouble is not None and trouble.passing and tried < _TRIES and not self._stopping():
            self._later.append((time.monotonic() + _PAUSES[tried - 1], item))
            self._board.warned(item, f"{trouble.message}: tried again soon")
            return
        self._board.ended(item, found)

    def _outcome(self, item: WorkItem) -> Outcome:
        return self._book.outcome(item, self._ledger.refusal(item.key))

    def _uncertain(self) -> list[WorkItem]:
        """Issues that would go on if they might, where something is left for them; those it helps most come first."""
        if self._stopping():
            return []
        wanting = [
            item
            for item in self._book.order.items
            if self._ledger.refusal(item.key)
            and self._ledger.affords(item.key)
            and self._ledger.hope(item.key) > 0
            and self._outcome(item).state in (State.NO_PATCH, State.UNVERIFIED)
        ]
        return sorted(wanting, key=lambda item: -self._ledger.hope(item.key))[: self._jobs]

    def _end_all(self) -> None:
        """End what is at work, in order as far as it goes, and free the model."""
        for labourer in self._active:
            labourer.stop(signal.SIGTERM)
        until = time.monotonic() + _ORDERLY
        for labourer in self._active:
            labourer.process.join(max(0.0, until - time.monotonic()))
            if labourer.process.is_alive():
                labourer.stop(signal.SIGKILL)
                labourer.process.join()
            labourer.close()
        self._active.clear()
        self._model.close()


def _begin_forkserver() -> None:
    """Begin it now, where its socket has room: a long TMPDIR has none."""
    chosen = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST:
        tempfile.tempdir = "/tmp"  # noqa: S108 - in a folder of its own, as ever
    try:
        forkserver.ensure_running()
    finally:
        tempfile.tempdir = chosen


@dataclass(eq=False, slots=True)
class Labourer:
    """A process at work on an issue, and the thread that hears what it asks for."""

    item: WorkItem
    process: Any
    connection: Connection
    model: ModelServer
    ledger: Ledger
    slots: Slots
    board: Board
    cluster: Cluster | None = None
    jobs: dict[int, Job] = field(default_factory=dict)
    heard: dict[int, threading.Event] = field(default_factory=dict)
    _texts: dict[int, Sequence[str]] = field(default_factory=dict)
    _sending: threading.Lock = field(default_factory=threading.Lock)
    _gone: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def listen(self) -> None:
        """Begin to hear, in a thread of its own."""
        self._thread = threading.Thread(target=self._hear, name=f"hears {self.item.key}", daemon=True)
        self._thread.start()

    def stop(self, how: signal.Signals) -> None:
        """Send the process a signal, unless it has gone."""
        if self.process.is_alive():
            os.kill(self.process.pid, how)

    def close(self) -> None:
        """The process has ended: what it held and asked for comes back. Idempotent."""
        self._gone.set()
        for event in list(self.heard.values()):
            event.set()
        self.model.cancel(list(self.jobs.values()))
        self.model.forget(self)
        self.slots.free_all(lambda holder: holder[0] is self)  # type: ignore[index]
        if self._thread is not None:  # it ends with the process; what it reads from must not be closed before
            self._thread.join(_SOON)
        self.connection.close()

    def texts(self, call: int, choice: int) -> Sequence[str]:
        """See `serving.Asker`."""
        job = next((job for job in self.jobs.copy().values() if job.what == "take" and job.value[0] == call), None)
        if job is None or self._gone.is_set():
            return ()
        heard = self.heard[job.call] = threading.Event()
        job.answer(ASK, choice)
        while not heard.wait(_LOOK):
            if self._gone.is_set():
                return ()
        return self._texts.pop(job.call, ())

    def _hear(self) -> None:
        while not self._gone.is_set():
            try:
                number, what, value = self.connection.recv()
            except (EOFError, OSError):
                return
            try:
                self._do(number, what, value)
            except ReasoncliError as error:
                self._answer(number, FAILED, error)

    def _do(self, number: int, what: str, value: Any) -> None:
        match what:
            case "say" | "warn" if self._gone.is_set():
                pass
            case "say":
                self.board.progress(self.item, value)
            case "warn":
                self.board.warned(self.item, value)
            case "model":
                self._answer(number, END, self.model.sampler().info)
            case "tokens":
                self._answer(number, END, self.model.count_tokens(value))
            case "ration":
                self._answer(number, END, self.ledger.ask(self.item.key, *value))
            case "spent":
                self._answer(number, END, self.ledger.told(self.item.key, value))
                if not self._gone.is_set():
                    self.board.spent(self.item, value)
            case "seconds":
                left = self.ledger.seconds_left()
                self._answer(number, END, None if left is None else max(left, 1.0))
            case "cluster":
                self._answer(number, END, None if self.cluster is None else self.cluster.place)
            case "slot":
                self.slots.ask((self, number), partial(self._answer, number, END))
            case "free":
                self.slots.free((self, number))
            case "texts":
                self._texts[number] = value
                self.heard[number].set()
            case "cancel":
                job = self.jobs.get(number)
                if job is not None:  # it has not ended yet
                    self.model.cancel([job])
            case _:
                job = self.jobs[number] = Job(what, value, self, number, partial(self._of_job, number))
                self.model.submit(job)

    def _of_job(self, number: int, what: str, value: Any = None) -> None:
        if what in (END, FAILED):
            self.jobs.pop(number, None)
        self._answer(number, what, value)

    def _answer(self, number: int, what: str, value: Any = None) -> None:
        with self._sending, suppress(OSError):  # the process has gone; whoever waits for it finds out
            self.connection.send((number, what, value))
