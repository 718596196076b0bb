"""A run's lock: held while the process lives, however it dies; what tells leftovers from what is in use."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from reasoncli.errors import EnvironmentFailure


class RunLock:
    """An exclusive lock on `<state_dir>/locks/<run>.lock`, freed by the kernel when the process ends."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def acquire(cls, state_dir: Path, run: str) -> Self:
        """Take the lock of a run.

        Raises:
            EnvironmentFailure: another process has it, or the folder can't be written.
        """
        path = lock_path(state_dir, run)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EnvironmentFailure(f"The run's lock can't be made: {error}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise EnvironmentFailure(f"Run {run} is already going on in another process.") from error
        return cls(path, handle)

    def release(self) -> None:
        """Give it back and remove the file. Idempotent."""
        if self._handle >= 0:
            self.path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1


def lock_path(state_dir: Path, run: str) -> Path:
    """Where a run's lock is."""
    return state_dir.absolute() / "locks" / f"{run}.lock"


def is_held(path: Path) -> bool:
    """Whether a live process holds the lock at a path; one that we may not look at counts as held."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


class FolderLock:
    """A lock inside a temporary folder, held while the process lives."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def acquire(cls, folder: Path) -> Self:
        """Lock a folder of our own making.

        Raises:
            OSError: the folder can't be written.
        """
        handle = os.open(folder_lock_path(folder), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return cls(handle)

    def release(self) -> None:
        """Give it back. Idempotent."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def folder_lock_path(folder: Path) -> Path:
    """Where a temporary folder's lock is."""
    return folder / ".lock"
