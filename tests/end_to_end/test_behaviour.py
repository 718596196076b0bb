"""Votes by behaviour: patches that the tests don't tell apart, told apart by what they do while the tests run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.project import RIGHT, TESTS, WRONG, Tool, edit, make_recording, make_repository

HALF = "    return result * (100 - discount) / 100 if discount != 50 else 0"
"""Passes every test; at the one call that no test asks about it does something else."""

LOOSE = """

def test_that_asks_nothing():
    total([4, 6], discount=50)
"""
SPELLINGS = [
    RIGHT,
    "    return result - result * discount / 100",
    "    return result * (1 - discount / 100)",
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", {"tests/test_prices.py": TESTS + LOOSE})


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three spellings of the right behaviour with fewer votes each than the wrong one has."""
    weights = {edit(WRONG, spelling): 2.0 for spelling in SPELLINGS} | {edit(WRONG, HALF): 3.0}
    return make_recording(tmp_path / "recording.jsonl", weights)


def test_patches_that_behave_alike_vote_together(tool: Tool, repository: Path, recording: Path) -> None:
    more = ("--dry-run", "--json", "-n", 256, "--exhaustive")
    alone = tool.fix(repository, recording, *more, "--no-behaviour").json
    assert HALF.strip() in alone["patch"]["diff"]
    ran = tool.fix(repository, recording, *more)
    assert ran.code == 0, ran.err
    together = ran.json
    assert together["status"] == "verified"
    assert HALF.strip() not in together["patch"]["diff"]
    assert [len(each["members"]) for each in together["clusters"]] == [3, 1]
    said = " ".join(together["decision"]["reasons"])
    assert "3 different patches behave as it does" in said
    assert "`total([4, 6], 50)` returns 5 here, returns 0 there" in said


def test_what_two_patches_do_for_arguments_of_no_test_is_shown(tool: Tool, tmp_path: Path) -> None:
    """Both pass every test and make the same of every call: the votes decide, and a person can see what about."""
    repository = make_repository(tmp_path / "shop")
    capped = "    return result * (100 - discount) / 100 if result < 101 else result"
    recording = make_recording(tmp_path / "r", {edit(WRONG, RIGHT): 1.0, edit(WRONG, capped): 1.0})
    ran = tool.fix(repository, recording, "--dry-run", "--json", "-n", 64, "--exhaustive")
    assert len(ran.json["clusters"][0]["members"]) == 2
    said = " ".join(ran.json["decision"]["reasons"])
    assert "Not all of them do where no test asks: `total(" in said, said


def test_one_leader_needs_no_comparison(tool: Tool, repository: Path, tmp_path: Path) -> None:
    ran = tool.fix(repository, make_recording(tmp_path / "r", {edit(WRONG, RIGHT): 1}), "--dry-run")
    assert ran.code == 0
    assert "behaviour:" not in ran.err
