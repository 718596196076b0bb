"""The one command: its steps in their order, stopped where one fails, and gone on with from there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from training.collect import store

pytest.importorskip("torch")

LINES = ["def first(items, index=0):", "    if not items:", "        return None", "    return items[index]"]


def training(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "training", *arguments], capture_output=True, text=True, check=False)


def test_from_fixes_to_a_file_that_llama_cpp_loads_and_on_where_it_stopped(tmp_path: Path) -> None:
    record = {"source": "github:a/b", "licence": "MIT", "path": "x.py", "name": "first", "split": "train"}
    other = [line.replace("items", "values") for line in LINES]
    functions = [record | {"name": f"f{n}", "lines": LINES if n % 2 else other} for n in range(40)]
    fixes = [record | {"before": LINES, "start": 3, "end": 4, "replacement": ["    return items[-1]"], "tests": []}]
    after = [*LINES[:3], "    return items[-1]"]
    store.write(tmp_path / "functions.jsonl.gz", functions)
    store.write(tmp_path / "fixes.jsonl.gz", [each | {"after": after} for each in fixes])
    out = tmp_path / "made.gguf"
    arguments = ["--data", str(tmp_path), "--minutes", "0.05", str(out)]
    bugs = training(*arguments, "--from", "bugs", "--to", "synthetic")
    assert bugs.returncode == 0, bugs.stderr
    stopped = training(*arguments, "--from", "prepare", "--to", "prepare")
    assert stopped.returncode == 0, stopped.stderr
    assert not out.exists()
    shards = {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").iterdir()}
    assert shards
    done = training(*arguments, "--from", "train", "--to", "export")
    assert done.returncode == 0, done.stderr
    assert out.read_bytes()[:4] == b"GGUF"
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").iterdir()} == shards
    steps = [line.split()[3] for line in done.stdout.splitlines() if line.startswith("[") and "python -m" in line]
    assert steps == ["training.train", "training.train", "training.export"]
    trained = [line for line in done.stdout.splitlines() if "parameters" in line]
    assert ["steps=0)" in line for line in trained] == [True, False], "the second goes on from the first"


def test_a_step_that_fails_ends_it_and_says_how_to_go_on(tmp_path: Path) -> None:
    failed = training("--data", str(tmp_path), "--from", "synthetic", "--to", "export", str(tmp_path / "made.gguf"))
    assert failed.returncode == 1
    assert "--from synthetic" in failed.stderr
    assert "prepare" not in failed.stdout
