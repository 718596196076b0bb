"""The time that a whole run may take (`--max-seconds`), and what it may spend (`--budget`)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reasoncli.domain import UsedUp
from reasoncli.errors import OutOfTime
from reasoncli.reports.words import duration

_AGAIN = 0.1
"""Seconds until the alarm is repeated: one that comes just before the thread waits for a lock doesn't end the wait."""

_LOOK = 0.5
"""Seconds between two looks at a budget."""


class TimeLimit:
    """Counts from when it is made. Searching has an end of its own; for other work see `guard`."""

    def __init__(
        self,
        seconds: float | None,
        clock: Callable[[], float] = time.monotonic,
        used_up: Callable[[], UsedUp | None] | None = None,
    ) -> None:
        """Take the seconds for all of it, `None` for no limit; and what is used up by now of a budget, if there is one.

        `used_up` is called by a signal's handler: it only looks.
        """
        self._used_up = used_up
        self._seconds = seconds
        self._clock = clock
        self._began = clock()

    @property
    def left(self) -> float | None:
        """Seconds left, at least 0; `None` without a limit."""
        return None if self._seconds is None else max(self._seconds - (self._clock() - self._began), 0.0)

    @property
    def over(self) -> bool:
        """Whether there is no time left, or nothing of a budget that all work uses."""
        return self.left == 0.0 or ((spent := self.used_up) is not None and spent.working)

    @property
    def used_up(self) -> UsedUp | None:
        """What is used up of the budget."""
        return None if self._used_up is None else self._used_up()

    def check_asking(self) -> None:
        """Raise `OutOfTime` where a model may be asked nothing more."""
        if self.over or self.used_up is not None:
            raise self._out()

    def shorter(self, seconds: float | None) -> float | None:
        """The shorter of this limit and another."""
        return min((each for each in (self.left, seconds) if each is not None), default=None)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Raise `OutOfTime` where the work inside stands when it is over, as Ctrl-C would raise `Interrupted`.

        Only the main thread can be interrupted; in others it is looked once, before the work begins.
        """
        left = self.left
        if self.over:
            raise self._out()
        if self._used_up is not None:
            left = _LOOK if left is None else min(left, _LOOK)
        if left is None or threading.current_thread() is not threading.main_thread():
            yield
            return

        def ring(number: int, frame: FrameType | None) -> None:
            if self._used_up is not None and not self.over:
                return
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise self._out()

        before = signal.signal(signal.SIGALRM, ring)
        try:
            signal.setitimer(signal.ITIMER_REAL, left, _AGAIN if self._used_up is None else _LOOK)
            yield
        finally:
            if signal.getsignal(signal.SIGALRM) is ring:  # else Ctrl-C has come, which has taken the alarm over
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)

    def _out(self) -> OutOfTime:
        spent = self.used_up
        if spent is not None and self.left != 0.0:
            return OutOfTime(f"{spent.reason}, before any patch was judged")
        return OutOfTime(f"the time of {duration(self._seconds or 0.0)} ended before any patch was judged")
