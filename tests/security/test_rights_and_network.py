"""Hostile programs in the Docker sandbox: what they may not reach."""

from __future__ import annotations

import pytest

from reasoncli.sandbox.docker_sandbox import DockerSandbox
from tests.security.attacks import python, sh

pytestmark = pytest.mark.docker


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
