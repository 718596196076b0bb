"""The database of one run: its tables, its version, and how an older one is brought up to date.

Each migration is a named function that takes a database from one version to the next; the version is
SQLite's `user_version`, the number of migrations done. Bodies are JSON (see codec.py): as text
where they are short, compressed where they are long.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from reasoncli.errors import StoreError
from reasoncli.runs.codec import CodecError, decode, encode

T = TypeVar("T")
Migration = Callable[[sqlite3.Connection], None]

_APPLICATION = 0x52434C49  # "RCLI": tells our files from other SQLite files
_COMPRESS_FROM = 1024


def first_schema(db: sqlite3.Connection) -> None:
    """Tables for what a run is, what it drew, and what the tests said."""
    for statement in (
        "CREATE TABLE run (id TEXT PRIMARY KEY, created REAL NOT NULL, repository TEXT NOT NULL, issue TEXT NOT NULL,"
        " model TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT '', samples INTEGER NOT NULL DEFAULT 0,"
        " applied REAL, undone REAL)",
        "CREATE TABLE parts (name TEXT PRIMARY KEY, body NOT NULL)",
        "CREATE TABLE prompts (id TEXT PRIMARY KEY, body NOT NULL)",
        "CREATE TABLE batches (number INTEGER PRIMARY KEY, samples INTEGER NOT NULL, tokens INTEGER NOT NULL,"
        " at REAL NOT NULL)",
        "CREATE TABLE completions (batch INTEGER NOT NULL REFERENCES batches, place INTEGER NOT NULL, body NOT NULL,"
        " PRIMARY KEY (batch, place)) WITHOUT ROWID",
        "CREATE TABLE verdicts (execution_key TEXT NOT NULL, clean INTEGER NOT NULL, at REAL NOT NULL, body NOT NULL,"
        " PRIMARY KEY (execution_key, clean)) WITHOUT ROWID",
        "CREATE TABLE candidates (execution_key TEXT PRIMARY KEY, number INTEGER NOT NULL, body NOT NULL)",
        "CREATE TABLE events (number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, body NOT NULL)",
    ):
        db.execute(statement)


def count_ranked(db: sqlite3.Connection) -> None:
    """A run's ranked proposals are counted beside its samples."""
    db.execute("ALTER TABLE run ADD COLUMN ranked INTEGER NOT NULL DEFAULT 0")


def keep_consultations(db: sqlite3.Connection) -> None:
    """What a model is asked beside the proposals stands apart from them, as it has no vote."""
    db.execute("CREATE TABLE consultations (purpose TEXT, prompt TEXT, body NOT NULL, PRIMARY KEY (purpose, prompt))")


MIGRATIONS: Sequence[Migration] = (first_schema, count_ranked, keep_consultations)


def connect(
    path: Path, *, wait: float = 5.0, checked: bool = False, migrations: Sequence[Migration] = MIGRATIONS
) -> sqlite3.Connection:
    """Open a run's database, create it where there is none, and bring it up to date.

    Transactions are explicit (`BEGIN`, `COMMIT`); a commit is on the disk when it returns (WAL with
    synchronous=FULL), so that neither kill -9 nor a power failure takes it back.

    Args:
        path: the database file.
        wait: seconds to wait for another process's lock.
        checked: whether to look for damage, as one does before anything is added; about a millisecond a megabyte.
        migrations: all of them, oldest first.

    Raises:
        StoreError: the file belongs to something else or to a newer version.
        sqlite3.Error: it can't be opened, or is damaged.
    """
    db = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        _own(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        _migrate(db, path, migrations)
        if checked:
            _check(db)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection) -> None:
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def _own(db: sqlite3.Connection, path: Path) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != _APPLICATION and tables:
        raise StoreError(f"{path} is not a run of reasoncli", hint="Move the file aside; something else wrote it.")


def _migrate(db: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise StoreError(
            f"{path} was written by a newer reasoncli (store version {version}, this one knows {len(migrations)})",
            hint="Upgrade reasoncli to use this run.",
        )
    if version == len(migrations):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()  # another process may have done it meanwhile
        for migration in migrations[version:]:
            migration(db)
        db.execute(f"PRAGMA application_id = {_APPLICATION}")
        db.execute(f"PRAGMA user_version = {len(migrations)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite itself rolls back when the disk is full
            db.execute("ROLLBACK")
        raise


def to_body(kind: type[T], value: T) -> str | bytes:
    """A value as the body of a row."""
    text = json.dumps(encode(kind, value), separators=(",", ":"), allow_nan=False)
    return text if len(text) < _COMPRESS_FROM else zlib.compress(text.encode(), 6)


def from_body(kind: type[T], body: str | bytes) -> T:
    """The value of a row's body.

    Raises:
        CodecError: it is no value of this type.
    """
    try:
        text = body if isinstance(body, str) else zlib.decompress(body)
        data = json.loads(text)
    except (ValueError, zlib.error) as error:
        raise CodecError(f"not a {kind.__name__}: {error}") from error
    return decode(kind, data)
