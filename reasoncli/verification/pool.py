"""Open sandboxes for several worker threads: taken, given back clean, replaced when they break."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from reasoncli.errors import Interrupted, MachineLost, SandboxFailure, SandboxUnavailable
from reasoncli.events import Event, SandboxReplaced
from reasoncli.sandbox.interface import Sandbox, SandboxProvider

T = TypeVar("T")
Slot = Callable[[Callable[[], bool]], AbstractContextManager[None]]
"""Waits for a place to work in, unless what it is given says meanwhile that the work is no longer wanted."""

_ATTEMPTS = 3


def nothing_to_share(stopped: Callable[[], bool]) -> AbstractContextManager[None]:
    """A place for everyone, at once."""
    return nullcontext()


class SandboxPool:
    """As many sandboxes as threads ask for at once; each belongs to one thread while it works in it."""

    def __init__(self, provider: SandboxProvider, emit: Callable[[Event], None], slot: Slot = nothing_to_share) -> None:
        """`slot` is held while a sandbox works, where other runs on the machine want to work as well."""
        self._provider = provider
        self._emit = emit
        self._slot = slot
        self._idle: list[Sandbox] = []
        self._busy: list[Sandbox] = []
        self._unused: list[Sandbox] = []
        self._lock = threading.Lock()
        self._width = 1  # how many worked at once at most: no more wait for work
        self._closed = False

    def work(
        self, job: Callable[[Sandbox], T], *, fresh: bool = False, stopped: Callable[[], bool] = lambda: False
    ) -> T:
        """Do a job in a sandbox and bring the sandbox back to how it was opened.

        Before that a slot is waited for. A sandbox that breaks is discarded and the job done again in a new one; a job
        must therefore be repeatable.

        Args:
            job: gets a sandbox in its opening state.
            fresh: use a sandbox that nothing ran in before.
            stopped: asked before each try whether the job is still wanted.

        Raises:
            Interrupted: the job is no longer wanted.
            SandboxUnavailable: sandboxes kept breaking, or none can be opened.
        """
        with self._slot(stopped):
            return self._work(job, fresh, stopped)

    def _work(self, job: Callable[[Sandbox], T], fresh: bool, stopped: Callable[[], bool]) -> T:
        reason = ""
        attempt = 0
        while attempt < _ATTEMPTS:
            attempt += 1
            if stopped():
                raise Interrupted("the tests are no longer needed")
            try:
                sandbox = self._take(self._unused if fresh else self._idle)
            except SandboxUnavailable as failure:  # also one that was killed while it opened
                if attempt == _ATTEMPTS:
                    raise
                reason = str(failure)
                self._emit(SandboxReplaced(reason))
                continue
            with self._lock:
                self._busy.append(sandbox)
                self._width = max(self._width, len(self._busy))
            try:
                if stopped():  # as `interrupt` may have come before this sandbox was on its list
                    raise Interrupted("the tests are no longer needed")
                value = job(sandbox)
            except SandboxFailure as failure:
                sandbox.close()
                reason = str(failure)
                attempt -= isinstance(failure, MachineLost)  # the idle ones of that machine are used up first
                if not stopped():
                    self._emit(SandboxReplaced(reason))
                continue
            except BaseException:
                sandbox.close()
                raise
            finally:
                with self._lock:
                    self._busy.remove(sandbox)
            self._give_back(sandbox)
            return value
        raise SandboxUnavailable(
            f"the sandbox broke {_ATTEMPTS} times in a row: {reason}",
            hint="look at `reasoncli doctor` and at the engine's own log; no candidate was counted as failed for it",
        )

    def reserve(self) -> None:
        """Open a sandbox now that the next fresh job will use.

        Raises:
            SandboxUnavailable: none can be opened.
        """
        sandbox = self._provider.open()
        with self._lock:
            if not self._closed:
                self._unused.append(sandbox)
                return
        sandbox.close()

    def interrupt(self) -> None:
        """End the sandboxes in work; their jobs are not done again if their `stopped` says so by now."""
        with self._lock:
            busy = tuple(self._busy)
        for sandbox in busy:
            sandbox.close()

    def close(self) -> None:
        """Close every idle sandbox, and those in work when they come back. Idempotent."""
        with self._lock:
            self._closed = True
            idle = self._idle + self._unused
            self._idle.clear()
            self._unused.clear()
        for sandbox in idle:
            sandbox.close()

    def _take(self, waiting: list[Sandbox]) -> Sandbox:
        with self._lock:
            if waiting:
                return waiting.pop()
        return self._provider.open()

    def _give_back(self, sandbox: Sandbox) -> None:
        try:
            sandbox.restore()
        except SandboxFailure as failure:  # costs the sandbox, never the result
            sandbox.close()
            self._emit(SandboxReplaced(str(failure)))
            return
        with self._lock:
            if not self._closed and len(self._idle) < self._width:
                self._idle.append(sandbox)
                return
        sandbox.close()
