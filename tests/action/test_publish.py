from __future__ import annotations

from pathlib import Path

import pytest

from tests.action.conftest import Runner, labelled
from tests.action.test_check import HOSTILE, WRITER
from tests.end_to_end.project import FIX, ISSUE, NO_FIX, RIGHT, git, make_recording
from tests.reports.test_markdown import CALLS, tokens

URL = "https://github.test/owner/shop/pull/13"
ISSUE_12 = {"KIND": "issue", "NUMBER": "12", "BASE": "main", "BRANCH": "reasoncli/issue-12-77-1"}
TESTS_OF_4 = {"KIND": "tests", "NUMBER": "4", "BASE": "feature", "BRANCH": "reasoncli/tests-4-77-1"}


def publish(runner: Runner, *, made: bool, status: str = "verified", mode: str = "pull-request", **of: str) -> str:
    """Run the step after a run that made a branch, or none; the words that were posted."""
    runner.answers = {"pr create": URL, "comment": URL}
    runner.scratch.mkdir(parents=True)
    (runner.scratch / "report.md").write_text("## The evidence\n")
    if made:
        git(runner.repository, "branch", of["BRANCH"])
    hook = runner.repository / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\ntouch hooked\n")
    hook.chmod(0o755)
    done = runner.run("publish", MODE=mode, STATUS=status, RUN="261122-134305-k3f", **of)
    assert done.returncode == 0, done.stderr
    assert runner.outputs == {"url": URL}
    assert not list(runner.folder.rglob("hooked"))
    return (runner.scratch / "body.md").read_text()


def test_a_pull_request_for_an_issue(runner: Runner) -> None:
    body = publish(runner, made=True, **ISSUE_12)
    assert runner.remote_branches() == ["main", "reasoncli/issue-12-77-1"]
    (words,) = runner.asked
    assert words[:2] == ["pr", "create"]
    assert words[words.index("--base") + 1] == "main"
    assert words[words.index("--head") + 1] == "reasoncli/issue-12-77-1"
    assert words[words.index("--title") + 1] == "Patch for issue 12"
    assert "--draft" not in words
    assert body.startswith("## The evidence\n")
    assert "Fixes #12. " in body
    assert "To undo it: close this and delete the branch `reasoncli/issue-12-77-1`" in body


def test_what_is_not_verified_is_a_draft(runner: Runner) -> None:
    publish(runner, made=True, status="unverified", **ISSUE_12)
    assert "--draft" in runner.asked[0]


def test_a_pull_request_for_red_tests(runner: Runner) -> None:
    body = publish(runner, made=True, **TESTS_OF_4)
    words = runner.asked[0]
    assert words[words.index("--base") + 1] == "feature"
    assert words[words.index("--title") + 1] == "Patch for the failing tests of feature"
    assert "Fixes #" not in body


@pytest.mark.parametrize(("of", "command"), [(ISSUE_12, "issue"), (TESTS_OF_4, "pr")])
def test_a_comment(runner: Runner, of: dict[str, str], command: str) -> None:
    body = publish(runner, made=False, mode="comment", **of)
    assert runner.asked[0][:3] == [command, "comment", of["NUMBER"]]
    assert "git apply -R fix.patch" in body
    assert runner.remote_branches() == ["main"]


def test_a_comment_on_a_commit_that_is_in_no_pull_request(runner: Runner) -> None:
    publish(runner, made=False, mode="comment", **{**TESTS_OF_4, "NUMBER": ""})
    head = git(runner.repository, "rev-parse", "HEAD").strip()
    assert f"repos/owner/shop/commits/{head}/comments" in runner.asked[0]


def test_no_patch_says_so_and_offers_none(runner: Runner) -> None:
    body = publish(runner, made=False, status="none", **ISSUE_12)
    assert "git apply" not in body
    assert runner.asked[0][:2] == ["issue", "comment"]


@pytest.mark.parametrize("answer", [FIX, NO_FIX], ids=["fix", "none"])
def test_from_a_hostile_issue_to_a_pull_request(runner: Runner, tmp_path: Path, answer: str) -> None:
    """All steps but the installation, with the tool itself."""
    runner.answers = {**WRITER, "pr create": URL, "issue comment": URL}
    checked = runner.check("issues", labelled(title="\n".join(HOSTILE), body=ISSUE))
    recording = make_recording(tmp_path / "recording with blanks", {answer: 1})
    arguments = f"--sandbox\nlocal\n--seed\n1\n\n-n\n4\n--model\nrecorded:{recording}\n"
    made = {"MODE": "pull-request", "BRANCH": checked["branch"]}
    done = runner.run("fix", **made, INPUT_MAX_SECONDS="250", INPUT_ARGUMENTS=arguments, GITHUB_TOKEN="x")
    assert done.returncode == 0, done.stderr
    status = runner.outputs
    assert status["status"] == ("verified" if answer == FIX else "none")
    of = {**made, "KIND": "issue", "NUMBER": "12", "BASE": "main"}
    done = runner.run("publish", **of, STATUS=status["status"], RUN=status["run"])
    assert done.returncode == 0, done.stderr
    assert not list(runner.folder.rglob("hacked"))
    harmless = (runner.scratch / "body.md").read_text().replace("Fixes #12", "")
    words = "".join(each.content for each in tokens(harmless) if each.type == "text")
    assert not CALLS.search(words.replace(runner.folder.as_uri(), ""))
    if answer == NO_FIX:
        assert runner.remote_branches() == ["main"]
        return
    branch = "reasoncli/issue-12-77-1"
    assert RIGHT in git(runner.remote, "show", f"{branch}:shop/prices.py")
    assert git(runner.remote, "log", "-1", "--format=%s%n%an", branch).splitlines() == ["Fix: Issue 12", "reasoncli"]
    assert git(runner.repository, "status", "--short") == ""
