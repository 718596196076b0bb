from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from reasoncli.domain import FileChange, Patch, Snapshot
from reasoncli.repository import Repository, open_repository


@dataclass
class Project:
    """A real repository on disk, with git as its owner would run it."""

    root: Path

    def git(self, *args: str, **env: str) -> str:
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *args],
            cwd=self.root,
            capture_output=True,
            check=True,
            env=os.environ | env,
        )
        return os.fsdecode(done.stdout)

    def write(self, path: str, content: str | bytes) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def status(self) -> str:
        return self.git("status", "--porcelain")

    def open(self) -> Repository:
        return open_repository(self.root)


Snap = Callable[..., Snapshot]


def everything(project: Project) -> tuple[str, str, str, dict[str, bytes]]:
    """HEAD, the index, the status, and all files of the work tree."""
    files = {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    return (
        project.git("rev-parse", "HEAD", "--symbolic-full-name", "HEAD"),
        project.git("ls-files", "-s"),
        project.status(),
        files,
    )


@pytest.fixture(autouse=True)
def _own_git_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's git configuration, and nothing of a hook that may be running us."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tname = Ann Author\n\temail = ann@example.com\n[init]\n\tdefaultBranch = main\n")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def new_project(tmp_path: Path) -> Callable[..., Project]:
    def make(name: str = "project") -> Project:
        root = tmp_path / name
        root.mkdir(parents=True)
        project = Project(root.resolve())
        project.git("init", "-q")
        return project

    return make


@pytest.fixture
def project(new_project: Callable[..., Project]) -> Project:
    """One commit: a module, a script and a package."""
    made = new_project()
    made.write("mod.py", "def f():\n    return 1\n")
    made.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    made.write("pkg/__init__.py", "")
    made.commit("first")
    return made


@pytest.fixture
def snap(tmp_path: Path) -> Callable[..., Snapshot]:
    """Takes a snapshot into a new folder."""
    count = iter(range(1000))

    def take(repository: Repository, warn: Callable[[str], None] = lambda message: None) -> Snapshot:
        return repository.snapshot(tmp_path / f"snapshot-{next(count)}", warn)

    return take


def patch(**files: bytes | None) -> Patch:
    """A patch that gives files this content; `__` in a name stands for `/`, a last `_py` for `.py`."""
    return patch_of({name.replace("__", "/").replace("_py", ".py"): content for name, content in files.items()})


def patch_of(files: dict[str, bytes | None]) -> Patch:
    changes = tuple(FileChange(path, content) for path, content in sorted(files.items()))
    return Patch(changes, "", "", "", 1)
