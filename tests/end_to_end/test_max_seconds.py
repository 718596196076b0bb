"""`--max-seconds`: the run ends in order, with the best verified patch so far."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.end_to_end.project import (
    FIX,
    ISSUE,
    RIGHT,
    SOURCE,
    TESTS,
    WRONG,
    Tool,
    edit,
    make_recording,
    make_repository,
)
from tests.end_to_end.test_interruption import UNIT_TESTS, Started, containers, fix

WAITS = "\n\ndef test_waits():\n    import time\n\n    time.sleep(1000)\n"
SLOW = [edit(WRONG, f"    __import__('time').sleep(3 + {n} / 1000)\n    return result") for n in range(200)]


@pytest.mark.docker
@pytest.mark.slow
def test_the_fix_found_so_far_is_confirmed_and_applied(tool: Tool, tmp_path: Path, base_image: str) -> None:
    """All candidates are to be judged, and that would take five minutes at least."""
    repository = make_repository(tmp_path / "shop", {"tests/test_prices.py": UNIT_TESTS, "tests/__init__.py": ""})
    recording = make_recording(tmp_path / "recording", {FIX: 10, **dict.fromkeys(SLOW, 1.0)})
    arguments = (
        *("fix", repository, "--issue", ISSUE, "--seed", 1, "-n", 800, "--batch-size", 800, "--exhaustive"),
        *("--model", f"recorded:{recording}", "--workers", 2, "--max-seconds", "40s"),
        *("--test-command", "python3 -m unittest discover -s tests -t ."),
        *("--image", base_image),
    )
    began = time.monotonic()
    started = Started(tool, *arguments)
    code, err = started.end()
    assert code == 0, err
    assert 35 < time.monotonic() - began < 200  # with the confirmation, on a machine that has much else to do
    assert "the time is up" in err
    assert RIGHT in (repository / "shop/prices.py").read_text()
    assert started.left() == []
    assert containers(started.run) == []


def test_before_anything_is_judged_it_ends_with_a_plain_reason(tool: Tool, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"tests/test_prices.py": TESTS + WAITS})
    recording = make_recording(tmp_path / "recording", {FIX: 1})
    junit = tmp_path / "junit.xml"
    began = time.monotonic()
    started = Started(tool, *fix(repository, recording, "--max-seconds", 12, "--junit-report", junit))
    code, err = started.end()
    assert code == 1, err
    assert time.monotonic() - began < 200  # on any machine; the test would wait for 1000
    assert "Error: the time of 12 s ended before any patch was judged" in " ".join(err.split())
    assert f"runs resume {started.run}" in err
    assert "<error" in junit.read_text()
    assert started.left() == []
    assert (repository / "shop/prices.py").read_text() == SOURCE
    (run,) = json.loads(tool.run("runs", "list", "--json").out)["runs"]
    assert run["status"] == "interrupted"
    assert sorted(path.name for path in (tool.state / "runs" / started.run).iterdir()) == ["lock", "run.sqlite"]
