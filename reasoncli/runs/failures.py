"""What SQLite and the file system say, as errors that a user can act on."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reasoncli.errors import DiskFullError, StoreError
from reasoncli.runs.codec import CodecError

_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_FORMAT}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def told_apart(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a file of the store into a `DiskFullError` or `StoreError` that names it."""
    try:
        yield
    except sqlite3.Error as error:
        raise _from_sqlite(error, path) from error
    except (CodecError, UnicodeDecodeError) as error:  # of a damaged schema SQLite says what is no text
        raise damaged(path, str(error)) from error
    except OSError as error:
        if error.errno in _FULL:
            raise _full(path) from error
        raise StoreError(
            f"the run store can't use {path}: {error.strerror}",
            hint="Check its permissions, or set REASONCLI_STATE_DIR to another folder.",
        ) from error


def damaged(path: Path, what: str) -> StoreError:
    """The error for a run whose file can't be read; no other run suffers for it."""
    return StoreError(
        f"the run stored in {path} is damaged: {what}",
        hint=f"Other runs are not affected. Move {path.parent} aside, "
        "or remove it with `reasoncli runs prune --damaged`.",
    )


def _full(path: Path) -> DiskFullError:
    return DiskFullError(
        f"no space left to write {path}",
        hint="Free some space (`reasoncli runs prune` removes old runs), then `reasoncli runs resume`: "
        "what was recorded until now is kept.",
    )


def _from_sqlite(error: sqlite3.Error, path: Path) -> DiskFullError | StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return _full(path)
    if code in _BUSY:
        return StoreError(f"{path} is in use by another process", hint="Wait for it to end, then try again.")
    if code in _CORRUPT:
        return damaged(path, str(error))
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR):
        return StoreError(
            f"{path} can't be read or written: {error}",
            hint="Check its permissions and the disk, or set REASONCLI_STATE_DIR to another folder.",
        )
    return damaged(path, str(error))
