"""Issues at GitHub, through the user's own `gh`: its login, its hosts, no token of ours."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from typing import Any

from reasoncli.domain import Issue
from reasoncli.errors import IssueError

_ADDRESS = re.compile(
    r"https?://(?P<host>[\w.-]+)/(?P<slug>[\w.-]+/[\w.-]+)/(?P<kind>issues|pull)/(?P<number>\d+)(?:[/?#].*)?"
)
_FIELDS = "number,title,body,url,comments"
_PATIENCE = 60.0
_MOST = 10_000
"""Issues of one list; more than anyone works on at once."""


def parse_address(source: str) -> tuple[str, int] | None:
    """(repository, number) of an issue's address, or `None` for any other text.

    The repository is `owner/name`, with the host before it where that is not github.com.

    Raises:
        IssueError: it is a pull request's address.
    """
    match = _ADDRESS.fullmatch(source)
    if match is None:
        return None
    if match["kind"] == "pull":
        raise _pull_request(int(match["number"]))
    host = match["host"].removeprefix("www.")
    return (match["slug"] if host == "github.com" else f"{host}/{match['slug']}"), int(match["number"])


def load(number: int, slug: str | None, source: str, comments: bool) -> Issue:
    """Fetch one issue with `gh issue view`.

    Raises:
        IssueError: no repository is known, `gh` is missing, not logged in or fails, or there is no such issue.
    """
    if slug is None:
        raise IssueError(
            f"{source} needs to know its repository, and origin is not at GitHub",
            hint="Give the issue's whole address, or owner/name#number.",
        )
    data = _view(number, slug)
    url = str(data.get("url", ""))
    if "/pull/" in url:
        raise _pull_request(number)
    title, body = str(data.get("title") or ""), str(data.get("body") or "")
    parts = [title, body]
    if comments:
        parts += [str(comment.get("body") or "") for comment in data.get("comments") or []]
    text = "\n\n".join(part.replace("\r\n", "\n").strip() for part in parts if part.strip())
    if not text:
        raise IssueError(f"issue {number} of {slug} is empty")
    return Issue(text=text, title=title or text.splitlines()[0], source=source, url=url or None)


def listed(slug: str, label: str) -> list[dict[str, Any]]:
    """The open issues of a repository that have a label, the oldest first: number, title, body and url of each.

    Raises:
        IssueError: `gh` is missing, not logged in or fails.
    """
    fields = ["--state", "open", "--limit", str(_MOST), "--json", "number,title,body,url"]
    rows = _gh(["issue", "list", "--repo", slug, "--label", label, *fields], slug, 0)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise IssueError("gh answered with something that is no list of issues")
    return sorted(rows, key=lambda row: int(row.get("number") or 0))


def _view(number: int, slug: str) -> dict[str, Any]:
    data = _gh(["issue", "view", str(number), "--repo", slug, "--json", _FIELDS], slug, number)
    if not isinstance(data, dict):
        raise IssueError("gh answered with something that is not an issue")
    return data


def _gh(arguments: Sequence[str], slug: str, number: int) -> Any:
    """What `gh ARGUMENTS` prints, as JSON values."""
    try:
        done = subprocess.run(
            ["gh", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
            encoding="utf-8",
        )
    except FileNotFoundError as error:
        raise IssueError(
            "reading an issue from GitHub needs the GitHub CLI, and there is no gh on the PATH",
            hint="Install it and run gh auth login, or give the issue as a file.",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise IssueError(f"gh did not answer within {_PATIENCE:.0f} seconds") from error
    except UnicodeDecodeError as error:
        raise IssueError("gh answered with something that is not text") from error
    if done.returncode != 0:
        raise _refusal(done.stderr.strip(), number, slug)
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise IssueError(
            "gh answered with something that is not JSON", hint="Update gh; version 2 is needed."
        ) from error


def _refusal(said: str, number: int, slug: str) -> IssueError:
    low = said.lower()
    if "auth login" in low or "authentication" in low or "gh_token" in low or "http 401" in low:
        return IssueError("gh is not logged in", hint="Run gh auth login, or set GH_TOKEN.")
    if "could not resolve to a repository" in low:
        return IssueError(f"there is no repository {slug} at GitHub, or you may not read it")
    if "could not resolve to an issue" in low or "http 404" in low:
        return IssueError(f"{slug} has no issue {number}")
    if "disabled issues" in low:
        return IssueError(f"{slug} has its issues switched off")
    return IssueError(f"gh failed: {said or 'without a word'}")


def _pull_request(number: int) -> IssueError:
    return IssueError(f"{number} is a pull request", hint="Name the issue it belongs to, or give its text as a file.")
