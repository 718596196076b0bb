"""What a run leaves for CI servers, beside the streams."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reasoncli.cli.publishing import Published
from tests.end_to_end.project import ISSUE, NO_FIX, PROSE, RIGHT, Tool, early, files_of, git, make_recording, refused
from tests.reports.replay import summary


def in_actions(page: Path) -> dict[str, str]:
    return {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}


def commands(text: str) -> list[str]:
    """What the runner would take for a command."""
    heard, token = [], ""
    for line in text.splitlines():
        if token:
            token = "" if line == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
        elif line.strip().startswith("::") or "##[" in line:
            heard.append(line)
    assert not token, "commands are switched off for what comes after in the step"
    return heard


def test_a_verified_patch(tool: Tool, repository: Path, recording: Path, tmp_path: Path) -> None:
    page, junit = tmp_path / "summary.md", tmp_path / "junit.xml"
    junit.write_text("of another run")
    ran = tool.fix(repository, recording, "--json", "--junit-report", junit, **in_actions(page))
    assert ran.code == 0, ran.err
    assert ran.json["status"] == "verified"  # the JSON alone is on stdout
    (command,) = commands(ran.err)
    assert command.startswith("::notice file=shop/prices.py,title=reasoncli%3A verified patch,line=7::")
    (case,) = ET.parse(junit).iter("testcase")
    assert [each.tag for each in case] == ["system-out"]
    assert "Verified" in page.read_text()
    assert RIGHT.strip() in page.read_text()
    shown = tool.run("runs", "show", "--markdown").out
    assert f"reasoncli undo {ran.json['run']['id']}" in shown


def test_none_at_all(tool: Tool, repository: Path, tmp_path: Path) -> None:
    page, junit = tmp_path / "summary.md", tmp_path / "junit.xml"
    recording = make_recording(tmp_path / "r", {NO_FIX: 1})
    ran = tool.fix(repository, recording, "--junit-report", junit, **in_actions(page))
    assert (ran.code, ran.out) == (1, "")
    assert [each.split()[0] for each in commands(ran.err)] == ["::warning"]
    (case,) = ET.parse(junit).iter("testcase")
    assert case.find("failure") is not None
    assert "No acceptable patch" in page.read_text()


def test_a_failure_of_ours_is_an_error_and_no_verdict(
    tool: Tool, repository: Path, recording: Path, tmp_path: Path
) -> None:
    page, junit = tmp_path / "summary.md", tmp_path / "junit.xml"
    more = ("--test-command", "exit 127", "--junit-report", junit)
    ran = tool.fix(repository, recording, *more, **in_actions(page))
    assert ran.code == 3
    assert [each.split()[0] for each in commands(ran.err)] == ["::error"]
    (case,) = ET.parse(junit).iter("testcase")
    assert [each.tag for each in case] == ["error"]
    assert "Failed" in page.read_text()


@pytest.mark.parametrize(("actions", "setting", "told"), [("", None, False), ("true", False, False), ("", True, True)])
def test_it_is_for_github_and_can_be_switched_off(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    actions: str,
    setting: bool | None,
    told: bool,
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", actions)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    Published(summary().issue, github=setting).result(summary())
    assert bool(commands(capsys.readouterr().err)) is told
    assert (tmp_path / "summary.md").exists() is told


HOSTILE = "Prices ##[add-mask]a\n\n::error::mine\n  ::add-mask::a\n##[add-mask]b\n\x1b[31m::set-output name=c::d"


def test_no_text_of_others_reaches_the_runner(tool: Tool, repository: Path, tmp_path: Path) -> None:
    source = repository / "shop/prices.py"
    source.write_text(f'"""{HOSTILE}"""\n' + source.read_text())
    tests = repository / "tests/test_prices.py"
    tests.write_text(tests.read_text().replace("discount=10) == 90", f"discount=10) == 90, '''{HOSTILE}'''"))
    git(repository, "commit", "-qam", "Hostile")
    environment = in_actions(tmp_path / "summary.md")
    recording = make_recording(tmp_path / "r", {NO_FIX: 1, PROSE: 1})
    more = ("--dry-run", "-v", "--explain")
    ran = tool.fix(repository, recording, *more, issue=f"{HOSTILE}\n\n{ISSUE}", **environment)
    assert ran.code in (0, 1), ran.err
    assert "##[add-mask]a" in ran.err  # it is told, and not obeyed
    assert len(commands(ran.err)) == 1
    assert "\x1b" not in ran.err
    failed = tool.fix(repository, recording, "--patch", f"{HOSTILE}/x", **environment)
    assert failed.code == 2
    assert "::error::mine" in failed.err
    assert commands(failed.err) == []


def test_a_place_for_the_report_that_is_none_is_refused_at_once(
    tool: Tool, repository: Path, recording: Path, tmp_path: Path
) -> None:
    before = files_of(repository)
    for place in (tmp_path, tmp_path / "none" / "junit.xml"):
        ran = tool.fix(repository, recording, "--json", "--junit-report", place)
        refused(ran, 2, str(place))
        early(ran)
    assert files_of(repository) == before
