"""Hostile programs that use everything up or stay on: the Docker sandbox lives on for the next candidate."""

from __future__ import annotations

import resource

import docker.errors
import pytest

from reasoncli.errors import SandboxFailure
from reasoncli.sandbox import engine
from reasoncli.sandbox.docker_provider import DockerProvider
from reasoncli.sandbox.docker_sandbox import DockerSandbox
from reasoncli.sandbox.interface import Command
from tests.security.attacks import LIMITS, python, sh

pytestmark = pytest.mark.docker


def test_a_fork_bomb_ends_with_its_limit_and_costs_the_container_at_most(provider: DockerProvider) -> None:
    program = """
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """
    sandbox = provider.open()
    assert isinstance(sandbox, DockerSandbox)
    result = python(sandbox, program, timeout=3.0)
    assert (result.timed_out, result.exit_code) == (True, None)
    client = engine.connect()
    try:
        processes = client.inspect_container(sandbox.container.id)["HostConfig"]["PidsLimit"]
        assert processes == LIMITS.pids + 32, "nobody gave it more room"
    except docker.errors.NotFound:
        pass  # given up, and gone with all that was in it
    finally:
        client.close()
    sandbox.close()
    with provider.open() as another:
        assert sh(another, "echo alive").stdout == b"alive\n"


def test_a_memory_bomb_is_told_and_survived(sandbox: DockerSandbox) -> None:
    result = python(sandbox, "x = []\nwhile True: x.append(bytearray(16 << 20))")
    assert result.oom
    assert result.exit_code == 137
    assert not sh(sandbox, "echo alive").oom


def test_a_disk_filler_meets_its_end(sandbox: DockerSandbox) -> None:
    result = sh(sandbox, "for d in . /tmp /dev/shm $HOME; do cat /dev/zero > $d/fill; done; echo $?")
    assert b"No space left" in result.stderr
    assert not result.oom
    assert sh(sandbox, "echo alive").stdout == b"alive\n"


def test_many_files_are_removed_again(sandbox: DockerSandbox) -> None:
    program = """
        import os
        for i in range(20000):
            open(f"/tmp/{i}", "w").close()
        for i in range(3000):
            os.makedirs(f"d{i}/e/f")
        """
    assert python(sandbox, program).exit_code == 0


def test_a_gigabyte_of_output_takes_neither_memory_nor_disk_here(sandbox: DockerSandbox) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = sh(sandbox, "head -c 1000000000 /dev/zero & head -c 1000000 /dev/zero >&2; wait", timeout=120.0)
    assert result.exit_code == 0
    assert (len(result.stdout), len(result.stderr), result.truncated) == (LIMITS.output, LIMITS.output, True)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB
    client = engine.connect()
    settings = client.inspect_container(sandbox.container.id)["HostConfig"]["LogConfig"]
    client.close()
    assert settings["Type"] == "none"


@pytest.mark.parametrize(
    "script",
    [
        "trap '' TERM INT HUP QUIT; while :; do sleep 1; done",
        "(setsid sh -c 'trap \"\" TERM HUP; exec sleep 400' &) ; sleep 400",
        "sleep 400 & kill -STOP $!; kill -STOP $$",
        "exec > /dev/null 2>&1; for i in 1 2 3 4 5; do (setsid sleep 400 &); done; sleep 400",
    ],
)
def test_nothing_outlives_the_time_limit(sandbox: DockerSandbox, script: str) -> None:
    result = sh(sandbox, script, timeout=1.0)
    assert result.timed_out
    assert sandbox.container.state()[0] == 0


def test_a_daemon_that_hunts_our_own_helpers_costs_the_container_at_most(provider: DockerProvider) -> None:
    """It kills every process of its own user, ours too: its result stands, and nothing else may run there."""
    hunter = """
        import os
        if os.fork() == 0:
            os.setsid()
            for fd in range(3):
                os.close(fd)
            while True:
                try:
                    os.kill(-1, 9)
                except OSError:
                    pass
        print("left a daemon")
        """
    with provider.open() as sandbox:
        assert isinstance(sandbox, DockerSandbox)
        result = python(sandbox, hunter, timeout=20.0)
        assert not result.timed_out
        try:
            sandbox.restore()
        except SandboxFailure:
            with pytest.raises(SandboxFailure):
                sandbox.run(Command(("true",)))
        else:
            assert sandbox.container.state()[0] == 0


def test_system_v_memory_spoils_the_container_not_the_next_candidate(provider: DockerProvider) -> None:
    with provider.open() as sandbox:
        assert isinstance(sandbox, DockerSandbox)
        program = "import ctypes; assert ctypes.CDLL(None).shmget(0x1234, 4096, 0o1666) >= 0"
        assert python(sandbox, program).exit_code == 0
        with pytest.raises(SandboxFailure, match="System V"):
            sandbox.restore()
        with pytest.raises(SandboxFailure):
            sandbox.run(Command(("true",)))


def test_posix_queues_are_removed(sandbox: DockerSandbox) -> None:
    program = """
        import ctypes, os
        assert ctypes.CDLL("librt.so.1").mq_open(b"/evil", os.O_CREAT | os.O_RDWR, 0o600, None) >= 0
        """
    assert python(sandbox, program).exit_code == 0
    sandbox.restore()
    assert sh(sandbox, "ls /dev/mqueue").stdout == b""


GRANT = """
import os, struct

owner, user, group, mask, others = (1, 7, -1), (2, 7, 1234), (4, 5, -1), (16, 7, -1), (32, 5, -1)
entries = b"".join(struct.pack("<HHi", *each) for each in (owner, user, group, mask, others))
os.setxattr("b", "system.posix_acl_access", struct.pack("<I", 2) + entries)
print(os.listxattr("b"))
"""


def test_access_lists_on_folders_do_not_stay(sandbox: DockerSandbox) -> None:
    assert python(sandbox, GRANT).stdout == b"['system.posix_acl_access']\n", "the attack works"
    sandbox.restore()
    assert python(sandbox, "import os; print(os.listxattr('b'))").stdout == b"[]\n"
