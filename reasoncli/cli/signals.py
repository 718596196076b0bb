"""Ctrl-C and its like: the first signal ends everything in order, a second one does not wait for that."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType

from reasoncli.errors import Interrupted

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 45
"""Seconds that an orderly end may take: a model that is half loaded can't be told to stop."""
_NUDGE = signal.SIGURG
_PAUSE = 0.1


def install() -> None:
    """Raise `Interrupted` in the main thread for SIGINT, SIGTERM and SIGHUP; leave at once for a second one."""
    seen = threading.Event()

    def interrupt(signum: int, frame: FrameType | None) -> None:
        seen.set()
        for number in (*_ENDING, signal.SIGALRM):
            signal.signal(number, _give_up)
        signal.alarm(_PATIENCE)
        raise Interrupted("interrupted")

    for number in _ENDING:
        signal.signal(number, interrupt)
    signal.signal(_NUDGE, lambda number, frame: None)
    heard, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    threading.Thread(target=_nudge, args=(heard, threading.get_ident(), seen), name="signals", daemon=True).start()


def _give_up(signum: int, frame: FrameType | None) -> None:
    """Leave at once. Sandboxes end by themselves, and the next start removes what else is left."""
    if sys.stderr.isatty():
        sys.stderr.write("\x1b[?25h")  # a live display had hidden the cursor
    os._exit(Interrupted.exit_code)


def _nudge(heard: int, main: int, seen: threading.Event) -> None:
    """Wake the main thread until it has seen the signal.

    Python runs handlers in the main thread, between two of its steps. A signal that comes when that thread is about to
    wait for a lock is noted, and the wait begins all the same: without another signal it would end with the tests.
    """
    while number := os.read(heard, 1):
        if number[0] in _ENDING:
            while not seen.wait(_PAUSE):
                signal.pthread_kill(main, _NUDGE)
            return
