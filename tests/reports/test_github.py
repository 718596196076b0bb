from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

import pytest

from reasoncli.domain import Status
from reasoncli.reports import github
from reasoncli.reports.summary import Summary
from tests.reports.hostile import TEXTS, hostile
from tests.reports.replay import summary
from tests.reports.test_markdown import CALLS, tokens

COMMAND = re.compile(r"::(notice|warning|error) ((?:\w+=[^:,\r\n]*)(?:,\w+=[^:,\r\n]*)*)::([^\r\n]*)")
"""As the runner reads it: a property ends at a comma, the properties at the next colons."""

OURS = {"details", "/details", "summary", "/summary"}


def failed(message: str = "Docker is gone") -> Summary:
    return dataclasses.replace(summary(), decision=None, candidates=(), exit_code=3, error=message)


def status(which: Status) -> Summary:
    decision = summary().decision
    assert decision is not None
    return dataclasses.replace(summary(), decision=dataclasses.replace(decision, status=which), exit_code=1)


def test_a_summary_says_what_why_and_how_to_take_it_back() -> None:
    text = github.markdown([dataclasses.replace(summary(), undo=True)])
    for words in ("Verified", "divide() rounds down", "src/calc.py:17", "test_divide_rounds", "+    return a / b"):
        assert words in text
    assert "reasoncli undo 261122-134305-k3f" in text
    assert "runner-up" in text.lower()


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_in_a_run_acts_in_the_summary(text: str) -> None:
    found = list(tokens(github.markdown([hostile(text), failed(text)])))
    assert not {"image", "link_open", "table_open", "blockquote_open"} & {each.type for each in found}
    html = "".join(each.content for each in found if each.type.startswith("html"))
    assert set(re.findall(r"<(/?\w+)", html)) <= OURS
    words = " ".join(each.content for each in found if each.type == "text")
    assert not CALLS.search(words)
    headings = [each for each in found if each.type == "heading_open"]
    assert len(headings) == 3  # the list's and each run's


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("of", [hostile, failed])
def test_an_annotation_is_one_command_of_ours(text: str, of: object) -> None:
    run = of(text)  # type: ignore[operator]
    (line,) = github.workflow_commands([run])
    match = COMMAND.fullmatch(line)
    assert match is not None, line
    properties = dict(each.split("=", 1) for each in match[2].split(","))
    assert set(properties) <= {"file", "line", "title"}
    assert "\x1b" not in line


def test_values_come_out_as_they_were() -> None:
    chosen = summary().chosen
    assert chosen is not None
    path = "src/a,b: 100%.py"
    change = dataclasses.replace(chosen.patch.changes[0], path=path)
    moved = dataclasses.replace(chosen, patch=dataclasses.replace(chosen.patch, changes=(change,)))
    (line,) = github.workflow_commands([dataclasses.replace(summary(), candidates=(moved,))])
    match = COMMAND.fullmatch(line)
    assert match is not None
    assert match[1] == "notice"
    properties = dict(each.split("=", 1) for each in match[2].split(","))
    plain = properties["file"].replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
    assert (plain, properties["line"]) == (path, "17")


def test_kinds_of_annotations() -> None:
    runs = [summary(), status(Status.UNVERIFIED), failed()]
    assert [line.split()[0] for line in github.workflow_commands(runs)] == ["::notice", "::warning", "::error"]


def test_no_more_annotations_than_github_shows() -> None:
    lines = github.workflow_commands([failed()] * 25 + [summary()])
    assert sum(line.startswith("::error") for line in lines) == 10
    assert lines[9].endswith("and 16 more")
    assert lines[10].startswith("::notice")


@pytest.mark.parametrize("limit", [2_000, github.COMMENT_BYTES, github.SUMMARY_BYTES])
def test_it_stays_under_the_limit_and_says_what_is_missing(limit: int) -> None:
    text = github.markdown([hostile("ü" * 3_000)] * 3_000, limit=limit)
    assert len(text.encode()) <= limit
    assert "The rest of this report (from issue" in text
    assert text.count("```") % 2 == 0


def test_several_runs_begin_with_a_list() -> None:
    text = github.markdown([summary(), failed(), status(Status.NONE)])
    assert text.startswith("## 1 of 3 issues verified, 1 failed by us\n")
    assert text.count("\n## ") == 3


def test_the_step_s_file_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("before\n")
    github.append_summary("ours", {"GITHUB_STEP_SUMMARY": str(path)})
    assert path.read_text() == "before\nours\n"
    github.append_summary("ours", {})


def test_commands_stop_while_others_text_is_printed() -> None:
    stream = io.StringIO()

    def untrusted() -> None:
        with github.quiet(stream, wanted=True):
            stream.write("::error::hostile\n")
            raise KeyError

    with pytest.raises(KeyError):
        untrusted()
    first, _, last = stream.getvalue().splitlines()
    assert last == f"::{first.removeprefix('::stop-commands::')}::"
    assert len(last) > 30
    other = io.StringIO()
    with github.quiet(other, wanted=True):
        pass
    assert other.getvalue().splitlines()[0] != first
    with github.quiet(other := io.StringIO(), wanted=False):
        pass
    assert other.getvalue() == ""
