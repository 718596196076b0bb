"""`report` and `stats`, on runs that were really made."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from reasoncli.runs.store import Store
from tests.end_to_end.project import (
    FIX,
    NO_FIX,
    PROSE,
    RIGHT,
    SAME_FIX,
    TESTS,
    WRONG,
    Ran,
    Tool,
    edit,
    make_recording,
    make_repository,
)
from tests.reports.pages import Page
from tests.runs.samples import ISSUE, SUSPECTS

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)> \x1b[31m\u202egnp"
FILE = "tests/test_<img src=x onerror=alert(1)>.py"
FLOORED = edit(WRONG, RIGHT.replace(" / ", " // "))
BAD_TESTS = f"""{TESTS}

def test_loud():
    print({HOSTILE!r})
    assert total([50, 50], discount=10) == 90, {HOSTILE!r}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tool, Ran]:
    """The tool after a run of 24 samples, all of them judged."""
    folder = tmp_path_factory.mktemp("made")
    tool = Tool(folder / "home")
    weights = {FIX: 3.0, SAME_FIX: 3.0, FLOORED: 4.0, NO_FIX: 5.0, PROSE: 1.0}
    recording = make_recording(folder / "recording.jsonl", weights)
    repository = make_repository(folder / "shop project")
    ran = tool.fix(repository, recording, "--exhaustive", "-n", 24, "--dry-run", "--json")
    assert ran.code == 0, ran.err
    return tool, ran


def reported(tool: Tool, *more: object) -> Page:
    """The page of a run, which must be inert and readable by all."""
    ran = tool.run("report", *more)
    assert ran.code == 0, ran.err
    page = Page(Path(ran.out.strip()).read_text("utf-8"))
    page.inert()
    page.accessible()
    return page


def test_a_run_is_reported(made: tuple[Tool, Ran]) -> None:
    tool, _ = made
    page = reported(tool)
    for said in ("Verified", RIGHT.strip(), WRONG.strip(), "shop/prices.py, lines", "behaviour", "--seed 1"):
        assert said in page.text


def test_the_calls_on_which_others_differ_are_kept(made: tuple[Tool, Ran]) -> None:
    tool, ran = made
    contrasts = ran.json["decision"]["contrasts"]
    leaders = [each["members"][0]["index"] for each in ran.json["clusters"]]
    assert contrasts
    assert {each["other"] for each in contrasts} == {leaders[1]}
    assert all(each["call"].startswith("total(") for each in contrasts)
    page = reported(tool)
    assert page.text.count("Calls on which it differs from the chosen patch") == 1
    assert contrasts[0]["call"] in page.text


def test_its_samples_are_counted(made: tuple[Tool, Ran]) -> None:
    tool, ran = made
    told = tool.run("stats", "--json").json["runs"][0]
    clusters = ran.json["clusters"]
    assert told["samples"] == ran.json["decision"]["samples"] == 24
    assert told["plausible"] == sum(each["votes"] for each in clusters if each["tier"] == "fixes")
    assert told["no_patch"] == 24 - sum(each["votes"] for each in clusters)
    assert told["rows"][0]["pass"] == pytest.approx([told["plausible"] / 24] * 2)
    assert told["first"]["drawn"] == [0, 24]

    rows = list(csv.DictReader(io.StringIO(tool.run("stats", "last", "--csv").out)))
    assert [row["k"] for row in rows] == ["1", "2", "4", "8", "16", "24"]
    assert [float(row["pass"]) for row in rows] == [row["pass"][0] for row in told["rows"]]
    assert "24 independent samples" in " ".join(tool.run("stats").out.split())
    assert tool.run("stats", "--csv", "--json").code == 2


def test_a_run_of_an_earlier_version_is_reported_as_far_as_it_tells(made: tuple[Tool, Ran], tmp_path: Path) -> None:
    tool = Tool(tmp_path / "home")
    shutil.copytree(made[0].state, tool.state)
    before = tool.run("stats", "--json").json["runs"][0]
    with closing(sqlite3.connect(tool.state / "runs" / before["run"] / "run.sqlite")) as db, db:
        db.execute("DELETE FROM parts WHERE name IN ('excerpts', 'totals')")
        for key, body in db.execute("SELECT execution_key, body FROM candidates").fetchall():
            old = json.loads(body if isinstance(body, str) else zlib.decompress(body))
            del old["drawn"], old["rank"]
            db.execute("UPDATE candidates SET body = ? WHERE execution_key = ?", (json.dumps(old), key))
    after = tool.run("stats", "--json").json["runs"][0]
    assert after["rows"] == before["rows"]
    assert (before["first"]["drawn"], after["first"]["drawn"]) == ([0, 24], None)
    assert "The source is not kept with this run." in reported(tool).text


def test_where_a_report_can_not_be_written_it_is_said(made: tuple[Tool, Ran], tool: Tool) -> None:
    ran = tool.run("report")
    assert ran.code == 2
    assert "there is no run yet" in ran.err
    ran = made[0].run("report", "--output", "/nowhere/page.html")
    assert ran.code == 2
    assert "can't be written" in ran.err
    assert made[0].run("report", "last", "--output", "-").out.startswith("<!doctype html>")


def test_several_runs_are_counted_together(made: tuple[Tool, Ran], tmp_path: Path) -> None:
    tool = Tool(tmp_path / "home")
    shutil.copytree(made[0].state, tool.state)
    name = made[1].json["run"]["id"]
    shutil.copytree(tool.state / "runs" / name, tool.state / "runs" / "again")
    with closing(sqlite3.connect(tool.state / "runs" / "again" / "run.sqlite")) as db, db:
        db.execute("UPDATE run SET id = 'again'")
    told = tool.run("stats", name, "again", name, "--json").json
    assert [each["run"] for each in told["runs"]] == [name, "again"]
    assert told["together"]["runs"] == 2
    assert told["together"]["rows"][0]["pass"] == pytest.approx(told["runs"][0]["rows"][0]["pass"])
    assert "2 runs together" in tool.run("stats", name, "again").out


def test_what_a_repository_an_issue_and_tests_say_is_text(tool: Tool, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "<script>alert(1)<b>", {"tests/test_prices.py": "", FILE: BAD_TESTS})
    fixed = edit(WRONG, f"{RIGHT}  # {HOSTILE}".replace("\x1b", "").replace("\u202e", ""))
    recording = make_recording(tmp_path / "r.jsonl", {fixed: 1, edit(WRONG, "    return result * 0.9"): 1})
    issue = f"{HOSTILE}\n\n`total([50, 50], discount=10)` gives 110, I expected 90. {HOSTILE}"
    ran = tool.fix(repository, recording, "--exhaustive", "-n", 8, issue=issue)
    assert ran.code == 0, ran.err
    page = reported(tool, "last", "--output", tmp_path / "page.html")
    assert page.text.count("<script>alert(1)</script>") > 3
    assert FILE in page.text


def test_runs_without_a_patch_and_without_a_decision_are_reported(tool: Tool, repository: Path, tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "r.jsonl", {edit(WRONG, "    return result * (101 + discount) / 100"): 1})
    assert tool.fix(repository, recording, "-n", 4).code == 1
    page = reported(tool)
    assert "No acceptable patch" in page.text
    assert "No patch was chosen." in page.text
    assert "0 plausible" in page.text
    with Store(tool.state).create(ISSUE, repository) as run:
        run.suspects(SUSPECTS)
    page = reported(tool, run.id)
    assert "The run ended before a decision" in page.text
    assert "no whole batch of independent samples was drawn" in page.text


def test_given_patches_are_attempts_as_well(tool: Tool, repository: Path, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(FIX)
    select = ("select", repository, "--issue", "A discount", "--target", "tests/test_prices.py::test_discount")
    ran = tool.run(*select, "--patches", tmp_path / "one.txt", "--sandbox", "local", "--dry-run")
    assert ran.code == 0, ran.err
    assert "This run ranked no suspect places." in reported(tool).text
    assert tool.run("stats", "--json").json["runs"][0]["plausible"] == 1
