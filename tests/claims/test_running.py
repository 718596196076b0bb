"""An issue's examples in a real sandbox: the local one, and Docker."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoncli.claims import running
from reasoncli.claims.running import Issued, importable
from reasoncli.domain import ClaimFate, FileChange, Issue
from reasoncli.sandbox.config import DockerConfig, LocalConfig
from reasoncli.sandbox.interface import SandboxProvider
from reasoncli.verification.pool import SandboxPool
from tests import lean
from tests.sandbox.snapshots import make_snapshot

SLUG = "def slug(text):\n    return text.lower()\n"
FIXED = "def slug(text):\n    return text.lower().strip('_')\n"
WORSE = "def slug(text):\n    raise ValueError(text)\n"
ISSUE = '`slug("_A_")` returns `_a_` instead of `a`.\n'
FILES = {"text/slugs.py": SLUG, "text/__init__.py": ""}


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def pool(request: pytest.FixtureRequest, tmp_path: Path, base_image: str) -> Iterator[SandboxPool]:
    snapshot = make_snapshot(tmp_path / "tree", FILES)
    provider: SandboxProvider
    if request.param == "local":
        from reasoncli.sandbox.local_sandbox import local_provider

        provider = local_provider(snapshot, LocalConfig(lean.interpreter()))
    else:
        from reasoncli.sandbox.docker_provider import docker_provider

        provider = docker_provider(snapshot, DockerConfig(image=base_image, state_dir=tmp_path / "state"), "claims")
    opened = SandboxPool(provider, lambda event: None)
    yield opened
    opened.close()
    provider.close()


def issued(text: str, pool: SandboxPool) -> Issued:
    names = importable(list(FILES), lambda path: FILES[path].encode())
    found = Issued(Issue(text, "title", "text"), names, lambda job, stopped: pool.work(job, stopped=stopped))
    found.measure()
    return found


def ask(issue: Issued, source: str) -> list[ClaimFate]:
    outcomes = issue.ask((FileChange("text/slugs.py", source.encode()),), threading.Event())
    return [each.fate for each in outcomes]


def test_what_the_issue_shows_is_asked_of_a_patch(pool: SandboxPool) -> None:
    issue = issued(ISSUE, pool)
    assert issue.claims == 2
    assert ask(issue, FIXED) == [ClaimFate.GONE, ClaimFate.MET]
    assert ask(issue, SLUG) == [ClaimFate.REMAINS, ClaimFate.UNMET]
    assert ask(issue, WORSE) == [ClaimFate.GONE, ClaimFate.UNMET]
    assert ask(issue, "def slug(") == [ClaimFate.GONE, ClaimFate.UNMET]
    assert ask(issue, FIXED) == [ClaimFate.GONE, ClaimFate.MET]  # nothing of the others is left


def test_statements_build_on_each_other_and_print(pool: SandboxPool) -> None:
    text = '>>> from text.slugs import slug\n>>> a = slug("_A_")\n>>> print(a)\n_a_\n\nExpected output: a\n'
    issue = issued(text, pool)
    assert issue.claims == 2
    assert ask(issue, FIXED) == [ClaimFate.GONE, ClaimFate.MET]


def test_what_differs_from_run_to_run_proves_nothing(pool: SandboxPool) -> None:
    text = f"{ISSUE}\n>>> import os, time\n>>> print(os.getpid() * 0 + time.time_ns())\n1\n\nI expected 2."
    assert issued(text, pool).claims == 2


def test_statements_that_end_the_process_or_forge_answers_cost_what_comes_after_them(
    pool: SandboxPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert issued(f"```\nimport os\nos._exit(0)\n```\n{ISSUE}", pool).claims == 0
    assert issued(f"```\nimport sys\nsys.exit(3)\n```\n{ISSUE}", pool).claims == 2
    assert issued(f"```\nprint('x' * 10**7)\n```\n{ISSUE}", pool).claims == 2
    forged = '{"out": "a", "value": null, "raised": null}'
    assert issued(f"```\nimport os\nos.write(1, b'''{forged}\\n''')\n```\n{ISSUE}", pool).claims == 2
    monkeypatch.setattr(running, "_SECONDS", 2.0)
    began = time.monotonic()
    assert issued(f"{ISSUE}\n```\nwhile True:\n    print()\n```\n", pool).claims == 2
    assert time.monotonic() - began < 200


def test_names_that_mean_one_thing_only_are_known() -> None:
    files = {
        "src/m/__init__.py": "def top(): pass\n",
        "src/m/a.py": "def one(): pass\nclass Two: pass\ndef twice(): pass\ndef _hidden(): pass\n",
        "src/m/b.py": "def broken(",
        "odd-name/x.py": "def never(): pass\n",
        "src/m/c.py": "def twice(): pass\n",
    }
    assert importable(list(files), lambda path: files[path].encode()) == {
        "m": ("m", None),
        "top": ("m", "top"),
        "one": ("m.a", "one"),
        "Two": ("m.a", "Two"),
    }
