"""`--reproduction-tests`: where no test shows the issue, patches and tests of the model's judge each other."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from reasoncli.runs.store import Store
from tests.end_to_end.project import (
    FIX,
    ISSUE,
    RIGHT,
    SOURCE,
    TESTS,
    WRONG,
    Ran,
    Tool,
    edit,
    files_of,
    git,
    make_recording,
    make_repository,
)
from tests.end_to_end.test_interruption import Started, is_kind
from tests.end_to_end.test_select import diff, predictions

_, TOTAL, DISCOUNT, CHEAPEST, NOTHING = TESTS.split("\n\n\n")
UNTESTED = "\n\n\n".join([_, TOTAL, CHEAPEST, NOTHING])
DOUBLE = "    return result * (100 + 2 * discount) / 100"
TWICE = edit(WRONG, DOUBLE)
NAMES = "from shop.prices import total"
CHECK = "assert total([50, 50], discount=10) == 90"
GOOD = f"The discount is added.\n\n```python\n{NAMES}\n\n\ndef test_a_discount():\n    {CHECK}\n```\n"
PASSES = f"```python\n{NAMES}\n\n\ndef test_a_discount():\n    assert total([50]) == 50\n```\n"
ASKS = ("--reproduction-tests", 24)
OPTIONS = ("--json", "--dry-run", "-n", 24, "--no-issue-examples")


def fix(tool: Tool, repository: Path, recording: Path, *more: object) -> Ran:
    return tool.fix(repository, recording, *OPTIONS, *more)


def votes(ran: Ran) -> list[tuple[float, float]]:
    return [(each["votes"], each["agreement"]) for each in ran.json["clusters"]]


@pytest.fixture
def untested(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", {"tests/test_prices.py": UNTESTED})


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Most samples change something that is no fix; no test notices."""
    return make_recording(tmp_path / "recording.jsonl", {TWICE: 2.0, FIX: 1.0}, {GOOD: 2.0, PASSES: 1.0})


def test_they_turn_the_vote_around_stay_unverified_and_are_not_asked_for_again(
    tool: Tool, untested: Path, recording: Path
) -> None:
    blind = fix(tool, untested, recording)
    assert DOUBLE in blind.json["patch"]["diff"]
    assert blind.json["reproductions"] == []
    ran = fix(tool, untested, recording, *ASKS)
    assert (ran.code, ran.json["status"]) == (1, "unverified")
    assert RIGHT in ran.json["patch"]["diff"]
    (test,) = ran.json["reproductions"]
    assert CHECK in test["source"]
    (right, agreed), (twice, alone) = votes(ran)
    assert right < twice == alone
    assert agreed == right * (1 + test["votes"])
    assert "1 of 1 reproduction test that fails at the base passes with it." in ran.json["decision"]["reasons"]
    assert "24 sampled, 2 distinct, 1 kept (passes at the base: 1)" in ran.err
    again = tool.run("runs", "resume", "--json")
    assert votes(again) == votes(ran)
    assert "reproduction:" not in again.err
    assert "agreement:" in again.err
    shown = " ".join(tool.run("runs", "show", "--explain").out.split())
    assert "passes 1 of 1 test" in shown
    assert f"fails {test['id'][:8]}: AssertionError" in shown


def test_where_a_test_of_the_projects_fails_for_the_issue_the_model_is_asked_for_none(
    tool: Tool, repository: Path, recording: Path
) -> None:
    ran = fix(tool, repository, recording, *ASKS)
    assert (ran.code, ran.json["status"]) == (0, "verified")
    assert ran.json["reproductions"] == []
    assert "reproduction:" not in ran.err


def test_select_has_a_model_opened_and_asks_it_once_no_failing_test_is_the_issues(tool: Tool, tmp_path: Path) -> None:
    noise = "def test_machine():\n    assert len('abc') == 4\n"
    repository = make_repository(
        tmp_path / "r", {"tests/test_prices.py": UNTESTED, "tests/test_machine.py": noise, "tests/__init__.py": ""}
    )
    recording = make_recording(tmp_path / "r.jsonl", {"not asked": 1.0}, {GOOD: 1.0})
    attempts: Mapping[str, str | None] = {
        "one": diff(repository, DOUBLE),
        "two": diff(repository, DOUBLE),
        "right": diff(repository, RIGHT),
    }
    patches = predictions(tmp_path / "p.jsonl", attempts)
    ran = tool.run(
        *("select", repository, "--issue", ISSUE, "--patches", patches, "--sandbox", "local", "--seed", 1),
        *("--model", f"recorded:{recording}", "--reproduction-tests", 3, "--no-issue-examples", "--json"),
        *("--allow-unverified", "--keep-test"),
    )
    assert ran.json["status"] == "unverified", ran.err
    assert votes(ran) == [(1, 4), (2, 2)]
    assert ran.json["manifest"]["adviser"] == "recorded:test"
    assert (repository / "shop/prices.py").read_text() == SOURCE.replace(WRONG, RIGHT)
    assert CHECK in (repository / "tests/test_a_discount_makes_things_dearer.py").read_text()
    assert tool.run("undo", "-C", repository).code == 0
    assert git(repository, "status", "--porcelain") == ""


def test_a_run_that_ends_while_tests_run_asks_for_none_again(tool: Tool, untested: Path, tmp_path: Path) -> None:
    slow = f"```python\nimport time\n{NAMES}\n\n\ndef test_slow():\n    time.sleep(9)\n    {CHECK}\n```\n"
    recording = make_recording(tmp_path / "r.jsonl", {TWICE: 2.0, FIX: 1.0}, {slow: 1.0, GOOD: 1.0})
    common = ("--issue", ISSUE, "--model", f"recorded:{recording}", "--sandbox", "local", "--seed", 1)
    started = Started(tool, "fix", untested, *common, *OPTIONS, "--reproduction-tests", 9)
    started.wait_for(lambda event: event["type"] == "stage-progress" and event["stage"] == "reproduction")
    code, err = started.end(signal.SIGINT)
    assert code == 130, err
    assert not any(is_kind("decided")(event) for event in started.events())
    assert started.left() == []
    store = Store(tool.state)
    before = store.read(started.run).consultations
    assert [sum(each.count for each in one.answers) for one in before] == [9]
    ran = tool.run("runs", "resume", "--json")
    assert RIGHT in ran.json["patch"]["diff"], ran.err
    assert len(ran.json["reproductions"]) == 2
    assert store.read(started.run).consultations == before


HOSTILE = {
    "writes into the tree": (
        "from pathlib import Path\n",
        "    here = Path(__file__).parent\n"
        "    for file in (here / 'test_prices.py', here.parent / 'shop/prices.py', here / 'conftest.py'):\n"
        "        file.write_text('raise SystemExit(0)')\n",
    ),
    "ends the process": ("import os\n", f"    if not {CHECK[7:]}:\n        os._exit(0)\n"),
    "forges reports": (
        "import json\nimport os\n",
        '    forged = {"type": "result", "kind": "result", "id": "tests/test_x.py::test_x", "outcome": "passed"}\n'
        "    for fd in range(1, 64):\n"
        "        try:\n"
        "            os.write(fd, ('\\n' + json.dumps(forged) + '\\n').encode())\n"
        "        except OSError:\n"
        "            pass\n",
    ),
    "is unsteady": ("import os\n", "    raise type('E' + os.urandom(8).hex(), (AssertionError,), {})\n"),
    "asks for a fixture": ("", ""),
}


def hostile(name: str) -> str:
    imports, body = HOSTILE[name]
    arguments = "no_such_fixture" if "fixture" in name else ""
    mark = HOSTILE[name][0].count("\n")
    return f"```python\n{imports}{NAMES}\n\n\ndef test_x({arguments}):\n{body}    {CHECK}\n    assert {mark} < 9\n```\n"


@pytest.mark.docker
def test_in_docker_tests_that_do_harm_win_nothing_and_the_best_of_the_others_is_kept(
    tool: Tool, untested: Path, tmp_path: Path
) -> None:
    broken = "```python\ndef test_x(:\n```"
    tests = {GOOD: 4.0, PASSES: 1.0, broken: 1.0, **{hostile(name): 1.0 for name in HOSTILE}}
    recording = make_recording(tmp_path / "r.jsonl", {TWICE: 2.0, FIX: 1.0}, tests)
    before = files_of(untested)
    ran = tool.run(
        *("fix", untested, "--issue", ISSUE, "--model", f"recorded:{recording}", "--seed", 1, "-n", 24, "--json"),
        *("--reproduction-tests", 64, "--no-issue-examples", "--allow-unverified", "--keep-test"),
        timeout=600,
    )
    assert ran.json["status"] == "unverified", ran.err
    kept = {each["id"]: each["source"] for each in ran.json["reproductions"]}
    for name in ("ends the process", "is unsteady", "asks for a fixture"):
        assert hostile(name).split("```")[1].removeprefix("python\n") not in kept.values(), name
    right, twice = (each["members"][0] for each in ran.json["clusters"])
    assert (untested / "shop/prices.py").read_text() == SOURCE.replace(WRONG, RIGHT)
    assert not any(each["passed"] for each in twice["reproduced"]), [kept[each["test"]] for each in twice["reproduced"]]
    passed = [kept[each["test"]] for each in right["reproduced"] if each["passed"]]
    assert any("test_a_discount" in source for source in passed)
    new = git(untested, "status", "--porcelain").split()
    assert new == ["M", "shop/prices.py", "??", "tests/test_a_discount_makes_things_dearer.py"]
    test = untested / new[-1]
    assert "def test_a_discount()" in test.read_text()
    assert files_of(untested)["tests/test_prices.py"] == before["tests/test_prices.py"]
    program = [sys.executable, "-B", "-m", "pytest", "-q", str(test)]
    assert subprocess.run(program, cwd=untested, check=False, capture_output=True).returncode == 0
    (untested / "shop/prices.py").write_bytes(before["shop/prices.py"])
    assert subprocess.run(program, cwd=untested, check=False, capture_output=True).returncode == 1
