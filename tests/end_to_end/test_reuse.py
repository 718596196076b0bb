"""What a second run of the same commit takes over, and what makes it begin anew."""

from __future__ import annotations

import json
import re
import shutil
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.project import FIX, NO_FIX, RIGHT, TESTS, WRONG, Tool, edit, git, make_recording, make_repository

COUNT = """
import os
import pathlib

LOG = pathlib.Path({log!r})


def pytest_sessionstart():
    with LOG.open("a") as file:
        file.write("run\\n")
"""
"""Every start of the test program leaves a line outside of the sandbox: the local one lets it."""


@dataclass(frozen=True)
class SteadyTool(Tool):
    """The tool with an interpreter for the tests that has our packages, but no link to the tool's own sources.

    Whoever edits those while these tests run would else change what the interpreter is known by.
    """

    interpreter: Path

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(**{"VIRTUAL_ENV": str(self.interpreter), **more})


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interpreter")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "ours.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder


@pytest.fixture
def tool(tmp_path: Path, interpreter: Path) -> Tool:
    return SteadyTool(tmp_path / "home", interpreter)


@pytest.fixture(scope="module")
def primed(interpreter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a repository, a log, a recording, and the state that a first fix has left."""
    folder = tmp_path_factory.mktemp("primed")
    make_repository(folder / "counted", {"conftest.py": COUNT.format(log=str(folder / "log"))})
    make_recording(folder / "recording.jsonl", {FIX: 1.0, NO_FIX: 1.0})
    first = SteadyTool(folder, interpreter)
    assert first.fix(folder / "counted", folder / "recording.jsonl", "--dry-run").code == 0
    return folder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def counted(tmp_path: Path, log: Path) -> Path:
    return make_repository(tmp_path / "counted", {"conftest.py": COUNT.format(log=str(log))})


def taken(log: Path) -> int:
    """How many test programs ran since the last question."""
    number = len(log.read_text().splitlines()) if log.exists() else 0
    log.unlink(missing_ok=True)
    return number


def events_of(path: Path, kind: str) -> list[dict[str, Any]]:
    return [event for event in map(json.loads, path.read_text().splitlines()) if event["type"] == kind]


def test_a_second_run_runs_what_selects_and_nothing_else(
    tool: Tool, counted: Path, recording: Path, log: Path, tmp_path: Path
) -> None:
    first = tool.fix(counted, recording, "--dry-run", "--json", "--exhaustive", "--no-behaviour")
    assert first.json["status"] == "verified", first.err
    assert first.json["baseline"]["reused"] is None
    assert taken(log) > 4, "two of the base, some of candidates, one confirmation"
    events = tmp_path / "events.jsonl"
    second = tool.fix(counted, recording, "--dry-run", "--json", "--exhaustive", "--no-behaviour", "--events", events)
    assert second.json["status"] == "verified", second.err
    assert taken(log) == 1, "the confirmation"
    assert second.json["baseline"]["reused"] > 1.6e9
    assert {**second.json["baseline"], "reused": None} == first.json["baseline"]
    verdicts = [event["verdict"] for event in events_of(events, "candidate-judged")]
    assert [each["reused"] for each in verdicts if each["clean"]] == [False]
    assert all(each["reused"] for each in verdicts if not each["clean"] and each["kind"] in ("fixes", "no-effect"))
    assert not events_of(events, "stage-progress") or all(
        event["stage"] != "baseline" for event in events_of(events, "stage-progress")
    )
    shown = tool.run("runs", "show").out
    assert re.search(r"reused from \d{4}-\d\d-\d\d \d\d:\d\d", shown)
    assert re.search(r"\d+ verdicts? reused", " ".join(shown.split()))


def test_patches_are_compared_once_by_what_they_do(tool: Tool, tmp_path: Path, log: Path) -> None:
    loose = TESTS + "\n\ndef test_that_asks_nothing():\n    total([4, 6], discount=50)\n"
    files = {"conftest.py": COUNT.format(log=str(log)), "tests/test_prices.py": loose}
    repository = make_repository(tmp_path / "counted", files)
    half = edit(WRONG, "    return result * (100 - discount) / 100 if discount != 50 else 0")
    ways = {edit(WRONG, RIGHT): 1.0, edit(WRONG, "    return result - result * discount / 100"): 1.0, half: 1.0}
    events = tmp_path / "events.jsonl"

    def compared(recording: Path) -> tuple[str, dict[str, Any], int]:
        events.unlink(missing_ok=True)
        ran = tool.fix(repository, recording, "--dry-run", "--json", "-n", 64, "--exhaustive", "--events", events)
        assert ran.json["status"] == "verified", ran.err
        (stage,) = [each for each in events_of(events, "stage-finished") if each["stage"] == "behaviour"]
        clean = [each for each in events_of(events, "candidate-judged") if each["verdict"]["clean"]]
        return stage["detail"], ran.json, taken(log) - len(clean)

    first, before, runs = compared(make_recording(tmp_path / "model.jsonl", ways))
    assert "reused" not in first
    assert runs > 4
    again, after, runs = compared(make_recording(tmp_path / "model.jsonl", ways))
    assert again.startswith(f"{first}, reused from 20")
    assert runs == 0, "nothing but confirmations"
    assert after["decision"]["reasons"] == before["decision"]["reasons"]
    more = ways | {edit(WRONG, "    return result * (1 - discount / 100)"): 1.0}
    other, _, runs = compared(make_recording(tmp_path / "more.jsonl", more))
    assert "reused" not in other
    assert runs > 3


@pytest.mark.parametrize("change", ["nothing", "source", "not wanted", "cleared", "damaged", "runner"])
def test_what_makes_a_run_measure_anew(tool: Tool, primed: Path, tmp_path: Path, change: str) -> None:
    """Whatever else is part of the key: tests/workflow/test_remembering.py."""
    counted, recording, log = tmp_path / "counted", primed / "recording.jsonl", primed / "log"
    shutil.copytree(primed / "counted", counted)
    shutil.copytree(primed / "state", tool.state)
    taken(log)
    more: list[object] = []
    environment: dict[str, str] = {}
    match change:
        case "source":
            path = counted / "shop/prices.py"
            path.write_text(path.read_text() + "\n# changed\n")
        case "not wanted":
            more = ["--no-reuse"]
        case "cleared":
            cleared = tool.run("runs", "prune", "--memory")
            assert re.search(r"[1-9]\d* remembered results removed", cleared.err)
        case "damaged":
            for entry in (tool.state / "memory").rglob("*"):
                if entry.is_file():
                    entry.write_bytes(entry.read_bytes()[:-10])
        case "runner":
            environment = {"PYTHONPATH": _another_runner(tmp_path), "PYTHONSAFEPATH": "1"}
    ran = tool.fix(counted, recording, "--dry-run", "--json", *more, **environment)
    assert ran.json["status"] == "verified", ran.err
    if change == "nothing":
        assert ran.json["baseline"]["reused"]
        return
    assert ran.json["baseline"]["reused"] is None
    assert taken(log) > 3
    again = tool.fix(counted, recording, "--dry-run", "--json", *more, **environment)
    assert (again.json["baseline"]["reused"] is None) == (change == "not wanted")


def _another_runner(folder: Path) -> str:
    """A copy of the tool whose in-sandbox runner differs by a comment."""
    import reasoncli
    from reasoncli.resources import prompts_dir, sandboxes_dir

    copy = folder / "tool"
    source = Path(reasoncli.__file__).parent
    shutil.copytree(source, copy / "reasoncli", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(sandboxes_dir(), copy / "sandboxes", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(prompts_dir(), copy / "prompts")
    run = copy / "sandboxes/runner/run.py"
    run.write_text(run.read_text() + "\n# another version\n")
    return str(copy)


def test_a_commit_that_comes_back_is_known(tool: Tool, counted: Path, recording: Path, log: Path) -> None:
    assert tool.fix(counted, recording, "--dry-run").code == 0
    git(counted, "checkout", "-q", "-b", "other")
    (counted / "more.py").write_text("x = 1\n")
    git(counted, "add", "-A")
    git(counted, "commit", "-q", "-m", "More")
    assert tool.fix(counted, recording, "--dry-run", "--json").json["baseline"]["reused"] is None
    git(counted, "checkout", "-q", "main")
    assert tool.fix(counted, recording, "--dry-run", "--json").json["baseline"]["reused"]


def test_another_issue_sorts_what_was_measured_anew(tool: Tool, tmp_path: Path, log: Path) -> None:
    conftest = COUNT.format(log=str(log))
    broken = TESTS + "\n\ndef test_most():\n    assert max([1, 2]) == 3, 'maximum'\n"
    repository = make_repository(tmp_path / "two", {"conftest.py": conftest, "tests/test_prices.py": broken})
    recording = make_recording(tmp_path / "model.jsonl", {"no patch": 1})
    one = tool.fix(repository, recording, "--dry-run", "--json", issue="test_discount fails").json["baseline"]
    assert taken(log) == 2
    two = tool.fix(repository, recording, "--dry-run", "--json", issue="test_most fails").json["baseline"]
    assert taken(log) == 0
    assert [target["id"] for target in one["targets"]] == ["tests/test_prices.py::test_discount"]
    assert [target["id"] for target in two["targets"]] == ["tests/test_prices.py::test_most"]


def test_two_runs_at_once(tool: Tool, counted: Path, recording: Path) -> None:
    arguments = ("fix", counted, "--issue", "test_discount fails", "--model", f"recorded:{recording}")
    both = [tool.start(*arguments, "--sandbox", "local", "--dry-run", "--json") for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert json.loads(out)["status"] == "verified", err
    assert tool.fix(counted, recording, "--dry-run", "--json").json["baseline"]["reused"]


CASES = """
import unittest

from shop.prices import cheapest, total


class Prices(unittest.TestCase):
    def test_discount(self):
        self.assertEqual(total([50, 50], discount=10), 90)

    def test_cheapest(self):
        self.assertEqual(cheapest([3, 1, 2]), 1)
"""


@pytest.mark.docker
def test_the_image_is_part_of_what_was_measured(tool: Tool, recording: Path, base_image: str, tmp_path: Path) -> None:
    import docker

    files = {"tests/__init__.py": "", "tests/test_prices.py": CASES}
    repository = make_repository(tmp_path / "shop", files)

    def baseline(image: str) -> Any:
        more = ("--sandbox", "docker", "--image", image, "--test-command", "python3 -m unittest", "--dry-run", "--json")
        ran = tool.fix(repository, recording, *more)
        assert ran.json["status"] == "verified", ran.err
        return ran.json["baseline"]

    client = docker.from_env()
    other = "reasoncli-test-reuse:other"
    definition = tmp_path / "image"
    definition.mkdir()
    (definition / "Dockerfile").write_text(f"FROM {base_image}\nLABEL some=difference\n")
    client.images.build(path=str(definition), tag=other)
    try:
        assert baseline(base_image)["reused"] is None
        assert baseline(base_image)["reused"]
        assert baseline(other)["reused"] is None
    finally:
        client.images.remove(other)
        client.close()
