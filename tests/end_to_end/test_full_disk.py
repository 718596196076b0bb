"""A disk that is full or gets full, and a run store that is damaged."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.project import (
    RIGHT,
    SOURCE,
    Tool,
    early,
    make_repository,
    refused,
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, left: int) -> Path:
    """Fill a file system but for so many bytes."""
    ballast = folder / "ballast"
    free = shutil.disk_usage(folder).free
    ballast.write_bytes(b"\0" * max(0, free - left))
    return ballast


@pytest.mark.parametrize("left", [0, 64 << 10])
def test_a_disk_that_is_full_from_the_start(
    tool: Tool, repository: Path, recording: Path, small_disk: Path, left: int
) -> None:
    ballast = fill(small_disk, left)
    ran = tool.fix(repository, recording, "--json", "--state-dir", small_disk)
    refused(ran, 3, "space", "prune")
    early(ran)
    assert list(small_disk.glob("runs/*")) == []
    ballast.unlink()
    assert tool.fix(repository, recording, "--dry-run", "-n", 16, "--state-dir", small_disk).code == 0


def test_a_disk_that_gets_full_is_told_and_the_run_goes_on_when_there_is_room(
    tool: Tool, tmp_path: Path, recording: Path, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    filling = f"""
import contextlib, os
if not os.path.exists({str(tmp_path / "enough")!r}):
    with contextlib.suppress(OSError), open({str(ballast)!r}, "ab", buffering=0) as file:
        while file.write(bytes(1024)):
            pass
"""
    repository = make_repository(tmp_path / "filling", {"conftest.py": filling})  # while its tests run
    ran = tool.fix(repository, recording, "--json", "--state-dir", small_disk)
    refused(ran, 3, "space", "prune", "resume")
    assert (repository / "shop/prices.py").read_text() == SOURCE
    (tmp_path / "enough").touch()
    ballast.unlink()
    resumed = tool.run("runs", "resume", "--state-dir", small_disk, "--json")
    assert resumed.code == 0, resumed.err
    assert RIGHT in (repository / "shop/prices.py").read_text()


def test_a_damaged_run_harms_no_other(tool: Tool, repository: Path, recording: Path) -> None:
    assert tool.fix(repository, recording, "--dry-run", "-n", 16).code == 0
    assert tool.fix(repository, recording, "--dry-run", "-n", 16).code == 0
    sound, damaged = sorted(path.name for path in (tool.state / "runs").iterdir())
    file = tool.state / "runs" / damaged / "run.sqlite"
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * (len(content) // 2) + content[100 + len(content) // 2 :])
    listed = {run["id"]: run["status"] for run in json.loads(tool.run("runs", "list", "--json").out)["runs"]}
    assert listed == {sound: "verified", damaged: "damaged"}
    for command in ("show", "resume"):
        refused(tool.run("runs", command, damaged, "--json"), 3, "damaged", "prune --damaged")
    assert tool.run("runs", "show", sound).code == 0
    assert tool.run("runs", "show", "last").code == 0
    assert tool.run("undo", damaged, "-C", repository).code == 3
    assert tool.fix(repository, recording, "--dry-run", "-n", 16).code == 0
    assert tool.run("runs", "prune", "--damaged").code == 0
    assert not file.exists()
    assert len(json.loads(tool.run("runs", "list", "--json").out)["runs"]) == 2
