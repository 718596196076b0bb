"""A set of files written to a work tree: all of them, or none.

New content goes to temporary files beside the targets and is flushed to disk; then the targets are looked at once more,
and only then renamed over. The originals stay as hard links until the end. A journal outside the work tree says
what is under way, so that after a kill at any moment the next process brings the tree back.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reasoncli.errors import ConflictError, DiskFullError, RepositoryError, UsageError
from reasoncli.repository.snapshot import DISK_FULL, digest_of

_LOCK_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Write:
    """One file to write.

    Attributes:
        content: its new bytes, `None` to delete it.
        executable: whether its owner may run it; `None` keeps what it was (not executable, for a new file).
        expected: sha256 of what must be there now, `None` where nothing may be.
        mode: exact permission bits, where they are known.
    """

    path: str
    content: bytes | None
    expected: str | None
    executable: bool | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    write: Write
    target: Path
    fresh: Path
    backup: Path

    @property
    def after(self) -> str | None:
        content = self.write.content
        return None if content is None else hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def exclusive(state: Path) -> Iterator[None]:
    """Hold the repository's lock; whoever comes second waits. What a killed process left is cleaned up first.

    Args:
        state: our folder inside the git folder.

    Raises:
        RepositoryError: the lock can't be made, or another run holds it for over a minute.
    """
    try:
        state.mkdir(exist_ok=True)
        lock = (state / "lock").open("ab")
    except OSError as error:
        raise RepositoryError(f"can't write into {state.parent}: {error.strerror}") from error
    with lock:
        deadline = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise RepositoryError(
                        "another reasoncli is applying a patch to this repository", hint="Try again when it has ended."
                    ) from error
                time.sleep(0.05)
        recover(state / "journal.json")
        yield


def write_all(root: Path, writes: Sequence[Write], journal: Path) -> tuple[str, ...]:
    """Write every file, or none; returns the folders that were made, outermost first.

    Raises:
        ConflictError: a file is not what it was expected to be; nothing was written.
        RepositoryError: a path leads out of the work tree or through a symlink, or can't be written.
        DiskFullError: no space left; nothing was written.
    """
    with _os_errors():
        token = secrets.token_hex(8)
        steps = [_step(root, write, f".reasoncli-{token}-{index}") for index, write in enumerate(writes)]
        _check(steps)
        folders = _missing_folders(root, steps)
        record = {"state": "writing", "root": os.fspath(root), "folders": folders, "steps": _describe(root, steps)}
        _save(journal, record)
        try:
            for name in folders:
                (root / name).mkdir()
            for step in steps:
                _stage(step)
            _check(steps)
            for step in steps:
                if step.write.content is None:
                    step.target.unlink()
                else:
                    step.fresh.replace(step.target)
            for folder in {step.target.parent for step in steps}:
                _sync_folder(folder)
            _save(journal, record | {"state": "done", "folders": []})
        finally:
            recover(journal)
    return tuple(folders)


@contextlib.contextmanager
def _os_errors() -> Iterator[None]:
    """What the operating system refuses, as an error for the user."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise DiskFullError("no space left for the patched files; nothing was changed") from error
        raise RepositoryError(f"can't write {error.filename}: {error.strerror}; nothing was changed") from error


def recover(journal: Path) -> None:
    """Bring a set of writes to an end: back to the start where it was under way, cleaned up where it was done.

    A file that someone changed in between stays as they left it.
    """
    try:
        record = json.loads(journal.read_text("utf-8"))
    except FileNotFoundError:
        return
    except ValueError:  # damaged from outside; we write it in one piece
        journal.unlink()
        return
    root = Path(record["root"])
    for step in record["steps"]:
        target, fresh, backup = (root / step[name] for name in ("target", "fresh", "backup"))
        if record["state"] == "writing" and digest_of(target) == step["after"]:
            if step["before"] is None:
                target.unlink(missing_ok=True)
            elif backup.exists():
                backup.replace(target)
        fresh.unlink(missing_ok=True)
        backup.unlink(missing_ok=True)
    for folder in reversed(record["folders"]):
        with contextlib.suppress(OSError):  # not empty, or never made
            (root / folder).rmdir()
    journal.unlink()


def write_patch(path: Path, diff: str) -> None:
    """Write a patch file, whole or not at all.

    Raises:
        UsageError: it can't be written there.
        DiskFullError: no space left.
    """
    with staged_patch(path, diff):
        pass


@contextlib.contextmanager
def staged_patch(path: Path, diff: str) -> Iterator[None]:
    """Write a patch file that takes its place when the block has ended well; until then all is as it was.

    Raises:
        UsageError, DiskFullError: see `write_patch`; before the block is entered.
    """
    fresh = path.with_name(f".reasoncli-{secrets.token_hex(8)}")
    with _patch_errors(path):
        if path.is_dir():
            raise UsageError(f"{path} is a folder", hint="Name a file for the patch.")
        fresh.touch(exist_ok=False)
    try:
        with _patch_errors(path), fresh.open("wb") as file:
            file.write(os.fsencode(diff))
            file.flush()
            os.fsync(file.fileno())
        yield
        with _patch_errors(path):
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@contextlib.contextmanager
def _patch_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise DiskFullError(f"no space left for {path}") from error
        raise UsageError(f"can't write {path}: {error.strerror}") from error


def _step(root: Path, write: Write, stem: str) -> _Step:
    target = place(root, write.path)
    return _Step(write, target, target.with_name(f"{stem}.new"), target.with_name(f"{stem}.old"))


def place(root: Path, path: str) -> Path:
    """Where a repository path lies in the work tree, reached through real folders only.

    Raises:
        RepositoryError: it leads out of the tree, into git's own folder, or through or to a symlink.
    """
    parts = PurePosixPath(path).parts
    if (
        not parts
        or "\0" in path
        or path.startswith("/")
        or ".." in parts
        or any(part.lower() == ".git" for part in parts)
    ):
        raise RepositoryError(f"{path!r} is not a path inside the repository")
    here = root
    for part in parts:
        here /= part
        if here.is_symlink():
            raise RepositoryError(f"{path} leads through a symlink; nothing is written there")
    return here


def _check(steps: Sequence[_Step]) -> None:
    changed = sorted(
        step.write.path
        for step in steps
        if digest_of(step.target) != step.write.expected or (step.write.expected is None and step.target.exists())
    )
    if changed:
        raise ConflictError(
            f"changed since the run began: {', '.join(changed)}", hint="See what changed there, or start a new run."
        )


def _missing_folders(root: Path, steps: Sequence[_Step]) -> list[str]:
    missing = {
        folder.relative_to(root)
        for step in steps
        if step.write.content is not None
        for folder in step.target.parents
        if folder.is_relative_to(root) and not folder.exists()
    }
    return [folder.as_posix() for folder in sorted(missing, key=lambda folder: len(folder.parts))]


def _describe(root: Path, steps: Sequence[_Step]) -> list[dict[str, str | None]]:
    return [
        {
            "target": step.target.relative_to(root).as_posix(),
            "fresh": step.fresh.relative_to(root).as_posix(),
            "backup": step.backup.relative_to(root).as_posix(),
            "before": step.write.expected,
            "after": step.after,
        }
        for step in steps
    ]


def _stage(step: _Step) -> None:
    """Put the new content beside the target, and a second name on the original."""
    original = step.target.stat() if step.write.expected is not None else None
    if original is not None:
        try:
            os.link(step.target, step.backup)
        except OSError:  # a file system without hard links
            shutil.copy2(step.target, step.backup)
    if step.write.content is None:
        return
    with step.fresh.open("xb") as file:
        file.write(step.write.content)
        file.flush()
        mode = stat.S_IMODE((original or os.fstat(file.fileno())).st_mode)
        if original is not None and (original.st_uid, original.st_gid) != (os.geteuid(), os.getegid()):
            with contextlib.suppress(PermissionError):  # only root may give files away
                os.fchown(file.fileno(), original.st_uid, original.st_gid)
        os.fchmod(file.fileno(), step.write.mode if step.write.mode is not None else _executable(mode, step.write))
        os.fsync(file.fileno())


def _executable(mode: int, write: Write) -> int:
    """Permission bits with the execute bits added wherever reading is allowed, or taken away."""
    if write.executable is None:
        return mode
    return mode | (mode & 0o444) >> 2 if write.executable else mode & ~0o111


def _save(journal: Path, record: object) -> None:
    fresh = journal.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(journal)
    _sync_folder(journal.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
