"""kill -9 at any moment: whatever the journal acknowledged is there, whole batches only, and the run can go on."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reasoncli.runs.store import Store
from tests.runs.samples import batch

WRITER = """
import sys
from pathlib import Path
from reasoncli.events import CandidateFound
from reasoncli.runs.store import Store
from tests.runs.samples import FIXES, ISSUE, batch, candidate

store = Store(Path(sys.argv[1]))
with (store.open("last") if sys.argv[2] == "resume" else store.create(ISSUE, Path("/repo"))) as run:
    number = len(run.load().recorded.batches)
    print("ready", flush=True)
    while True:
        run.completion_batch(number, batch(number, 40))
        print("batch", number, flush=True)
        run(CandidateFound(candidate(number)))
        run.verdict(f"exec{number}", FIXES)
        print("verdict", number, flush=True)
        number += 1
"""


def killed(root: Path, mode: str, after: float) -> list[str]:
    """Run the writer, kill it `after` seconds into its work, and return the lines it got out."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(root), mode], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    lines = process.stdout.read().splitlines()
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    return [line for line in lines if line]


@pytest.mark.parametrize("seed", range(8))
def test_nothing_acknowledged_is_lost(tmp_path: Path, seed: int) -> None:
    delays = random.Random(seed)
    store = Store(tmp_path)
    said: list[str] = []
    for attempt in range(3):
        said += killed(tmp_path, "resume" if attempt else "create", delays.uniform(0.0, 0.15))
        record = store.read("last")
        batches = record.recorded.batches
        assert list(batches) == [tuple(batch(number, 40)) for number in range(len(batches))]
        assert record.head.samples == 80 * len(batches)
        unsaid = len(batches) - acknowledged(said, "batch")
        assert 0 <= unsaid <= attempt + 1  # each kill may have come between a batch and the word of it
        assert len(record.recorded.verdicts) >= acknowledged(said, "verdict")
        judged = {key for key, _ in record.recorded.verdicts}
        assert {c.patch.execution_key for c in record.candidates} == judged  # they went along with their verdicts
        db = sqlite3.connect(next(tmp_path.glob("runs/*/run.sqlite")))
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()
    assert store.live() == frozenset()


def acknowledged(lines: list[str], what: str) -> int:
    """How many distinct ones the writers said were done; a line cut in half does not count as said."""
    numbers = {line.split()[1] for line in lines if line.startswith(f"{what} ") and line.split()[1:]}
    return len(numbers)
