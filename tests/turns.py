"""Tests take turns where several run at once: one marked `alone` waits for the others, and they for it.

There are two locks of the machine, as its containers are seen by all who use its engine: `room` is shared by the tests
under way, or held by the one that is alone; `door` is held by who waits for the room, so that no newcomer overtakes it.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def turn(*, alone: bool, folder: Path | None = None) -> Iterator[None]:
    """Wait until it may begin, and keep the others waiting until it ends. `folder` is where the locks are."""
    folder = folder or Path(tempfile.gettempdir())
    with ExitStack() as stack:
        files = (folder / f"reasoncli-tests-{os.getuid()}.{name}" for name in ("door", "room"))
        door, room = (stack.enter_context(path.open("ab")) for path in files)
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(room, fcntl.LOCK_UN)  # in so many words: a process that a test forked may have it open, too
