"""Snapshots made by hand, for tests that need no git."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from reasoncli.domain import Snapshot


def make_snapshot(root: Path, contents: Mapping[str, bytes | str]) -> Snapshot:
    """Write the contents below a folder and say what a snapshot of it would."""
    for path, data in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data.encode() if isinstance(data, str) else data)
    return snapshot_of(root)


def snapshot_of(root: Path) -> Snapshot:
    """A snapshot of a folder as it is, links included."""
    files = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            files[path.relative_to(root).as_posix()] = hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
        elif path.is_file():
            files[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return Snapshot(root, root, "0" * 40, "tree", False, files)
