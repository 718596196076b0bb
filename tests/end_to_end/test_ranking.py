"""Ranked edits beside samples, from the command line to the run store, with the embedded model as it comes."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from reasoncli.domain import Completion
from reasoncli.resources import demo_dir
from reasoncli.runs.store import Store
from reasoncli.workflow.demo import lay_out
from tests.end_to_end.project import Tool, make_repository
from tests.end_to_end.test_interruption import Started, is_kind

FIXED = "+        if room.seats < seats:"


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "roomplan")


def fix(repository: Path, *more: object) -> tuple[object, ...]:
    issue = demo_dir() / "issue.md"
    return ("fix", repository, "--issue", issue, "--sandbox", "local", "--dry-run", *more)


def ranked(record_of: Store, run: str) -> list[Completion]:
    return [each for batch in record_of.read(run).recorded.batches for each in batch if each.rank]


def test_two_ranked_edits_hold_what_two_samples_miss(tool: Tool, rooms: Path) -> None:
    ran = tool.run(*fix(rooms, "--json", "-n", 2, "--ranked-share", 1))
    assert ran.code == 0, ran.err
    assert FIXED in ran.json["patch"]["diff"]
    assert (ran.json["cost"]["samples"], ran.json["cost"]["ranked"]) == (0, 2)
    assert (ran.json["decision"]["samples"], ran.json["decision"]["ranked"]) == (0, 2)
    assert "2 proposals: 2 ranked, 0 sampled" in ran.err
    sampled = [tool.run(*fix(rooms, "-n", 2, "--ranked-share", 0, "--seed", seed)).code for seed in (1, 2, 3)]
    assert 1 in sampled


def test_half_is_ranked_where_nothing_else_is_said_and_the_votes_are_told_as_they_are(tool: Tool, rooms: Path) -> None:
    ran = tool.run(*fix(rooms, "--json", "-n", 24, "--batch-size", 8, "--seed", 1, "--exhaustive"))
    assert ran.code == 0, ran.err
    result = ran.json
    assert (result["cost"]["samples"], result["cost"]["ranked"]) == (12, 12)
    assert 12 < sum(each["votes"] for each in result["clusters"]) <= 24
    assert any(each["votes"] != round(each["votes"]) for each in result["clusters"])
    completions = ranked(Store(tool.state), result["run"]["id"])
    assert [each.rank for each in completions] == list(range(1, 13))
    assert [each.batch for each in completions] == [0] * 4 + [1] * 4 + [2] * 4
    scores = [each.score for each in completions]
    assert scores == sorted(scores, reverse=True)
    assert all(each.logprobs and each.tokens == 0 for each in completions)
    shown = tool.run("runs", "show", "last")
    assert "24 proposals: 12 ranked, 12 sampled" in shown.out


def test_a_killed_run_goes_on_in_its_ranking(tool: Tool, rooms: Path) -> None:
    options = ("-n", 32, "--batch-size", 8, "--ranked-share", 0.75, "--seed", 1, "--exhaustive")
    whole = tool.run(*fix(rooms, *options, "--json")).json["run"]["id"]
    started = Started(tool, *fix(rooms, *options)).wait_for(is_kind("candidate-judged"))
    assert started.end(signal.SIGKILL)[0] == -signal.SIGKILL
    store = Store(tool.state)
    before = store.read(started.run)
    assert before.decision is None
    resumed = tool.run("runs", "resume", started.run, "--json")
    assert resumed.json["run"]["id"] == started.run, resumed.err
    assert resumed.code == 0, resumed.err
    after = store.read(started.run)
    assert (after.head.samples, after.head.ranked) == (8, 24)
    assert after.recorded.batches[: len(before.recorded.batches)] == before.recorded.batches
    assert [each.rank for each in ranked(store, started.run)] == list(range(1, 25))
    assert {(each.prompt, each.text) for each in ranked(store, started.run)} == {
        (each.prompt, each.text) for each in ranked(store, whole)
    }


def test_more_proposals_than_there_are_edits_end(tool: Tool, tmp_path: Path) -> None:
    source = "def total():\n    return 0\n"
    tests = "from shop.prices import total\n\n\ndef test_total():\n    assert total() == 90\n"
    repository = make_repository(tmp_path / "shop", {"shop/prices.py": source, "tests/test_prices.py": tests})
    common = ("fix", repository, "--issue", "total() should be 90", "--sandbox", "local", "--dry-run", "--json")
    ran = tool.run(*common, "-n", 200, "--batch-size", 100, "--ranked-share", 1)
    assert ran.code == 1, ran.err
    assert ran.json["cost"]["samples"] == 0
    assert 20 < ran.json["cost"]["ranked"] < 100


def test_a_model_that_can_not_rank_is_told_and_samples(tool: Tool, repository: Path, recording: Path) -> None:
    plain = tool.fix(repository, recording, "--json", "--dry-run")
    assert "ranked" not in plain.err
    asked = tool.fix(repository, recording, "--json", "--dry-run", "--ranked-share", "0.5")
    assert "no edits are ranked" in asked.err
    assert asked.code == plain.code == 0
    assert asked.json["cost"]["ranked"] == 0
    assert asked.json["patch"] == plain.json["patch"]
