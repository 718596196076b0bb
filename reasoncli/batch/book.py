"""What is on disk of a batch: what was asked for, which run works on which issue, and what went wrong.

    <state>/batches/<id>/batch.json           the list, settings and budget; written once
    <state>/batches/<id>/lock                 held by the process that leads it
    <state>/batches/<id>/spent                what the list took so far
    <state>/batches/<id>/issues/<key>/run     the id of the issue's run, written before anything is done
    <state>/batches/<id>/issues/<key>/trouble what ended the last try, if it did not end by itself
    <state>/batches/<id>/issues/<key>/done    nothing is left to do, what was to be delivered included
    <state>/batches/<id>/issues/<key>/tree    a clone of its repository, if it needs one

All else is in the run store. Each file is written whole, or not at all.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from reasoncli.batch.outcome import Outcome, State, Trouble, outcome
from reasoncli.domain import Budget, Spending, WorkItem
from reasoncli.errors import StoreError, UsageError
from reasoncli.locks import FileLock, is_held, owner
from reasoncli.reports.summary import Summary
from reasoncli.runs.codec import CodecError, decode, encode
from reasoncli.runs.failures import told_apart
from reasoncli.runs.record import RunRecord
from reasoncli.runs.store import LAST, Store
from reasoncli.settings.kinds import SandboxKind
from reasoncli.settings.loading import load_settings
from reasoncli.settings.values import Settings
from reasoncli.workflow.summary import summarize

VERSION = 1
_TESTBED = {"workdir": "/testbed", "python": "/opt/miniconda3/envs/testbed/bin/python"}
"""Where SWE-bench's images have the repository, and the interpreter that has its dependencies."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TRIES = 6


@dataclass(frozen=True, slots=True)
class Order:
    """What a batch was asked for.

    Attributes:
        items: the issues.
        flags: settings from the command line, by attribute name, as JSON.
        cwd: where relative paths among them start.
        budget: of the whole list.
        jobs: issues at work at once; 0 is as many as fit.
        branches: make a branch for each chosen patch.
        pull_requests: and open a pull request with it.
        clones: folders to look for repositories in.
        command: the command line.
    """

    items: tuple[WorkItem, ...]
    flags: str
    cwd: Path
    budget: Budget
    jobs: int
    branches: bool
    pull_requests: bool
    clones: tuple[Path, ...]
    command: tuple[str, ...]

    def settings(self, repository: Path | None = None, item: WorkItem | None = None) -> Settings:
        """Those of the batch, or of one of its issues in its repository.

        Raises:
            SettingsError: a setting doesn't fit, or the repository may not set it.
        """
        flags = {
            name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(self.flags).items()
        }
        if item is not None:
            flags |= _of(item, flags)
        return load_settings(flags, repository=repository, cwd=self.cwd)


@dataclass(slots=True)
class Book:
    """One batch on disk. Made by `begin` or `take_up`; to be closed."""

    folder: Path
    order: Order
    store: Store
    lock: FileLock | None = field(default=None)

    @property
    def id(self) -> str:
        """Its name."""
        return self.folder.name

    def place(self, key: str) -> Path:
        """An issue's folder."""
        return self.folder / "issues" / key

    def run_of(self, key: str) -> str:
        """The id of an issue's run, if one was begun and is still there."""
        try:
            run = (self.place(key) / "run").read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        return run if self.store.folder(run).is_dir() else ""

    def begun(self, key: str, run: str) -> None:
        """Note which run works on an issue."""
        _write(self.place(key) / "run", run + "\n")

    def done(self, key: str) -> None:
        """Note that nothing is left to do for an issue."""
        self.trouble(key, None)
        _write(self.place(key) / "done", "")

    def undone(self, key: str) -> None:
        """Note that there is something to do for an issue again."""
        (self.place(key) / "done").unlink(missing_ok=True)

    def is_done(self, key: str) -> bool:
        """Whether nothing is left to do for an issue."""
        return bool(self.run_of(key)) and (self.place(key) / "done").exists()

    def trouble(self, key: str, trouble: Trouble | None) -> None:
        """Note what ended a try, or that nothing stands in the way any more."""
        path = self.place(key) / "trouble"
        if trouble is None:
            path.unlink(missing_ok=True)
        else:
            _write(path, json.dumps(encode(Trouble, trouble)))

    def trouble_of(self, key: str) -> Trouble | None:
        """What ended the last try."""
        try:
            return decode(Trouble, json.loads((self.place(key) / "trouble").read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, CodecError):
            return Trouble("StoreError", "what ended the last try can't be read", passing=True)

    def read(self, item: WorkItem) -> tuple[RunRecord | None, Trouble | None]:
        """What is on disk of an issue: its run, and what stands in its way."""
        run, trouble = self.run_of(item.key), self.trouble_of(item.key)
        try:
            return self.store.read(run) if run else None, trouble
        except StoreError as error:
            return None, trouble or Trouble("StoreError", str(error), error.hint)

    def outcome(self, item: WorkItem, reason: str = "") -> Outcome:
        """How an issue stands."""
        return outcome(item.key, item.issue.title, *self.read(item), reason)

    def summary(self, item: WorkItem) -> Summary:
        """An issue's run as reports render it; with an error where there is none, or where it has not ended."""
        found = self.outcome(item)
        if not found.over:
            words = found.reason if found.state is State.FAILED else "not worked on yet"
            return Summary(found.run, "", item.issue, None, error=words)
        folder = self.store.folder(found.run)
        return replace(summarize(self.store.read(found.run), folder), exit_code=int(found.state is not State.VERIFIED))

    @property
    def spent(self) -> Spending | None:
        """What the list took so far; `None` where that was never written."""
        try:
            return decode(Spending, json.loads((self.folder / "spent").read_text("utf-8")))
        except (OSError, ValueError, CodecError):
            return None

    def keep_spent(self, spent: Spending) -> None:
        """Note what the list took; what can't be written now is tried again."""
        with suppress(OSError):
            _write(self.folder / "spent", json.dumps(encode(Spending, spent)))

    def close(self) -> None:
        """Let go of the lock. Idempotent."""
        if self.lock is not None:
            self.lock.release()


def begin(root: Path, order: Order) -> Book:
    """Begin a batch in a state folder."""
    parent = root / "batches"
    with told_apart(parent):
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = _folder(parent)
        lock = FileLock(folder / "lock", tries=_TRIES)
        body = {"version": VERSION, "order": encode(Order, order)}
        _write(folder / "batch.json", json.dumps(body))
    return Book(folder, order, Store(root), lock)


def take_up(root: Path, reference: str) -> Book:
    """Go on with a batch, by its id, the beginning of one, or `last`.

    Raises:
        UsageError: no batch or several are meant. StoreError: it is at work, damaged or too new.
    """
    folder = _resolve(root, reference)
    with told_apart(folder):
        try:
            lock = FileLock(folder / "lock", tries=_TRIES)
        except BlockingIOError as error:
            raise StoreError(
                f"batch {folder.name} is being worked on by process {owner(folder / 'lock')}",
                hint="Wait for it to end.",
            ) from error
    try:
        return Book(folder, _order(folder), Store(root), lock)
    except BaseException:
        lock.release()
        raise


def look_at(root: Path, reference: str) -> Book:
    """A batch as it stands, to be read only: it may be at work.

    Raises:
        UsageError: no batch or several are meant. StoreError: it is damaged or too new.
    """
    folder = _resolve(root, reference)
    return Book(folder, _order(folder), Store(root))


def named(root: Path, reference: str) -> list[str]:
    """Ids of the batches that an id or the beginning of one may mean."""
    found = [name for name in _names(root) if name.startswith(reference)] if reference else []
    return [reference] if reference in found else found


def at_work(root: Path) -> frozenset[str]:
    """Ids of the batches that some process leads now."""
    found = (root / "batches").glob("*/lock")
    return frozenset(lock.parent.name for lock in found if is_held(lock))


def _of(item: WorkItem, flags: Mapping[str, object]) -> dict[str, object]:
    """What an issue says about its tests, which is nearer to it than what is said for all."""
    local = flags.get("sandbox") == SandboxKind.LOCAL.value
    found: dict[str, object] = {"test_command": item.test_command or None}
    if item.image and not local:
        found |= {"image": item.image}
        if item.testbed:
            found |= {name: value for name, value in _TESTBED.items() if flags.get(name) is None}
    return {name: value for name, value in found.items() if value is not None}


def _order(folder: Path) -> Order:
    try:
        body = json.loads((folder / "batch.json").read_text("utf-8"))
        if body["version"] > VERSION:
            raise StoreError(f"batch {folder.name} was written by a newer reasoncli", hint="Upgrade reasoncli.")
        return decode(Order, body["order"])
    except (OSError, ValueError, KeyError, TypeError, CodecError) as error:
        raise StoreError(f"batch {folder.name} can't be read: {error}", hint="Start it anew.") from error


def _names(root: Path) -> list[str]:
    return sorted(path.parent.name for path in (root / "batches").glob("*/batch.json"))


def _resolve(root: Path, reference: str) -> Path:
    parent = root / "batches"
    found = _names(root)[-1:] if reference == LAST else named(root, reference)
    if len(found) == 1:
        return parent / found[0]
    if not found:
        raise UsageError(
            "there is no batch yet" if reference == LAST else f"there is no batch {reference!r}",
            hint="`reasoncli batch LIST` begins one.",
        )
    raise UsageError(f"{reference!r} could be {', '.join(found[:5])}", hint="Give more of the id.")


def _folder(parent: Path) -> Path:
    while True:
        stamp = time.strftime("%y%m%d-%H%M%S", time.gmtime())
        folder = parent / f"{stamp}-{''.join(secrets.choice(_ALPHABET) for _ in range(3))}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder


def _write(path: Path, text: str) -> None:
    """Write a file so that it is there whole or as it was, after a power failure as well."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
