"""Leftovers of dead runs go, what a live run holds stays."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reasoncli.errors import EnvironmentFailure
from reasoncli.locks import is_held
from reasoncli.sandbox import engine, labels
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.folders import LOCAL, reap_folders
from reasoncli.sandbox.local_sandbox import local_provider
from reasoncli.sandbox.locks import lock_path, run_lock
from reasoncli.sandbox.reap import reap_containers
from tests.sandbox.snapshots import make_snapshot


def test_a_lock_is_held_until_released(tmp_path: Path) -> None:
    lock = run_lock(tmp_path, "run")
    assert is_held(lock.path)
    with pytest.raises(EnvironmentFailure, match="already going on"):
        run_lock(tmp_path, "run")
    lock.release()
    lock.release()
    assert not is_held(lock_path(tmp_path, "run"))


@pytest.mark.parametrize("asks", [0.01, None])
def test_who_only_asks_keeps_nobody_from_a_lock(tmp_path: Path, asks: float | None) -> None:
    """`is_held` holds it for a moment; who holds it for longer is another run."""
    path = lock_path(tmp_path, "run")
    path.parent.mkdir()
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        if asks is None:
            with pytest.raises(EnvironmentFailure, match="already going on"):
                run_lock(tmp_path, "run")
            return
        letting_go = threading.Timer(asks, fcntl.flock, (file, fcntl.LOCK_UN))
        letting_go.start()
        run_lock(tmp_path, "run").release()
        letting_go.join()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    program = (
        "import sys, os; from pathlib import Path; from reasoncli.sandbox.locks import run_lock\n"
        "lock = run_lock(Path(sys.argv[1]), 'run'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == -9
    assert lock_path(tmp_path, "run").exists()
    assert not is_held(lock_path(tmp_path, "run"))


def test_a_lock_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFailure, match="lock can't be made"):
        run_lock(tmp_path / "file", "run")


def test_folders_of_the_dead_are_removed_and_others_spared(tmp_path: Path) -> None:
    live = local_provider(make_snapshot(tmp_path / "tree", {"a": "1"}), LocalConfig(temporary=tmp_path))
    dead = tmp_path / f"{LOCAL}dead"
    (dead / "deep").mkdir(parents=True)
    (dead / ".lock").touch()
    os.utime(dead, (0, 0))
    killed = tmp_path / f"{LOCAL}killed"
    killed.mkdir()
    (killed / ".lock").write_text("4711\n")  # as young as the next two, but its lock was taken
    for name in ("justmade", "justlocked"):
        (tmp_path / f"{LOCAL}{name}").mkdir()
    (tmp_path / f"{LOCAL}justlocked" / ".lock").touch()
    (tmp_path / "unrelated").mkdir()
    try:
        assert sorted(reap_folders(tmp_path)) == [str(dead), str(killed)]
        with live.open() as sandbox:
            assert Path(sandbox.root, "a").exists()
    finally:
        live.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{LOCAL}justlocked",
        f"{LOCAL}justmade",
        "tree",
        "unrelated",
    ]


@pytest.fixture
def client() -> Iterator[Any]:
    client = engine.connect()
    yield client
    client.close()


@pytest.mark.alone  # any start of a run on this machine removes them, too
@pytest.mark.docker
def test_containers_of_the_dead_are_removed_and_others_spared(client: Any, tmp_path: Path, base_image: str) -> None:
    """Created and never started: a driver that was killed between the two."""
    lock = run_lock(tmp_path, "alive")
    made = {}
    elsewhere = {**labels.of_run("elsewhere", lock_path(tmp_path, "elsewhere")), labels.HOST: "another-machine"}
    for name, marks in {
        "dead": labels.of_run("dead", lock_path(tmp_path, "dead")),
        "alive": labels.of_run("alive", lock.path),
        "elsewhere": elsewhere,
        "strange": {"reasoncli.other": "x"},
    }.items():
        made[name] = client.create_container(base_image, ["true"], labels=marks)["Id"]
    try:
        removed = reap_containers(client).containers
        assert made["dead"] in removed
        assert not {made["alive"], made["elsewhere"], made["strange"]} & set(removed)
        left = {container["Id"] for container in client.containers(all=True)}
        assert made["dead"] not in left
        assert {made["alive"], made["elsewhere"], made["strange"]} <= left
        lock.release()
        assert made["alive"] in reap_containers(client).containers
    finally:
        for name in ("elsewhere", "strange"):
            client.remove_container(made[name])


DRIVER = """
import sys
from pathlib import Path
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.interface import Command
from reasoncli.sandbox.local_sandbox import local_provider
from tests.sandbox.snapshots import make_snapshot

folder = Path(sys.argv[1])
provider = local_provider(make_snapshot(folder / "tree", {"a": "1"}), LocalConfig(temporary=folder))
sandbox = provider.open()
sandbox.run(Command(("sh", "-c", f"(setsid sleep 500 &) ; touch {folder}/running; exec sleep 501"), timeout=600))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere daemons can't be found again")
def test_local_processes_end_when_their_driver_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path)], cwd=root) as driver:
        deadline = time.monotonic() + 120
        while not (tmp_path / "running").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        driver.kill()
        driver.wait()
    while marked := [pid.name for pid in Path("/proc").glob("[0-9]*") if _in_folder(pid, tmp_path)]:
        assert time.monotonic() < deadline, marked
        time.sleep(0.05)
    for folder in tmp_path.glob(f"{LOCAL}*"):
        os.utime(folder, (0, 0))
    assert len(reap_folders(tmp_path)) == 1


def _in_folder(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False
