"""`select`: other people's patches for an issue, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.end_to_end.project import (
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
    make_repository,
    refused,
)

OTHER = "    return result - result * discount / 100"
BREAKS = "    return result * 0.9"
NO_FIX = "    return result * (101 + discount) / 100"


def diff(repository: Path, new: str, *, path: str = "shop/prices.py", old: str = WRONG) -> str:
    """What git says of putting one line in the place of another."""
    file = repository / path
    before = file.read_text()
    file.write_text(before.replace(old, new))
    text = git(repository, "diff")
    file.write_text(before)
    return text


def predictions(path: Path, patches: Mapping[str, str | None], instance: str = "shop-1") -> Path:
    rows = [
        {"instance_id": instance, "model_name_or_path": name, "model_patch": text} for name, text in patches.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def attempts(repository: Path, tmp_path: Path) -> Path:
    """The right change leads only as its two spellings vote together; more attempts than that fix nothing."""
    return predictions(
        tmp_path / "attempts.jsonl",
        {
            "fails 1": diff(repository, NO_FIX),
            "fails 2": diff(repository, NO_FIX),
            "fails 3": diff(repository, NO_FIX),
            "other": diff(repository, OTHER),
            "right": diff(repository, RIGHT),
            "breaks": diff(repository, BREAKS),
            "right, in blocks": edit(WRONG, RIGHT + "  # less, not more"),
            "gave up": None,
            "talks": "The sign is wrong.",
        },
    )


def select(tool: Tool, repository: Path, patches: Path, *more: object, issue: str = ISSUE) -> Ran:
    return tool.run(
        *("select", repository, "--issue", issue, "--patches", patches, "--sandbox", "local", "--seed", 1), *more
    )


def test_the_behaviour_with_most_votes_among_what_passes_is_applied_and_taken_back(
    tool: Tool, repository: Path, attempts: Path
) -> None:
    before = files_of(repository)
    ran = select(tool, repository, attempts)
    assert ran.code == 0, ran.err
    assert (repository / "shop/prices.py").read_text() == SOURCE.replace(WRONG, RIGHT)
    assert tool.run("undo", "-C", repository).code == 0
    assert files_of(repository) == before


def test_it_is_told_of_every_attempt_how_it_fared_and_why(tool: Tool, repository: Path, attempts: Path) -> None:
    before = files_of(repository)
    ran = select(tool, repository, attempts, "--dry-run", "--json")
    assert files_of(repository) == before
    clusters = [(each["tier"], each["votes"], each["members"]) for each in ran.json["clusters"]]
    assert [(tier, votes) for tier, votes, _ in clusters] == [("fixes", 3), ("demoted", 1), ("harmless", 3)]
    assert sorted(name for member in clusters[0][2] for name in member["origins"]) == [
        "other",
        "right",
        "right, in blocks",
    ]
    assert clusters[2][2][0]["origins"] == ["fails 1", "fails 2", "fails 3"]
    assert [(each["origin"], each["kind"]) for each in ran.json["refused"]] == [
        ("gave up", "unparsable"),
        ("talks", "unparsable"),
    ]
    shown = tool.run("runs", "show", "--explain")
    assert shown.code == 0, shown.err
    words = " ".join(shown.out.split())
    for said in (
        "2 different patches that behave alike",
        "red: tests/test_prices.py::test_discount",
        "it breaks tests/test_prices.py::test_total",
        "gave up unparsable",
    ):
        assert said in words, shown.out


def test_a_fix_explains_itself_as_well(tool: Tool, repository: Path, recording: Path) -> None:
    ran = tool.fix(repository, recording, "--dry-run", "--explain", "--exhaustive")
    assert ran.code == 0, ran.err
    assert "red: tests/test_prices.py::test_discount" in " ".join(ran.err.split())
    assert "No patch" in ran.err


def test_what_a_patch_may_not_touch_is_left_out_and_told(tool: Tool, repository: Path, tmp_path: Path) -> None:
    assertion = "    assert total([50, 50], discount=10) == 90"
    cheat = diff(repository, assertion.replace("90", "110"), path="tests/test_prices.py", old=assertion)
    patches = predictions(tmp_path / "p.jsonl", {"cheats": cheat, "fixes and cheats": diff(repository, RIGHT) + cheat})
    before = (repository / "tests/test_prices.py").read_bytes()
    ran = select(tool, repository, patches, "--json")
    assert ran.code == 0, ran.err
    assert [(each["origin"], each["kind"]) for each in ran.json["refused"]] == [("cheats", "forbidden")]
    assert ran.json["patch"]["dropped"] == ["tests/test_prices.py"]
    assert (repository / "tests/test_prices.py").read_bytes() == before


def test_where_none_fixes_it_nothing_is_written(tool: Tool, repository: Path, tmp_path: Path) -> None:
    patches = tmp_path / "only.diff"
    patches.write_text(diff(repository, NO_FIX))
    before = files_of(repository)
    ran = select(tool, repository, patches)
    assert ran.code == 1
    assert files_of(repository) == before


def test_a_failing_test_that_no_patch_turns_green_and_nothing_links_to_the_issue_does_not_decide(
    tool: Tool, tmp_path: Path
) -> None:
    tests = "from shop.prices import cheapest, total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 6\n"
    noise = "def test_machine():\n    assert len('abc') == 4\n"
    repository = make_repository(tmp_path / "r", {"tests/test_prices.py": tests, "tests/test_machine.py": noise})
    patches = predictions(
        tmp_path / "p.jsonl",
        {"breaks": diff(repository, BREAKS), "right": diff(repository, RIGHT), "right, in blocks": edit(WRONG, RIGHT)},
    )
    ran = select(tool, repository, patches, "--json", "--allow-unverified")
    assert ran.code == 1, ran.err
    assert ran.json["status"] == "unverified"
    assert "taken for unrelated" in ran.err
    assert (repository / "shop/prices.py").read_text() == SOURCE.replace(WRONG, RIGHT)
    named = select(tool, repository, patches, "--json", "--target", "tests/test_machine.py::test_machine")
    assert named.json["status"] == "none"


def test_most_votes_outweigh_a_test_of_the_old_behaviour_but_need_consent(tool: Tool, tmp_path: Path) -> None:
    old = TESTS.replace("== 90", "== 110")
    repository = make_repository(tmp_path / "r", {"tests/test_prices.py": old})
    before = files_of(repository)
    patches = predictions(
        tmp_path / "p.jsonl",
        {
            "right": diff(repository, RIGHT),
            "other": diff(repository, OTHER),
            "does nothing": diff(repository, WRONG + "  # as it was"),
            "rounds": diff(repository, WRONG.replace("/ 100", "// 1 / 100")),
            "again": diff(repository, RIGHT),
        },
    )
    ran = select(tool, repository, patches, "--json", "--allow-unverified")
    assert ran.code == 1
    assert ran.json["clusters"][0]["tier"] == "contested"
    assert "--allow-regressions" in " ".join(ran.json["applied"])
    assert files_of(repository) == before
    words = " ".join(tool.run("runs", "show").out.split())
    assert "It breaks tests/test_prices.py::test_discount. 3 of" in words
    assert "for asserting what the issue wants changed" in words
    ran = select(tool, repository, patches, "--json", "--allow-unverified", "--allow-regressions")
    assert (repository / "shop/prices.py").read_text() == SOURCE.replace(WRONG, RIGHT)


def test_what_is_less_sure_than_asked_for_is_not_applied(tool: Tool, repository: Path, tmp_path: Path) -> None:
    patches = predictions(tmp_path / "p.jsonl", {"right": diff(repository, RIGHT), "wrong": diff(repository, NO_FIX)})
    ran = select(tool, repository, patches, "--json", "--min-confidence", "1")
    assert (ran.code, ran.json["status"], ran.json["exit_code"]) == (1, "verified", 1)
    sure = ran.json["decision"]["confidence"]
    assert 0 < sure < 1
    assert f"probability of {sure:.2f} only; --min-confidence asks for 1" in " ".join(ran.json["applied"])
    assert (repository / "shop/prices.py").read_text() == SOURCE
    ran = select(tool, repository, patches, "--json", "--min-confidence", str(sure - 0.01))
    assert (ran.code, ran.json["exit_code"]) == (0, 0)
    assert (repository / "shop/prices.py").read_text() == SOURCE.replace(WRONG, RIGHT)


def test_the_predictions_of_the_issues_own_instance_are_meant(tool: Tool, repository: Path, tmp_path: Path) -> None:
    issues = tmp_path / "issues.jsonl"
    issues.write_text(json.dumps({"instance_id": "shop-1", "problem_statement": ISSUE}) + "\n")
    patches = predictions(tmp_path / "p.jsonl", {"right": diff(repository, RIGHT)})
    patches.write_text(patches.read_text() + predictions(tmp_path / "q.jsonl", {"x": "no"}, "shop-2").read_text())
    refused(select(tool, repository, patches, "--json"), 2, "for 2 issues", "--instance ID")
    ran = select(tool, repository, patches, "--json", issue=f"{issues}#shop-1")
    assert ran.code == 0, ran.err
    assert ran.json["decision"]["samples"] == 1


def test_a_run_goes_on_without_the_files_it_was_given(tool: Tool, repository: Path, attempts: Path) -> None:
    ran = select(tool, repository, attempts, "--dry-run", "--json")
    attempts.unlink()
    again = tool.run("runs", "resume", "--json")
    assert again.code == 0, again.err
    assert again.json["patch"] == ran.json["patch"]
    assert again.json["refused"] == ran.json["refused"]


def test_broken_input_is_refused_before_anything_is_done(tool: Tool, repository: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"model_patch": 1}\n')
    refused(select(tool, repository, bad, "--json"), 2, "holds no patch", "model_patch")
    refused(select(tool, repository, tmp_path / "nothing", "--json"), 2, "can't read")
    refused(
        tool.run("select", repository, "--issue", "-", "--patches", "-", "--json"), 2, "both the issue and the patches"
    )
    assert tool.run("runs", "list", "--json").json["runs"] == []
