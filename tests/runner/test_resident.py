"""The resident runner and its warm lane, spoken to as a sandbox does, with any Python that can run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from reasoncli.resources import sandboxes_dir
from reasoncli.sandbox import keeper
from reasoncli.verification import wire
from reasoncli.verification.records import read_records
from tests.runner.support import NONCE, Seen, write_tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the resident runner is for Linux containers")

NOTHING: dict[str, Sequence[str]] = {"modules": (), "sources": (), "rewritten": ()}
PYTEST = "python -m pytest"
CORE = "def double(value):\n    return value + value\n"
TEST = "from core import double\n\n\ndef test_double():\n    assert double(3) == 6\n"


class Resident:
    """A resident over one tree."""

    def __init__(self, python: str, home: Path, root: Path, program: str = "", **variables: str) -> None:
        """Begin one; with `program`, which is told where it is, in its stead."""
        self.root = root
        self.untouched = True
        shutil.copytree(sandboxes_dir() / "runner", home / "runner")
        shutil.copy(keeper.__file__, home / "keeper.py")
        (home / "tmp").mkdir()
        self.process = subprocess.Popen(
            [python, "-I", "-S", "-B", *(["-c", program] if program else []), str(home / "runner" / "resident.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.defpath, "HOME": str(home), "TMPDIR": str(home / "tmp"), **variables},
            cwd=root,
        )
        manifest = keeper.flatten(keeper.scan(str(root)))
        assert self.ask({"op": "keep", "root": str(root), "manifest": manifest, "empty": [str(home / "tmp")]}) == ["1"]

    def ask(self, request: Mapping[str, Any]) -> list[str]:
        assert self.process.stdin is not None
        self.process.stdin.write(keeper.pack_request(dict(request)))
        self.process.stdin.flush()
        return self.hear()

    def hear(self) -> list[str]:
        assert self.process.stdout is not None
        length = int.from_bytes(self.process.stdout.read(8), "big")
        word, *fields = [os.fsdecode(field) for field in self.process.stdout.read(length).split(b"\0")]
        assert word == "ok", fields
        return fields

    def run(
        self,
        warm: Mapping[str, Sequence[str]] | None,
        command: str = PYTEST,
        write: Mapping[str, str] | None = None,
        **request: Any,
    ) -> tuple[Seen, str]:
        """One run, and the lane it took."""
        spec = wire.encode(
            wire.Request(**{"command": command, "tests": None, "timeout": 60.0, **request}),
            root=str(self.root),
            nonce=NONCE,
        )
        items = [(path, "f", 0o644, text.encode(), -1) for path, text in (write or {}).items()]
        load = None if warm is None else {name: list(names) for name, names in warm.items()}
        request = {"op": "run", "spec": spec.decode(), "items": items, "warm": load, "untouched": self.untouched}
        self.untouched = False
        living, result = self.ask(request)
        answer = wire.read(result.encode())
        assert answer is not None
        assert int(living) == 1 + len(self.living())
        return Seen(answer, read_records(answer.records)), answer.lane

    def restore(self) -> None:
        wrong = self.ask({"op": "restore"})
        if wrong:
            originals = {"core.py": CORE, "test_core.py": TEST}
            self.ask({"items": [(path, "f", 0o644, originals[path].encode(), -1) for path in wrong]})
        else:
            self.hear()
        self.untouched = True

    def learn(self) -> dict[str, Sequence[str]]:
        """What a run loads."""
        seen, lane = self.run(None, loaded=True)
        assert lane == "cold: not asked for"
        loaded = seen.records.loaded
        self.restore()
        return {"modules": loaded.modules, "sources": loaded.sources, "rewritten": loaded.rewritten}

    def living(self) -> list[int]:
        """Processes below it."""
        found, heads = [], [self.process.pid]
        while heads:
            heads = [child for head in heads for child in _children(head)]
            found += heads
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(10) == 0


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "root", core=CORE, test_core=TEST)


@pytest.fixture
def resident(here: str, tmp_path: Path, root: Path) -> Iterator[Resident]:
    resident = Resident(here, tmp_path / "home", root)
    yield resident
    resident.close()
    time.sleep(0.1)
    assert resident.living() == []


def test_both_lanes_say_the_same(resident: Resident) -> None:
    load = resident.learn()
    assert load["sources"] == ("core.py",)
    assert load["rewritten"] == ("test_core.py",)
    cold, _ = resident.run(None)
    resident.restore()
    first, lane = resident.run(load)
    again, _ = resident.run(load)
    assert lane == "warm"
    for seen in (first, again):
        assert seen.outcomes() == cold.outcomes() == {"test_core.py::test_double": "passed"}
        assert seen.records.whole
        assert seen.answer.exit_code == 0
        assert "1 passed" in seen.answer.output


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


def test_the_end_of_the_waiting_program_is_no_verdict(resident: Resident) -> None:
    load = resident.learn()
    deed = "import os\n\n\ndef double(value):\n    os.kill(os.getppid(), 9)\n    return 6\n"
    with pytest.raises(AssertionError, match="the waiting test program was killed"):
        resident.run(load, write={"core.py": deed})


def test_what_waits_has_loaded_nothing_of_a_candidate(resident: Resident) -> None:
    """The root comes first on the path of `python -m pytest`, which imports argparse long before it waits."""
    load = resident.learn()
    poison = (
        "import sys\n\nsys.stain = True\npath, sys.path = sys.path, sys.path[1:]\ndel sys.modules['argparse']\n"
        "import argparse\n\nsys.path = path\nglobals().update(vars(argparse))\n"
    )
    resident.run(load, write={"argparse.py": poison})
    resident.restore()
    look = TEST + "\n\ndef test_clean():\n    import sys\n\n    assert not hasattr(sys, 'stain')\n"
    seen, lane = resident.run(load, write={"test_core.py": look})
    assert (lane, set(seen.outcomes().values())) == ("warm", {"passed"})


def test_nothing_waits_that_was_started_after_something_ran(resident: Resident) -> None:
    load = resident.learn()
    resident.run(None)
    assert resident.run(load)[1] == "cold: the tree is not the base's"
    resident.restore()
    assert resident.run(load)[1] == "warm"
    assert resident.run(load)[1] == "warm", "it was started before"


def test_who_waits_is_one_process(here: str, tmp_path: Path, root: Path) -> None:
    """A shell or a helper beside it would hold its channel, and could be written to."""
    library = write_tree(
        tmp_path / "library",
        helper="import subprocess\n\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)\n",
    )
    resident = Resident(here, tmp_path / "home", root, PYTHONPATH=str(library))
    assert resident.run({**NOTHING, "modules": ["json.tool"]})[1] == "warm"
    assert len(resident.living()) == 1
    resident.restore()
    _, lane = resident.run({**NOTHING, "modules": ["helper"]})
    assert lane == "cold: the test program starts others before its tests begin"
    assert resident.living() == []
    resident.close()


def test_python_by_that_name_need_not_be_there(tmp_path: Path, root: Path, here: str) -> None:
    """Debian has `python3` only; a shell would be told by a function what `python` means."""
    only = tmp_path / "bin" / "python3"
    only.parent.mkdir()
    only.write_text(f"#!/bin/sh\nexec '{here}' \"$@\"\n")
    only.chmod(0o755)
    program = (
        f"import sys; sys.executable = {str(only)!r}; import runpy; runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    resident = Resident(here, tmp_path / "home", root, program=program, PATH="")
    assert resident.run(NOTHING)[1] == "warm"
    resident.close()


def test_a_start_that_takes_too_long_is_told_by_the_resident_itself(here: str, tmp_path: Path, root: Path) -> None:
    library = write_tree(tmp_path / "library", slow="import time\n\ntime.sleep(1000)\n")
    resident = Resident(here, tmp_path / "home", root, PYTHONPATH=str(library))
    seen, lane = resident.run({**NOTHING, "modules": ["slow"]}, timeout=8.0)
    assert lane == "cold: the test program is too slow to start"
    assert seen.outcomes() == {"test_core.py::test_double": "passed"}
    resident.close()


@pytest.mark.parametrize("when", ["during the run", "after it"])
def test_who_waits_is_set_going_again_by_whomever_it_was_stopped(resident: Resident, when: str) -> None:
    load = resident.learn()
    if when == "during the run":
        deed = "    os.kill(waiting, signal.SIGSTOP)\n"
    else:
        deed = (
            "    me = os.getpid()\n    if os.fork() == 0:\n        os.setsid()\n"
            "        while os.path.exists('/proc/%d' % me):\n            pass\n"
            "        while True:\n            os.kill(waiting, signal.SIGSTOP)\n"
        )
    attack = f"import os, signal\n\n\ndef double(value):\n    waiting = os.getppid()\n{deed}    return 6\n"
    resident.run(load, write={"core.py": attack}, timeout=5.0)
    resident.restore()
    seen, lane = resident.run(load, timeout=20.0)
    assert (lane, seen.outcomes()) == ("warm", {"test_core.py::test_double": "passed"})


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


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("python -m pytest && true", "more than one program"),
        ("python -m unittest", "not pytest alone"),
        ("python -m pytest -p no_such_plugin", "did not come to the point"),
        ("python -m pytest -p core", "core.py of the project is loaded"),
    ],
)
def test_it_goes_cold_by_itself(resident: Resident, command: str, reason: str) -> None:
    for _ in range(2):
        _, lane = resident.run(NOTHING, command=command)
        assert lane.startswith("cold: ")
        assert reason in lane


def test_a_library_that_starts_a_thread_keeps_it_cold(here: str, tmp_path: Path, root: Path) -> None:
    library = write_tree(
        tmp_path / "library",
        spinner="import threading, time\n\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n",
    )
    resident = Resident(here, tmp_path / "home", root, PYTHONPATH=str(library))
    seen, lane = resident.run({**NOTHING, "modules": ["spinner"]})
    assert lane == "cold: threads run before the tests begin"
    assert seen.outcomes() == {"test_core.py::test_double": "passed"}
    resident.close()


def test_modules_that_fail_exit_or_belong_to_the_project_are_left_out(here: str, tmp_path: Path, root: Path) -> None:
    library = write_tree(
        tmp_path / "library",
        fails="raise RuntimeError('no')",
        leaves="import sys\nsys.exit(3)",
        core="raise RuntimeError('the library, not the project')",
    )
    resident = Resident(here, tmp_path / "home", root, PYTHONPATH=str(library))
    seen, lane = resident.run({**NOTHING, "modules": ["fails", "leaves", "core", "no.such.module", "json.tool"]})
    assert (lane, seen.outcomes()) == ("warm", {"test_core.py::test_double": "passed"})
    resident.close()


def test_modules_that_answer_nonsense_are_passed_over(here: str, tmp_path: Path, root: Path) -> None:
    library = write_tree(
        tmp_path / "library",
        odd=(
            "import pathlib, sys, types\n\n\nclass Lazy(types.ModuleType):\n"
            "    def __getattr__(self, name):\n        raise RuntimeError('not yet')\n\n\n"
            "sys.modules['lazy'] = Lazy('lazy')\nsys.modules['nothing'] = None\nsys.modules['number'] = 3\n"
            "__file__ = pathlib.Path(__file__)\n"
        ),
    )
    resident = Resident(here, tmp_path / "home", root, PYTHONPATH=str(library))
    seen, _ = resident.run(None, loaded=True, write={"core.py": f"import odd\n\n{CORE}"})
    assert seen.records.whole
    assert "odd" in seen.records.loaded.modules
    assert seen.records.loaded.sources == ("core.py",)
    resident.restore()
    seen, lane = resident.run({**NOTHING, "modules": ["odd"]})
    assert (lane, seen.outcomes()) == ("warm", {"test_core.py::test_double": "passed"})
    resident.close()


def test_changed_limits_of_the_waiting_are_noticed(resident: Resident) -> None:
    limit = "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (8, 8))"
    attack = f"import os, resource\n\n\ndef double(value):\n    {limit}\n    return 6\n"
    load = resident.learn()
    with pytest.raises(AssertionError, match="limits of process"):
        resident.run(load, write={"core.py": attack})


def test_a_report_of_any_size_comes_through(resident: Resident) -> None:
    many = (
        "import pytest\n\n\n@pytest.mark.parametrize('n', range(3000))\ndef test_n(n):\n    assert n < 0, 'x' * 500\n"
    )
    seen, lane = resident.run(resident.learn(), write={"test_core.py": many})
    assert lane == "warm"
    assert len(seen.outcomes()) == 3000
    assert json.dumps(seen.answer.records).isascii()
