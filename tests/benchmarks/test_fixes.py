"""Bugs out of a small project's history."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from benchmarks.selection.fixes import laid_out, mined
from tests.end_to_end.project import git
from training.mine import dataset

BEFORE = "def double(value):\n    return value + 2\n"
AFTER = "def double(value):\n    return value * 2\n"
TESTS = "from numbers import double\n\n\ndef test_double():\n    assert double(4) == 8\n"


def test_a_project_is_as_the_fix_left_it_and_the_bug_is_what_was_there_before(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "tests").mkdir(parents=True)
    git(work, "init", "-q")
    (work / "numbers.py").write_text(BEFORE)
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "it doubles")
    (work / "numbers.py").write_text(AFTER)
    (work / "tests" / "test_numbers.py").write_text(TESTS)
    (work / "tests" / "__init__.py").write_text("")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "fix: it doubles")
    commit = git(work, "rev-parse", "HEAD").strip()
    bare = tmp_path / "bare" / "someone+numbers" / "repo"
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(bare)], check=True)
    record = {"commit": commit, "path": "numbers.py", "name": "double", "tests": True, "imports": []}
    elsewhere = record | {"source": "github:someone/elsewhere"}
    untested = record | {"source": "github:someone/numbers", "tests": False}
    records = tmp_path / "fixes.jsonl.gz"
    dataset.write(records, [elsewhere, untested, record | {"source": "github:someone/numbers"}])
    (fix,) = mined(records, tmp_path / "bare", random.Random(0))
    with laid_out(fix) as (project, bug, scope):
        assert project.name == "numbers"
        assert (project / "numbers.py").read_text() == AFTER
        assert (bug.right, bug.broken) == (AFTER.encode(), BEFORE.encode())
        assert (bug.path, bug.function) == ("numbers.py", "double")
        assert scope == ["tests/test_numbers.py"]
        assert git(project, "status", "--porcelain") == ""
    assert not project.exists()
