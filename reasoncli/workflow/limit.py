"""The time that a whole run may take (`--max-seconds`)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reasoncli.errors import OutOfTime
from reasoncli.reports.words import duration

_AGAIN = 0.1
"""Seconds until the alarm is repeated: one that comes just before the thread waits for a lock doesn't end the wait."""


class TimeLimit:
    """Counts from when it is made. Searching has an end of its own; for other work see `guard`."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the seconds for all of it; `None` for no limit."""
        self._seconds = seconds
        self._clock = clock
        self._began = clock()

    @property
    def left(self) -> float | None:
        """Seconds left, at least 0; `None` without a limit."""
        return None if self._seconds is None else max(self._seconds - (self._clock() - self._began), 0.0)

    @property
    def over(self) -> bool:
        """Whether there is no time left."""
        return self.left == 0.0

    def shorter(self, seconds: float | None) -> float | None:
        """The shorter of this limit and another."""
        return min((each for each in (self.left, seconds) if each is not None), default=None)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Raise `OutOfTime` where the work inside stands when the time ends, as Ctrl-C would raise `Interrupted`.

        Only the main thread can be interrupted; in others the time is looked at once, before the work begins.
        """
        left = self.left
        if left == 0.0:
            raise self._out()
        if left is None or threading.current_thread() is not threading.main_thread():
            yield
            return

        def ring(number: int, frame: FrameType | None) -> None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise self._out()

        before = signal.signal(signal.SIGALRM, ring)
        try:
            signal.setitimer(signal.ITIMER_REAL, left, _AGAIN)
            yield
        finally:
            if signal.getsignal(signal.SIGALRM) is ring:  # else Ctrl-C has come, which has taken the alarm over
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)

    def _out(self) -> OutOfTime:
        return OutOfTime(f"the time of {duration(self._seconds or 0.0)} ended before any patch was judged")
