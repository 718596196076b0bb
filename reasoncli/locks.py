"""Locks that the kernel lets go when their process ends, however it dies: what tells leftovers from what is in use."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Self

_PAUSE = 0.02


class FileLock:
    """An exclusive lock on a file; the file holds the owner's process id, for people."""

    def __init__(self, path: Path, *, tries: int = 1) -> None:
        """Take the lock.

        Args:
            path: the file, made if it isn't there; its folder must be.
            tries: how often, as whoever asks `is_held` holds it for a moment.

        Raises:
            BlockingIOError: another process has it.
            OSError: the file can't be written to.
        """
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            for left in reversed(range(tries)):
                try:
                    fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not left:
                        raise
                    time.sleep(_PAUSE)
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self, *, remove: bool = False) -> None:
        """Let go, and remove the file if that is asked for. Idempotent."""
        if self._descriptor >= 0:
            if remove:
                self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Whether a live process, this one included, holds the lock on a file; one that we may not read counts as held."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def owner(path: Path) -> str:
    """The process id that a lock's file names, or "unknown"."""
    try:
        return path.read_text("utf-8", "replace")[:32].strip() or "unknown"
    except OSError:
        return "unknown"
