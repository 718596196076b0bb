from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoncli.domain import Issue
from reasoncli.errors import IssueError
from reasoncli.sources import github, load_issue

RECORDED = {
    "body": "`parse('')` raises IndexError.\r\n\r\n```\nIndexError\n```",
    "comments": [
        {"author": {"login": "someone"}, "body": "Same here, with `parse(None)`.", "createdAt": "2024-01-01T00:00:00Z"}
    ],
    "number": 12,
    "title": "parse fails on empty input",
    "url": "https://github.com/owner/name/issues/12",
}

Gh = Callable[..., Path]


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gh:
    """A stand-in `gh` on the PATH that notes its arguments and answers with what was recorded."""

    def answer(stdout: str = "", stderr: str = "", code: int = 0) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "stdout").write_text(stdout)
        (folder / "stderr").write_text(stderr)
        program = folder / "gh"
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/args\n'
            f"cat {folder}/stdout\ncat {folder}/stderr >&2\nexit {code}\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder / "args"

    return answer


def load(source: str, slug: str | None = "owner/name", comments: bool = False) -> Issue:
    return load_issue(source, repository_slug=slug, cwd=Path("/"), stdin=io.StringIO(), comments=comments)


@pytest.mark.parametrize(
    ("source", "slug", "asked"),
    [
        ("#12", "owner/name", "owner/name"),
        ("12", "owner/name", "owner/name"),
        ("other/repo.x#12", "owner/name", "other/repo.x"),
        ("https://github.com/other/repo/issues/12", None, "other/repo"),
        ("https://www.github.com/other/repo/issues/12/#issuecomment-5", None, "other/repo"),
        ("https://git.example.com/other/repo/issues/12?x=1", None, "git.example.com/other/repo"),
    ],
)
def test_an_issue_is_fetched(gh: Gh, source: str, slug: str | None, asked: str) -> None:
    args = gh(json.dumps(RECORDED))
    issue = load(source, slug)
    assert args.read_text().split() == [
        "issue",
        "view",
        "12",
        "--repo",
        asked,
        "--json",
        "number,title,body,url,comments",
    ]
    assert issue.title == "parse fails on empty input"
    assert issue.text == "parse fails on empty input\n\n`parse('')` raises IndexError.\n\n```\nIndexError\n```"
    assert issue.url == "https://github.com/owner/name/issues/12"
    assert issue.source == source


def test_comments_come_along_when_asked_for(gh: Gh) -> None:
    gh(json.dumps(RECORDED))
    assert load("#12", comments=True).text.endswith("\n\nSame here, with `parse(None)`.")


def test_a_title_alone_is_enough_and_nothing_is_not(gh: Gh) -> None:
    gh(json.dumps(RECORDED | {"body": None}))
    assert load("#12").text == "parse fails on empty input"
    gh(json.dumps(RECORDED | {"body": "", "title": " "}))
    with pytest.raises(IssueError, match="empty"):
        load("#12")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("To get started with GitHub CLI, please run:  gh auth login", "not logged in"),
        ("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.", "not logged in"),
        ("HTTP 401: Bad credentials (https://api.github.com/graphql)", "not logged in"),
        (
            "GraphQL: Could not resolve to an issue or pull request with the number of 12. (repository.issue)",
            "has no issue",
        ),
        ("GraphQL: Could not resolve to a Repository with the name 'owner/name'. (repository)", "no repository"),
        ("the 'owner/name' repository has disabled issues", "switched off"),
        ("error connecting to api.github.com", "error connecting"),
        ("", "without a word"),
    ],
)
def test_refusals(gh: Gh, said: str, meant: str) -> None:
    gh("", said, 1)
    with pytest.raises(IssueError, match=meant):
        load("#12")


@pytest.mark.parametrize("answer", ["", "not json", "[]", "null"])
def test_nonsense(gh: Gh, answer: str) -> None:
    gh(answer)
    with pytest.raises(IssueError, match="gh answered"):
        load("#12")


def test_pull_requests_are_not_issues(gh: Gh) -> None:
    gh(json.dumps(RECORDED | {"url": "https://github.com/owner/name/pull/12"}))
    with pytest.raises(IssueError, match="pull request"):
        load("#12")
    with pytest.raises(IssueError, match="pull request"):
        load("https://github.com/owner/name/pull/12/files")


def test_without_gh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IssueError, match="no gh on the PATH") as caught:
        load("#12")
    assert "gh auth login" in caught.value.hint


def test_a_number_without_a_repository() -> None:
    with pytest.raises(IssueError, match="origin is not at GitHub"):
        load("#12", slug=None)


def test_one_that_hangs(monkeypatch: pytest.MonkeyPatch, gh: Gh, tmp_path: Path) -> None:
    gh()
    (tmp_path / "bin" / "gh").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(github, "_PATIENCE", 0.1)
    with pytest.raises(IssueError, match="did not answer"):
        load("#12")
