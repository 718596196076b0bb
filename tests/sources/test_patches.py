"""Patches to choose from, in all the forms that people and programs leave them in."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from reasoncli.errors import PatchesError
from reasoncli.sources import load_patches, patches

DIFF = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n"
OTHER = DIFF.replace("+b", "+c")


def load(folder: Path, *places: str, instance: str | None = None, stdin: str = "") -> list[tuple[str, str]]:
    found = load_patches(places, instance=instance, cwd=folder, stdin=io.StringIO(stdin))
    return [(each.source, each.text) for each in found]


def row(patch: object = DIFF, **more: object) -> str:
    return json.dumps({"model_patch": patch, **more}) + "\n"


def test_a_diff_is_one_patch_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.diff").write_text(DIFF)
    assert load(tmp_path, "a.diff") == [("a.diff", DIFF)]


def test_a_folder_is_read_in_the_order_of_names_whatever_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "runs/one").mkdir(parents=True)
    (tmp_path / "runs/one/patch.diff").write_text(DIFF)
    (tmp_path / "runs/b.patch").write_text(OTHER)
    (tmp_path / "runs/log.txt").write_text("no patch")
    (tmp_path / "runs/preds.jsonl").write_text(row(model_name_or_path="x"))
    assert load(tmp_path, "runs") == [("b.patch", OTHER), ("one/patch.diff", DIFF), ("x", DIFF)]


def test_predictions_are_told_apart_by_issue(tmp_path: Path) -> None:
    lines = [row(instance_id="p-1", model_name_or_path="one"), row(OTHER, instance_id="p-2", model_name_or_path="two")]
    (tmp_path / "preds.jsonl").write_text("".join(lines))
    assert load(tmp_path, "preds.jsonl", instance="p-2") == [("two", OTHER)]
    with pytest.raises(PatchesError, match="for 2 issues") as refused:
        load(tmp_path, "preds.jsonl")
    assert "p-1, p-2" in refused.value.hint
    with pytest.raises(PatchesError, match="no patch for p-3"):
        load(tmp_path, "preds.jsonl", instance="p-3")


def test_without_an_issue_named_all_of_the_only_one_are_taken(tmp_path: Path) -> None:
    (tmp_path / "preds.jsonl").write_text(row(instance_id="p-1", model="m") + row(OTHER, instance_id="p-1"))
    assert load(tmp_path, "preds.jsonl") == [("m", DIFF), ("line 2 of preds.jsonl", OTHER)]


def test_a_mapping_by_issue_and_a_list_are_read(tmp_path: Path) -> None:
    (tmp_path / "by_issue.json").write_text(json.dumps({"p-1": {"model_patch": DIFF}, "p-2": {"model_patch": OTHER}}))
    (tmp_path / "list.json").write_text(json.dumps([{"diff": DIFF, "name": "n"}]))
    (tmp_path / "one.json").write_text(json.dumps({"patch": OTHER}))
    assert load(tmp_path, "by_issue.json", "list.json", "one.json", instance="p-1") == [
        ("'p-1' in by_issue.json", DIFF),
        ("n", DIFF),
        ("one.json", OTHER),
    ]


def test_an_attempt_without_a_patch_stays_an_attempt(tmp_path: Path) -> None:
    (tmp_path / "preds.jsonl").write_text(row(None, model="gave up") + row("", model="empty"))
    assert load(tmp_path, "preds.jsonl") == [("gave up", ""), ("empty", "")]


def test_standard_input_holds_a_diff_or_predictions(tmp_path: Path) -> None:
    assert load(tmp_path, "-", stdin=DIFF) == [("standard input", DIFF)]
    assert load(tmp_path, "-", stdin=row(model="m")) == [("m", DIFF)]


def test_names_are_made_short_and_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "preds.jsonl").write_text(row(model="a\nb" + "c" * 1000))
    ((name, _),) = load(tmp_path, "preds.jsonl")
    assert name.startswith("a bccc")
    assert len(name) == 200


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "line 1 of preds.jsonl is not JSON"),
        ('{"model_patch": "x"}\nnonsense\n', "line 2 of preds.jsonl is not JSON"),
        ("[1]", "entry 1 of preds.jsonl is not an object"),
        ('{"model_patch": 3}', "preds.jsonl holds no patch"),
        ('{"model": "x"}', "preds.jsonl holds no patch"),
        ("", "no patches to choose from"),
    ],
)
def test_what_is_malformed_is_named_with_its_place(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "preds.jsonl").write_text(content)
    with pytest.raises(PatchesError, match=said):
        load(tmp_path, "preds.jsonl")


def test_what_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PatchesError, match=r"can't read nowhere\.diff"):
        load(tmp_path, "nowhere.diff")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PatchesError, match="empty holds no patches"):
        load(tmp_path, "empty")


def test_too_many_and_too_much_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "preds.jsonl").write_text(row() * 3)
    monkeypatch.setattr(patches, "MOST", 2)
    with pytest.raises(PatchesError, match="there are 3 patches; 2 can be taken"):
        load(tmp_path, "preds.jsonl")
    monkeypatch.setattr(patches, "MAX_BYTES", 1 << 6)
    with pytest.raises(PatchesError, match="larger than"):
        load(tmp_path, "preds.jsonl")
