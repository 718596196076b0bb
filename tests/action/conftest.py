"""The steps of action.yml, run with a `gh` that writes down what it is asked, on a repository with a bare remote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import lean
from tests.end_to_end.project import git, make_repository

SCRIPTS = Path(__file__).parents[2] / "scripts" / "action"
TOKEN = "ghs_a-secret-token"
SLUG = "owner/shop"

GH = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["GH_ASKED"], "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
for words, answer in json.loads(os.environ["GH_ANSWERS"]).items():
    if words in " ".join(sys.argv[1:]):
        print(answer)
        sys.exit(0)
sys.exit(1)
"""

REASONCLI = f"""#!{sys.executable}
import os, sys
assert not [name for name in os.environ if name.endswith("TOKEN")], "a token is here"
from reasoncli.cli import main
main()
"""


@dataclass
class Runner:
    """What GitHub's runner is to a step."""

    folder: Path
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> Path:
        return self.folder / "work"

    @property
    def remote(self) -> Path:
        return self.folder / "server" / f"{SLUG}.git"

    @property
    def scratch(self) -> Path:
        return self.folder / "tmp" / "reasoncli-action"

    @property
    def asked(self) -> list[list[str]]:
        path = self.folder / "asked"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def outputs(self) -> dict[str, str]:
        """As the runner reads the file: the last of a name counts."""
        return dict(line.split("=", 1) for line in (self.folder / "output").read_text().splitlines())

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
        (self.folder / "output").write_text("")
        done = subprocess.run(
            [SCRIPTS / f"{script}.sh"],
            env={
                **kept,
                "PATH": f"{self.folder / 'bin'}:{kept['PATH']}",
                "VIRTUAL_ENV": str(lean.prefix()),
                "XDG_CONFIG_HOME": str(self.folder / "config"),
                "RUNNER_TEMP": str(self.folder / "tmp"),
                "GITHUB_OUTPUT": str(self.folder / "output"),
                "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
                "GITHUB_REPOSITORY": SLUG,
                "GITHUB_SERVER_URL": (self.folder / "server").as_uri(),
                "GITHUB_WORKSPACE": str(self.repository),
                "GITHUB_RUN_ID": "77",
                "GITHUB_RUN_ATTEMPT": "1",
                "GH_ASKED": str(self.folder / "asked"),
                "GH_ANSWERS": json.dumps(self.answers),
                "GH_TOKEN": TOKEN,
                **environment,
            },
            cwd=self.repository,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert TOKEN not in done.stdout + done.stderr
        assert TOKEN not in json.dumps(self.asked)
        assert not [line for line in (done.stdout + done.stderr).splitlines() if line.strip().startswith("::")]
        return done

    def check(self, name: str, event: dict[str, Any]) -> dict[str, str]:
        """The first step's outputs."""
        (self.folder / "event.json").write_text(json.dumps(event))
        done = self.run("check", GITHUB_EVENT_NAME=name, INPUT_LABEL="reasoncli")
        assert done.returncode == 0, done.stderr
        return self.outputs

    def remote_branches(self) -> list[str]:
        return git(self.remote, "branch", "--format=%(refname:short)").split()


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    runner = Runner(tmp_path)
    make_repository(runner.repository)
    runner.remote.parent.mkdir(parents=True)
    git(tmp_path, "clone", "-q", "--bare", str(runner.repository), str(runner.remote))
    for name, text in (("gh", GH), ("reasoncli", REASONCLI)):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "tmp").mkdir()
    return runner


def labelled(
    title: str = "A discount makes things dearer", body: str = "It should not.", **more: Any
) -> dict[str, Any]:
    """The event of a label that was set on an issue."""
    issue = {"number": 12, "title": title, "body": body, "state": "open"}
    event: dict[str, Any] = {
        "action": "labeled",
        "label": {"name": "reasoncli"},
        "issue": issue,
        "sender": {"login": "maintainer"},
        "repository": {"full_name": SLUG, "default_branch": "main"},
    }
    return {**event, **more}


def red(runner: Runner, **more: Any) -> dict[str, Any]:
    """The event of a run of tests that ended red."""
    run = {
        "id": 5,
        "conclusion": "failure",
        "event": "push",
        "head_branch": "main",
        "head_sha": git(runner.repository, "rev-parse", "HEAD").strip(),
        "head_repository": {"full_name": SLUG},
        "pull_requests": [],
    }
    return {"workflow_run": {**run, **more}, "repository": {"full_name": SLUG, "default_branch": "main"}}
