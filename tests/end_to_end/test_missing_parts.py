"""What a machine, a model or a project can lack: a clear error, nothing lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from reasoncli.resources import weights_path
from tests.end_to_end.project import (
    FIX,
    ISSUE,
    NO_FIX,
    Tool,
    early,
    git,
    make_recording,
    make_repository,
    refused,
)


def test_without_an_engine_it_says_what_else_there_is(tool: Tool, repository: Path, recording: Path) -> None:
    dead = f"unix://{tool.home}/no-engine.sock"
    arguments = ("fix", repository, "--issue", ISSUE, "--model", f"recorded:{recording}", "--json")
    ran = tool.run(*arguments, DOCKER_HOST=dead)
    refused(ran, 3, "Docker", "--sandbox local")
    early(ran)
    examined = tool.run("doctor", "--quick", "--json", DOCKER_HOST=dead)
    assert examined.code == 3
    assert "No Docker engine" in examined.out


def test_the_demo_needs_no_engine(tool: Tool, tmp_path: Path) -> None:
    folder = tmp_path / "example"
    ran = tool.run("demo", "--folder", folder, DOCKER_HOST=f"unix://{tool.home}/no-engine.sock")
    assert ran.code == 0, ran.err
    assert "does not isolate" in ran.err
    assert git(folder, "status", "--short").split() == ["M", "roomplan/rooms.py"]
    refused(tool.run("demo", "--folder", folder, "--json"), 2, "exists")


def test_a_model_file_cut_in_half(tool: Tool, repository: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.gguf"
    whole = weights_path().read_bytes()
    half.write_bytes(whole[: len(whole) // 2])
    ran = tool.run("fix", repository, "--issue", ISSUE, "--model", half, "--sandbox", "local", "--json")
    refused(ran, 3, str(half))
    assert "search:" not in ran.err
    refused(tool.run("models", "info", half, "--json"), 3, str(half))


def test_no_tests(tool: Tool, tmp_path: Path, recording: Path) -> None:
    repository = make_repository(tmp_path / "untested")
    git(repository, "rm", "-rq", "tests", "conftest.py", "pytest.ini")
    git(repository, "commit", "-qm", "No tests")
    ran = tool.fix(repository, recording, "--json")
    refused(ran, 2, "no tests", "--test-command")
    early(ran)
    (repository / "conftest.py").write_text("")
    refused(tool.fix(repository, recording, "--json"), 3, "no test ran", "--test-command")


def test_a_test_command_that_is_not_there(tool: Tool, repository: Path, recording: Path) -> None:
    ran = tool.fix(repository, recording, "--json", "--test-command", "no-such-runner {tests}")
    refused(ran, 3, "no-such-runner", "not found", "--test-command")


def test_an_interpreter_without_pytest(tool: Tool, repository: Path, recording: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    ran = tool.fix(repository, recording, "--json", "--python", tmp_path / "bare/bin/python")
    refused(ran, 3, "pytest", "--test-command")
    refused(tool.fix(repository, recording, "--json", "--python", tmp_path / "none"), 3, str(tmp_path / "none"))


def test_a_base_that_can_not_be_imported_for_want_of_a_module(tool: Tool, tmp_path: Path, recording: Path) -> None:
    repository = make_repository(tmp_path / "wanting", {"shop/__init__.py": "import no_such_dependency\n"})
    refused(tool.fix(repository, recording, "--json"), 3, "no_such_dependency", "--image")


def test_a_context_too_small_for_any_code_is_told(tool: Tool, repository: Path, tmp_path: Path) -> None:
    head = {"reasoncli_recording": 1, "name": "small", "abilities": ["chat"], "context": 600}
    small = tmp_path / "small.jsonl"
    small.write_text(json.dumps(head) + "\n" + json.dumps({"text": FIX, "weight": 1.0}) + "\n")
    ran = tool.fix(repository, small)
    assert ran.code == 1
    assert "have 600 tokens" in ran.err
    assert "--context" in ran.err


def test_where_the_embedded_model_finds_nothing_larger_ones_are_named(tool: Tool, repository: Path) -> None:
    common = ("--issue", ISSUE, "--sandbox", "local", "-n", 4)
    ran = tool.run("fix", repository, *common, "--protect", "shop/*")
    assert ran.code == 1
    assert "single-line Python bugs" in ran.err
    assert "models list" in ran.err


def test_no_recording_of_a_fix_is_no_accident(tool: Tool, repository: Path, tmp_path: Path) -> None:
    """The errors above are told apart from a search that found nothing."""
    ran = tool.fix(repository, make_recording(tmp_path / "r", {NO_FIX: 1}), "--json", "-n", 2)
    assert ran.code == 1
    assert ran.json["status"] == "none"
