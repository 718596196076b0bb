from __future__ import annotations

from typing import Any

import pytest

from tests.action.conftest import Runner, labelled, red
from tests.end_to_end.project import git

WRITER = {"collaborators/maintainer/permission": "write"}
HOSTILE = (
    '$(touch hacked) `touch hacked` "; touch hacked; #',
    "x\n::set-output name=run::true\n::add-mask::x\nrun=true\nbranch=main",
    "--help\r\n[skip ci] closes #1 @everyone \x1b[31m \\n ${IFS}$GH_TOKEN ${{ secrets.X }}",
)


def test_a_label_set_by_a_writer(runner: Runner) -> None:
    runner.answers = WRITER
    out = runner.check("issues", labelled())
    assert out == {
        "run": "true",
        "kind": "issue",
        "number": "12",
        "base": "main",
        "branch": "reasoncli/issue-12-77-1",
    }
    text = (runner.scratch / "issue.md").read_text()
    assert text == "Issue 12\n\nA discount makes things dearer\n\nIt should not.\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_an_issue_are_words(runner: Runner, text: str) -> None:
    runner.answers = WRITER
    out = runner.check("issues", labelled(title=text, body=text * 3000))
    assert out["branch"] == "reasoncli/issue-12-77-1"
    assert not list(runner.folder.rglob("hacked"))
    lines = (runner.scratch / "issue.md").read_bytes().decode().split("\n")
    assert lines[0] == "Issue 12"
    assert text in "\n".join(lines)


@pytest.mark.parametrize("right", ["read", "triage", "none", "", None])
def test_a_label_set_by_somebody_else(runner: Runner, right: str | None) -> None:
    runner.answers = {} if right is None else {"collaborators/maintainer/permission": right}
    assert runner.check("issues", labelled()) == {"run": "false"}


@pytest.mark.parametrize(
    "more",
    [
        {"action": "opened"},
        {"label": {"name": "bug"}},
        {"label": {"name": "x\nrun=true"}},
        {"sender": {"login": "../../x"}},
        {"sender": {"login": "a\nrun=true"}},
        {"issue": {"number": 12, "title": "x", "body": "x", "state": "closed"}},
        {"issue": {"number": "12; touch hacked", "title": "x", "body": "x", "state": "open"}},
        {"issue": {"number": 12, "title": "x", "body": "x", "state": "open", "pull_request": {"url": "x"}}},
    ],
    ids=str,
)
def test_other_events_of_issues(runner: Runner, more: dict[str, Any]) -> None:
    runner.answers = {"permission": "admin"}
    assert runner.check("issues", labelled(**more)) == {"run": "false"}


def test_red_tests_of_our_own(runner: Runner) -> None:
    runner.answers = {"run view 5": "test\tRun tests\t2026-11-23T10:00:00.0000000Z E   assert 110 == 90"}
    out = runner.check("workflow_run", red(runner, head_branch="feature/x", pull_requests=[{"number": 4}]))
    assert out == {
        "run": "true",
        "kind": "tests",
        "number": "4",
        "base": "feature/x",
        "branch": "reasoncli/tests-4-77-1",
    }
    assert (runner.scratch / "issue.md").read_text().endswith("\n\nE   assert 110 == 90\n")


def test_the_log_is_not_needed(runner: Runner) -> None:
    assert runner.check("workflow_run", red(runner))["branch"] == "reasoncli/tests-77-1"
    assert (runner.scratch / "issue.md").read_text().startswith("Tests fail\n")


@pytest.mark.parametrize(
    "more",
    [
        {"head_repository": {"full_name": "stranger/shop"}},
        {"head_repository": None},
        {"conclusion": "success"},
        {"event": "pull_request_target"},
        {"event": "issue_comment"},
        {"head_branch": "reasoncli/issue-12-77-1"},
        {"head_branch": "x..y"},
    ],
    ids=str,
)
def test_nothing_is_done_for_a_fork_and_the_like(runner: Runner, more: dict[str, Any]) -> None:
    assert runner.check("workflow_run", red(runner, **more)) == {"run": "false"}
    assert not any("run" in words and "view" in words for words in runner.asked)


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target", "issue_comment", "push"])
def test_other_events(runner: Runner, name: str) -> None:
    assert runner.check(name, labelled()) == {"run": "false"}


def test_the_failing_commit_must_be_checked_out(runner: Runner) -> None:
    event = red(runner)
    git(runner.repository, "commit", "-q", "--allow-empty", "-m", "Later")
    with pytest.raises(AssertionError, match="check out"):
        runner.check("workflow_run", event)
