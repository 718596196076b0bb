from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoncli.sandbox.config import DockerConfig
from reasoncli.sandbox.docker_provider import DockerProvider, docker_provider
from reasoncli.sandbox.docker_sandbox import DockerSandbox
from tests.end_to_end.project import Tool
from tests.sandbox.snapshots import make_snapshot
from tests.security.attacks import LIMITS, sh


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


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path / "home")
