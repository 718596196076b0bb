"""Several runs on one machine, one run store and one repository at once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from reasoncli.domain import Issue
from reasoncli.runs.store import Store
from reasoncli.settings.loading import load_settings
from reasoncli.workflow.upkeep import SCRATCH, clean_up
from tests.end_to_end.project import FIX, ISSUE, RIGHT, SOURCE, WRONG, Tool, git, make_recording, make_repository

ASKED = {
    "a": ("--branch", "fix-a"),
    "same 1": ("--branch", "same"),
    "same 2": ("--branch", "same"),
    "tree 1": (),
    "tree 2": (),
}


@pytest.mark.slow
def test_each_does_what_it_was_asked_for_or_says_who_was_first(tool: Tool, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "shop")
    recording = make_recording(tmp_path / "recording", {FIX: 1})
    common = ("--issue", ISSUE, "--model", f"recorded:{recording}", "--sandbox", "local", "-n", 4, "--no-behaviour")
    started = {
        name: tool.start("fix", repository, *common, *more, "--json", "--seed", number)
        for number, (name, more) in enumerate(ASKED.items())
    }
    ended = {name: (*process.communicate(timeout=500), process.returncode) for name, process in started.items()}
    codes = {name: code for name, (_, _, code) in ended.items()}
    assert codes["a"] == 0, ended
    assert sorted((codes["same 1"], codes["same 2"])) == [0, 2], ended
    assert sorted((codes["tree 1"], codes["tree 2"])) == [0, 1], ended
    fixed = SOURCE.replace(WRONG, RIGHT)
    assert (repository / "shop/prices.py").read_text() == fixed
    assert git(repository, "status", "--short").split() == ["M", "shop/prices.py"]
    assert git(repository, "branch", "--format=%(refname:short)").split() == ["fix-a", "main", "same"]
    for branch in ("fix-a", "same"):
        assert git(repository, "diff", "--name-only", "main", branch).split() == ["shop/prices.py"]
        assert git(repository, "show", f"{branch}:shop/prices.py") == fixed
    runs = json.loads(tool.run("runs", "list", "--json").out)["runs"]
    assert Counter(each["applied"] for each in runs) == {"applied": 3, "": 2}
    lost = [each["id"] for each in runs if not each["applied"]]
    for run in lost:  # what another run wrote, the same bytes, is not theirs to take back
        assert tool.run("undo", run, "-C", repository).code == 2
    assert (repository / "shop/prices.py").read_text() == fixed
    assert not list((tool.state / "runs").glob(f"*/{SCRATCH}"))


def test_cleaning_up_spares_what_another_process_works_with(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    repository = make_repository(tmp_path / "r")
    settings = load_settings({"sandbox": "local"}, environ={}, user_file=tmp_path / "none")
    with store.create(Issue("x", "x", "text"), repository) as journal:
        scratch = journal.folder / SCRATCH
        scratch.mkdir()
        (scratch / "file").touch()
        clean_up(settings, store)
        assert (scratch / "file").exists()
    clean_up(settings, store)
    assert not scratch.exists()
