"""The warm lane: what waits to be forked, what it must not have loaded, and when there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.runner.residents import CORE, NOTHING, TEST, Resident
from tests.runner.support import write_tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the resident runner is for Linux containers")


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


def test_variables_set_before_the_command_hold_in_both_lanes(here: str, tmp_path: Path, root: Path) -> None:
    """`PYTHONPATH=lib pytest` is how many run a tree that isn't installed."""
    write_tree(root, **{"test_set": "import os\n\n\ndef test_set():\n    assert os.environ['MODE'] == 'a b'\n"})
    library = write_tree(tmp_path / "library", core="raise ImportError('the tree comes first')\n", beside="")
    (root / "test_path.py").write_text("import beside\n\n\ndef test_path():\n    assert beside.__file__\n")
    resident = Resident(here, tmp_path / "home", root)
    command = f"PYTHONPATH={library} MODE='a b' python -m pytest"
    cold, _ = resident.run(None, command=command)
    resident.restore()
    seen, lane = resident.run(NOTHING, command=command)
    assert lane == "warm"
    assert seen.outcomes() == cold.outcomes()
    assert set(seen.outcomes().values()) == {"passed"}
    assert len(seen.outcomes()) == 3
    resident.close()


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
