"""Runs where there is no Python inside: the shell alone gathers what the command left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reasoncli.domain import Evidence, TestPlan
from reasoncli.sandbox.config import DockerConfig
from reasoncli.sandbox.interface import Sandbox
from reasoncli.verification.session import Run, RunOptions, run_tests
from tests.verification.projects import snapshot_of

pytestmark = pytest.mark.docker

CASE = '<testcase name="{}" classname="C"/>'


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[Sandbox]:
    from reasoncli.sandbox.docker_provider import docker_provider

    folder = tmp_path_factory.mktemp("bare")
    stale = '<testsuite><testcase name="stale"/></testsuite>'
    snapshot = snapshot_of(folder / "project", {"out/old.xml": stale, "pom.xml": "<project/>"})
    dockerfile = folder / "Dockerfile"
    removed = "/usr/bin/python* /usr/local/bin/python*"
    dockerfile.write_text(f"FROM {base_image}\nRUN rm -f {removed} && ! command -v python3\nWORKDIR /workspace\n")
    config = DockerConfig(dockerfile=dockerfile, state_dir=folder / "state")
    provider = docker_provider(snapshot, config, "bare")
    opened = provider.open()
    assert opened.python is None
    yield opened
    opened.close()
    provider.close()


def run(sandbox: Sandbox, command: str, *junit: str) -> Run:
    sandbox.restore()
    return run_tests(sandbox, TestPlan(command, junit=junit), None, RunOptions(timeout=60))


def test_a_report_that_the_command_is_told_to_write(sandbox: Sandbox) -> None:
    done = run(sandbox, f"echo '<testsuite>{CASE.format('a')}</testsuite>' > {{junit}}")
    assert (done.report.evidence, list(done.report.results)) == (Evidence.JUNIT, ["C::a"])
    folder = f"mkdir $REASONCLI_JUNIT; for n in 1 2; do echo '<testsuite>{CASE.format('t')}</testsuite>' > "
    several = run(sandbox, folder + "$REASONCLI_JUNIT/$n.xml; done")
    assert list(several.report.results) == ["C::t", "C::t #2"]


def test_reports_of_the_project_s_own_without_stale_ones(sandbox: Sandbox) -> None:
    command = f"mkdir -p a/b out && echo '<testsuite>{CASE.format('a')}</testsuite>' | tee out/new.xml > a/b/other.xml"
    assert list(run(sandbox, command, "out/*.xml").report.results) == ["C::a"]
    assert list(run(sandbox, command, "**/other.xml").report.results) == ["C::a"]
    assert list(run(sandbox, command, "out").report.results) == ["C::a"]
    assert run(sandbox, "test -e pom.xml && echo '2 passing'", "**/*.xml").report.evidence is Evidence.EXIT_CODE


def test_a_long_report_comes_whole(sandbox: Sandbox) -> None:
    program = """BEGIN { for (i = 0; i < 30000; i++) printf "<testcase name=\\"t%d\\" classname=\\"C\\"/>\\n", i }"""
    done = run(sandbox, f"{{ echo '<testsuite>'; awk '{program}'; echo '</testsuite>'; }} > {{junit}}")
    assert done.report.complete
    assert len(done.report.results) == 30_000
