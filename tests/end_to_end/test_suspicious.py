"""A patch that reaches for means of cheating: it stands behind honest ones, and isn't applied without consent."""

from __future__ import annotations

import json
from pathlib import Path

from tests.end_to_end.project import RIGHT, WRONG, Tool, edit, files_of, git, make_recording

PEEKING = edit(WRONG, f"    import sys\n    sys._getframe(1)\n{RIGHT}")
SPECIAL = edit(WRONG, f"    if discount == 10:\n        return 90\n{WRONG}")
FIX = edit(WRONG, RIGHT)


def test_it_is_withheld_shown_and_applied_on_request(tool: Tool, repository: Path, tmp_path: Path) -> None:
    before = files_of(repository)
    recording = make_recording(tmp_path / "r", {PEEKING: 1})
    ran = tool.fix(repository, recording)
    assert ran.code == 1
    assert files_of(repository) == before
    said = "shop/prices.py:8: it walks the frames of its callers (sys._getframe)"
    assert said in " ".join(ran.err.split())
    assert "--allow-suspicious" in ran.err
    (kept,) = tool.state.glob("runs/*/chosen.patch")
    git(repository, "apply", "--check", str(kept))
    shown = tool.run("runs", "show").out
    assert "suspicious" in shown
    assert said in " ".join(shown.split())
    stored = json.loads(tool.run("runs", "show", "--json").out)
    assert stored["status"] == "suspicious"
    assert stored["clusters"][0]["members"][0]["verdict"]["suspicions"] == [said]
    (listed,) = json.loads(tool.run("runs", "list", "--json").out)["runs"]
    assert listed["status"] == "suspicious"
    ran = tool.fix(repository, recording, "--allow-suspicious")
    assert ran.code == 1, "it is applied, but nobody says that it is verified"
    assert "_getframe" in (repository / "shop/prices.py").read_text()


def test_one_honest_fix_stands_before_many_suspicious_votes(tool: Tool, repository: Path, tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "r", {PEEKING: 6, SPECIAL: 3, FIX: 1})
    result = tool.fix(repository, recording, "--json", "-n", 60).json
    assert (result["exit_code"], result["status"]) == (0, "verified")
    assert (repository / "shop/prices.py").read_text().count(RIGHT) == 1
    assert "_getframe" not in result["patch"]["diff"]


def test_the_answer_of_the_test_is_not_a_fix(tool: Tool, repository: Path, tmp_path: Path) -> None:
    result = tool.fix(repository, make_recording(tmp_path / "r", {SPECIAL: 1}), "--json").json
    assert (result["exit_code"], result["status"]) == (1, "suspicious")
    assert any("answers 10 with 90" in reason for reason in result["decision"]["reasons"])


def test_consent_to_partial_patches_is_none_to_suspicious_ones(tool: Tool, repository: Path, tmp_path: Path) -> None:
    before = files_of(repository)
    worse = edit(WRONG, "    import sys\n    sys._getframe(1)\n    return result * 0.9")
    recording = make_recording(tmp_path / "r", {worse: 1})
    ran = tool.fix(repository, recording, "--allow-partial", "--allow-unverified")
    assert (ran.code, files_of(repository)) == (1, before)
    assert "--allow-suspicious" in ran.err
    tool.fix(repository, recording, "--allow-partial", "--allow-suspicious")
    assert files_of(repository) != before
