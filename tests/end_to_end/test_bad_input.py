"""What a user can get wrong, and what a machine can lack: a clear error or verdict, nothing lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoncli.domain import VerdictKind
from reasoncli.resources import weights_path
from reasoncli.runs.store import Store
from tests.end_to_end.project import (
    FIX,
    ISSUE,
    NO_FIX,
    RIGHT,
    SOURCE,
    TESTS,
    WRONG,
    Ran,
    Tool,
    edit,
    git,
    make_recording,
    make_repository,
)

SOON = ("baseline:", "search:")
"""What stands on stderr once the expensive part has begun."""


def refused(ran: Ran, code: int, *words: str) -> None:
    """A run with --json that ended in an error that holds these words, said on both streams."""
    assert ran.code == code, ran.err
    error = ran.json["error"]
    said = f"{error['message']} {error['hint']}"
    assert ran.json["exit_code"] == code
    assert [word for word in words if word not in said] == [], said
    assert error["message"].splitlines()[0] in ran.err


def early(ran: Ran) -> None:
    """It was refused before anything expensive began."""
    assert not any(word in ran.err for word in SOON), ran.err


# ---------------------------------------------------------------- what was asked for


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


# ---------------------------------------------------------------- settings


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
    assert tool.fix(repository, recording, "--dry-run", "-n", 2).code == 0
    shown = tool.run("runs", "show", "--svg", below)
    assert shown.code == 2
    assert str(below) in shown.err


# ---------------------------------------------------------------- what the machine lacks


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


# ---------------------------------------------------------------- tests that behave badly


HANGS = edit(WRONG, "    while discount:\n        pass\n    return result")


def test_a_candidate_whose_tests_hang_times_out_and_another_wins(tool: Tool, repository: Path, tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "r", {HANGS: 1, FIX: 1})
    ran = tool.fix(repository, recording, "--json", "--exhaustive", "-n", 8)
    assert ran.code == 0, ran.err
    verdicts = [each.verdict for each in Store(tool.state).read("last").candidates]
    assert {each.kind for each in verdicts if each is not None} == {VerdictKind.FIXES, VerdictKind.TIMEOUT}
    assert RIGHT in (repository / "shop/prices.py").read_text()


def test_a_test_that_hangs_at_the_base_costs_its_time_and_nothing_else(
    tool: Tool, tmp_path: Path, recording: Path
) -> None:
    tests = TESTS + "\n\ndef test_zz_waits():\n    import time\n\n    time.sleep(1000)\n"
    repository = make_repository(tmp_path / "waiting", {"tests/test_prices.py": tests})
    ran = tool.fix(repository, recording, "--json", "--baseline-timeout", "4")
    assert ran.code == 0, ran.err
    assert "timed out" in ran.err
    assert [each["id"] for each in ran.json["baseline"]["targets"]] == ["tests/test_prices.py::test_discount"]


def test_tests_that_print_a_gigabyte_cost_no_memory(tool: Tool, tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "recording.jsonl", {FIX: 1})
    loud = "import os\n\nfor _ in range(1024):\n    os.write(1, b'x' * (1 << 20))\n"
    repository = make_repository(tmp_path / "loud", {"loud.py": loud})
    command = "python loud.py && python -m pytest {tests}"
    ran = tool.fix(repository, recording, "--json", "--test-command", command, "-n", 1)
    assert ran.code == 0, ran.err
    assert len(ran.out) < 1 << 20
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 512 << 10  # kilobytes; of any child so far


# ---------------------------------------------------------------- the disk and the run store


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, left: int) -> Path:
    """Fill a file system but for so many bytes."""
    ballast = folder / "ballast"
    free = shutil.disk_usage(folder).free
    ballast.write_bytes(b"\0" * max(0, free - left))
    return ballast


@pytest.mark.parametrize("left", [0, 64 << 10])
def test_a_disk_that_is_full_from_the_start(
    tool: Tool, repository: Path, recording: Path, small_disk: Path, left: int
) -> None:
    ballast = fill(small_disk, left)
    ran = tool.fix(repository, recording, "--json", "--state-dir", small_disk)
    refused(ran, 3, "space", "prune")
    early(ran)
    assert list(small_disk.glob("runs/*")) == []
    ballast.unlink()
    assert tool.fix(repository, recording, "--dry-run", "-n", 2, "--state-dir", small_disk).code == 0


def test_a_disk_that_gets_full_is_told_and_the_run_goes_on_when_there_is_room(
    tool: Tool, tmp_path: Path, recording: Path, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    filling = f"""
import contextlib, os
if not os.path.exists({str(tmp_path / "enough")!r}):
    with contextlib.suppress(OSError), open({str(ballast)!r}, "ab", buffering=0) as file:
        while file.write(bytes(1024)):
            pass
"""
    repository = make_repository(tmp_path / "filling", {"conftest.py": filling})  # while its tests run
    ran = tool.fix(repository, recording, "--json", "--state-dir", small_disk)
    refused(ran, 3, "space", "prune", "resume")
    assert (repository / "shop/prices.py").read_text() == SOURCE
    (tmp_path / "enough").touch()
    ballast.unlink()
    resumed = tool.run("runs", "resume", "--state-dir", small_disk, "--json")
    assert resumed.code == 0, resumed.err
    assert RIGHT in (repository / "shop/prices.py").read_text()


def test_a_damaged_run_harms_no_other(tool: Tool, repository: Path, recording: Path) -> None:
    assert tool.fix(repository, recording, "--dry-run", "-n", 4).code == 0
    assert tool.fix(repository, recording, "--dry-run", "-n", 4).code == 0
    sound, damaged = sorted(path.name for path in (tool.state / "runs").iterdir())
    file = tool.state / "runs" / damaged / "run.sqlite"
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * (len(content) // 2) + content[100 + len(content) // 2 :])
    listed = {run["id"]: run["status"] for run in json.loads(tool.run("runs", "list", "--json").out)["runs"]}
    assert listed == {sound: "verified", damaged: "damaged"}
    for command in ("show", "resume"):
        refused(tool.run("runs", command, damaged, "--json"), 3, "damaged", "prune --damaged")
    assert tool.run("runs", "show", sound).code == 0
    assert tool.run("runs", "show", "last").code == 0
    assert tool.run("undo", damaged, "-C", repository).code == 3
    assert tool.fix(repository, recording, "--dry-run", "-n", 4).code == 0
    assert tool.run("runs", "prune", "--damaged").code == 0
    assert not file.exists()
    assert len(json.loads(tool.run("runs", "list", "--json").out)["runs"]) == 2


# ---------------------------------------------------------------- the user's tree


def test_a_file_that_changed_meanwhile_is_left_alone_and_the_patch_is_kept(
    tool: Tool, tmp_path: Path, recording: Path
) -> None:
    repository = tmp_path / "busy"
    meddle = f"open({str(repository / 'shop/prices.py')!r}, 'a').write('# mine')\n"  # while the tests run
    make_repository(repository, {"conftest.py": meddle})
    ran = tool.fix(repository, recording, "--json")
    refused(ran, 1, "shop/prices.py", "git apply")
    text = (repository / "shop/prices.py").read_text()
    assert text.startswith(SOURCE)
    assert set(text.removeprefix(SOURCE).split("# ")) == {"", "mine"}
    (kept,) = tool.state.glob("runs/*/chosen.patch")
    assert str(kept) in ran.json["error"]["hint"]
    git(repository, "apply", str(kept))


@pytest.fixture
def read_only(repository: Path) -> Iterator[Path]:
    """The repository, on a file system that can't be written."""
    if os.geteuid() != 0:
        folders = [repository, *(path for path in repository.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o555)
        yield repository
        for folder in folders:
            folder.chmod(0o755)
        return
    bound = subprocess.run(["mount", "--bind", str(repository), str(repository)], capture_output=True, check=False)
    if bound.returncode != 0:
        pytest.skip("nothing can be mounted here")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(repository)], check=True)
    yield repository
    subprocess.run(["umount", str(repository)], check=True)


def test_a_repository_that_can_not_be_written(tool: Tool, read_only: Path, recording: Path) -> None:
    ran = tool.fix(read_only, recording, "--json")
    refused(ran, 2, "git apply")
    (kept,) = tool.state.glob("runs/*/chosen.patch")
    assert str(kept) in ran.json["error"]["hint"]
    assert tool.fix(read_only, recording, "--patch", tool.home / "out.patch").code == 0


# ---------------------------------------------------------------- streams


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "| true"])
def test_streams_that_are_closed(tool: Tool, repository: Path, recording: Path, redirection: str) -> None:
    words = [sys.executable, "-m", "reasoncli", "fix", str(repository), "--issue", ISSUE, "--sandbox", "local"]
    words += ["--model", f"recorded:{recording}", "--seed", "1", "--dry-run", "-n", "2"]
    script = f'"$@" {redirection}; echo "${{PIPESTATUS[0]}}" >&2'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *words], env=tool.environment(), capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stderr.splitlines()[-1] in ("0", "141")


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
