"""What shall be done: an issue, a repository at one moment, and how its tests run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Issue:
    """What shall be fixed, in the words of whoever asked.

    Attributes:
        text: the whole text, title included.
        title: its first line, or the tracker's title.
        source: where it came from, as the user named it.
        url: its address at a tracker, if it has one.
    """

    text: str
    title: str
    source: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository at one moment: tracked files and untracked ones that git does not ignore.

    Attributes:
        repository: the user's work tree (top level).
        root: a private copy outside it; nothing else writes there.
        commit: HEAD's full hash.
        tree_hash: hash of all file paths, modes and bytes of the copy.
        dirty: whether the work tree differs from HEAD.
        files: path -> sha256 of its bytes (of the target text, for a symlink), sorted by path.
    """

    repository: Path
    root: Path
    commit: str
    tree_hash: str
    dirty: bool
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TestPlan:
    """How the project's tests run.

    Attributes:
        command: a shell command line for inside the sandbox; may hold `{tests}`, replaced by selectors.
        selected: test ids or paths that limit the whole suite (`--tests`); empty means all.
        targets: test ids the user named; empty means they are to be found.
        timeout: wall-clock limit of one run of the command on a candidate; `None` means derived from the baseline.
        junit: globs, relative to the root, of the JUnit files that the command writes by itself.
        pass_marker: regular expression that a passing run's output holds; `None` means the common summaries.
    """

    __test__ = False

    command: str
    selected: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    timeout: float | None = None
    junit: tuple[str, ...] = ()
    pass_marker: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A repository at one commit, an issue, and how its tests run."""

    snapshot: Snapshot
    issue: Issue
    tests: TestPlan
