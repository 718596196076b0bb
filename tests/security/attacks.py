"""Programs run in the Docker sandbox that the attacks share."""

from __future__ import annotations

import textwrap

from reasoncli.sandbox.docker_sandbox import DockerSandbox
from reasoncli.sandbox.interface import Command, CommandResult, Limits, Sandbox

LIMITS = Limits(memory=192 << 20, disk=64 << 20, pids=64, output=64 << 10)


def sh(sandbox: Sandbox, script: str, timeout: float = 30.0) -> CommandResult:
    return sandbox.run(Command(("sh", "-c", script), timeout=timeout))


def python(sandbox: DockerSandbox, program: str, timeout: float = 30.0) -> CommandResult:
    assert sandbox.python is not None
    return sandbox.run(Command((sandbox.python, "-c", textwrap.dedent(program)), timeout=timeout))
