"""The driver dies, hangs, or somebody else ends its container: nothing is left, and nothing is taken for a verdict."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from reasoncli.errors import SandboxFailure
from reasoncli.sandbox import engine, labels
from reasoncli.sandbox.config import DockerConfig
from reasoncli.sandbox.docker_provider import DockerProvider, docker_provider
from reasoncli.sandbox.docker_sandbox import DockerSandbox
from reasoncli.sandbox.interface import Command
from tests.sandbox.snapshots import make_snapshot

pytestmark = pytest.mark.docker


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


def test_the_container_ends_when_its_driver_is_killed(tmp_path: Path, base_image: str) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", DRIVER, str(tmp_path), base_image, "killed"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, text=True) as driver:
        assert driver.stdout is not None
        container = driver.stdout.readline().strip()
        assert container
        time.sleep(0.5)
        driver.kill()
        driver.wait()
    client = engine.connect()
    deadline = time.monotonic() + 120
    try:
        while client.containers(all=True, filters={"label": f"{labels.RUN}=killed"}):
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
        time.sleep(2.5)
        assert sandbox.run(Command(("echo", "beating"))).stdout == b"beating\n"
        provider._stop.set()
        deadline = time.monotonic() + 120
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
