"""What a test command can do to the run, and what the answer then says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from reasoncli.verification import wire
from reasoncli.verification.records import read_records
from tests.runner.support import answer_of, run, write_tree

PYTEST = "python -m pytest -q"


def write_test(root: Path, body: str) -> Path:
    return write_tree(root, test_a="import os\nimport signal\nimport sys\nimport time\n\n\n" + body)


def test_an_early_exit_with_success_is_incomplete(python: str, tmp_path: Path) -> None:
    write_test(tmp_path, "def test_one(): os._exit(0)\n\n\ndef test_two(): assert 0\n")
    seen = run(python, tmp_path, PYTEST)
    assert seen.answer.exit_code == 0
    assert not seen.records.whole
    assert seen.records.missing == ("test_a.py::test_one", "test_a.py::test_two")
    assert list(seen.records.started) == ["test_a.py::test_one"]


def test_an_exit_while_importing_is_incomplete(here: str, tmp_path: Path) -> None:
    write_test(tmp_path, "sys.exit(0)\n\n\ndef test_one(): pass\n")
    seen = run(here, tmp_path, PYTEST)
    assert not seen.records.whole
    write_test(
        tmp_path, "def test_one():\n    import pytest\n    pytest.exit('done', returncode=0)\ndef test_two(): pass\n"
    )
    seen = run(here, tmp_path, PYTEST)
    assert seen.answer.exit_code == 0
    assert not seen.records.whole


def test_a_unittest_run_that_exits_early_is_incomplete(here: str, tmp_path: Path) -> None:
    write_test(
        tmp_path,
        """
import unittest


class A(unittest.TestCase):
    def test_one(self): os._exit(0)

    def test_two(self): self.fail()
""",
    )
    seen = run(here, tmp_path, "python -m unittest")
    assert not seen.records.whole
    assert seen.records.missing == ("test_a.A.test_one", "test_a.A.test_two")


def test_a_hanging_test_is_interrupted_and_the_next_one_runs(python: str, tmp_path: Path) -> None:
    write_test(
        tmp_path,
        "def test_sleeps(): time.sleep(600)\n\n\ndef test_spins():\n    while True: pass\n\n\n"
        "def test_swallows():\n    while True:\n        try: time.sleep(1)\n        except Exception: pass\n\n\n"
        "def test_fine(): pass\n",
    )
    seen = run(python, tmp_path, PYTEST, test_timeout=1.0)
    assert seen.outcomes() == {
        "test_a.py::test_sleeps": "timeout",
        "test_a.py::test_spins": "timeout",
        "test_a.py::test_swallows": "timeout",
        "test_a.py::test_fine": "passed",
    }
    assert seen.records.whole


def test_a_test_that_can_not_be_interrupted_is_named(here: str, tmp_path: Path) -> None:
    write_test(
        tmp_path,
        "def test_first(): pass\n\n\n"
        "def test_stubborn():\n    while True:\n        try: time.sleep(1)\n        except BaseException: pass\n",
    )
    seen = run(here, tmp_path, PYTEST, test_timeout=1.0)
    assert seen.answer.hung == "test_a.py::test_stubborn"
    assert seen.outcomes() == {"test_a.py::test_first": "passed"}
    assert seen.answer.exit_code is None


def test_the_time_limit_kills_every_process(here: str, tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    write_test(
        tmp_path,
        f"""
def test_daemon():
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            while True:
                open({str(mark)!r}, "a").write("x")
                time.sleep(0.05)
        os._exit(0)
    time.sleep(600)
""",
    )
    seen = run(here, tmp_path, PYTEST, timeout=8.0)
    assert seen.answer.timed_out
    assert seen.answer.exit_code is None
    size = mark.stat().st_size
    assert size > 0, "the daemon ran"
    time.sleep(0.3)
    assert mark.stat().st_size == size, "and is dead"


def test_a_daemon_does_not_outlive_a_run_that_ends(here: str, tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    line = f"(setsid sh -c 'while :; do echo x >> {mark}; sleep 0.05; done' &) ; sleep 0.3; exit 0"
    seen = run(here, tmp_path, line)
    assert seen.answer.exit_code == 0
    assert seen.answer.duration < 30
    size = mark.stat().st_size
    time.sleep(0.3)
    assert mark.stat().st_size == size


def test_a_flood_of_output_is_drained_and_cut(here: str, tmp_path: Path) -> None:
    write_test(tmp_path, "def test_flood():\n    for _ in range(200):\n        os.write(1, b'x' * 1000000)\n")
    seen = run(here, tmp_path, PYTEST + " -s")
    assert seen.outcomes() == {"test_a.py::test_flood": "passed"}
    assert len(seen.answer.output) < 1 << 20
    assert "bytes left out" in seen.answer.output
    assert "1 passed" in seen.answer.output, "the end is kept"


def test_killing_the_runner_leaves_no_answer(here: str, tmp_path: Path) -> None:
    write_test(tmp_path, "def test_kill():\n    os.kill(os.getppid(), signal.SIGKILL)\n    os.kill(os.getppid(), 9)\n")
    parent = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
    request = wire.Request(command=f"exec python -c '{parent}'", tests=None, timeout=20)
    assert answer_of(here, tmp_path, request) is None


@pytest.mark.parametrize(
    "attack",
    [
        "[os.unlink(os.path.join(d, n)) for d, _, ns in os.walk(os.environ['TMPDIR']) for n in ns]; os._exit(0)",
        "os.closerange(3, 256); os._exit(0)",
    ],
    ids=["deletes the report", "closes every descriptor"],
)
def test_taking_the_report_away_gains_nothing(here: str, tmp_path: Path, attack: str) -> None:
    write_test(tmp_path, f"def test_one():\n    {attack}\n\n\ndef test_two(): assert 0\n")
    private = tmp_path / "private"
    private.mkdir()
    answer = answer_of(here, tmp_path, wire.Request(command=PYTEST, tests=None, timeout=60), TMPDIR=str(private))
    assert answer is not None
    assert answer.exit_code == 0
    assert not read_records(answer.records).whole


def test_descriptors_closed_by_a_test_are_opened_again(here: str, tmp_path: Path) -> None:
    write_test(
        tmp_path,
        "def test_closes():\n    os.closerange(3, 256)\n\n\n"
        "def test_reuses():\n    for n in range(20): os.dup2(os.open('victim', os.O_CREAT | os.O_WRONLY), 3 + n)\n\n\n"
        "def test_after(): pass\n",
    )
    seen = run(here, tmp_path, PYTEST + " -p no:faulthandler -s")
    assert set(seen.outcomes().values()) == {"passed"}
    assert seen.records.whole
    assert (tmp_path / "victim").read_text() == "", "nothing of ours in a file of the project"


def test_garbage_in_the_report_makes_it_incomplete(here: str, tmp_path: Path) -> None:
    write_test(
        tmp_path,
        "def test_one():\n"
        "    for n in os.listdir('/proc/self/fd'):\n"
        "        try: target = os.readlink('/proc/self/fd/' + n)\n"
        "        except OSError: continue\n"
        "        if '/reasoncli-' in target: os.write(int(n), b'garbage\\n{}\\n[1]\\n')\n",
    )
    seen = run(here, tmp_path, PYTEST)
    assert seen.records.damaged == 3
    assert not seen.records.whole


def test_a_long_answer_comes_in_parts(here: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_test(tmp_path, "def test_one():\n    os.write(1, os.urandom(300000))\n")
    monkeypatch.setattr(wire, "FRAME_LIMIT", 20_000)
    seen = run(here, tmp_path, PYTEST + " -s")
    assert seen.outcomes() == {"test_a.py::test_one": "passed"}
    assert len(seen.answer.output) > 20_000


def test_what_does_not_compile_is_not_run(python: str, tmp_path: Path) -> None:
    write_tree(tmp_path, bad="def f(:\n    pass\n", nul="x = 1\n", test_a="open('ran', 'w')\n")
    seen = run(python, tmp_path, PYTEST, compile=["nul.py", "bad.py"])
    assert seen.answer.invalid == "bad.py"
    assert "SyntaxError" in seen.answer.output
    assert not (tmp_path / "ran").exists()


def test_a_missing_command(here: str, tmp_path: Path) -> None:
    seen = run(here, tmp_path, "no-such-command")
    assert seen.answer.exit_code == 127
    assert "no-such-command" in seen.answer.output


def test_nothing_of_the_runner_is_left_behind(here: str, tmp_path: Path) -> None:
    write_test(tmp_path, "def test_one(): pass\n")
    private = tmp_path / "temporary"
    private.mkdir()
    request = wire.Request(command=PYTEST, tests=None, timeout=60)
    assert answer_of(here, tmp_path, request, TMPDIR=str(private)) is not None
    assert not list(private.iterdir())
    assert not list(tmp_path.rglob("__pycache__"))
