from __future__ import annotations

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reasoncli.domain import Completion
from reasoncli.errors import StoreError, UsageError
from reasoncli.runs.record import head
from reasoncli.runs.schema import MIGRATIONS, connect, from_body
from reasoncli.runs.store import Store
from tests.runs.samples import FIXES, ISSUE, batch

REPO = Path("/repo")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


def made(store: Store, repository: Path = REPO) -> str:
    with store.create(ISSUE, repository) as run:
        run.completion_batch(0, batch(0))
        return run.id


def aged(store: Store, run: str, days: float) -> None:
    db = sqlite3.connect(store.root / "runs" / run / "run.sqlite")
    db.execute("UPDATE run SET created = ?", (time.time() - days * 86_400,))
    db.commit()
    db.close()


def test_ids_sort_by_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for second in (1_800_000_000, 1_800_000_001, 1_900_000_000):
        monkeypatch.setattr(time, "gmtime", lambda s=second, real=time.gmtime: real(s))
        ids.append(made(store))
        monkeypatch.undo()
    assert ids == sorted(ids)
    assert all(len(each) == 17 for each in ids)


def test_a_run_is_found_by_the_beginning_of_its_id_or_as_the_last(store: Store) -> None:
    run = made(store)
    assert store.resolve(run) == run
    assert store.resolve(run[:15]) == run
    assert store.resolve("last") == run


def test_the_runs_of_a_repository(store: Store) -> None:
    here, _ = made(store, Path("/here")), made(store, Path("/there"))
    assert [entry.id for entry in store.entries(Path("/here"))] == [here]


def test_what_is_not_there_or_not_clear_is_said(store: Store) -> None:
    with pytest.raises(UsageError, match="no run yet"):
        store.resolve("last")
    with pytest.raises(UsageError, match="no run 'x'"):
        store.resolve("x")
    first, second = made(store), made(store)
    with pytest.raises(UsageError, match=f"{second}|{first}"):
        store.resolve(first[:6])
    with pytest.raises(UsageError, match="no run ''"):
        store.resolve("")


def test_no_runs_is_an_empty_list(store: Store) -> None:
    assert list(store.entries()) == []
    assert store.live() == frozenset()
    assert store.prune(keep=0).runs == ()


def test_a_live_run_is_shown_but_not_opened(store: Store) -> None:
    with store.create(ISSUE, REPO) as run:
        run.completion_batch(0, batch(0))
        assert store.live() == {run.id}
        assert next(iter(store.entries())).live
        assert len(store.read(run.id).recorded.batches) == 1
        with pytest.raises(StoreError, match=f"process {os.getpid()}"):
            store.open(run.id)
    assert store.live() == frozenset()
    with store.open(run.id) as again:
        again.completion_batch(1, batch(1))


def test_a_run_of_a_dead_process_is_not_live(store: Store) -> None:
    code = (
        "import os, sys; from pathlib import Path; from reasoncli.runs.store import Store;"
        "from tests.runs.samples import ISSUE;"
        "run = Store(Path(sys.argv[1])).create(ISSUE, Path('/repo')); print(run.id, flush=True);"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(store.root)], capture_output=True, text=True)
    assert store.live() == frozenset()
    with store.open(done.stdout.strip()) as run:
        run.completion_batch(0, batch(0))


def test_a_damaged_run_harms_no_other(store: Store) -> None:
    sound, torn = made(store), made(store)
    file = store.root / "runs" / torn / "run.sqlite"
    file.write_bytes(b"this is no database" * 1000)
    entries = {entry.id: entry for entry in store.entries()}
    assert entries[sound].head is not None
    assert entries[torn].head is None
    assert "damaged" in entries[torn].damage
    for attempt in (store.read, store.open):
        with pytest.raises(StoreError) as caught:
            attempt(torn)
        assert "Move" in caught.value.hint
        assert str(file.parent) in caught.value.hint
    assert store.resolve("last") == sound
    assert store.read(sound).head.id == sound


def test_a_run_cut_short_is_damaged_not_a_crash(store: Store) -> None:
    for keep in (0, 1, 100, 4096, 10_000):
        run = made(store)
        file = store.root / "runs" / run / "run.sqlite"
        file.write_bytes(file.read_bytes()[:keep])
        with pytest.raises(StoreError):
            store.read(run)


def test_flipped_bytes_are_damage_at_worst(store: Store) -> None:
    flips = random.Random(3)
    run = made(store)
    file = store.root / "runs" / run / "run.sqlite"
    sound = file.read_bytes()
    for _ in range(60):
        torn = bytearray(sound)
        for _ in range(flips.choice([1, 20, 2000])):
            torn[flips.randrange(len(torn))] = flips.randrange(256)
        file.write_bytes(torn)
        for attempt in (store.read, lambda name: store.open(name).close()):
            with contextlib.suppress(StoreError):
                attempt(run)
        list(store.entries())


def test_rows_that_make_no_sense_are_damage(store: Store) -> None:
    run = made(store)
    db = sqlite3.connect(store.root / "runs" / run / "run.sqlite")
    db.execute("UPDATE completions SET body = '{\"prompt\": 5}'")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="damaged"):
        store.read(run)
    assert next(iter(store.entries())).head is not None  # its line is sound


def test_a_newer_store_is_left_alone(store: Store) -> None:
    run = made(store)
    db = sqlite3.connect(store.root / "runs" / run / "run.sqlite")
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    for attempt in (store.read, store.open):
        with pytest.raises(StoreError, match="newer") as caught:
            attempt(run)
        assert "Upgrade" in caught.value.hint


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "other.sqlite")
    db.execute("CREATE TABLE notes (text)")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="not a run"):
        connect(tmp_path / "other.sqlite")


def test_migrations_bring_an_older_run_up_to_date(tmp_path: Path) -> None:
    def add_note(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT 'old'")

    path = tmp_path / "run.sqlite"
    db = connect(path)
    db.execute("INSERT INTO run (id, created, repository, issue) VALUES ('r', 0, '/', 'i')")
    db.close()
    db = connect(path, migrations=(*MIGRATIONS, add_note))
    assert db.execute("SELECT note FROM run").fetchall() == [("old",)]
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    db.close()


def test_a_run_from_before_ranked_proposals_has_none(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    db = connect(path, migrations=MIGRATIONS[:1])
    db.execute("INSERT INTO run (id, created, repository, issue, samples) VALUES ('r', 0, '/', 'i', 64)")
    old = {"prompt": "p", "text": "x", "count": 2, "logprobs": [], "tokens": 1, "finish": "stop", "batch": 0}
    assert from_body(Completion, json.dumps(old)).rank == 0
    db.close()
    with contextlib.closing(connect(path)) as db:
        assert (head(db).samples, head(db).ranked) == (64, 0)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE run ADD COLUMN note TEXT")
        db.execute("ALTER TABLE nowhere ADD COLUMN note TEXT")

    path = tmp_path / "run.sqlite"
    connect(path).close()
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        connect(path, migrations=(*MIGRATIONS, half))
    db = connect(path)
    assert "note" not in [column[1] for column in db.execute("PRAGMA table_info(run)")]
    db.close()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        Store(tmp_path / "file").create(ISSUE, REPO)
    assert "REASONCLI_STATE_DIR" in caught.value.hint


def test_prune_by_age_and_number(store: Store) -> None:
    runs = [made(store) for _ in range(4)]
    for run, days in zip(runs, (40, 30, 20, 1), strict=True):
        aged(store, run, days)
    assert store.prune(older_than=25 * 86_400, dry_run=True).runs
    assert len(list(store.entries())) == 4
    pruned = store.prune(older_than=25 * 86_400)
    assert set(pruned.runs) == set(runs[:2])
    assert pruned.freed > 1000
    assert len(store.prune(keep=1).runs) == 1
    assert store.prune().runs == ()


def test_prune_spares_live_runs_and_other_repositories(store: Store) -> None:
    made(store, Path("/other"))
    with store.create(ISSUE, REPO):
        gone = made(store)
        assert store.prune(keep=0, repository=REPO).runs == (gone,)
    assert len(list(store.entries())) == 2


def test_prune_removes_damaged_runs_only_when_asked(store: Store) -> None:
    run = made(store)
    (store.root / "runs" / run / "run.sqlite").write_bytes(b"broken")
    empty = store.root / "runs" / "260101-000000-abc"
    empty.mkdir()
    os.utime(empty, (0, 0))
    assert store.prune(keep=0).runs == ()
    assert set(store.prune(damaged=True).runs) == {run, empty.name}
    assert list(store.entries()) == []


def test_a_run_that_is_being_made_is_not_damaged(store: Store) -> None:
    made(store)
    (store.root / "runs" / "991231-000000-abc").mkdir()
    assert store.prune(damaged=True).runs == ()


def test_a_removal_cut_short_is_finished_by_the_next(store: Store) -> None:
    run = made(store)
    left = store.root / "runs" / f".removed-{run}"
    (store.root / "runs" / run).rename(left)
    assert list(store.entries()) == []
    store.prune(keep=0)
    assert not left.exists()


def test_a_run_belongs_to_its_user_alone(store: Store) -> None:
    run = made(store)
    assert (store.root / "runs" / run).stat().st_mode & 0o777 == 0o700


def test_several_runs_at_once(store: Store) -> None:
    with store.create(ISSUE, REPO) as one, store.create(ISSUE, REPO) as other:
        one.verdict("k", FIXES)
        other.verdict("k", FIXES)
        assert store.live() == {one.id, other.id}
