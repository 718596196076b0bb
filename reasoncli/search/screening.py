"""Worker threads that screen candidates, the likeliest winner first."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reasoncli.domain import Candidate, Verdict
from reasoncli.search.interface import PatchVerifier


@dataclass(frozen=True, slots=True)
class Judged:
    """A worker's result: a verdict, or the error that ended the worker's try."""

    candidate: Candidate
    verdict: Verdict | None
    error: BaseException | None = None


class Screening:
    """A priority queue of candidates with `workers` threads on it; results go to `inbox`.

    Order: most votes, then highest mean log-probability, then first come. What is running is never
    interrupted by a better candidate; `retain` drops waiting ones.
    """

    def __init__(self, verifier: PatchVerifier, workers: int, inbox: queue.SimpleQueue[object]) -> None:
        self._verifier = verifier
        self._inbox = inbox
        self._waiting: dict[str, Candidate] = {}
        self._running = 0
        self._wake = threading.Condition()
        self._cancel = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"screening-{n}", daemon=True) for n in range(max(1, workers))
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, candidate: Candidate) -> None:
        """Queue a candidate, or renew the rank of a waiting one."""
        with self._wake:
            self._waiting[candidate.patch.execution_key] = candidate
            self._wake.notify()

    def renew(self, candidate: Candidate) -> None:
        """Renew the rank of a candidate if it still waits."""
        with self._wake:
            if candidate.patch.execution_key in self._waiting:
                self._waiting[candidate.patch.execution_key] = candidate

    def retain(self, worth: Callable[[Candidate], bool]) -> int:
        """Drop waiting candidates that are not worth a run any more; how many were dropped."""
        with self._wake:
            dropped = [key for key, candidate in self._waiting.items() if not worth(candidate)]
            for key in dropped:
                del self._waiting[key]
            return len(dropped)

    @property
    def pending(self) -> int:
        """Waiting and running."""
        with self._wake:
            return len(self._waiting) + self._running

    def close(self) -> None:
        """Cancel what runs, drop what waits, and join the threads. Idempotent."""
        self._cancel.set()
        with self._wake:
            self._waiting.clear()
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (candidate := self._take()) is not None:
            try:
                result = Judged(candidate, self._verifier.screen(candidate.patch, self._cancel))
            except BaseException as error:  # noqa: BLE001 - handed to the loop's thread, which raises it
                result = Judged(candidate, None, error)
            with self._wake:
                self._running -= 1
            if not self._cancel.is_set():
                self._inbox.put(result)

    def _take(self) -> Candidate | None:
        with self._wake:
            while not self._waiting and not self._cancel.is_set():
                self._wake.wait()
            if self._cancel.is_set():
                return None
            best = first(self._waiting.values())
            del self._waiting[best.patch.execution_key]
            self._running += 1
            return best


def first(candidates: Iterable[Candidate]) -> Candidate:
    """The candidate to verify next."""
    return min(candidates, key=lambda each: (-each.votes, -each.logprob, each.index))
