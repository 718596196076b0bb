"""The base that patches apply to, as paths and bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

from reasoncli.domain import Snapshot

REGULAR, EXECUTABLE, LINK = "100644", "100755", "120000"


class Tree(Protocol):
    """Files of a repository at one moment; paths are POSIX strings relative to its root."""

    def read(self, path: str) -> bytes | None:
        """Bytes of a regular file; `None` for anything else and for what isn't there."""
        ...

    def paths(self) -> Collection[str]:
        """All files and symbolic links."""
        ...

    def mode(self, path: str) -> str | None:
        """Git's mode of an entry: `100644`, `100755` or `120000`; `None` where there is none."""
        ...


class SnapshotTree:
    """A folder on disk, of which only the listed files are seen. Symbolic links are never followed."""

    def __init__(self, root: Path, files: Collection[str]) -> None:
        self._root = root
        self._files = files if isinstance(files, Mapping | frozenset | set) else frozenset(files)

    @classmethod
    def of(cls, snapshot: Snapshot) -> SnapshotTree:
        """The tree of a snapshot."""
        return cls(snapshot.root, snapshot.files.keys() | frozenset())

    def read(self, path: str) -> bytes | None:
        """Bytes of a regular file, or `None`."""
        if self.mode(path) not in (REGULAR, EXECUTABLE):
            return None
        return (self._root / path).read_bytes()

    def paths(self) -> Collection[str]:
        """All files and symbolic links."""
        return self._files

    def mode(self, path: str) -> str | None:
        """Git's mode, or `None`."""
        if path not in self._files:
            return None
        try:
            mode = os.lstat(self._root / path).st_mode
        except OSError:
            return None
        if stat.S_ISLNK(mode):
            return LINK
        if not stat.S_ISREG(mode):
            return None
        return EXECUTABLE if mode & stat.S_IXUSR else REGULAR


class MemoryTree:
    """A tree held in memory, for tests and for bases that never were on disk."""

    def __init__(self, files: Mapping[str, bytes], modes: Mapping[str, str] | None = None) -> None:
        self._files = dict(files)
        self._modes = dict(modes or {})

    def read(self, path: str) -> bytes | None:
        """Bytes of a regular file, or `None`."""
        return None if self.mode(path) == LINK else self._files.get(path)

    def paths(self) -> Collection[str]:
        """All files and symbolic links."""
        return self._files.keys()

    def mode(self, path: str) -> str | None:
        """Git's mode, or `None`."""
        return self._modes.get(path, REGULAR) if path in self._files else None
