"""What an issue shows by itself, where no test fails: it tells patches apart that the tests don't."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.project import (
    FIX,
    ISSUE,
    RIGHT,
    TESTS,
    WRONG,
    Tool,
    edit,
    files_of,
    make_recording,
    make_repository,
)

_, TOTAL, DISCOUNT, CHEAPEST, NOTHING = TESTS.split("\n\n\n")
UNTESTED = "\n\n\n".join([_, TOTAL, CHEAPEST, NOTHING])
TWICE = edit(WRONG, "    return result * (100 + 2 * discount) / 100")
UNITTEST = """\
import unittest
from shop.prices import total

class Prices(unittest.TestCase):
    def test_total(self):
        self.assertEqual(total([1, 2, 3]), 6)
"""


@pytest.fixture
def untested(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", {"tests/test_prices.py": UNTESTED})


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Most samples change something that is no fix; no test notices."""
    return make_recording(tmp_path / "recording.jsonl", {TWICE: 4.0, FIX: 1.0})


def test_the_patch_that_does_what_the_issue_wants_stands_before_what_has_more_votes(
    tool: Tool, untested: Path, recording: Path
) -> None:
    blind = tool.fix(untested, recording, "--dry-run", "--json", "-n", 32)
    assert RIGHT not in blind.json["patch"]["diff"]
    ran = tool.fix(untested, recording, "--dry-run", "--json", "-n", 32, "--issue-examples")
    assert ran.json["status"] == "unverified"  # an example is no test
    assert ran.code == 1
    assert RIGHT in ran.json["patch"]["diff"]
    claims = ran.json["clusters"][0]["members"][0]["verdict"]["claims"]
    assert [(each["fate"], each["said"]) for each in claims] == [("gone", "110"), ("met", "90")]
    assert "does what the issue wants: `total([50, 50], discount=10)` gives 90.0." in " ".join(
        ran.json["decision"]["reasons"]
    )


def test_without_isolation_nothing_of_an_issue_runs_unless_it_is_asked_for(
    tool: Tool, untested: Path, recording: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    issue = f"{ISSUE}\n```python\nopen({str(mark)!r}, 'w')\n```\n"
    before = files_of(untested)
    tool.fix(untested, recording, "--dry-run", "-n", 8, issue=issue)
    assert not mark.exists()
    tool.fix(untested, recording, "--dry-run", "-n", 8, "--issue-examples", issue=issue)
    assert mark.exists()
    assert files_of(untested) == before


@pytest.mark.docker
def test_in_docker_they_run_by_default(tool: Tool, tmp_path: Path, recording: Path, base_image: str) -> None:
    repository = make_repository(tmp_path / "shop", {"tests/test_prices.py": UNITTEST, "tests/__init__.py": ""})
    ran = tool.run(
        *("fix", repository, "--issue", ISSUE, "--model", f"recorded:{recording}", "--seed", 1, "-n", 32),
        *("--image", base_image, "--test-command", "python3 -m unittest", "--dry-run", "--json"),
    )
    assert RIGHT in ran.json["patch"]["diff"], ran.err
