"""A sandbox tested from outside, by attacking it a little: what `reasoncli sandbox check` shows.

The conformance suite in tests/contract holds more; this is what a user can run on their own engine in seconds.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from reasoncli.domain import FileChange
from reasoncli.errors import SandboxFailure
from reasoncli.sandbox.interface import Command, CommandResult, Sandbox, SandboxProvider


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of a sandbox.

    Attributes:
        name: what should hold, in a few words.
        passed: whether it does.
        detail: what was seen, where it does not.
        protects: whether it is about isolation, which the local sandbox does not promise.
    """

    name: str
    passed: bool
    detail: str = ""
    protects: bool = False


def check_sandbox(provider: SandboxProvider) -> list[Check]:
    """Open one sandbox and ask everything; a sandbox that breaks on the way fails that question and the rest go on.

    Raises:
        SandboxUnavailable: none can be opened.
    """
    checks = []
    sandbox = provider.open()
    try:
        for name, protects, ask in _QUESTIONS:
            if protects and not provider.isolated:  # the question is an attack: it would succeed, on this machine
                checks.append(Check(name, False, "not promised by a sandbox that does not isolate", protects))
                continue
            try:
                detail = ask(sandbox)
            except SandboxFailure as failure:
                detail = f"the sandbox broke: {failure}"
                sandbox.close()
                sandbox = provider.open()
            checks.append(Check(name, not detail, detail, protects))
    finally:
        sandbox.close()
    return checks


def _sh(sandbox: Sandbox, script: str, timeout: float = 20.0) -> CommandResult:
    return sandbox.run(Command(("/bin/sh", "-c", script), timeout=timeout))


def _expect(result: CommandResult, code: int, stdout: bytes | None = None) -> str:
    if result.exit_code == code and stdout in (None, result.stdout.strip()):
        return ""
    said = (result.stdout + result.stderr)[-200:].decode("utf-8", "replace").strip()
    return f"exit code {result.exit_code}, {said!r}"


def _runs(sandbox: Sandbox) -> str:
    return _expect(_sh(sandbox, "echo out; exit 3"), 3, b"out")


def _python(sandbox: Sandbox) -> str:
    if sandbox.python is None:
        return "no python3 or python on the PATH"
    return _expect(sandbox.run(Command((sandbox.python, "-c", "print(6 * 7)"))), 0, b"42")


def _restores(sandbox: Sandbox) -> str:
    name = f"check-{secrets.token_hex(4)}"
    sandbox.write([FileChange(f"{name}/file", b"x")])
    present = _expect(_sh(sandbox, f"cat {name}/file"), 0, b"x")
    sandbox.restore()
    return present or _expect(_sh(sandbox, f"test -e {name}"), 1)


def _times_out(sandbox: Sandbox) -> str:
    result = _sh(sandbox, "trap '' TERM; (setsid sleep 61 &); sleep 62", timeout=1.0)
    if not result.timed_out:
        return "the limit did not hold"
    listed = _sh(sandbox, "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' '").stdout.decode("utf-8", "replace")
    return "a process survived" if "sleep 61" in listed or "sleep 62" in listed else ""


def _caps(sandbox: Sandbox) -> str:
    result = _sh(sandbox, "head -c 100000000 /dev/zero", timeout=60.0)
    return "" if result.truncated and len(result.stdout) < 100_000_000 else "output was not capped"


def _environment(sandbox: Sandbox) -> str:
    names = {line.partition(b"=")[0].decode() for line in _sh(sandbox, "env").stdout.splitlines()}
    leaked = sorted(
        name for name in names if any(word in name for word in ("TOKEN", "SECRET", "PASSWORD", "AWS_", "SSH_"))
    )
    return f"the environment holds {', '.join(leaked)}" if leaked else ""


def _no_network(sandbox: Sandbox) -> str:
    listed = _sh(sandbox, "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '").stdout.decode().split()
    others = [name for name in listed if name != "lo"]
    return f"interfaces: {', '.join(others)}" if others else ""


def _no_capabilities(sandbox: Sandbox) -> str:
    wanted = {"CapEff": "0" * 16, "CapBnd": "0" * 16, "CapPrm": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}
    lines = _sh(sandbox, "cat /proc/self/status").stdout.decode().splitlines()
    status = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    wrong = [f"{key} is {status.get(key)}" for key, value in wanted.items() if status.get(key) != value]
    return ", ".join(wrong)


def _not_root(sandbox: Sandbox) -> str:
    return _expect(_sh(sandbox, 'test "$(id -u)" -ne 0'), 0)


def _read_only(sandbox: Sandbox) -> str:
    writable = _sh(
        sandbox, "for d in / /etc /usr /usr/bin /opt /var /root; do (: > $d/.w) 2> /dev/null && echo $d; done; true"
    )
    return f"writable: {writable.stdout.decode().split()}" if writable.stdout else ""


def _runner_closed(sandbox: Sandbox) -> str:
    script = f"(: > '{sandbox.runner}/.w') 2> /dev/null || rm -rf '{sandbox.runner}' 2> /dev/null && echo open; true"
    return "the runner's folder is writable" if _sh(sandbox, script).stdout else ""


def _no_socket(sandbox: Sandbox) -> str:
    found = _sh(sandbox, "find / -xdev -name 'docker*.sock' -o -xdev -name 'podman*.sock' 2> /dev/null; true").stdout
    return f"found {found.decode().split()}" if found else ""


_QUESTIONS: tuple[tuple[str, bool, Callable[[Sandbox], str]], ...] = (
    ("runs a command and tells its exit code", False, _runs),
    ("has a Python interpreter", False, _python),
    ("restores the tree", False, _restores),
    ("kills everything at the time limit", False, _times_out),
    ("caps output while it streams", False, _caps),
    ("hands on no secrets of the environment", False, _environment),
    ("has no network", True, _no_network),
    ("has no capabilities and can't gain any", True, _no_capabilities),
    ("does not run as root", True, _not_root),
    ("can't write to the system", True, _read_only),
    ("can't write to the runner", True, _runner_closed),
    ("sees no engine's socket", True, _no_socket),
)
