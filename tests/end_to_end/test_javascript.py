"""A project in another language, from its failing test to the fix: Node's own test runner and its JUnit reporter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.project import Ran, Tool, edit, git, make_recording

SOURCE = """'use strict'

/** Sum of prices, less a discount in percent. */
function total (prices, discount = 0) {
  const sum = prices.reduce((all, price) => all + price, 0)
  return sum * (100 + discount) / 100
}

/** The lowest price; with none it complains. */
const cheapest = (prices, options = {}) => {
  if (prices.length === 0) {
    throw new RangeError('no prices')
  }
  return Math.min(...prices)
}

module.exports = { total, cheapest }
"""
TESTS = """'use strict'
const { describe, it, test } = require('node:test')
const assert = require('node:assert')
const { total, cheapest } = require('../lib/prices.js')

describe('total', () => {
  it('sums', () => assert.strictEqual(total([1, 2, 3]), 6))
  it('takes a discount off', () => {
    assert.strictEqual(total([50, 50], 10), 90)
  })
})
test('cheapest', () => assert.strictEqual(cheapest([3, 1, 2]), 1))
test('cheapest of nothing', () => assert.throws(() => cheapest([]), RangeError))
"""
PACKAGE = {"name": "shop", "version": "1.0.0", "main": "lib/prices.js", "scripts": {"test": "node --test"}}
ISSUE = "A discount makes things dearer\n\n`total([50, 50], 10)` gives 110, I expected 90.\n"
PATH = "lib/prices.js"
WRONG = "  return sum * (100 + discount) / 100"
FIX = edit(WRONG, "  return sum * (100 - discount) / 100", PATH)
SAME_FIX = edit(WRONG, "  return sum - sum * discount / 100", PATH)
NO_FIX = edit(WRONG, "  return sum * (101 + discount) / 100", PATH)
BREAKS = edit(WRONG, "  return 90", PATH)
NO_SYNTAX = edit(WRONG, "  return sum * (100 - discount / 100", PATH)
EXITS = edit("'use strict'", "'use strict'\nprocess.exit(0)", PATH)
SKIPS = edit("module.exports =", "require('node:test').it = require('node:test').it.skip\nmodule.exports =", PATH)
CHEATS = edit("total([50, 50], 10), 90", "total([50, 50], 10), 110", "test/prices.test.js")
SCRIPT = edit('"test": "node --test"', '"test": "true"', "package.json")
CANDIDATES = {FIX: 3.0, SAME_FIX: 1.0, NO_FIX: 4.0, BREAKS: 4.0, NO_SYNTAX: 1.0, EXITS: 5.0, SKIPS: 1.0, CHEATS: 5.0}

JUNIT = "node --test --test-reporter=junit --test-reporter-destination={junit} {tests}"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make_shop(tmp_path / "shop")


def make_shop(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    content = {PATH: SOURCE, "test/prices.test.js": TESTS, "package.json": json.dumps(PACKAGE, indent=2) + "\n"}
    for path, text in {**content, **(files or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Test")
    git(folder, "config", "user.email", "test@localhost")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "A shop")
    return folder


def fix(tool: Tool, shop: Path, recording: Path, *more: object, command: str = JUNIT) -> Ran:
    return tool.fix(shop, recording, "--test-command", command, "--exhaustive", "-n", 200, *more, issue=ISSUE)


def verdicts(result: Any) -> dict[str, str]:
    """First added line -> what became of the candidate."""
    return {
        next(line[1:].strip() for line in each["diff"].splitlines() if line[:1] == "+" and line[:3] != "+++"): (
            each["verdict"]["kind"]
        )
        for cluster in result["clusters"]
        for each in cluster["members"]
    }


EXPECTED = {
    "return sum * (100 - discount) / 100": "fixes",
    "return sum - sum * discount / 100": "fixes",
    "return sum * (101 + discount) / 100": "no-effect",
    "return 90": "regresses",
}


def test_the_fix_is_found_by_test_among_wrong_ones(tool: Tool, shop: Path, tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "recording.jsonl", CANDIDATES)
    ran = fix(tool, shop, recording, "--json")
    assert ran.code == 0, ran.err
    result = ran.json
    [target] = [target["id"] for target in result["baseline"]["targets"]]
    name = "total::takes a discount off"
    assert target in (name, f"test/prices.test.js::{name}"), "with its file where Node tells it"
    assert result["baseline"]["guards"] == 3
    found = verdicts(result)
    assert found.items() >= EXPECTED.items()
    assert "fixes" not in {found[line] for line in found.keys() - EXPECTED.keys()}, "exits, skips, no syntax"
    assert result["rejected"]["forbidden"] > 0, "tests and scripts are not a patch's to change"
    winner = result["clusters"][0]["members"][0]["verdict"]
    assert (winner["evidence"], winner["clean"], winner["guards_run"]) == ("junit", True, 3)
    assert "100 - discount" in (shop / PATH).read_text()
    assert git(shop, "status", "--short").split() == ["M", PATH]


def test_prompts_show_the_function_and_the_test(tool: Tool, shop: Path, tmp_path: Path) -> None:
    thrown = SOURCE.replace("return sum * (100 + discount) / 100", "return sum.less(discount)")
    make_shop(tmp_path / "other", {PATH: thrown})
    recording = make_recording(tmp_path / "recording.jsonl", {NO_FIX: 1.0})
    result = fix(tool, tmp_path / "other", recording, "--json", "--dry-run").json
    first = next(suspect for suspect in result["suspects"] if suspect["line"] is not None)
    assert (first["path"], first["function"], first["line"]) == (PATH, "total", 6), "out of V8's stack trace"


def test_a_model_that_takes_no_chat_says_that_it_knows_python_only(tool: Tool, shop: Path) -> None:
    ran = tool.run("fix", shop, "--issue", ISSUE, "--sandbox", "local", "--test-command", JUNIT, "-n", 4)
    assert ran.code == 1
    assert "embedded can be asked about Python only" in ran.err
    assert "models list" in ran.err
    assert "--context" not in ran.err, "a larger one would not help"


@pytest.mark.docker
def test_an_image_of_the_user_s_own(tool: Tool, shop: Path, tmp_path: Path, base_image: str) -> None:
    node = "RUN apt-get update && apt-get install -y --no-install-recommends nodejs"
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\n{node}\nWORKDIR /workspace\n")
    recording = make_recording(tmp_path / "recording.jsonl", CANDIDATES)
    image = ("--sandbox", "docker", "--dockerfile", tmp_path / "Dockerfile", "--build-network", "host")
    ran = fix(tool, shop, recording, "--json", *image)
    assert ran.code == 0, ran.err
    assert verdicts(ran.json).items() >= EXPECTED.items()
    assert ran.json["clusters"][0]["members"][0]["verdict"]["evidence"] == "junit"


STALE = """<testsuites><testcase name="stale" classname="test"/>
<testsuite name="total"><testcase name="takes a discount off" classname="test"/></testsuite></testsuites>"""


def test_reports_that_the_project_writes_by_itself(tool: Tool, tmp_path: Path) -> None:
    script = (
        "mkdir -p out/reports && node --test --test-reporter=junit --test-reporter-destination=out/reports/node.xml"
    )
    shop = make_shop(tmp_path / "shop", {"run.sh": script + "\n", "out/reports/old.xml": STALE})
    recording = make_recording(tmp_path / "recording.jsonl", CANDIDATES)
    ran = fix(tool, shop, recording, "--json", "--junit", "out/reports/*.xml", command="sh run.sh")
    assert ran.code == 0, ran.err
    assert ran.json["baseline"]["guards"] == 3, "a report from before the run doesn't count"
    whole = {"return sum * (101 + discount) / 100": "regresses"}  # nothing can be left out, so all is seen at once
    assert verdicts(ran.json).items() >= {**EXPECTED, **whole}.items()
    assert (shop / "out/reports/old.xml").read_text() == STALE
    outside = fix(tool, shop, recording, "--junit", "../*.xml")
    assert outside.code == 2
    assert "--junit" in outside.err


def test_a_summary_is_weaker_evidence_and_an_exit_status_none(tool: Tool, shop: Path, tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "recording.jsonl", CANDIDATES)
    ran = fix(tool, shop, recording, "--json", "--dry-run", command="node --test --test-reporter=spec")
    assert ran.code == 0, ran.err
    found = verdicts(ran.json)
    assert {found["return sum * (100 - discount) / 100"], found["return sum - sum * discount / 100"]} == {"fixes"}
    assert found["process.exit(0)"] == "broken", "it ends with 0, but fewer tests ran"
    assert "fixes" not in {found[line] for line in found.keys() - EXPECTED.keys()}
    assert ran.json["clusters"][0]["members"][0]["verdict"]["evidence"] == "exit-code"
    assert "a summary" in " ".join(ran.json["decision"]["reasons"])


PLAIN = """const assert = require('node:assert')
const { total } = require('../lib/prices.js')
assert.strictEqual(total([50, 50], 10), 90)
"""


def test_a_silent_command_proves_nothing_unless_its_marker_is_named(tool: Tool, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", {"test/prices.test.js": PLAIN})
    recording = make_recording(tmp_path / "recording.jsonl", {FIX: 1.0, EXITS: 1.0})
    silent = fix(tool, shop, recording, "--json", command="node test/prices.test.js")
    assert silent.code == 1
    assert set(verdicts(silent.json).values()) == {"broken"}
    told = make_shop(tmp_path / "told", {"test/prices.test.js": PLAIN + "console.log('prices are right')\n"})
    ran = fix(
        tool, told, recording, "--json", "--pass-marker", "^prices are right$", command="node test/prices.test.js"
    )
    assert ran.code == 0, ran.err
    assert verdicts(ran.json) == {"return sum * (100 - discount) / 100": "fixes", "process.exit(0)": "broken"}
    assert fix(tool, told, recording, "--pass-marker", "(").code == 2
