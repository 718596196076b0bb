"""A private copy of a work tree as it is, uncommitted changes included."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from reasoncli.domain import Snapshot
from reasoncli.errors import DiskFullError, RepositoryError
from reasoncli.repository.commands import Git
from reasoncli.repository.listing import list_files

Warn = Callable[[str], None]
"""Takes one sentence that the user should see."""

MAX_FILE_BYTES = 256 << 20
"""Larger files are left out of snapshots, with a warning."""

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

_CHUNK = 1 << 20


def take(git: Git, commit: str, into: Path, warn: Warn, max_file_bytes: int = MAX_FILE_BYTES) -> Snapshot:
    """Copy the work tree at `git.cwd` into the empty or new folder `into`.

    Symlinks are copied as links and never followed, executable bits are kept, bytes are the work tree's.
    Files that git tracks but the work tree lacks (deleted, sparse) are absent.

    Raises:
        RepositoryError: `into` is not empty or lies inside the work tree, or a file can't be read.
        DiskFullError: no space left.
    """
    source = git.cwd
    _prepare(into, source)
    listing = list_files(git)
    for path, reason in listing.left_out:
        warn(f"{path} is not part of the snapshot: {reason}")
    files: dict[str, str] = {}
    tree = hashlib.sha256()
    parents = _Parents(source)
    for path in listing.paths:
        try:
            if not parents.real(path):
                continue
            copied = _copy(source / path, into / path, max_file_bytes)
        except OSError as error:
            raise _failure(error, path) from error
        if isinstance(copied, str):
            warn(f"{path} is not part of the snapshot: {copied}")
        elif copied is not None:
            mode, digest = copied
            files[path] = digest
            tree.update(b"%s\0%s\0%s\n" % (os.fsencode(path), mode.encode(), digest.encode()))
    return Snapshot(
        repository=source,
        root=into,
        commit=commit,
        tree_hash=tree.hexdigest(),
        dirty=_dirty(git),
        files=MappingProxyType(files),
    )


def digest_of(path: Path) -> str | None:
    """sha256 of a file's bytes (of the target text, for a symlink), or `None` where there is neither."""
    try:
        info = path.lstat()
        if stat.S_ISLNK(info.st_mode):
            return hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
        if not stat.S_ISREG(info.st_mode):
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _prepare(into: Path, source: Path) -> None:
    if into.resolve().is_relative_to(source.resolve()):
        raise RepositoryError("a snapshot can't lie inside the work tree it copies")
    try:
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(into.iterdir()):
            raise RepositoryError(f"the snapshot folder {into} is not empty")
    except OSError as error:
        raise _failure(error, str(into)) from error


class _Parents:
    """Tells whether a path is reached through real folders only; files behind a symlink are not the repository's."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[PurePosixPath, bool] = {PurePosixPath("."): True}

    def real(self, path: str) -> bool:
        return self._folder(PurePosixPath(path).parent)

    def _folder(self, folder: PurePosixPath) -> bool:
        known = self._known.get(folder)
        if known is None:
            here = self._root / folder
            known = self._folder(folder.parent) and here.is_dir() and not here.is_symlink()
            self._known[folder] = known
        return known


def _copy(source: Path, target: Path, limit: int) -> tuple[str, str] | str | None:
    """(mode, sha256) of what was copied, a reason for leaving it out, or `None` where there is nothing."""
    try:
        info = source.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(info.st_mode):
        link = source.readlink()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(link)
        return "120000", hashlib.sha256(os.fsencode(link)).hexdigest()
    if stat.S_ISDIR(info.st_mode):
        return None  # a tracked file replaced by a folder; what the folder holds is listed by itself
    if not stat.S_ISREG(info.st_mode):
        return "neither a file nor a link"
    if info.st_size > limit:
        return f"larger than {limit >> 20} MiB"
    target.parent.mkdir(parents=True, exist_ok=True)
    executable = bool(info.st_mode & stat.S_IXUSR)
    digest = hashlib.sha256()
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as reader, target.open("xb") as writer:  # noqa: PTH123  # a descriptor, not a path
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
        os.fchmod(writer.fileno(), 0o755 if executable else 0o644)
    return "100755" if executable else "100644", digest.hexdigest()


def _dirty(git: Git) -> bool:
    # Submodules are compared by commit only: git would look into their work trees as their configuration says.
    args = ("status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=dirty", "--no-renames")
    return bool(git.run(*args).stdout)


def _failure(error: OSError, path: str) -> RepositoryError | DiskFullError:
    if error.errno in DISK_FULL:
        return DiskFullError(
            "no space left for the snapshot", hint="Free some space, or set REASONCLI_STATE_DIR to another disk."
        )
    return RepositoryError(f"can't copy {path}: {error.strerror or error}")
