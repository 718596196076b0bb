"""Streams that are closed, and a work tree that changes meanwhile or can't be written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.project import (
    ISSUE,
    SOURCE,
    Tool,
    git,
    make_repository,
    refused,
)


def test_a_file_that_changed_meanwhile_is_left_alone_and_the_patch_is_kept(
    tool: Tool, tmp_path: Path, recording: Path
) -> None:
    repository = tmp_path / "busy"
    meddle = f"open({str(repository / 'shop/prices.py')!r}, 'a').write('# mine')\n"  # while the tests run
    make_repository(repository, {"conftest.py": meddle})
    ran = tool.fix(repository, recording, "--json")
    refused(ran, 1, "shop/prices.py", "git apply")
    text = (repository / "shop/prices.py").read_text()
    assert text.startswith(SOURCE)
    assert set(text.removeprefix(SOURCE).split("# ")) == {"", "mine"}
    (kept,) = tool.state.glob("runs/*/chosen.patch")
    assert str(kept) in ran.json["error"]["hint"]
    git(repository, "apply", str(kept))


@pytest.fixture
def read_only(repository: Path) -> Iterator[Path]:
    """The repository, on a file system that can't be written."""
    if os.geteuid() != 0:
        folders = [repository, *(path for path in repository.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o555)
        yield repository
        for folder in folders:
            folder.chmod(0o755)
        return
    bound = subprocess.run(["mount", "--bind", str(repository), str(repository)], capture_output=True, check=False)
    if bound.returncode != 0:
        pytest.skip("nothing can be mounted here")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(repository)], check=True)
    yield repository
    subprocess.run(["umount", str(repository)], check=True)


def test_a_repository_that_can_not_be_written(tool: Tool, read_only: Path, recording: Path) -> None:
    ran = tool.fix(read_only, recording, "--json")
    refused(ran, 2, "git apply")
    (kept,) = tool.state.glob("runs/*/chosen.patch")
    assert str(kept) in ran.json["error"]["hint"]
    assert tool.fix(read_only, recording, "--patch", tool.home / "out.patch").code == 0


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "| true"])
def test_streams_that_are_closed(tool: Tool, repository: Path, recording: Path, redirection: str) -> None:
    words = [sys.executable, "-m", "reasoncli", "fix", str(repository), "--issue", ISSUE, "--sandbox", "local"]
    words += ["--model", f"recorded:{recording}", "--seed", "1", "--dry-run", "-n", "16"]
    script = f'"$@" {redirection}; echo "${{PIPESTATUS[0]}}" >&2'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *words], env=tool.environment(), capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stderr.splitlines()[-1] in ("0", "141")
