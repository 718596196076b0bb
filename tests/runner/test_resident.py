"""The resident runner: one process that serves one run after another, and is not changed by any of them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from reasoncli.verification import wire
from tests.runner.residents import CORE, NOTHING, PYTEST, TEST, Resident

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the resident runner is for Linux containers")


def test_an_edit_of_equal_size_at_the_same_time_is_seen(resident: Resident, root: Path) -> None:
    load = resident.learn()
    status = (root / "core.py").stat()
    wrong, lane = resident.run(load, write={"core.py": CORE.replace("+", "*")})
    assert lane == "warm"
    assert wrong.outcomes() == {"test_core.py::test_double": "failed"}
    assert "assert 9 == 6" in wrong.answer.output
    os.utime(root / "core.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    resident.restore()
    right, _ = resident.run(load)
    assert right.outcomes() == {"test_core.py::test_double": "passed"}


def test_a_new_module_is_found(resident: Resident) -> None:
    load = resident.learn()
    for name in ("one", "two"):
        text = f"from {name} import double\n"
        seen, lane = resident.run(load, write={"core.py": text, f"{name}.py": CORE})
        assert (lane, seen.outcomes()) == ("warm", {"test_core.py::test_double": "passed"})


def test_runs_leave_nothing_to_each_other(resident: Resident) -> None:
    load = resident.learn()
    stains = TEST + (
        "\n\ndef test_clean():\n    import os, random, sys, threading\n"
        "    assert 'STAIN' not in os.environ and not hasattr(sys, 'stain')\n"
        "    assert os.getcwd() == os.path.dirname(__file__)\n"
        "    os.environ['STAIN'] = sys.stain = 'here'\n    os.chdir('/')\n"
        "    os.setpgid(0, 0) if os.getpgid(0) != os.getpid() else None\n"
        "    print('number', random.random())\n"
    )
    numbers = []
    for _ in range(3):
        seen, lane = resident.run(load, command=f"{PYTEST} -s", write={"test_core.py": stains})
        assert (lane, seen.outcomes()["test_core.py::test_clean"]) == ("warm", "passed"), seen.answer.output
        numbers += [line for line in seen.answer.output.splitlines() if "number" in line]
    assert len(set(numbers)) == 3  # random state is not forked with the process


def test_daemons_and_hangs_end_with_their_run(resident: Resident) -> None:
    load = resident.learn()
    start = "subprocess.Popen(['sleep', '1000'], start_new_session=True)"
    daemon = TEST + f"\n\ndef test_daemon():\n    import subprocess\n\n    {start}\n"
    for _ in range(2):
        seen, lane = resident.run(load, write={"test_core.py": daemon})
        assert (lane, set(seen.outcomes().values())) == ("warm", {"passed"})
    hang = TEST + "\n\ndef test_hang():\n    import time\n\n    time.sleep(1000)\n"
    seen, _ = resident.run(load, write={"test_core.py": hang}, timeout=2.0)
    assert seen.answer.timed_out
    seen, _ = resident.run(load, write={"test_core.py": hang}, test_timeout=0.5)
    assert seen.outcomes() == {"test_core.py::test_double": "passed", "test_core.py::test_hang": "timeout"}
    resident.restore()
    assert resident.run(load)[0].outcomes() == {"test_core.py::test_double": "passed"}


def test_what_does_not_compile_is_told_before_anything_runs(resident: Resident) -> None:
    seen, _ = resident.run(resident.learn(), write={"core.py": "def broken(:\n"}, compile=["core.py"])
    assert seen.answer.invalid == "core.py"


@pytest.mark.parametrize(
    "death",
    ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()", "sys.exit(0)"],
)
def test_a_death_in_the_middle_is_no_regular_end(resident: Resident, death: str) -> None:
    load = resident.learn()
    seen, lane = resident.run(load, write={"core.py": f"import os, sys\n\n\ndef double(value):\n    {death}\n"})
    assert lane == "warm"
    whole = seen.records.whole and seen.outcomes() == {"test_core.py::test_double": "passed"}
    assert not whole
    resident.restore()
    after, lane = resident.run(load)
    assert (lane, after.outcomes()) == ("warm", {"test_core.py::test_double": "passed"})


@pytest.mark.parametrize(
    ("compiler", "reason"),
    [("os.kill(os.getpid(), 11)", "the compiler died over it"), ("time.sleep(1000)", "took too long over it")],
)
def test_a_file_that_the_compiler_does_not_survive_is_invalid(
    here: str, tmp_path: Path, root: Path, compiler: str, reason: str
) -> None:
    """Which file crashes a compiler differs from one Python to the next: hence one that is crashed by a word."""
    program = (
        "import builtins, os, runpy, sys, time\n"
        "real = compile\n\n\ndef compiler(text, *more, **options):\n"
        f"    if isinstance(text, bytes) and b'CRASH' in text:\n        {compiler}\n"
        "    return real(text, *more, **options)\n\n\nbuiltins.compile = compiler\n"
        "runpy.run_path(sys.argv[1], run_name='__main__')\n"
    )
    resident = Resident(here, tmp_path / "home", root, program=program)
    write = {"core.py": CORE, "other.py": "# CRASH\n"}
    seen, _ = resident.run(None, write=write, compile=["core.py", "other.py"], timeout=3.0)
    assert (seen.answer.invalid, seen.answer.exit_code) == ("other.py", None)
    assert reason in seen.answer.output
    resident.close()


def test_a_system_without_schedulers_has_a_resident(here: str, tmp_path: Path, root: Path) -> None:
    """As musl, where the call is there and says that it isn't."""
    program = (
        "import errno, os, resource, runpy, sys\n"
        "def missing(pid):\n    raise OSError(errno.ENOSYS, 'Function not implemented')\n"
        "os.sched_getscheduler = missing\ndel resource.prlimit\n"
        "runpy.run_path(sys.argv[1], run_name='__main__')\n"
    )
    resident = Resident(here, tmp_path / "home", root, program=program)
    seen, lane = resident.run(NOTHING)
    assert (lane, seen.outcomes()) == ("warm", {"test_core.py::test_double": "passed"})
    resident.close()


def test_a_report_of_any_size_comes_through(resident: Resident) -> None:
    many = "import pytest\n\n\n@pytest.mark.parametrize('n', range(500))\ndef test_n(n):\n    assert n < 0, 'x' * 500\n"
    seen, lane = resident.run(resident.learn(), write={"test_core.py": many})
    assert lane == "warm"
    assert len(seen.outcomes()) == 500
    sent = json.dumps(seen.answer.records)
    assert len(sent) > 2 * wire.FRAME_LIMIT
    assert sent.isascii()
