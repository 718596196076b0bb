"""The packaged example, laid out as a git repository of its own."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import git

from reasoncli.domain import Issue
from reasoncli.errors import SandboxUnavailable, UsageError
from reasoncli.resources import demo_dir
from reasoncli.runs.request import FixRequest
from reasoncli.settings.kinds import SandboxKind
from reasoncli.settings.values import Settings, Source
from reasoncli.workflow.preparation import seed

_AUTHOR = git.Actor("reasoncli demo", "demo@localhost")


def lay_out(folder: Path | None) -> Path:
    """Copy the example and commit it.

    Args:
        folder: where to; a new temporary folder if `None`. It stays, so that the fix can be looked at.

    Raises:
        UsageError: the folder exists, or can't be made.
    """
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="reasoncli-demo-")) / "roomplan"
    if folder.exists():
        raise UsageError(f"{folder} exists", hint="Name a folder that doesn't.")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"{folder} can't be made: {error.strerror}", hint="Name another folder.") from error
    shutil.copytree(demo_dir() / "project", folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    with git.Repo.init(folder, initial_branch="main") as repository:
        repository.git.add("--all")
        repository.index.commit("A room planner", author=_AUTHOR, committer=_AUTHOR)
    return folder


def with_a_sandbox(settings: Settings) -> Settings:
    """The settings; those of the local sandbox where none was asked for and no engine answers: the example is ours."""
    if settings.origins["sandbox"].source is not Source.DEFAULT:
        return settings
    from reasoncli.sandbox import engine

    try:
        engine.connect().close()
    except SandboxUnavailable:
        return replace(settings, sandbox=replace(settings.sandbox, sandbox=SandboxKind.LOCAL))
    return settings


def demo_request(folder: Path, settings: Settings, command: tuple[str, ...]) -> FixRequest:
    """The example's issue, to be fixed in the copy."""
    text = (demo_dir() / "issue.md").read_text("utf-8")
    title = text.lstrip("# ").partition("\n")[0].strip()
    return FixRequest(
        repository=folder.resolve(),
        issue=Issue(text=text, title=title, source="the packaged example"),
        settings=settings,
        seed=seed(settings),
        command=command,
    )
