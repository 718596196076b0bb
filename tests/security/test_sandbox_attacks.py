"""Hostile programs in the Docker sandbox: what they may not reach, and that it lives on for the next candidate."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import docker.errors
import pytest

from reasoncli.errors import SandboxFailure
from reasoncli.sandbox import engine, labels
from reasoncli.sandbox.config import DockerConfig
from reasoncli.sandbox.docker_provider import DockerProvider, docker_provider
from reasoncli.sandbox.docker_sandbox import DockerSandbox
from reasoncli.sandbox.interface import Command, CommandResult, Limits, Sandbox
from tests.sandbox.snapshots import make_snapshot

pytestmark = pytest.mark.docker

LIMITS = Limits(memory=192 << 20, disk=64 << 20, pids=64, output=64 << 10)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[DockerProvider]:
    snapshot = make_snapshot(tmp_path_factory.mktemp("snapshot"), {"a.py": "A = 1\n", "b/c.py": "C = 1\n"})
    config = DockerConfig(image=base_image, limits=LIMITS, state_dir=tmp_path_factory.mktemp("state"))
    provider = docker_provider(snapshot, config, "attacks")
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def shared(provider: DockerProvider) -> Iterator[DockerSandbox]:
    sandbox = provider.open()
    assert isinstance(sandbox, DockerSandbox)
    yield sandbox
    sandbox.close()


@pytest.fixture
def sandbox(shared: DockerSandbox) -> Iterator[DockerSandbox]:
    """One container for all: after each attack it must serve on, whole."""
    yield shared
    shared.restore()
    assert sh(shared, "cat a.py b/c.py; ls -A . /tmp /dev/shm $HOME | sort").stdout.split() == [
        b"A", b"=", b"1", b"C", b"=", b"1", b".:", b"/dev/shm:", b"/home/reasoncli:", b"/tmp:", b"a.py", b"b"
    ]  # fmt: skip
    assert shared.container.state()[0] == 0


def sh(sandbox: Sandbox, script: str, timeout: float = 30.0) -> CommandResult:
    return sandbox.run(Command(("sh", "-c", script), timeout=timeout))


def python(sandbox: DockerSandbox, program: str, timeout: float = 30.0) -> CommandResult:
    assert sandbox.python is not None
    return sandbox.run(Command((sandbox.python, "-c", textwrap.dedent(program)), timeout=timeout))


# ---------------------------------------------------------------- rights


def test_no_capability_no_new_privilege_no_root(sandbox: DockerSandbox) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in sh(sandbox, "cat /proc/self/status").stdout.decode().splitlines()
        if ":\t" in line
    )
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert set(status["Uid"].split()) == {"64000"}
    assert set(status["Gid"].split()) == {"64000"}
    assert status["Groups"].split() in ([], ["64000"])


@pytest.mark.parametrize(
    "script",
    [
        "su -c id root",
        "mount -t tmpfs none /mnt",
        "unshare -r true",
        "chroot / true",
        "chown root a.py",
        "mknod disk b 8 0",
        "nsenter -t 1 -m true",
        "date -s 2001-01-01",
        "hostname evil",
        "echo x > /proc/sys/kernel/core_pattern",
        "echo b > /proc/sysrq-trigger",
        "echo 1 > /sys/fs/cgroup/memory/memory.limit_in_bytes",
        "echo max > /sys/fs/cgroup/memory.max",
        "renice -n -10 $$",
        "cat /proc/1/environ",
        "cat /proc/kcore",
        "cat /dev/mem",
        "cat /etc/shadow",
        "dmesg",
    ],
)
def test_what_root_could_do_fails(sandbox: DockerSandbox, script: str) -> None:
    assert sh(sandbox, script).exit_code != 0


@pytest.mark.parametrize(
    "path", ["/", "/etc", "/usr/bin", "/var/log", "/run", "/opt", "/root", "/home", "/reasoncli", "/dev"]
)
def test_nothing_outside_the_temporary_file_systems_is_writable(sandbox: DockerSandbox, path: str) -> None:
    assert sh(sandbox, f"echo x > {path}/evil || mkdir {path}/evil").exit_code != 0


def test_the_runner_and_the_keeper_are_out_of_reach(sandbox: DockerSandbox) -> None:
    before = sh(sandbox, "find /reasoncli | sort; cat /reasoncli/keeper.py | sha256sum").stdout
    sh(sandbox, "rm -rf /reasoncli/* /reasoncli/.beat; mv /reasoncli/keeper.py /tmp; echo x >> /reasoncli/keeper.py")
    sh(sandbox, "chmod 777 /reasoncli; ln -sf /tmp/evil /reasoncli/keeper.py")
    assert sh(sandbox, "find /reasoncli | sort; cat /reasoncli/keeper.py | sha256sum").stdout == before


def test_no_engine_socket_no_host_files(sandbox: DockerSandbox) -> None:
    found = sh(
        sandbox, "find / -xdev -type s 2> /dev/null; ls -d /var/run/docker.sock /run/docker.sock /host 2> /dev/null"
    )
    assert found.stdout == b""
    mounts = [line.split()[1:3] for line in sh(sandbox, "cat /proc/self/mounts").stdout.decode().splitlines()]
    engines_own = ("/etc/resolv.conf", "/etc/hostname", "/etc/hosts", "/sbin/docker-init", "/usr/sbin/docker-init")
    kinds = {kind for place, kind in mounts if place not in engines_own}
    assert kinds <= {"overlay", "proc", "tmpfs", "devpts", "sysfs", "cgroup", "cgroup2", "mqueue"}


def test_the_supervisor_can_not_be_signalled_or_traced(sandbox: DockerSandbox) -> None:
    result = python(
        sandbox,
        """
        import ctypes, os, signal
        libc = ctypes.CDLL(None, use_errno=True)
        won = []
        for pid in [int(p) for p in os.listdir("/proc") if p.isdigit()]:
            if os.stat(f"/proc/{pid}").st_uid == os.getuid():
                continue
            for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):
                try:
                    os.kill(pid, number)
                    won.append(("kill", pid))
                except PermissionError:
                    pass
            if libc.ptrace(16, pid, 0, 0) == 0:
                won.append(("trace", pid))
            for name in ("mem", "environ", "fd/0", "root/etc"):
                try:
                    os.close(os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
                    won.append((name, pid))
                except (PermissionError, FileNotFoundError):
                    pass
        print(won)
        """,
    )
    assert result.stdout == b"[]\n", result


# ---------------------------------------------------------------- the network


def test_no_network_of_any_kind(sandbox: DockerSandbox) -> None:
    result = python(
        sandbox,
        """
        import socket
        won = []
        def attempt(name, function):
            try:
                function()
                won.append(name)
            except OSError:
                pass
        def connect(kind, address, family=socket.AF_INET):
            with socket.socket(family, kind) as s:
                s.settimeout(2)
                s.connect(address)
                s.send(b"x")
        for host in ("1.1.1.1", "8.8.8.8", "172.17.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1"):
            attempt(host, lambda: connect(socket.SOCK_STREAM, (host, 80)))
            attempt("udp " + host, lambda: connect(socket.SOCK_DGRAM, (host, 53)))
        attempt("ipv6", lambda: connect(socket.SOCK_STREAM, ("2606:4700:4700::1111", 80), socket.AF_INET6))
        attempt("dns", lambda: socket.getaddrinfo("example.com", 80))
        attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
        attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3))
        if hasattr(socket, "AF_VSOCK"):
            attempt("vsock", lambda: connect(socket.SOCK_STREAM, (2, 1024), socket.AF_VSOCK))
        print(won, [name for _, name in socket.if_nameindex()])
        """,
    )
    assert result.stdout.decode().split("]")[0] == "[", result
    assert b"eth" not in result.stdout


def test_loopback_works_for_tests_that_serve_themselves(sandbox: DockerSandbox) -> None:
    program = """
        import socket
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
            peer, _ = server.accept()
            with peer:
                client.sendall(b"hi")
                print(peer.recv(2))
        """
    assert python(sandbox, program).stdout == b"b'hi'\n"


# ---------------------------------------------------------------- exhaustion


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


# ---------------------------------------------------------------- staying on


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


def test_access_lists_on_folders_do_not_stay(sandbox: DockerSandbox) -> None:
    python(sandbox, "import os; os.setxattr('b', 'user.note', b'hello next candidate')")
    sandbox.restore()
    assert python(sandbox, "import os; print(os.listxattr('b'))").stdout in (b"[]\n", b"")


# ---------------------------------------------------------------- the driver's end


DRIVER = """
import sys, time
from pathlib import Path
from reasoncli.sandbox.config import DockerConfig
from reasoncli.sandbox.docker_provider import docker_provider
from reasoncli.sandbox.interface import Command
from tests.sandbox.snapshots import make_snapshot

folder, image = Path(sys.argv[1]), sys.argv[2]
snapshot = make_snapshot(folder / "tree", {"a.py": "A = 1"})
provider = docker_provider(snapshot, DockerConfig(image=image, state_dir=folder / "state"), sys.argv[3])
sandbox = provider.open()
print(sandbox.container.id, flush=True)
sandbox.run(Command(("sh", "-c", "(setsid sleep 500 &) ; sleep 500"), timeout=600))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_the_container_ends_when_its_driver_is_killed(tmp_path: Path, base_image: str, number: signal.Signals) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", DRIVER, str(tmp_path), base_image, f"killed-{number}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, text=True) as driver:
        assert driver.stdout is not None
        container = driver.stdout.readline().strip()
        assert container
        time.sleep(0.5)
        driver.send_signal(number)
        driver.wait()
    client = engine.connect()
    deadline = time.monotonic() + 30
    try:
        while client.containers(all=True, filters={"label": f"{labels.RUN}=killed-{number}"}):
            assert time.monotonic() < deadline, "the container outlived its driver"
            time.sleep(0.1)
    finally:
        client.close()


def _run_until(sandbox: DockerSandbox, deadline: float) -> None:
    while time.monotonic() < deadline:
        sandbox.run(Command(("true",)))
        time.sleep(0.2)


def test_the_container_ends_without_a_heartbeat(tmp_path: Path, base_image: str) -> None:
    """The connection is there, but the driver hangs: nobody beats."""
    snapshot = make_snapshot(tmp_path / "tree", {"a.py": "A = 1"})
    config = DockerConfig(image=base_image, state_dir=tmp_path / "state", heartbeat=0.15)  # gives up within 2 s
    provider = docker_provider(snapshot, config, "hangs")
    try:
        sandbox = provider.open()
        assert isinstance(sandbox, DockerSandbox)
        time.sleep(3)
        assert sandbox.run(Command(("echo", "beating"))).stdout == b"beating\n"
        provider._stop.set()
        deadline = time.monotonic() + 30
        with pytest.raises(SandboxFailure):
            _run_until(sandbox, deadline)
    finally:
        provider.close()


def test_an_engine_that_kills_the_container_is_an_infrastructure_failure(provider: DockerProvider) -> None:
    client = engine.connect()
    with provider.open() as sandbox:
        assert isinstance(sandbox, DockerSandbox)
        client.kill(sandbox.container.id)
        with pytest.raises(SandboxFailure):
            sandbox.run(Command(("true",)))
    client.close()
