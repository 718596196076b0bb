"""A run's live lock: held by the process that works on the run, let go by the kernel when that process ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Self

from reasoncli.errors import StoreError

_TRIES = 5
_PAUSE = 0.02


class LiveLock:
    """An exclusive lock on `<run>/lock`; the file holds the owner's process id, for people."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            StoreError: another process works on the run.
            OSError: the folder can't be written to.
        """
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(self._descriptor)
        except BlockingIOError as error:
            owner = os.pread(self._descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StoreError(
                f"run {folder.name} is being worked on by process {owner}",
                hint="Wait for it to end, or watch it with `reasoncli runs show`.",
            ) from error
        except BaseException:
            os.close(self._descriptor)
            raise
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go. Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


def _take(descriptor: int) -> None:
    """Lock, with a little patience: `is_live` of another process holds the lock for a moment."""
    for _ in range(_TRIES):
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
    return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_live(folder: Path) -> bool:
    """Whether some process, this one included, works on the run."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
