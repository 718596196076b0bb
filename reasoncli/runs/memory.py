"""What runs remember for each other: baselines and verdicts, under keys that say what they hold for.

A file an entry, in `<root>/memory`. Entries come into being whole (written aside, then renamed) and are never changed,
so that any number of processes can read and write at once; two that write the same entry write the same thing. Each
carries a checksum: one that is damaged, or of a shape that this version doesn't know, counts as not there and is
written anew. Nothing here is worth failing for: a full disk or a folder that can't be written to only means that
nothing is remembered.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from reasoncli.runs.codec import CodecError, decode, encode

T = TypeVar("T")

FOLDER = "memory"
LIMIT = 256 << 20  # bytes of all entries together
ENTRIES = 50_000
_MARK = b"reasoncli-memory 1\n"
_DIGEST = hashlib.sha256().digest_size
_DECODED_LIMIT = 1 << 30  # bytes: a bound on what a damaged entry could make us hold
_ABANDONED = 3600.0  # seconds after which a half-written file has no writer any more


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was (or, on a dry run, would be) removed: entries, and bytes on disk."""

    entries: int
    freed: int


class Memory:
    """The entries below `root`, the user's state folder; nothing is made there before the first is written."""

    def __init__(self, root: Path, *, limit: int = LIMIT, entries: int = ENTRIES) -> None:
        self._folder = root / FOLDER
        self._limit = limit
        self._entries = entries

    def recall(self, kind: type[T], key: str) -> T | None:
        """The value under this key, which counts as used now; `None` where there is none that can be read.

        Args:
            kind: its type.
            key: hexadecimal, as from `hashlib`.
        """
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        value = _unpack(kind, data)
        with contextlib.suppress(OSError):
            if value is None:
                path.unlink()
            else:
                os.utime(path)
        return value

    def remember(self, kind: type[T], key: str, value: T) -> bool:
        """Keep a value; whether that could be done. One that was there is replaced."""
        path = self._path(key)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                aside.write_bytes(_pack(kind, value))
                aside.replace(path)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise
        except OSError:
            return False
        return True

    def trim(self) -> Cleared:
        """Remove what was not used for longest until the rest is within the limits."""
        found = sorted(self._files(), reverse=True)
        size, doomed = 0, []
        for number, (used, bytes_, path) in enumerate(found):
            size += bytes_
            if size > self._limit or number >= self._entries:
                doomed.append((used, bytes_, path))
        return _remove(doomed)

    def clear(self, *, older_than: float = 0.0, dry_run: bool = False) -> Cleared:
        """Remove what was not used for so many seconds."""
        now = time.time()
        return _remove([each for each in self._files() if now - each[0] >= older_than], dry_run=dry_run)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:]

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """(last use, bytes, path) of every entry; what a writer that died left is swept on the way."""
        for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            with contextlib.suppress(OSError), os.scandir(folder) as found:
                for entry in found:
                    with contextlib.suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        if not entry.name.startswith("."):
                            yield status.st_mtime, status.st_size, Path(entry.path)
                        elif time.time() - status.st_mtime > _ABANDONED:
                            Path(entry.path).unlink()


def _remove(files: list[tuple[float, int, Path]], *, dry_run: bool = False) -> Cleared:
    freed = entries = 0
    for _, bytes_, path in files:
        try:
            if not dry_run:
                path.unlink()
        except OSError:  # another process was quicker, or the folder is not ours
            continue
        freed += bytes_
        entries += 1
    return Cleared(entries, freed)


def _pack(kind: type[T], value: T) -> bytes:
    text = json.dumps(encode(kind, value), separators=(",", ":"), allow_nan=False)
    body = zlib.compress(text.encode(), 1)
    return _MARK + hashlib.sha256(body).digest() + body


def _unpack(kind: type[T], data: bytes) -> T | None:
    head, body = data[: len(_MARK) + _DIGEST], data[len(_MARK) + _DIGEST :]
    if head != _MARK + hashlib.sha256(body).digest():
        return None
    try:
        inflate = zlib.decompressobj()
        text = inflate.decompress(body, _DECODED_LIMIT)
        return decode(kind, json.loads(text)) if inflate.eof else None
    except (zlib.error, ValueError, CodecError):
        return None
