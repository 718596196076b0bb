"""Temporary folders of sandboxes: locked while their process lives, removed by a later start where it was killed."""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path

from reasoncli.locks import is_held, owner
from reasoncli.sandbox import keeper
from reasoncli.sandbox.locks import folder_lock_path

LOCAL = "reasoncli-local-"
IMAGE = "reasoncli-image-"
NODE = "reasoncli-node-"
_YOUNG = 60.0  # seconds in which a folder, and the lock in it, may have been made and the lock not been taken yet


def reap_folders(temporary: Path | None = None) -> tuple[str, ...]:
    """Remove those of dead runs; their paths."""
    removed = []
    where = temporary or Path(tempfile.gettempdir())
    for folder in (each for prefix in (LOCAL, IMAGE, NODE) for each in where.glob(f"{prefix}*")):
        with contextlib.suppress(OSError):  # somebody else's, or just gone
            lock = folder_lock_path(folder)
            begun = owner(lock).isdigit() or time.time() - folder.stat().st_mtime > _YOUNG
            if folder.is_dir() and begun and not is_held(lock):
                keeper.remove(str(folder))
                removed.append(str(folder))
    return tuple(removed)
