"""Hostile programs against the process that serves all candidates of a sandbox and runs as the same user."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pytest

from reasoncli.errors import RunnerLost, SandboxFailure
from reasoncli.sandbox.config import DockerConfig
from reasoncli.sandbox.docker_provider import DockerProvider, docker_provider
from reasoncli.sandbox.docker_sandbox import DockerSandbox
from reasoncli.sandbox.interface import Limits
from reasoncli.verification import wire
from tests.sandbox.snapshots import make_snapshot

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
