"""Fixes out of the histories of real projects, as bugs to make pools of: the function before the fix is the bug."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from reasoncli.patches.policy import is_test_file
from training.collect import bare
from training.mine import dataset
from training.practice import Planted

_WHO = ("-c", "user.name=pool", "-c", "user.email=pool@localhost")


@dataclass(frozen=True, slots=True)
class Mined:
    """A commit that changes one function, and tests as well.

    Attributes:
        project: name of its repository, without the owner's.
        repository: the bare repository.
        commit: its id.
        path, function: what it changes.
    """

    project: str
    repository: Path
    commit: str
    path: str
    function: str


def mined(records: Path, repositories: Path, rng: random.Random) -> Iterator[Mined]:
    """Fixes of `training.mine` whose repositories are there, drawn from one project after the other.

    Args:
        records: what `training.mine` wrote.
        repositories: folder of bare ones, as `owner+name/repo`.
        rng: draws.
    """
    by_project: dict[Path, list[Mined]] = {}
    for record in dataset.read(records):
        name = record["source"].removeprefix("github:")
        repository = repositories / name.replace("/", "+") / "repo"
        if record["tests"] and not record["imports"] and repository.is_dir():
            fix = Mined(name.partition("/")[2], repository, record["commit"], record["path"], record["name"])
            by_project.setdefault(repository, []).append(fix)
    for fixes in by_project.values():
        rng.shuffle(fixes)
    while by_project:
        for repository in list(by_project):
            yield by_project[repository].pop()
            if not by_project[repository]:
                del by_project[repository]


@contextmanager
def laid_out(fix: Mined) -> Iterator[tuple[Path, Planted, list[str]]]:
    """The project as the fix left it, what the fix changed, and the test files that it changed.

    Raises:
        CalledProcessError: the repository lacks a file of the commit.
    """
    with TemporaryDirectory(prefix="reasoncli-bench-") as scratch:
        project = Path(scratch) / fix.project
        project.mkdir()
        archive = _git(fix.repository, "archive", fix.commit)
        subprocess.run(["tar", "x", "-C", str(project)], input=archive, check=True)
        for command in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-q", "-m", "base"]):
            subprocess.run(["git", "-C", str(project), *_WHO, *command], check=True)
        before = _git(fix.repository, "show", f"{fix.commit}^:{fix.path}")
        changed = _git(fix.repository, "show", "--format=", "--name-only", "--diff-filter=AM", fix.commit)
        scope = [path for path in changed.decode("utf-8", "replace").split("\n") if _is_test_module(path)]
        yield project, Planted(fix.path, fix.function, (project / fix.path).read_bytes(), before, "mined"), scope


def _is_test_module(path: str) -> bool:
    return path.endswith(".py") and is_test_file(path) and not path.endswith(("__init__.py", "conftest.py"))


def _git(repository: Path, *arguments: str) -> bytes:
    command = bare.command(repository, *arguments)
    return subprocess.run(command, env=bare.environment(), capture_output=True, check=True).stdout
