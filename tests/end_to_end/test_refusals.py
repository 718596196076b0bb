"""What a user can get wrong: a clear error, before anything expensive begins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.project import (
    ISSUE,
    Tool,
    early,
    git,
    make_repository,
    refused,
)


@pytest.mark.parametrize("command", ["fix", "select"])
def test_a_model_that_takes_no_conversations_is_not_asked_for_tests(
    tool: Tool, repository: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "p.diff").write_text("--- a\n")
    given = ["--patches", tmp_path / "p.diff"] if command == "select" else []
    common = ["--issue", ISSUE, "--sandbox", "local", "--json", "--reproduction-tests", 4]
    ran = tool.run(command, repository, *given, *common)
    refused(ran, 2, "--reproduction-tests", "embedded", "--model")
    early(ran)
    ran = tool.run(command, repository, *given, *common, "--model", tmp_path / "none.gguf")
    refused(ran, 2, "none.gguf")
    early(ran)
    assert not tool.state.exists()


def test_an_unknown_model_is_refused_at_once_with_those_that_are_close(tool: Tool, repository: Path) -> None:
    ran = tool.run("fix", repository, "--issue", ISSUE, "--model", "embeded", "--sandbox", "local", "--json")
    refused(ran, 2, "'embeded'", "embedded")
    early(ran)
    assert not tool.state.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--issue", ""], ["empty"]),
        (["--issue", " \n"], ["empty"]),
        (["--issue", "-"], ["empty"]),
        (["--issue", "there-is-no-issue.md"], ["there-is-no-issue.md"]),
        (["--issue", ISSUE, "--quiet", "--verbose"], ["--quiet", "--verbose"]),
        (["--issue", ISSUE, "--branch", "b", "--commit"], ["--branch", "--commit"]),
        (["--issue", ISSUE, "--patch", "no/such/folder/x.patch"], ["no/such/folder"]),
        (["--issue", ISSUE, "--events", "no/such/folder/e.jsonl"], ["no/such/folder/e.jsonl"]),
        (["--issue", ISSUE, "--samples", "many"], ["--samples", "many"]),
        (["--issue", ISSUE, "--samples", "0"], ["--samples"]),
        (["--issue", ISSUE, "--smaples", "3"], ["--smaples", "--samples"]),
        (["--issue", ISSUE, "--branch", "main"], ["main", "exists"]),
        (["--issue", ISSUE, "--branch", "a..b"], ["a..b"]),
        ([], ["--issue"]),
    ],
    ids=lambda value: " ".join(value)[-30:] if isinstance(value, list) else None,
)
def test_arguments_that_make_no_sense(
    tool: Tool, repository: Path, recording: Path, arguments: list[str], words: list[str]
) -> None:
    common = ["--model", f"recorded:{recording}", "--sandbox", "local", "--json"]
    ran = tool.run("fix", repository, *common, *arguments)
    refused(ran, 2, *words)
    early(ran)


def test_a_target_that_does_not_exist_names_those_that_are_close(tool: Tool, repository: Path, recording: Path) -> None:
    ran = tool.fix(repository, recording, "--json", "--target", "tests/test_prices.py::test_discnt")
    refused(ran, 2, "test_discnt", "tests/test_prices.py::test_discount")


def _nothing_there(folder: Path) -> None:
    pass


def _a_file(folder: Path) -> None:
    folder.write_text("")


def _no_git(folder: Path) -> None:
    folder.mkdir()


def _no_commit(folder: Path) -> None:
    folder.mkdir()
    git(folder, "init", "-q")


def _bare(folder: Path) -> None:
    folder.mkdir()
    git(folder, "init", "-q", "--bare")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_nothing_there, ["does not exist"]),
        (_a_file, ["not in a git repository"]),
        (_no_git, ["not in a git repository", "git init"]),
        (_no_commit, ["no commit"]),
        (_bare, ["bare"]),
    ],
)
def test_a_place_that_is_no_repository(tool: Tool, tmp_path: Path, recording: Path, make, words: list[str]) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path / "there")
    refused(tool.fix(tmp_path / "there", recording, "--json"), 2, str(tmp_path / "there"), *words)


def test_unknown_runs(tool: Tool) -> None:
    for command in ("show", "resume"):
        refused(tool.run("runs", command, "251231", "--json"), 2, "251231", "runs list")
        refused(tool.run("runs", command, "--json"), 2, "no run yet")
    assert tool.run("undo", "251231").code == 2
    assert json.loads(tool.run("runs", "list", "--json").out)["runs"] == []


def test_a_repository_may_not_widen_what_the_user_allows(tool: Tool, recording: Path, tmp_path: Path) -> None:
    project = '[tool.reasoncli]\nsandbox = "local"\n'
    repository = make_repository(tmp_path / "greedy", {"pyproject.toml": project})
    arguments = ("fix", repository, "--issue", ISSUE, "--model", f"recorded:{recording}", "--json")
    ran = tool.run(*arguments)
    refused(ran, 2, "pyproject.toml", "sandbox")
    early(ran)
    (repository / "pyproject.toml").write_text('[tool.reasoncli]\nsandbax = "docker"\n')
    refused(tool.run(*arguments), 2, "pyproject.toml", "sandbax", "sandbox")


def test_an_unknown_setting_names_its_place_and_those_that_are_close(
    tool: Tool, repository: Path, recording: Path
) -> None:
    refused(tool.fix(repository, recording, "--json", REASONCLI_SAMPELS="3"), 2, "REASONCLI_SAMPELS", "samples")
    file = tool.home / "config/reasoncli/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("sampels = 3\n")
    refused(tool.fix(repository, recording, "--json"), 2, str(file), "sampels", "samples")
    file.write_text("samples = [\n")
    refused(tool.fix(repository, recording, "--json"), 2, str(file))


def test_places_that_can_not_be_written(tool: Tool, repository: Path, recording: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "place"
    refused(tool.run("demo", "--folder", below, "--json"), 2, str(below))
    examined = tool.run("doctor", "--quick", "--json", "--state-dir", below)
    assert examined.code == 3
    assert f"{below} can't be written" in examined.out
    assert tool.fix(repository, recording, "--dry-run", "-n", 16).code == 0
    shown = tool.run("runs", "show", "--svg", below)
    assert shown.code == 2
    assert str(below) in shown.err
