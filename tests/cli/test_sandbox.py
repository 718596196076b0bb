"""`reasoncli sandbox`: what it builds, and what it says of a sandbox's promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli.sandbox.engine import connect
from reasoncli.sandbox.labels import LOCK
from tests.end_to_end.project import Tool, make_repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop")


def sign(said: str, question: str) -> str:
    """What stands before a question: whether the sandbox does so."""
    (line,) = (line for line in said.splitlines() if line[2:].startswith(question))
    return line[0]


def test_a_local_sandbox_keeps_what_it_promises_and_does_not_claim_more(tool: Tool, repository: Path) -> None:
    ran = tool.run("sandbox", "check", repository, "--sandbox", "local", COLUMNS="200")
    assert ran.code == 0, ran.err
    assert sign(ran.err, "restores the tree") == sign(ran.err, "kills everything at the time limit")
    assert sign(ran.err, "has no network") != sign(ran.err, "restores the tree")
    assert "not promised" in ran.err


@pytest.mark.docker
def test_a_docker_sandbox_keeps_every_promise(tool: Tool, repository: Path, base_image: str) -> None:
    ran = tool.run("sandbox", "check", repository, "--image", base_image, COLUMNS="200")
    assert ran.code == 0, ran.err
    kept = {sign(ran.err, each) for each in ("has no network", "restores the tree", "does not run as root")}
    assert len(kept) == 1
    assert "not promised" not in ran.err


@pytest.mark.docker
def test_an_image_is_made_ready(tool: Tool, repository: Path, base_image: str) -> None:
    ran = tool.run("sandbox", "build", repository, "--image", base_image, COLUMNS="200")
    assert ran.code == 0, ran.err
    assert f"Ready: docker {base_image}" in ran.err
    client = connect()
    try:
        assert client.inspect_image(base_image)["Id"] in ran.err
        left = [each["Id"] for each in client.containers(all=True) if str(tool.state) in each["Labels"].get(LOCK, "")]
    finally:
        client.close()
    assert left == []


@pytest.mark.docker
def test_an_image_that_is_not_there_is_not_pulled(tool: Tool, repository: Path) -> None:
    for command in ("build", "check"):
        ran = tool.run("sandbox", command, repository, "--image", "no/such-image:1")
        assert ran.code == 3
        assert "no image no/such-image:1" in ran.err
