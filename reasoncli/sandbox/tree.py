"""The files a sandbox starts with, on the host's side: the snapshot, and what the image's build generated beside it."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from reasoncli.domain import FileChange, Snapshot

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Node:
    """One path: kind is `f`, `l` or `d`; data says where a file's bytes are, or a link's target."""

    kind: str
    mode: int
    data: Path | bytes = b""
    mtime: int = 0

    def read(self) -> bytes:
        """The file's bytes, or the link's target."""
        return self.data.read_bytes() if isinstance(self.data, Path) else self.data


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything below a sandbox's root, by relative POSIX path, folders before what is in them.

    Attributes:
        size: bytes of all files together.
    """

    nodes: Mapping[str, Node]
    size: int = 0

    def mode_after(self, change: FileChange) -> int:
        """Permissions of a file that a change writes: what it says, else what the file had, else a plain file's."""
        if change.executable is not None:
            return 0o755 if change.executable else 0o644
        node = self.nodes.get(change.path)
        return node.mode if node is not None and node.kind == "f" else 0o644

    def tar(self, owner: int, group: int) -> Iterator[bytes]:
        """The tree as a tar stream, in pieces; link targets and modes kept, times to the second."""
        buffer = _Pieces()
        sink: Any = buffer  # tarfile needs no more than `write`
        with tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT) as archive:
            for path, node in self.nodes.items():
                info = tarfile.TarInfo(path)
                info.mode, info.mtime, info.uid, info.gid = node.mode, node.mtime, owner, group
                if node.kind == "d":
                    info.type = tarfile.DIRTYPE
                    archive.addfile(info)
                elif node.kind == "l":
                    info.type, info.linkname = tarfile.SYMTYPE, os.fsdecode(node.read())
                    archive.addfile(info)
                else:
                    data = node.read()
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))
                yield from buffer.take(_CHUNK)
        yield from buffer.take(1)


class _Pieces:
    """Collects what is written to it until it is taken away."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def take(self, least: int) -> Iterator[bytes]:
        if len(self._data) >= least:
            yield bytes(self._data)
            self._data.clear()


class _Reader:
    """Reads what an iterator of bytes yields, as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken


def from_snapshot(snapshot: Snapshot) -> dict[str, Node]:
    """The snapshot's files. Modes are git's: executable or not."""
    nodes: dict[str, Node] = {}
    for path in snapshot.files:
        full = snapshot.root / path
        info = full.lstat()
        if stat.S_ISLNK(info.st_mode):
            nodes[path] = Node("l", 0o777, os.fsencode(full.readlink()), int(info.st_mtime))
        else:
            nodes[path] = Node("f", 0o755 if info.st_mode & 0o100 else 0o644, full, int(info.st_mtime))
    return nodes


def from_archive(pieces: Iterator[bytes], into: Path) -> dict[str, Node]:
    """The members of an image's folder as the engine hands it out, kept in files under `into`.

    The archive's first component is the folder's own name. Version control and caches are left out.
    """
    nodes: dict[str, Node] = {}
    source: Any = _Reader(pieces)  # tarfile needs no more than `read`
    with tarfile.open(fileobj=source, mode="r|") as archive:
        for index, member in enumerate(archive):
            parts = PurePosixPath(member.name).parts[1 if index or member.isdir() else 0 :]
            if not parts or ".." in parts or any(part in _LEFT_OUT for part in parts):
                continue
            path = "/".join(parts)
            if member.isdir():
                nodes[path] = Node("d", 0o755)
            elif member.issym():
                nodes[path] = Node("l", 0o777, os.fsencode(member.linkname), int(member.mtime))
            elif member.isreg() and (content := archive.extractfile(member)) is not None:
                place = into / str(index)
                with place.open("wb") as sink:
                    while piece := content.read(_CHUNK):
                        sink.write(piece)
                nodes[path] = Node("f", 0o755 if member.mode & 0o100 else 0o644, place, int(member.mtime))
    return nodes


_LEFT_OUT = frozenset({".git", ".hg", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"})


def merge(snapshot: Mapping[str, Node], generated: Mapping[str, Node]) -> Tree:
    """The snapshot, and beside it what was generated; where both have a path, or one's file is the other's folder,
    the snapshot's counts.
    """
    folders = {parent for path in snapshot for parent in _parents(path)}
    nodes = dict(snapshot)
    for path, node in generated.items():
        hidden = path in snapshot or any(parent in snapshot for parent in _parents(path))
        if not hidden and not (path in folders and node.kind != "d"):
            nodes[path] = node
    newest = max((node.mtime for node in nodes.values()), default=0)
    for path in tuple(nodes):
        for parent in _parents(path):
            nodes.setdefault(parent, Node("d", 0o755, mtime=newest))
    ordered = {path: nodes[path] for path in sorted(nodes, key=lambda path: path.split("/"))}
    size = sum(node.data.stat().st_size if isinstance(node.data, Path) else len(node.data) for node in ordered.values())
    return Tree(ordered, size)


def _parents(path: str) -> Iterator[str]:
    for parent in PurePosixPath(path).parents:
        if str(parent) != ".":
            yield str(parent)
