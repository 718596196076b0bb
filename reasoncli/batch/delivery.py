"""Branches and pull requests, one for each issue of a batch."""

from __future__ import annotations

import subprocess
from pathlib import Path

from reasoncli.batch.book import Book
from reasoncli.batch.trees import SLUG, hand_over
from reasoncli.domain import WorkItem
from reasoncli.errors import EnvironmentFailure
from reasoncli.sources.text import printable
from reasoncli.workflow.result import FixResult

_PATIENCE = 120.0


def branch_of(item: WorkItem) -> str:
    """The branch that an issue's patch gets."""
    return f"reasoncli/{item.key}"


def deliver(book: Book, item: WorkItem, result: FixResult, tree: Path) -> None:
    """Put the branch that a run made where people look for it, and open a pull request if that is asked for.

    Raises:
        RepositoryError: the branch can't be put there. EnvironmentFailure: `gh` is missing, or refuses.
    """
    branch = branch_of(item)
    if book.order.pull_requests and SLUG.fullmatch(item.repository) and not Path(item.repository).is_dir():
        _open_pull_request(item, result, tree, branch)
    elif tree == book.place(item.key) / "tree":
        hand_over(tree, branch)


def _open_pull_request(item: WorkItem, result: FixResult, tree: Path, branch: str) -> None:
    """Push the branch and open a pull request, unless there is one. The user's own `gh` and its login do it."""
    where = f"https://github.com/{item.repository}.git"
    login = ["-c", "credential.helper=", "-c", "credential.helper=!gh auth git-credential"]
    _run(["git", *login, "push", "--quiet", "--force", where, f"refs/heads/{branch}:refs/heads/{branch}"], tree)
    known = _run(
        ["gh", "pr", "list", "--repo", item.repository, "--head", branch, "--json", "url", "--jq", ".[].url"], tree
    )
    if known.strip():
        return
    title = " ".join(printable(item.issue.title).split())[:200]
    words = [
        "gh",
        "pr",
        "create",
        "--repo",
        item.repository,
        "--head",
        branch,
        "--title",
        title,
        "--body",
        _body(item, result),
    ]
    _run(words, tree)


def _body(item: WorkItem, result: FixResult) -> str:
    """The evidence, in words; what the issue says is not repeated, as it may hold anything."""
    decision = result.record.decision
    reasons = [] if decision is None else [f"- {printable(reason)}" for reason in decision.reasons]
    number = item.issue.url.rpartition("/")[2] if item.issue.url else ""
    lines = [f"For #{number}." if number.isdigit() else "", "", "Found by reasoncli; why this patch:", "", *reasons]
    return "\n".join([*lines, "", f"Take it back: close this pull request, and delete the branch `{branch_of(item)}`."])


def _run(words: list[str], tree: Path) -> str:
    try:
        done = subprocess.run(
            words, cwd=tree, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except FileNotFoundError as error:
        raise EnvironmentFailure(
            f"there is no {words[0]} on the PATH", hint="Pull requests need git and the GitHub CLI, logged in."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise EnvironmentFailure(f"{words[0]} did not answer within {_PATIENCE:.0f} seconds") from error
    if done.returncode:
        raise EnvironmentFailure(
            f"{words[0]} {words[-1] if words[0] == 'git' else words[1]} failed: {done.stderr.strip()}"
        )
    return done.stdout
