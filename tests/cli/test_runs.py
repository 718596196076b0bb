"""`reasoncli runs prune` and `show`, on a store with a few runs."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from reasoncli.runs.memory import Memory
from reasoncli.runs.store import Store
from reasoncli.sandbox import engine, labels
from reasoncli.sandbox.images import image_name
from tests.end_to_end.project import Tool, make_repository
from tests.runs.samples import ISSUE, batch

DAYS = (40, 30, 20, 1)


@pytest.fixture
def runs(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of four runs that are so many `DAYS` old."""
    store = Store(tool.state)
    made = []
    for days in DAYS:
        then = time.time() - days * 86_400
        monkeypatch.setattr(time, "gmtime", lambda seconds=then, real=time.gmtime: real(seconds))
        with store.create(ISSUE, Path("/repo")) as run:
            run.completion_batch(0, batch(0))
            made.append(run.id)
        db = sqlite3.connect(tool.state / "runs" / run.id / "run.sqlite")
        db.execute("UPDATE run SET created = ?", (then,))
        db.commit()
        db.close()
        monkeypatch.undo()
    return made


def left(tool: Tool) -> set[str]:
    return {entry.name for entry in (tool.state / "runs").iterdir() if entry.is_dir()}


def test_a_dry_run_removes_nothing(tool: Tool, runs: list[str]) -> None:
    ran = tool.run("runs", "prune", "--older-than", 25, "--dry-run")
    assert ran.code == 0, ran.err
    assert "2 runs would be removed" in ran.err
    assert left(tool) == set(runs)


@pytest.mark.parametrize(
    ("arguments", "removed"),
    [
        ("--older-than 25", 2),
        ("--keep 1", 3),
        ("--keep 0", 4),
        ("--keep 3 --older-than 25", 1),  # both must hold
    ],
)
def test_old_runs_are_removed(tool: Tool, runs: list[str], arguments: str, removed: int) -> None:
    ran = tool.run("runs", "prune", *arguments.split())
    assert ran.code == 0, ran.err
    assert f"{removed} runs removed" in ran.err
    assert left(tool) == set(runs[removed:])


def test_what_to_remove_must_be_said(tool: Tool, runs: list[str]) -> None:
    assert tool.run("runs", "prune").code == 2
    assert tool.run("runs", "prune", "--keep", "-1").code == 2
    assert left(tool) == set(runs)


def test_the_memory_is_everybody_s(tool: Tool, runs: list[str], tmp_path: Path) -> None:
    here = make_repository(tmp_path / "here")
    Memory(tool.state).remember(str, "ab" * 32, "known")
    ran = tool.run("runs", "prune", "--memory", "-C", here)
    assert ran.code == 2
    assert "-C" in ran.err
    ran = tool.run("runs", "prune", "--older-than", 0, "-C", here)
    assert ran.code == 0, ran.err
    assert "remembered" not in ran.err
    assert Memory(tool.state).recall(str, "ab" * 32) == "known"
    assert left(tool) == set(runs)
    assert "1 remembered results removed" in tool.run("runs", "prune", "--memory").err
    assert Memory(tool.state).recall(str, "ab" * 32) is None


@pytest.mark.docker
def test_images_of_one_repository(tool: Tool, tmp_path: Path, base_image: str) -> None:
    here = make_repository(tmp_path / "T_Prune")
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\nLABEL {labels.VERSION}=1\n")
    client = engine.connect()
    name = f"{image_name('T_Prune')}:first"
    try:
        list(client.build(path=str(tmp_path), tag=name, rm=True))
        said = tool.run("runs", "prune", "--images", "-C", here, "--dry-run").err
        assert "1 sandbox images would be removed." in said
        assert client.images(name), "it is still there"
        assert "1 sandbox images removed." in tool.run("runs", "prune", "--images", "-C", here).err
        assert not client.images(name)
    finally:
        client.close()


def test_a_picture_or_an_object(tool: Tool, runs: list[str], tmp_path: Path) -> None:
    ran = tool.run("runs", "show", runs[0], "--svg", tmp_path / "run.svg", "--json")
    assert ran.code == 2
    assert "--svg" in ran.json["error"]["message"]
    assert not (tmp_path / "run.svg").exists()
