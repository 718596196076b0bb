"""All runs of a user: one folder and one database each, so that a damaged one never harms another."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reasoncli.domain import Issue
from reasoncli.errors import EnvironmentFailure, StoreError, UsageError
from reasoncli.runs.failures import told_apart
from reasoncli.runs.journal import FILE, RunJournal, as_text
from reasoncli.runs.lock import is_live, live_lock
from reasoncli.runs.record import RunHead, RunRecord, head, load
from reasoncli.runs.schema import connect

LAST = "last"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_GRACE = 60.0  # seconds in which a folder without a run in it may be one that is being made


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run in a listing.

    Attributes:
        head: `None` for a damaged one.
        live: whether a process works on it now.
        damage: what is wrong with it, or an empty string.
    """

    id: str
    head: RunHead | None
    live: bool
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was (or, on a dry run, would be) removed: ids, and bytes on disk."""

    runs: tuple[str, ...]
    freed: int


class Store:
    """The runs in `<root>/runs`."""

    def __init__(self, root: Path) -> None:
        """`root` is the user's state folder; it is made when the first run is."""
        self.root = root
        self._runs = root / "runs"

    def create(self, issue: Issue, repository: Path) -> RunJournal:
        """Begin a run. Ids sort by time: date and time in UTC, and three random characters."""
        with told_apart(self._runs):
            self._runs.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = self._make_folder()
            try:
                _sync(self._runs)
                journal = RunJournal(folder, live_lock(folder))
                journal.created(issue, repository)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return journal

    def resolve(self, reference: str) -> str:
        """The id that is meant by an id, the beginning of one, or `last`.

        Raises:
            UsageError: no run or several runs are meant.
        """
        if reference == LAST:
            entry = next((each for each in self.entries() if each.head is not None), None)
            if entry is None:
                raise UsageError("there is no run yet", hint="`reasoncli fix` makes one.")
            return entry.id
        found = self.named(reference)
        if len(found) == 1:
            return found[0]
        if not found:
            raise UsageError(f"there is no run {reference!r}", hint="`reasoncli runs list` shows the runs.")
        raise UsageError(f"{reference!r} could be {', '.join(found[:5])}", hint="Give more of the id.")

    def named(self, reference: str) -> list[str]:
        """Ids of the runs that an id or the beginning of one may mean."""
        if reference and Path(reference).name == reference and self.folder(reference).is_dir():
            return [reference] if not reference.startswith(".") else []
        return sorted(name for name in self._names() if name.startswith(reference)) if reference else []

    def folder(self, name: str) -> Path:
        """Where a run is kept, by its whole id."""
        return self._runs / name

    def open(self, reference: str) -> RunJournal:
        """Open a run for writing, as resuming and undoing do.

        Raises:
            StoreError: it is being worked on, damaged, or too new.
        """
        folder = self._checked(self.resolve(reference))
        with told_apart(folder / FILE):
            return RunJournal(folder, live_lock(folder))

    def read(self, reference: str) -> RunRecord:
        """Everything a run has on disk; one that is being worked on can be read as well."""
        folder = self._checked(self.resolve(reference))
        with told_apart(folder / FILE), closing(connect(folder / FILE)) as db:
            return load(db)

    def entries(self, repository: Path | None = None) -> Iterator[RunEntry]:
        """All runs, the latest first; those of one repository if one is given. Damaged ones are listed as such."""
        wanted = None if repository is None else as_text(str(repository))
        for name in sorted(self._names(), reverse=True):
            entry = self._entry(name)
            if wanted is None or (entry.head is not None and entry.head.repository == wanted):
                yield entry

    def live(self) -> frozenset[str]:
        """Ids of the runs that some process works on now."""
        return frozenset(name for name in self._names() if is_live(self._runs / name))

    def prune(
        self,
        *,
        older_than: float | None = None,
        keep: int | None = None,
        damaged: bool = False,
        repository: Path | None = None,
        dry_run: bool = False,
    ) -> Pruned:
        """Remove runs; never one that is being worked on.

        Args:
            older_than: those that began more than this many seconds ago.
            keep: all but this many of the latest. With `older_than`, both must hold.
            damaged: also those that can't be read.
            repository: only those of this repository, and damaged ones.
            dry_run: only say what would be removed.
        """
        now = time.time()
        wanted = None if repository is None else as_text(str(repository))
        removed, freed, sound = [], 0, 0
        if not dry_run:
            self._sweep()
        for entry in self.entries():
            if entry.head is None:
                doomed = damaged
            elif wanted is not None and entry.head.repository != wanted:
                doomed = False
            else:
                sound += 1
                old = older_than is None or now - entry.head.created > older_than
                doomed = (older_than is not None or keep is not None) and old and (keep is None or sound > keep)
            if doomed and not entry.live:
                size = self._remove(entry.id, dry_run)
                if size is not None:
                    removed.append(entry.id)
                    freed += size
        return Pruned(tuple(removed), freed)

    def _make_folder(self) -> Path:
        while True:
            stamp = time.strftime("%y%m%d-%H%M%S", time.gmtime())
            folder = self._runs / f"{stamp}-{''.join(secrets.choice(_ALPHABET) for _ in range(3))}"
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder

    def _names(self) -> list[str]:
        try:
            with told_apart(self._runs), os.scandir(self._runs) as found:
                return [entry.name for entry in found if entry.is_dir() and not entry.name.startswith(".")]
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return []
            raise

    def _checked(self, name: str) -> Path:
        folder = self._runs / name
        if not (folder / FILE).is_file():
            raise StoreError(
                f"run {name} holds no {FILE}", hint="Remove what is left with `reasoncli runs prune --damaged`."
            )
        return folder

    def _entry(self, name: str) -> RunEntry:
        folder = self._runs / name
        live = is_live(folder) or (not (folder / FILE).exists() and _age(folder) < _GRACE)
        try:
            with told_apart(folder / FILE), closing(connect(self._checked(name) / FILE)) as db:
                return RunEntry(name, head(db), live)
        except EnvironmentFailure as error:
            return RunEntry(name, None, live, str(error))

    def _sweep(self) -> None:
        """Remove what an earlier removal that was cut short left."""
        for left in self._runs.glob(".removed-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _remove(self, name: str, dry_run: bool) -> int | None:
        """Remove a run's folder; its size, or `None` where another process took it meanwhile."""
        folder = self._runs / name
        size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
        if dry_run:
            return size
        doomed = folder.with_name(f".removed-{name}")
        with told_apart(folder):
            try:
                lock = live_lock(folder)
            except StoreError:
                return None
            with lock:
                folder.rename(doomed)  # at once: nobody opens half a run
        shutil.rmtree(doomed, ignore_errors=True)
        return size


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power failure, as SQLite does for its files."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
