from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.project import (
    BREAKS,
    FIX,
    ISSUE,
    NO_FIX,
    RIGHT,
    SOURCE,
    WRONG,
    Tool,
    edit,
    files_of,
    git,
    make_recording,
    make_repository,
)


def test_a_verified_patch_is_applied_to_the_work_tree_and_taken_back(
    tool: Tool, repository: Path, recording: Path
) -> None:
    before = files_of(repository)
    ran = tool.fix(repository, recording)
    assert ran.code == 0, ran.err
    assert (repository / "shop/prices.py").read_text() in (
        SOURCE.replace(WRONG, RIGHT),
        SOURCE.replace(WRONG, RIGHT + "  # less, not more"),
    )
    assert git(repository, "status", "--short").split() == ["M", "shop/prices.py"]
    git(repository, "stash")
    subprocess.run(["git", "apply", "-"], cwd=repository, input=ran.out, text=True, check=True)
    git(repository, "checkout", ".")
    git(repository, "stash", "pop")
    undone = tool.run("undo", "-C", repository)
    assert undone.code == 0, undone.err
    assert files_of(repository) == before
    assert tool.run("undo", "-C", repository).code == 2


def test_the_vote_prefers_the_program_that_most_samples_wrote(tool: Tool, repository: Path, recording: Path) -> None:
    more = ("--json", "--dry-run", "--exhaustive", "--no-behaviour", "-n", 200)
    result = tool.fix(repository, recording, *more).json
    first, second = result["clusters"][:2]
    assert first["tier"] == second["tier"] == "fixes"
    assert len(first["members"]) == 2
    assert first["votes"] > second["votes"]
    assert result["exit_code"] == 0
    assert result["status"] == "verified"


def test_a_dry_run_writes_nothing(tool: Tool, repository: Path, recording: Path) -> None:
    before = files_of(repository)
    ran = tool.fix(repository, recording, "--dry-run")
    assert ran.code == 0
    assert RIGHT in ran.out
    assert files_of(repository) == before
    assert git(repository, "status", "--short") == ""


def test_a_branch_leaves_the_work_tree_alone(tool: Tool, repository: Path, recording: Path) -> None:
    before = files_of(repository)
    ran = tool.fix(repository, recording, "--branch", "fix/discount")
    assert ran.code == 0, ran.err
    assert files_of(repository) == before
    assert git(repository, "status", "--short") == ""
    assert RIGHT in git(repository, "show", "fix/discount:shop/prices.py")
    assert "reasoncli" in git(repository, "log", "-1", "--format=%B", "fix/discount")
    assert tool.fix(repository, recording, "--branch", "fix/discount").code == 2
    assert tool.run("undo", "-C", repository).code == 0
    assert "fix/discount" not in git(repository, "branch")


def test_a_commit_holds_the_patch_and_nothing_else(tool: Tool, repository: Path, recording: Path) -> None:
    (repository / "notes.txt").write_text("mine\n")
    (repository / "shop/__init__.py").write_text("# staged by the user\n")
    git(repository, "add", "shop/__init__.py")
    ran = tool.fix(repository, recording, "--commit")
    assert ran.code == 0, ran.err
    assert git(repository, "show", "--format=", "--name-only", "HEAD").split() == ["shop/prices.py"]
    assert git(repository, "diff", "--cached", "--name-only").split() == ["shop/__init__.py"]


def test_a_patch_file_on_request(tool: Tool, repository: Path, recording: Path, tmp_path: Path) -> None:
    before = files_of(repository)
    ran = tool.fix(repository, recording, "--patch", tmp_path / "out.patch")
    assert ran.code == 0
    assert files_of(repository) == before
    git(repository, "apply", "--check", str(tmp_path / "out.patch"))


def test_when_nothing_fixes_it_nothing_is_written(tool: Tool, repository: Path, tmp_path: Path) -> None:
    before = files_of(repository)
    ran = tool.fix(repository, make_recording(tmp_path / "r", {NO_FIX: 1}))
    assert ran.code == 1
    assert ran.out == ""
    assert files_of(repository) == before


def test_a_patch_that_breaks_a_guard_needs_consent(tool: Tool, repository: Path, tmp_path: Path) -> None:
    before = files_of(repository)
    recording = make_recording(tmp_path / "r", {BREAKS: 1})
    ran = tool.fix(repository, recording)
    assert ran.code == 1
    assert "tests/test_prices.py::test_total" in ran.err
    assert files_of(repository) == before
    ran = tool.fix(repository, recording, "--allow-partial")
    assert ran.code == 1
    assert "0.9" in (repository / "shop/prices.py").read_text()


def test_without_a_failing_test_the_best_patch_is_kept_and_called_unverified(
    tool: Tool, tmp_path: Path, recording: Path
) -> None:
    tests = "from shop.prices import total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 6\n"
    repository = make_repository(tmp_path / "untested", {"tests/test_prices.py": tests})
    before = files_of(repository)
    result = tool.fix(repository, recording, "--json").json
    assert (result["exit_code"], result["status"]) == (1, "unverified")
    assert files_of(repository) == before
    (kept,) = tool.state.glob("runs/*/chosen.patch")
    git(repository, "apply", "--check", str(kept))
    assert any(str(kept) in line for line in result["applied"])
    assert tool.fix(repository, recording, "--allow-unverified").code == 1
    assert files_of(repository) != before


def test_a_patch_to_the_tests_is_never_what_wins(tool: Tool, repository: Path, tmp_path: Path) -> None:
    cheat = edit("    assert total([50, 50], discount=10) == 90", "    assert True", "tests/test_prices.py")
    result = tool.fix(repository, make_recording(tmp_path / "r", {cheat: 9, FIX: 1}), "--json").json
    assert result["status"] == "verified"
    assert result["patch"]["files"] == ["shop/prices.py"]
    assert result["rejected"]["forbidden"] > 0


def test_the_named_target_decides(tool: Tool, repository: Path, recording: Path) -> None:
    named = "tests/test_prices.py::test_discount"
    result = tool.fix(repository, recording, "--target", named, "--json", issue="Something is off.").json
    assert [target["id"] for target in result["baseline"]["targets"]] == [named]
    ran = tool.fix(repository, recording, "--target", "tests/test_prices.py::test_discont")
    assert ran.code == 2
    assert named in ran.err
    assert tool.fix(repository, recording, "--target", "tests/test_prices.py::test_total").code == 2


def test_events_are_json_lines(tool: Tool, repository: Path, recording: Path, tmp_path: Path) -> None:
    assert tool.fix(repository, recording, "--events", tmp_path / "events.jsonl").code == 0
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    kinds = [event["type"] for event in events]
    assert kinds[0] == "run-started"
    assert kinds.index("baseline-ready") < kinds.index("samples-drawn") < kinds.index("decided")


def test_the_issue_may_come_from_a_file_or_from_stdin(
    tool: Tool, repository: Path, recording: Path, tmp_path: Path
) -> None:
    (tmp_path / "issue.md").write_text(ISSUE)
    assert tool.fix(repository, recording, "--dry-run", issue=str(tmp_path / "issue.md")).code == 0
    arguments = ("--model", f"recorded:{recording}", "--sandbox", "local", "--dry-run")
    assert tool.run("fix", repository, "--issue", "-", *arguments, stdin=ISSUE).code == 0


def test_runs_are_listed_and_shown(tool: Tool, repository: Path, recording: Path) -> None:
    assert tool.fix(repository, recording).code == 0
    listed = json.loads(tool.run("runs", "list", "--json").out)["runs"]
    assert [run["status"] for run in listed] == ["verified"]
    shown = tool.run("runs", "show", listed[0]["id"])
    assert shown.code == 0
    assert "shop/prices.py" in shown.out
    assert "total" in shown.out
    assert json.loads(tool.run("runs", "show", "--json").out)["run"]["id"] == listed[0]["id"]


@pytest.mark.docker
def test_the_packaged_example_in_docker(tool: Tool, tmp_path: Path, base_image: str) -> None:
    folder = tmp_path / "example"
    ran = tool.run("demo", "--folder", folder, "--build-network", "host", "--base-image", base_image)
    assert ran.code == 0, ran.err
    assert git(folder, "status", "--short").split() == ["M", "roomplan/rooms.py"]
    left = subprocess.run(
        ["docker", "ps", "-aq", "--filter", "label=reasoncli.run"], capture_output=True, text=True, check=True
    )
    runs = {path.name for path in (tool.state / "runs").iterdir()}
    for container in left.stdout.split():
        label = subprocess.run(
            ["docker", "inspect", "-f", '{{index .Config.Labels "reasoncli.run"}}', container],
            capture_output=True,
            text=True,
            check=False,
        )
        assert label.stdout.strip() not in runs
