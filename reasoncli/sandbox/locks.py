"""The locks of sandboxes' runs and of their temporary folders: what tells leftovers from what is in use."""

from __future__ import annotations

from pathlib import Path

from reasoncli.errors import EnvironmentFailure
from reasoncli.locks import FileLock

TRIES = 6  # as another start may be asking, for a moment, whether it is held


def run_lock(state_dir: Path, run: str) -> FileLock:
    """Take the lock of a run; release it with `remove=True`.

    Raises:
        EnvironmentFailure: another process has it, or the folder can't be written.
    """
    path = lock_path(state_dir, run)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(path, tries=TRIES)
    except BlockingIOError as error:
        raise EnvironmentFailure(f"Run {run} is already going on in another process.") from error
    except OSError as error:
        raise EnvironmentFailure(f"The run's lock can't be made: {error}") from error


def lock_path(state_dir: Path, run: str) -> Path:
    """Where a run's lock is."""
    return state_dir.absolute() / "locks" / f"{run}.lock"


def folder_lock_path(folder: Path) -> Path:
    """Where a temporary folder's lock is."""
    return folder / ".lock"
