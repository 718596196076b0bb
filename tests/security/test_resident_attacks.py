"""Hostile programs against the process that serves all candidates of a sandbox and runs as the same user."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoncli.domain import FileChange, Loaded, TestPlan
from reasoncli.errors import RunnerLost, SandboxFailure
from reasoncli.events import Event, SandboxReplaced
from reasoncli.sandbox import engine, reap
from reasoncli.sandbox.config import BuildNetwork, DockerConfig
from reasoncli.sandbox.docker_provider import DockerProvider, docker_provider
from reasoncli.sandbox.docker_sandbox import DockerSandbox
from reasoncli.sandbox.interface import Command, Limits
from reasoncli.verification import wire
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.records import read_records
from reasoncli.verification.session import RunOptions, run_tests
from tests.sandbox.snapshots import make_snapshot
from tests.security import hostile

pytestmark = pytest.mark.docker

RESIDENT = """
import os

def resident():
    "The process that runs runner/resident.py: our ancestor."
    for name in os.listdir("/proc"):
        if name.isdigit():
            with open("/proc/%s/cmdline" % name, "rb") as file:
                if b"runner/resident.py" in file.read():
                    return int(name)
"""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[DockerProvider]:
    snapshot = make_snapshot(tmp_path_factory.mktemp("snapshot"), {"a.py": "A = 1\n"})
    limits = Limits(memory=192 << 20, disk=64 << 20, pids=64)
    config = DockerConfig(image=base_image, limits=limits, state_dir=tmp_path_factory.mktemp("state"))
    provider = docker_provider(snapshot, config, "resident-attacks")
    yield provider
    provider.close()


@pytest.fixture
def sandbox(provider: DockerProvider) -> Iterator[DockerSandbox]:
    sandbox = provider.open()
    assert isinstance(sandbox, DockerSandbox)
    yield sandbox
    sandbox.close()


def attack(sandbox: DockerSandbox, program: str, timeout: float = 20.0) -> wire.Answer:
    """Run a program as tests are run."""
    code = RESIDENT + textwrap.dedent(program)
    request = wire.Request(f"cat > /tmp/p.py <<'END'\n{code}\nEND\npython3 /tmp/p.py", None, timeout)
    answer = wire.read(sandbox.ask(wire.encode(request, root=sandbox.root, nonce="n"), None, timeout + 10))
    assert answer is not None
    return answer


@pytest.mark.parametrize("name", ["mem", "environ", "maps", "fd/3", "map_files", "oom_score_adj"])
def test_nothing_of_it_can_be_opened(sandbox: DockerSandbox, name: str) -> None:
    answer = attack(
        sandbox,
        f"""
        path = "/proc/%d/{name}" % resident()
        try:
            if os.path.isdir("/proc/self/{name}"):
                os.listdir(path)
            else:
                open(path, "r+b" if "{name}" in ("mem", "oom_score_adj") else "rb").read(1)
        except OSError as error:
            print("closed:", type(error).__name__)
        """,
    )
    assert answer.output.startswith("closed: "), answer.output
    sandbox.restore()


@pytest.mark.parametrize("call", ["ptrace(16, pid, 0, 0)", "process_vm_readv(pid, vector, 1, remote, 1, 0)"])
def test_it_can_not_be_traced(sandbox: DockerSandbox, call: str) -> None:
    answer = attack(
        sandbox,
        f"""
        import ctypes
        library, pid = ctypes.CDLL(None, use_errno=True), resident()
        buffer = ctypes.create_string_buffer(8)
        vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
        remote = (ctypes.c_void_p * 2)(id(library), 8)
        print(library.{call}, ctypes.get_errno())
        """,
    )
    result, errno = answer.output.split()
    assert result == "-1"
    assert errno in ("1", "3")  # EPERM, ESRCH
    sandbox.restore()


@pytest.mark.parametrize(
    "change",
    [
        "resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, 8))",
        "resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))",
        "os.setpriority(os.PRIO_PROCESS, pid, 19)",
        "os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))})",
        "os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))",
    ],
)
def test_changed_limits_cost_the_sandbox(sandbox: DockerSandbox, change: str) -> None:
    if "affinity" in change and attack(sandbox, "print(len(os.sched_getaffinity(0)))").output.strip() == "1":
        change = "os.setpriority(os.PRIO_PROCESS, pid, 5)"  # one core can't be narrowed
    with pytest.raises(RunnerLost, match="limits"):
        attack(sandbox, f"import resource\npid = resident()\n{change}")
    with pytest.raises(SandboxFailure):
        sandbox.restore()


@pytest.mark.parametrize("deed", ["os.kill(resident(), 9)", "os.kill(-1, 9)", "os.kill(resident(), 19)"])
def test_its_end_costs_the_sandbox(provider: DockerProvider, sandbox: DockerSandbox, deed: str) -> None:
    with pytest.raises(RunnerLost):
        attack(sandbox, deed, timeout=1.0)
    with pytest.raises(SandboxFailure):
        sandbox.restore()
    with provider.open() as another:
        assert isinstance(another, DockerSandbox)
        assert attack(another, "print('fine')").output == "fine\n"


def test_a_fork_bomb_ends_with_its_run(provider: DockerProvider, sandbox: DockerSandbox) -> None:
    bomb = "while True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    assert attack(sandbox, bomb, timeout=3.0).timed_out
    sandbox.restore()
    assert attack(sandbox, "print('fine')").output == "fine\n"


def test_a_replaced_resident_answers_nobody(sandbox: DockerSandbox) -> None:
    """Somebody who kills it and stays in its place has neither its channel nor the right number of processes."""
    with pytest.raises(RunnerLost):
        attack(
            sandbox,
            """
            import signal, time
            pid = resident()
            if os.fork() == 0:
                os.setsid()
                for number in range(3, 64):
                    try:
                        os.write(number, b"\\0" * 7 + b"\\x02ok")
                    except OSError:
                        pass
                os.kill(pid, signal.SIGKILL)
                time.sleep(1000)
            """,
            timeout=2.0,
        )
    with pytest.raises(SandboxFailure):
        sandbox.restore()


def test_where_none_can_begin_only_the_first_sandbox_is_lost(tmp_path: Path, base_image: str) -> None:
    definition = tmp_path / "Dockerfile"
    definition.write_text(f"FROM {base_image}\nUSER root\nRUN rm -f /usr/lib/python3*/lib-dynload/resource.*\n")
    config = DockerConfig(dockerfile=definition, state_dir=tmp_path / "state")
    provider = docker_provider(make_snapshot(tmp_path / "nobegin", {"a.py": "A = 1\n"}), config, "no-resident")
    told: list[Event] = []
    pool = SandboxPool(provider, told.append)
    try:
        plan, options = TestPlan("cat a.py"), RunOptions(timeout=20.0)
        for _ in range(2):
            assert pool.work(lambda sandbox: run_tests(sandbox, plan, None, options)).answered
        assert ["resource" in event.reason for event in told if isinstance(event, SandboxReplaced)] == [True]
    finally:
        pool.close()
        provider.close()
        client = engine.connect()
        reap.prune_images(client, project="nobegin")
        client.close()


# ---------------------------------------------------------------- the warm lane


LOADED = Loaded(("json.tool",), ("money/split.py",), ("tests/test_split.py",))
WARM = "warm"


@pytest.fixture(scope="module")
def with_pytest(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[DockerProvider]:
    """The project of the hostile patches, in its image."""
    folder = tmp_path_factory.mktemp("warm")
    config = DockerConfig(
        base_image=base_image,
        build_network=BuildNetwork.HOST,
        environment=dict(os.environ),
        limits=Limits(memory=256 << 20, disk=64 << 20, pids=64),
        state_dir=folder / "state",
    )
    provider = docker_provider(make_snapshot(folder / "project", hostile.FILES), config, "warm-attacks")
    yield provider
    provider.close()


@pytest.fixture
def warm(with_pytest: DockerProvider) -> Iterator[DockerSandbox]:
    with with_pytest.open() as sandbox:
        assert isinstance(sandbox, DockerSandbox)
        yield sandbox


def target(sandbox: DockerSandbox, *changes: FileChange, load: Loaded | None = LOADED) -> tuple[str, str, str]:
    """(outcome of the target, lane, output) of a run with these changes."""
    sandbox.write(changes)
    request = wire.Request(f"{hostile.COMMAND} -s", [hostile.TARGET], 30.0)
    answer = wire.read(sandbox.ask(wire.encode(request, root=sandbox.root, nonce="n"), load, 60.0))
    assert answer is not None
    results = read_records(answer.records).results
    return results[hostile.TARGET].outcome.value if results else "", answer.lane, answer.output


def test_nothing_of_what_waits_can_be_opened(warm: DockerSandbox) -> None:
    """Every process but the candidate's own: the resident, the program that it was forked from, any other."""
    body = """
        import ctypes, os
        library = ctypes.CDLL(None, use_errno=True)
        others, opened = [], []
        for pid in [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]:
            with open("/proc/%d/status" % pid) as status, open("/proc/%d/cmdline" % pid, "rb") as line:
                command = line.read().replace(b"\\0", b" ").decode()
                if "Uid:\\t%d\\t" % os.getuid() not in status.read():
                    continue  # the supervisor's user
            others.append(command)
            for name in ("mem", "environ", "maps", "auxv", "syscall", "stack"):
                try:
                    open("/proc/%d/%s" % (pid, name), "r+b" if name == "mem" else "rb").read(1)
                    opened.append((command, name))
                except OSError:
                    pass
            for name in ("fd", "map_files"):
                try:
                    opened.append((command, os.listdir("/proc/%d/%s" % (pid, name))))
                except OSError:
                    pass
            if library.ptrace(16, pid, 0, 0) == 0 or library.ptrace(0x4206, pid, 0, 0) == 0:
                opened.append((command, "ptrace"))
            held = library.syscall(434, pid, 0)
            for number in range(64):
                if library.syscall(438, held, number, 0) >= 0:
                    opened.append((command, "descriptor", number))
        for number in range(64):
            if os.path.lexists("/proc/self/fd/%d" % number):
                if "socket:" in os.readlink("/proc/self/fd/%d" % number):
                    opened.append(("a channel", number))
        print("\\nOTHERS", len(others), sorted(others))
        print("OPENED", opened)
        return [each] * people
    """
    outcome, lane, output = target(warm, hostile.split(body))
    assert (outcome, lane) == ("failed", WARM), output
    lines = {line.partition(" ")[0]: line.partition(" ")[2] for line in output.splitlines()}
    assert lines["OPENED"] == "[]"
    assert lines["OTHERS"].startswith("2 "), "no shell, no helper"
    assert "resident.py" in lines["OTHERS"]
    assert "-m pytest" in lines["OTHERS"]


POISON = """
import sys
path, sys.path = sys.path, [each for each in sys.path if each not in ("", ROOT)]
del sys.modules["argparse"]
import argparse
sys.path = path
begin = argparse.ArgumentParser.__init__

def strike(*arguments, **options):
    if "_pytest.python" in sys.modules:
        sys.modules["_pytest.python"].Function.runtest = lambda item: None
    begin(*arguments, **options)

argparse.ArgumentParser.__init__ = strike
globals().update(vars(argparse))
"""


@pytest.mark.parametrize("way", ["its first run", "a run before the lane was proven", "a command"])
def test_what_waits_is_not_started_in_a_candidate_s_tree(warm: DockerSandbox, way: str) -> None:
    """`python -m pytest` finds a new argparse.py in the root long before our plugin asks what is loaded."""
    poison = FileChange("argparse.py", POISON.replace("ROOT", repr(warm.root)).encode())
    if way == "a run before the lane was proven":
        outcome, _, output = target(warm, poison, load=None)
        assert outcome == "passed", output
    elif way == "a command":
        warm.write([poison])
        warm.run(Command(("true",)))
    lane = target(warm, poison)[1]
    assert lane == (WARM if way == "its first run" else "cold: the tree is not the base's")
    warm.restore()
    assert target(warm)[:2] == ("failed", WARM)
    assert target(warm, hostile.split(hostile.RIGHT))[:2] == ("passed", WARM)
