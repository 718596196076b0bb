"""Tests that hang, print without end, or wait for ever: their time is lost, and nothing else."""

from __future__ import annotations

import resource
from pathlib import Path

from reasoncli.domain import VerdictKind
from reasoncli.runs.store import Store
from tests.end_to_end.project import (
    FIX,
    HANGS,
    RIGHT,
    TESTS,
    Tool,
    make_recording,
    make_repository,
)


def test_a_candidate_whose_tests_hang_times_out_and_another_wins(tool: Tool, repository: Path, tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "r", {HANGS: 1, FIX: 1})
    ran = tool.fix(repository, recording, "--json", "--exhaustive", "-n", 8, "--test-timeout", 8)
    assert ran.code == 0, ran.err
    verdicts = [each.verdict for each in Store(tool.state).read("last").candidates]
    assert {each.kind for each in verdicts if each is not None} == {VerdictKind.FIXES, VerdictKind.TIMEOUT}
    assert RIGHT in (repository / "shop/prices.py").read_text()


def test_a_test_that_hangs_at_the_base_costs_its_time_and_nothing_else(
    tool: Tool, tmp_path: Path, recording: Path
) -> None:
    tests = TESTS + "\n\ndef test_zz_waits():\n    import time\n\n    time.sleep(1000)\n"
    repository = make_repository(tmp_path / "waiting", {"tests/test_prices.py": tests})
    ran = tool.fix(repository, recording, "--json", "--baseline-timeout", "10")
    assert ran.code == 0, ran.err
    assert "timed out" in ran.err
    assert [each["id"] for each in ran.json["baseline"]["targets"]] == ["tests/test_prices.py::test_discount"]


def test_tests_that_print_640_megabytes_cost_no_memory(tool: Tool, tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "recording.jsonl", {FIX: 1})
    loud = "import os\n\nfor _ in range(640):\n    os.write(1, b'x' * (1 << 20))\n"
    repository = make_repository(tmp_path / "loud", {"loud.py": loud})
    command = "python loud.py && python -m pytest {tests}"
    ran = tool.fix(repository, recording, "--json", "--test-command", command, "-n", 1)
    assert ran.code == 0, ran.err
    assert len(ran.out) < 1 << 20
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 512 << 10  # kilobytes; of any child so far
