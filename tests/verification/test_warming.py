"""The warm lane's proof, where a library is not fit for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reasoncli.domain import Issue, Task, TestPlan
from reasoncli.sandbox import engine, reap
from reasoncli.sandbox.config import BuildNetwork, DockerConfig
from reasoncli.sandbox.docker_provider import docker_provider
from reasoncli.sandbox.interface import Limits
from reasoncli.verification.baseline import BaselineOptions, measure_baseline
from reasoncli.verification.verifier import Verifier
from tests.sandbox.snapshots import make_snapshot
from tests.security import hostile

LIMITS = Limits(memory=256 << 20, disk=64 << 20, pids=64)
USE = "\n\ndef test_the_folder():\n    import os, keeping\n\n    assert os.path.isdir(keeping.FOLDER)\n"


@pytest.mark.docker
@pytest.mark.slow
def test_a_library_that_keeps_a_folder_closes_the_lane(tmp_path: Path, base_image: str) -> None:
    """Made at its import, gone with the restore after the first candidate: every later fork would miss it."""
    tests = hostile.TESTS + USE
    snapshot = make_snapshot(tmp_path / "warming", {**hostile.FILES, "tests/test_split.py": tests})
    config = DockerConfig(
        base_image=base_image,
        build_network=BuildNetwork.HOST,
        environment=dict(os.environ),
        limits=LIMITS,
        state_dir=tmp_path / "state",
    )
    with_pytest = docker_provider(snapshot, config, "warming-image")
    definition = tmp_path / "Dockerfile"
    library = "import tempfile; FOLDER = tempfile.mkdtemp()"
    definition.write_text(
        f"FROM {with_pytest.image.name}\nUSER root\n"
        "RUN python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))' > /where "
        f"&& echo '{library}' > $(cat /where)/keeping.py\n"
    )
    with_pytest.close()
    config = DockerConfig(dockerfile=definition, limits=LIMITS, state_dir=tmp_path / "state")
    provider = docker_provider(snapshot, config, "warming")
    try:
        task = Task(snapshot, Issue(hostile.ISSUE, hostile.ISSUE, "test"), TestPlan(hostile.COMMAND, timeout=20.0))
        baseline = measure_baseline(provider, task, [].append, BaselineOptions(test_timeout=5.0, parallel=False))
        assert "keeping" in baseline.second.loaded.modules
        verifier = Verifier(provider, task, baseline, [].append)
        verifier.prepare(1)
        verifier.warming.wait()
        assert verifier.warming.load is None
        assert "test_the_folder does not do what it does in a process of its own" in verifier.warming.refused
        verifier.close()
    finally:
        provider.close()
        client = engine.connect()
        reap.prune_images(client, project="warming")
        client.close()
