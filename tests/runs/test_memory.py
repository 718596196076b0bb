from __future__ import annotations

import hashlib
import multiprocessing
import os
import time
from pathlib import Path

import pytest

from reasoncli.domain import Verdict, VerdictKind
from reasoncli.runs.memory import FOLDER, Memory

VERDICT = Verdict(VerdictKind.FIXES, ("t::a",), reason="all of it", output="x" * 1000)


def key(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def files(root: Path) -> list[Path]:
    return [path for path in (root / FOLDER).rglob("*") if path.is_file()]


def test_what_is_remembered_is_recalled_under_its_key_only(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    assert memory.recall(Verdict, key(1)) is None
    assert memory.remember(Verdict, key(1), VERDICT)
    assert memory.recall(Verdict, key(1)) == VERDICT
    assert memory.recall(Verdict, key(2)) is None
    changed = Verdict(VerdictKind.PARTIAL)
    memory.remember(Verdict, key(1), changed)
    assert Memory(tmp_path).recall(Verdict, key(1)) == changed
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
@pytest.mark.parametrize("where", [0, 20, 60, -1])
def test_a_damaged_entry_is_not_there_and_can_be_written_anew(tmp_path: Path, damage: bytes | None, where: int) -> None:
    memory = Memory(tmp_path)
    memory.remember(Verdict, key(1), VERDICT)
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(bytes(data[:where]) if damage is None else damage or bytes(data))
    assert memory.recall(Verdict, key(1)) is None
    memory.remember(Verdict, key(1), VERDICT)
    assert memory.recall(Verdict, key(1)) == VERDICT


def test_an_entry_of_another_shape_is_not_there(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.remember(tuple[int, ...], key(1), (1, 2))
    assert memory.recall(Verdict, key(1)) is None
    assert not files(tmp_path), "and makes room"


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    memory = Memory(tmp_path, entries=3)
    for number in range(5):
        memory.remember(Verdict, key(number), VERDICT)
    for age, path in enumerate(tmp_path / FOLDER / key(n)[:2] / key(n)[2:] for n in range(5)):
        os.utime(path, (time.time() - 1000 + age,) * 2)
    assert memory.recall(Verdict, key(0)) is not None
    assert memory.trim().entries == 2
    left = [number for number in range(5) if memory.recall(Verdict, key(number)) is not None]
    assert left == [0, 3, 4], "the first one was used last"


def test_the_bytes_are_bounded_too(tmp_path: Path) -> None:
    one = Memory(tmp_path)
    one.remember(bytes, key(1), os.urandom(10_000))
    one.remember(bytes, key(2), os.urandom(10_000))
    small = Memory(tmp_path, limit=20_000)
    assert small.trim().entries == 1
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 20_000


def test_clearing(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.remember(Verdict, key(1), VERDICT)
    assert memory.clear(older_than=60).entries == 0
    assert memory.clear(dry_run=True).entries == 1
    assert memory.recall(Verdict, key(1)) is not None
    cleared = memory.clear()
    assert cleared.entries == 1
    assert cleared.freed > 0
    assert memory.recall(Verdict, key(1)) is None


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.remember(Verdict, key(1), VERDICT)
    (path,) = files(tmp_path)
    old, young = path.with_name(".a"), path.with_name(".b")
    for left in (old, young):
        left.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert memory.trim().entries == 0
    assert not old.exists()
    assert young.exists(), "its writer may still be at it"


def test_a_place_that_can_not_be_written_to_means_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    memory = Memory(tmp_path)
    assert not memory.remember(Verdict, key(1), VERDICT)
    assert memory.recall(Verdict, key(1)) is None
    assert memory.trim().entries == 0
    assert memory.clear().entries == 0


def _hammer(root: str, seed: int) -> None:
    memory = Memory(Path(root), entries=20)
    for round_ in range(150):
        name = (round_ * 7 + seed) % 30
        value = memory.recall(bytes, key(name))
        assert value is None or value == key(name).encode() * 200
        assert memory.remember(bytes, key(name), key(name).encode() * 200)
        if round_ % 10 == 0:
            memory.trim()


def test_several_processes_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_hammer, args=(str(tmp_path), seed)) for seed in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    memory = Memory(tmp_path, entries=20)
    memory.trim()
    assert len(files(tmp_path)) == 20, "no half-written file is left"
