"""Killed, interrupted, or not alone: a run goes on where it was, repeats no sample, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reasoncli.runs.record import RunRecord
from reasoncli.runs.store import Store
from tests.end_to_end.project import (
    FIX,
    HANGS,
    ISSUE,
    NO_FIX,
    OTHER_FIX,
    RIGHT,
    SAME_FIX,
    SOURCE,
    TESTS,
    Tool,
    make_recording,
    make_repository,
)

PATIENCE = 240.0
SAMPLES = ("--exhaustive", "-n", 96, "--batch-size", 24)
Event = dict[str, Any]


class Started:
    """A fix under way, watched through its event log."""

    def __init__(self, tool: Tool, *arguments: object) -> None:
        self.temporary = tool.home / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.log = tool.home / f"events-{time.monotonic_ns()}.jsonl"
        self.process = tool.start(*arguments, "--events", self.log, TMPDIR=str(self.temporary))

    def events(self) -> list[Event]:
        lines = self.log.read_text().splitlines(keepends=True) if self.log.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def wait_for(self, wanted: Callable[[Event], bool]) -> Started:
        deadline = time.monotonic() + PATIENCE
        while not any(wanted(event) for event in self.events()):
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline, self.events()
            time.sleep(0.01)
        return self

    @property
    def run(self) -> str:
        return str(self.events()[0]["run"])

    def end(self, number: int | None = None) -> tuple[int, str]:
        """Send a signal, if one is given, and wait: exit status and stderr."""
        if number is not None:
            self.process.send_signal(number)
        try:
            _, err = self.process.communicate(timeout=PATIENCE)
        finally:
            self.process.kill()
        assert "Traceback" not in err
        return self.process.returncode, err

    def left(self) -> list[str]:
        """Processes and files of this run that are still there."""
        deadline = time.monotonic() + PATIENCE
        while (found := processes_in(self.temporary)) and time.monotonic() < deadline:
            time.sleep(0.05)  # the kernel takes its time to bury them
        return [*found, *map(str, self.temporary.iterdir())]


def processes_in(folder: Path) -> list[str]:
    """Ids of processes whose temporary folder lies in this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"TMPDIR={folder}".encode() in variables:
            found.append(process.name)
    return found


def is_stage(name: str) -> Callable[[Event], bool]:
    return lambda event: event["type"] == "stage-started" and event["stage"] == name


def is_kind(name: str) -> Callable[[Event], bool]:
    return lambda event: bool(event["type"] == name)


def fix(repository: Path, recording: Path, *more: object) -> tuple[object, ...]:
    common = ("--issue", ISSUE, "--model", f"recorded:{recording}", "--sandbox", "local", "--seed", 1)
    return "fix", repository, *common, *more


def drawn(record: RunRecord) -> list[list[tuple[str, str, int]]]:
    return [sorted((each.prompt, each.text, each.count) for each in batch) for batch in record.recorded.batches]


@pytest.fixture(scope="module")
def weights() -> dict[str, float]:
    return {FIX: 3.0, SAME_FIX: 3.0, OTHER_FIX: 4.0, NO_FIX: 5.0}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, weights: dict[str, float]) -> RunRecord:
    """The run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    tool = Tool(folder / "home")
    repository = make_repository(folder / "shop project")
    ran = tool.run(*fix(repository, make_recording(folder / "recording.jsonl", weights), *SAMPLES))
    assert ran.code == 0, ran.err
    return Store(tool.state).read("last")


@pytest.mark.parametrize(
    "moment",
    [is_stage("baseline"), is_stage("search"), is_kind("candidate-judged")],
    ids=["baseline", "search", "judged"],
)
def test_a_killed_run_goes_on_and_repeats_no_sample(
    tool: Tool,
    repository: Path,
    tmp_path: Path,
    weights: dict[str, float],
    whole: RunRecord,
    moment: Callable[[Event], bool],
) -> None:
    recording = make_recording(tmp_path / "recording.jsonl", weights)
    started = Started(tool, *fix(repository, recording, *SAMPLES)).wait_for(moment)
    assert started.end(signal.SIGKILL)[0] == -signal.SIGKILL
    store = Store(tool.state)
    before = store.read(started.run)
    assert before.decision is None
    resumed = tool.run("runs", "resume", started.run, "--json", TMPDIR=str(started.temporary))
    assert resumed.code == 0, resumed.err
    assert resumed.json["run"]["id"] == started.run
    after = store.read(started.run)
    assert drawn(after) == drawn(whole)
    assert drawn(after)[: len(before.recorded.batches)] == drawn(before)
    assert after.head.samples == 96
    assert after.decision is not None
    assert whole.decision is not None
    assert [(each.votes, each.tier) for each in after.decision.clusters] == [
        (each.votes, each.tier) for each in whole.decision.clusters
    ]
    assert RIGHT in (repository / "shop/prices.py").read_text()
    assert started.left() == []
    assert sorted(path.name for path in (tool.state / "runs" / started.run).iterdir()) == [
        "chosen.patch",
        "lock",
        "run.sqlite",
    ]


@pytest.mark.parametrize(("number", "where"), [(signal.SIGINT, "base"), (signal.SIGTERM, "candidate")])
def test_a_signal_ends_a_run_in_order_though_its_tests_hang(
    tool: Tool, tmp_path: Path, number: int, where: str
) -> None:
    waits = "\n\ndef test_waits():\n    import time\n\n    time.sleep(1000)\n"
    repository = make_repository(tmp_path / "r", {"tests/test_prices.py": TESTS + (waits if where == "base" else "")})
    arguments = fix(repository, make_recording(tmp_path / "recording", {HANGS: 1}), "--test-timeout", 900)
    moment = is_stage("baseline") if where == "base" else is_kind("samples-drawn")
    started = Started(tool, *arguments).wait_for(moment)
    wait_for_tests(started)
    began = time.monotonic()
    code, err = started.end(number)
    assert code == 130, err
    assert time.monotonic() - began < 200  # on any machine; the tests would hang for 900
    assert f"runs resume {started.run}" in err
    assert started.left() == []
    assert (repository / "shop/prices.py").read_text() == SOURCE


def wait_for_tests(started: Started) -> None:
    """Until a test process is under way in a sandbox."""
    deadline = time.monotonic() + PATIENCE
    while len(processes_in(started.temporary)) < 3:
        assert time.monotonic() < deadline, started.events()
        time.sleep(0.02)


def test_a_second_signal_does_not_wait(tool: Tool, repository: Path, recording: Path) -> None:
    started = Started(tool, *fix(repository, recording)).wait_for(is_stage("baseline"))
    started.process.send_signal(signal.SIGINT)
    code, _ = started.end(signal.SIGINT)
    assert code == 130
    assert tool.run("runs", "resume", started.run, TMPDIR=str(started.temporary)).code == 0
    assert started.left() == []


def test_two_runs_at_once_leave_each_other_alone(tool: Tool, repository: Path, recording: Path) -> None:
    first = Started(tool, *fix(repository, recording, "--dry-run")).wait_for(is_stage("baseline"))
    first.process.send_signal(signal.SIGSTOP)  # or it may have ended before the other has begun
    refused = tool.run("runs", "resume", first.run, "--json")
    first.process.send_signal(signal.SIGCONT)
    assert refused.code == 3
    assert str(first.process.pid) in refused.json["error"]["message"]
    second = Started(tool, *fix(repository, recording, "--dry-run"))
    for each in (first, second):
        code, err = each.end()
        assert code == 0, err
        assert "replaced" not in err
    assert first.left() == []


KILLED = """
import os, signal, sys
from reasoncli.repository import opening
from reasoncli.cli import main

write = opening.Repository._write

def killed(self, *arguments):
    if sys.argv.pop(1) == "after":
        write(self, *arguments)
    os.kill(os.getpid(), signal.SIGKILL)

opening.Repository._write = killed
main()
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_while_the_patch_is_written_can_be_taken_back_or_made_good(
    tool: Tool, repository: Path, tmp_path: Path, when: str
) -> None:
    right = make_recording(tmp_path / "right.jsonl", {FIX: 1})
    arguments = map(str, fix(repository, right, "-n", 2))
    script = KILLED.replace("sys.argv.pop(1)", repr(when))
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=tool.environment(), capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    if when == "after":
        assert RIGHT in (repository / "shop/prices.py").read_text()
        assert tool.run("undo", "-C", repository).code == 0
        assert (repository / "shop/prices.py").read_text() == SOURCE
    else:
        assert (repository / "shop/prices.py").read_text() == SOURCE
        assert tool.run("runs", "resume").code == 0
        assert RIGHT in (repository / "shop/prices.py").read_text()


UNIT_TESTS = """\
import unittest

from shop.prices import total


class Prices(unittest.TestCase):
    def test_total(self):
        self.assertEqual(total([1, 2, 3]), 6)

    def test_discount(self):
        self.assertEqual(total([50, 50], discount=10), 90)
"""


@pytest.mark.docker
def test_a_killed_run_in_docker_leaves_no_container(
    tool: Tool, tmp_path: Path, base_image: str, weights: dict[str, float]
) -> None:
    repository = make_repository(tmp_path / "shop", {"tests/test_prices.py": UNIT_TESTS, "tests/__init__.py": ""})
    arguments = (
        *("fix", repository, "--issue", ISSUE, "--seed", 1, *SAMPLES),
        *("--model", f"recorded:{make_recording(tmp_path / 'recording', weights)}"),
        *("--image", base_image, "--test-command", "python3 -m unittest discover -s tests -t ."),
    )
    started = Started(tool, *arguments).wait_for(is_kind("candidate-judged"))
    run = started.run
    assert containers(run)
    assert started.end(signal.SIGKILL)[0] == -signal.SIGKILL
    resumed = tool.run("runs", "resume", run, "--json", TMPDIR=str(started.temporary))
    assert resumed.code == 0, resumed.err
    record = Store(tool.state).read(run)
    assert record.head.samples == 96
    assert [len(batch) > 0 for batch in record.recorded.batches] == [True] * len(record.recorded.batches)
    assert containers(run) == []
    assert os.listdir(started.temporary) == []  # noqa: PTH208 - a list to compare


def containers(run: str) -> list[str]:
    command = ["docker", "ps", "-aq", "--filter", f"label=reasoncli.run={run}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_a_run_that_failed_is_told_from_one_that_was_interrupted(
    tool: Tool, repository: Path, recording: Path, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    command = f"if test -e {ready}; then python -m pytest -q; else exit 127; fi"
    assert tool.fix(repository, recording, "--test-command", command).code == 3
    (run,) = json.loads(tool.run("runs", "list", "--json").out)["runs"]
    assert run["status"] == "failed"
    ready.touch()
    assert tool.run("runs", "resume", run["id"]).code == 0
    (run,) = json.loads(tool.run("runs", "list", "--json").out)["runs"]
    assert run["status"] == "verified"
