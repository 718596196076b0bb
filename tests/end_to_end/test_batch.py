"""A list of issues: one model for all, every way to be killed, and nothing lost, repeated or left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reasoncli.batch.book import take_up
from reasoncli.runs.store import Store
from tests.end_to_end.project import ISSUE, SOURCE, TESTS, Tool, files_of, git, make_repository
from tests.end_to_end.test_interruption import processes_in
from tests.reports.pages import Page

PATIENCE = 240.0
SLOW = TESTS + "\n\ndef test_slow():\n    import time\n    time.sleep(1.5)\n"


@pytest.fixture
def shops(tmp_path: Path) -> Path:
    """Three projects with the same bug, and a list of their issues that names a fourth, which isn't there."""
    for name in ("one", "two", "three"):
        make_repository(tmp_path / "work" / name)
    rows = [{"id": name, "repo": name, "issue": ISSUE} for name in ("one", "two", "three", "gone")]
    listed = tmp_path / "work" / "issues.jsonl"
    listed.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return listed


def arguments(listed: Path, recording: Path, *more: object) -> Sequence[object]:
    return (*("batch", listed, "--model", f"recorded:{recording}", "--sandbox", "local", "-n", 16), *more)


def states(tool: Tool) -> dict[str, str]:
    book = take_up(tool.state, "last")
    book.close()
    return {item.key: book.outcome(item).state.value for item in book.order.items}


def runs(tool: Tool) -> dict[str, str]:
    book = take_up(tool.state, "last")
    book.close()
    return {item.key: book.run_of(item.key) for item in book.order.items}


def wait_for(done: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it is not so far after " + str(PATIENCE) + " s"
        time.sleep(0.02)


def searching(tool: Tool) -> list[Path]:
    """Issues whose base is known: the expensive part is under way."""
    store = Store(tool.state)
    found = []
    for path in tool.state.glob("batches/*/issues/*/run"):
        record = store.read(path.read_text().strip())
        if record.baseline is not None:
            found.append(path.parent)
    return found


def labourers(leader: int) -> list[int]:
    """Processes at work on issues: sessions of their own below the leader's fork server."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            words = (place / "cmdline").read_bytes()
        except OSError:
            continue
        pid, parent, session = int(place.name), int(fields[1]), int(fields[3])
        if session == pid and b"forkserver" in words and parent in _children(leader):
            found.append(pid)
    return found


def _children(leader: int) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(place.read_text().rpartition(")")[2].split()[1]) == leader:
                found.append(int(place.parent.name))
        except OSError:
            continue
    return found


def fixed(source: str) -> bool:
    """Whether the bug is gone; there is more than one way."""
    names: dict[str, Callable[..., float]] = {}
    exec(source, names)
    return names["total"]([50, 50], discount=10) == 90


def test_a_list_is_worked_on_and_said_as_files(tool: Tool, shops: Path, recording: Path, tmp_path: Path) -> None:
    before = files_of(shops.parent / "one")
    places = ("--results", tmp_path / "out", "--junit-report", tmp_path / "junit.xml")
    summary = tmp_path / "summary.md"
    temporary = tmp_path / ("a name that leaves no room for a socket's path " * 2)
    temporary.mkdir()
    ran = tool.run(
        *arguments(shops, recording, *places, "--json"),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
        TMPDIR=str(temporary),
    )
    assert ran.code == 3, ran.err
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "0", "1")
    assert summary.read_text().count("A discount makes things dearer") >= 3
    assert {each["key"]: each["state"] for each in ran.json["issues"]} == {
        **dict.fromkeys(("one", "two", "three"), "verified"),
        "gone": "failed",
    }
    assert "there is no repository" in ran.err
    assert files_of(shops.parent / "one") == before  # nothing is written unless it is asked for
    rows = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()]
    assert sorted(row["instance_id"] for row in rows) == ["one", "three", "two"]  # a failure of ours is no answer
    git(shops.parent / "one", "apply", str(tmp_path / "out" / "patches" / "one.patch"))
    assert fixed((shops.parent / "one" / "shop" / "prices.py").read_text())
    assert json.loads((tmp_path / "out" / "results.json").read_text())["counts"]["verified"] == 3


def test_a_batch_has_a_page_and_statistics_of_all_its_runs(tool: Tool, shops: Path, recording: Path) -> None:
    shops.write_text("".join(line for line in shops.read_text().splitlines(keepends=True) if '"three"' not in line))
    assert tool.run(*arguments(shops, recording)).code == 3
    (batch,) = (path.name for path in (tool.state / "batches").iterdir())
    ran = tool.run("report", "--batch", "last")
    assert ran.code == 0, ran.err
    written = tool.state / "batches" / batch / "report.html"
    assert ran.out == f"{written}\n"
    page = Page(written.read_text("utf-8"))
    page.inert(scripts=1)
    page.accessible()
    for said in (
        "2 of 3 issues verified",
        "there is no repository",
        *filter(None, runs(tool).values()),
        "Means over 2",
    ):
        assert said in page.text, said
    assert tool.run("report", batch, "-o", "-").out == written.read_text("utf-8")
    assert "could be run" in tool.run("report", batch[:6]).err  # runs were begun on the same day
    assert tool.run("report", batch, "--batch", "last").code == tool.run("stats", "last", "--batch", batch).code == 2
    assert "no batch 'x'" in tool.run("stats", "--batch", "x").err

    told = tool.run("stats", "--batch", batch, "--json").json
    assert told["batch"] == batch
    assert {each["key"]: each["run"] for each in told["runs"]} == {
        key: run for key, run in runs(tool).items() if key != "gone"
    }
    assert told["together"]["runs"] == 2
    first = [each["rows"][0]["pass"][0] for each in told["runs"]]
    assert told["together"]["rows"][0]["pass"][0] == pytest.approx(sum(first) / 2)
    lines = tool.run("stats", "--batch", batch, "--csv").out.splitlines()
    assert {line.split(",")[0] for line in lines[1:]} == {each["run"] for each in told["runs"]}
    assert "2 of 3 issues" in " ".join(tool.run("stats", "--batch", "last").out.split())


def test_resume_does_what_is_missing_and_nothing_again(tool: Tool, shops: Path, recording: Path) -> None:
    assert tool.run(*arguments(shops, recording)).code == 3
    known = runs(tool)
    make_repository(shops.parent / "gone")
    ran = tool.run("batch", "--resume", "last", "--json")
    assert ran.code == 0, ran.err
    after = runs(tool)
    assert {key: run for key, run in after.items() if key != "gone"} == {
        key: run for key, run in known.items() if key != "gone"
    }
    assert len(list((tool.state / "runs").iterdir())) == 4
    assert [line for line in ran.err.splitlines() if line.startswith(("one:", "two:", "three:"))] == []


def test_the_leader_killed_in_the_middle(tool: Tool, shops: Path, recording: Path, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (shops.parent / name / "tests" / "test_prices.py").write_text(SLOW)
    (tmp_path / "tmp").mkdir()
    process = tool.start(*arguments(shops, recording), TMPDIR=str(tmp_path / "tmp"))
    wait_for(lambda: searching(tool), process)
    begun = {key: run for key, run in runs_while(tool).items() if run}
    process.kill()
    process.communicate()
    deadline = time.monotonic() + PATIENCE
    while Store(tool.state).live() or processes_in(tmp_path / "tmp"):  # without a leader they end by themselves
        assert time.monotonic() < deadline
        time.sleep(0.1)
    ran = tool.run("batch", "--resume", "last")
    assert states(tool) == {**dict.fromkeys(("one", "two", "three"), "verified"), "gone": "failed"}, ran.err
    assert {key: runs(tool)[key] for key in begun} == begun
    for run in runs(tool).values():
        if run:
            batches = Store(tool.state).read(run).recorded.batches
            assert sum(each.count for batch in batches for each in batch) <= 16


def runs_while(tool: Tool) -> dict[str, str]:
    return {path.parent.name: path.read_text().strip() for path in tool.state.glob("batches/*/issues/*/run")}


def test_a_process_that_dies_costs_its_issue_a_try(tool: Tool, shops: Path, recording: Path) -> None:
    (shops.parent / "one" / "tests" / "test_prices.py").write_text(SLOW)
    process = tool.start(*arguments(shops, recording, "--jobs", 1))
    wait_for(lambda: "one" in runs_while(tool) and labourers(process.pid), process)
    begun = runs_while(tool)["one"]
    os.kill(labourers(process.pid)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=PATIENCE)
    assert "signal 9" in err
    assert "tried again" in err
    assert states(tool)["one"] == "verified"
    assert runs(tool)["one"] == begun


def test_ctrl_c_once_ends_what_is_at_work_and_begins_no_more(tool: Tool, shops: Path, recording: Path) -> None:
    process = tool.start(*arguments(shops, recording, "--jobs", 1))
    wait_for(lambda: "one" in runs_while(tool), process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert states(tool) == {"one": "verified", **dict.fromkeys(("two", "three", "gone"), "waiting")}
    assert "--resume" in err


def test_ctrl_c_twice_ends_at_once_and_leaves_nothing(tool: Tool, shops: Path, recording: Path, tmp_path: Path) -> None:
    (shops.parent / "one" / "tests" / "test_prices.py").write_text(
        TESTS + "\n\ndef test_x():\n    import time\n    time.sleep(1000)\n"
    )
    (tmp_path / "tmp").mkdir()
    process = tool.start(*arguments(shops, recording, "--jobs", 1), TMPDIR=str(tmp_path / "tmp"))
    wait_for(lambda: "one" in runs_while(tool), process)
    time.sleep(2)  # into the base's tests
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert time.monotonic() - began < 200  # on any machine; the tests would hang for 900
    assert states(tool)["one"] == "waiting"
    deadline = time.monotonic() + PATIENCE
    while processes_in(tmp_path / "tmp") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_in(tmp_path / "tmp") == []
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == []


def test_branches_in_the_users_repository_and_from_a_clone_at_a_commit(
    tool: Tool, shops: Path, recording: Path
) -> None:
    one, two = shops.parent / "one", shops.parent / "two"
    base = git(two, "rev-parse", "HEAD").strip()
    (two / "shop" / "prices.py").write_text(SOURCE.replace("100 + discount", "100 - discount"))
    git(two, "commit", "-qam", "Fixed since")
    rows = [
        {"id": "one", "repo": "one", "issue": ISSUE},
        {"id": "two", "repo": "two", "issue": ISSUE, "base_commit": base},
    ]
    shops.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = tool.run(*arguments(shops, recording, "--branches"))
    assert ran.code == 0, ran.err
    for repository, name in ((one, "one"), (two, "two")):
        assert fixed(git(repository, "show", f"reasoncli/{name}:shop/prices.py"))
        assert git(repository, "status", "--porcelain") == ""
    assert git(two, "rev-parse", "reasoncli/two^").strip() == base


def test_a_list_has_a_budget_that_is_kept(tool: Tool, shops: Path, recording: Path) -> None:
    ran = tool.run(
        *arguments(shops, recording, "-n", 64, "--exhaustive", "--batch-size", 4, "--budget-samples", 40, "--json")
    )
    made = [each["samples"] for each in ran.json["issues"]]
    assert sum(made) <= 40
    assert sum(made) >= 24


def test_the_embedded_model_serves_several_at_once(tool: Tool, shops: Path) -> None:
    ran = tool.run("batch", shops, "--sandbox", "local", "-n", 128, "--jobs", 3, "--json", timeout=600)
    found = {each["key"]: each for each in ran.json["issues"]}
    assert [found[name]["state"] for name in ("one", "two", "three")] == ["verified"] * 3, ran.err
    assert all(found[name]["ranked"] for name in ("one", "two", "three"))
    assert all(found[name]["tokens"] for name in ("one", "two", "three"))  # and each has its own samples


def test_what_can_not_be_begun_says_why(tool: Tool, shops: Path, tmp_path: Path) -> None:
    assert tool.run("batch").code == 2
    assert "no batch yet" in tool.run("batch", "--resume", "last").err
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    ran = tool.run("batch", shops, "--model", broken, "--sandbox", "local")
    assert ran.code == 3
    assert not list((tool.state / "runs").glob("*"))


def test_two_leaders_of_one_batch(tool: Tool, shops: Path, recording: Path) -> None:
    for name in ("one", "two", "three"):
        (shops.parent / name / "tests" / "test_prices.py").write_text(SLOW)
    process = tool.start(*arguments(shops, recording))
    wait_for(lambda: runs_while(tool), process)
    second = tool.run("batch", "--resume", "last")
    assert second.code == 3
    assert "being worked on" in second.err
    process.communicate(timeout=PATIENCE)
    assert states(tool)["one"] == "verified"


def test_a_pull_request_for_a_repository_at_github(tool: Tool, shops: Path, recording: Path, tmp_path: Path) -> None:
    github = tmp_path / "github"
    git(tmp_path, "clone", "-q", "--bare", str(shops.parent / "one"), str(github / "owner" / "shop.git"))
    config = tmp_path / "gitconfig"
    config.write_text(
        f'[url "file://{github}/"]\n\tinsteadOf = https://github.com/\n[user]\n\tname = T\n\temail = t@localhost\n'
    )
    said = tmp_path / "said"
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {said}\necho == >> {said}\n')
    gh.chmod(0o755)
    title = "$(touch x) `id`\r\n::error::@everyone"
    shops.write_text(
        json.dumps(
            {
                "number": 7,
                "repo": "owner/shop",
                "title": title,
                "body": ISSUE,
                "url": "https://github.com/owner/shop/issues/7",
            }
        )
    )
    surroundings = {"PATH": f"{gh.parent}{os.pathsep}{os.environ['PATH']}", "GIT_CONFIG_GLOBAL": str(config)}
    ran = tool.run(*arguments(shops, recording, "--pull-requests"), **surroundings)
    assert ran.code == 0, ran.err
    assert fixed(git(github / "owner" / "shop.git", "show", "reasoncli/7:shop/prices.py"))
    asked = said.read_text()
    assert asked.startswith("pr\nlist\n--repo\nowner/shop\n--head\nreasoncli/7\n")
    assert "pr\ncreate\n--repo\nowner/shop\n--head\nreasoncli/7\n--title\n$(touch x) `id` ::error::@everyone\n" in asked
    assert "For #7." in asked
    assert ISSUE.splitlines()[-1] not in asked  # the issue's text is not repeated
    assert tool.run("batch", "--resume", "last", **surroundings).code == 0
    assert said.read_text() == asked
