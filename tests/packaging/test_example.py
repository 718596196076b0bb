"""The packaged example is what its issue says: one red test, and one line that turns it green."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reasoncli.resources import demo_dir


@pytest.fixture
def project(tmp_path: Path) -> Path:
    copy = tmp_path / "project"
    shutil.copytree(demo_dir() / "project", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def outcomes(project: Path) -> tuple[list[str], list[str]]:
    """Ids of the tests that passed, and of those that did not."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-q", "-p", "no:cacheprovider", "--tb=no"],
        capture_output=True,
        text=True,
        check=False,
        cwd=project,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    passed = re.findall(r"^PASSED (\S+)", done.stdout, re.MULTILINE)
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return passed, failed


def test_one_test_is_red_and_the_issue_names_it(project: Path) -> None:
    passed, failed = outcomes(project)
    assert len(passed) > 25
    (red,) = failed
    assert red in (demo_dir() / "issue.md").read_text(encoding="utf-8")


def test_one_line_turns_it_green(project: Path) -> None:
    module = project / "roomplan" / "rooms.py"
    text = module.read_text(encoding="utf-8")
    assert text.count("if room.seats <= seats:") == 1
    module.write_text(text.replace("if room.seats <= seats:", "if room.seats < seats:"), encoding="utf-8")
    _, failed = outcomes(project)
    assert failed == []


def test_the_answer_is_not_in_the_prompt(project: Path) -> None:
    shown = (demo_dir() / "issue.md").read_text(encoding="utf-8")
    assert "if room.seats" not in shown
    assert "room.seats < seats" not in "".join(path.read_text(encoding="utf-8") for path in project.rglob("*.py"))
