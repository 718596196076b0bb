"""A run's live lock: held by the process that works on the run."""

from __future__ import annotations

from pathlib import Path

from reasoncli.errors import StoreError
from reasoncli.locks import FileLock, is_held, owner

_TRIES = 6


def live_lock(folder: Path) -> FileLock:
    """Take the lock of the run in a folder.

    Raises:
        StoreError: another process works on the run.
        OSError: the folder can't be written to.
    """
    path = folder / "lock"
    try:
        return FileLock(path, tries=_TRIES)
    except BlockingIOError as error:
        raise StoreError(
            f"run {folder.name} is being worked on by process {owner(path)}",
            hint="Wait for it to end, or watch it with `reasoncli runs show`.",
        ) from error


def is_live(folder: Path) -> bool:
    """Whether some process, this one included, works on the run."""
    return is_held(folder / "lock")
