"""Worker threads that judge candidates: finalists before all others, then the likeliest winner first."""

from __future__ import annotations

import queue
import threading
from collections.abc import Collection
from dataclasses import dataclass

from reasoncli.domain import Candidate, Verdict
from reasoncli.errors import Interrupted
from reasoncli.search.interface import PatchVerifier


@dataclass(frozen=True, slots=True)
class Judged:
    """A worker's result: a verdict, the error that ended its try, or neither if its candidate was given up."""

    candidate: Candidate
    verdict: Verdict | None
    error: BaseException | None = None


class Judging:
    """Candidates waiting for a verdict, with `workers` threads on them; results go to `inbox`.

    Screenings wait in the order of most votes, highest mean log-probability, first come. A confirmation
    goes before them. What runs is never interrupted for a better candidate, but given up once it can change nothing.
    """

    def __init__(self, verifier: PatchVerifier, workers: int, inbox: queue.SimpleQueue[object]) -> None:
        self._verifier = verifier
        self._inbox = inbox
        self._waiting: dict[int, Candidate] = {}
        self._finalists: dict[int, Candidate] = {}
        self._running: dict[int, threading.Event | None] = {}  # what gives it up; a confirmation is never
        self._wake = threading.Condition()
        self._cancel = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"judging-{number}", daemon=True) for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def screen(self, candidate: Candidate) -> None:
        """Queue a candidate for screening, or renew the rank of a waiting one; a running one stays as it is."""
        with self._wake:
            if candidate.index not in self._running:
                self._waiting[candidate.index] = candidate
                self._wake.notify()

    def confirm(self, candidate: Candidate) -> bool:
        """Queue a finalist to be judged in a fresh sandbox, before anything else; whether it is newly queued."""
        with self._wake:
            if candidate.index in self._running or candidate.index in self._finalists:
                return False
            self._finalists[candidate.index] = candidate
            self._wake.notify()
            return True

    def settle(self, index: int) -> None:
        """The result of this candidate was taken from the inbox and counts; until then it is pending."""
        with self._wake:
            self._running.pop(index, None)

    def retain(self, worth: Collection[int]) -> None:
        """Drop the screenings of all candidates but these."""
        with self._wake:
            self._waiting = {index: candidate for index, candidate in self._waiting.items() if index in worth}
            idle = [cancel for index, cancel in self._running.items() if cancel is not None and index not in worth]
        for cancel in idle:
            cancel.set()
            self._verifier.interrupt(cancel)

    @property
    def pending(self) -> int:
        """Waiting, running, or with a result that was not taken yet."""
        with self._wake:
            return len(self._waiting) + len(self._finalists) + len(self._running)

    @property
    def confirming(self) -> bool:
        """Whether a confirmation waits, runs, or has a result that was not taken yet."""
        with self._wake:
            return bool(self._finalists) or any(given_up is None for given_up in self._running.values())

    def close(self) -> None:
        """Cancel what runs, drop what waits, and join the threads. Idempotent."""
        self._cancel.set()
        with self._wake:
            for given_up in self._running.values():
                if given_up is not None:
                    given_up.set()
            self._wake.notify_all()
        self._verifier.interrupt()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (job := self._take()) is not None:
            candidate, given_up = job
            try:
                if given_up is None:
                    verdict = self._verifier.confirm(candidate.patch, self._cancel)
                else:
                    verdict = self._verifier.screen(candidate.patch, given_up)
                result = Judged(candidate, verdict)
            except Interrupted:
                result = Judged(candidate, None)
            except BaseException as error:  # noqa: BLE001 - handed to the loop's thread, which raises it
                result = Judged(candidate, None, error)
            self._inbox.put(result)

    def _take(self) -> tuple[Candidate, threading.Event | None] | None:
        with self._wake:
            while not self._cancel.is_set():
                for waiting, final in ((self._finalists, True), (self._waiting, False)):
                    if waiting:
                        best = min(waiting.values(), key=lambda each: (-each.votes, -each.logprob, each.index))
                        del waiting[best.index]
                        self._running[best.index] = given_up = None if final else threading.Event()
                        return best, given_up
                self._wake.wait()
            return None
