from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from reasoncli.domain import WorkItem
from reasoncli.errors import IssueError
from reasoncli.sources import load_list
from reasoncli.sources.lists import testbed_image as image_of

INSTANCE = {
    "instance_id": "django__django-11099",
    "repo": "django/django",
    "base_commit": "d26b2424437dabeeca94d7900b37d2df4410da0c",
    "problem_statement": "UsernameValidator allows trailing newline",
    "hints_text": "use \\Z",
    "patch": "THE FIX",
    "test_patch": "THE TESTS",
    "FAIL_TO_PASS": '["test_hidden"]',
}


def load(
    *places: str, cwd: Path, stdin: str = "", label: str | None = None, repository: str = "."
) -> tuple[WorkItem, ...]:
    return load_list(places, repository=repository, cwd=cwd, stdin=io.StringIO(stdin), label=label)


def test_a_folder_of_markdown(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# Second\n\ntext")
    (tmp_path / "a.md").write_text("First\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    items = load(str(tmp_path), cwd=tmp_path, repository="/somewhere")
    assert [(item.key, item.issue.title, item.repository) for item in items] == [
        ("a", "First", "/somewhere"),
        ("b", "Second", "/somewhere"),
    ]


def test_json_lines_with_all_that_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    rows = [
        {"id": "one", "repo": "shop", "issue": "It breaks", "base_commit": "abc", "tests": ["tests/test_a.py::test_x"]},
        {"issue": "It breaks, too", "tests": "make check", "image": "shop:1"},
    ]
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    one, two = load("list.jsonl", cwd=tmp_path, repository="other")
    assert one == WorkItem(
        "one", one.issue, str((tmp_path / "shop").resolve()), commit="abc", targets=("tests/test_a.py::test_x",)
    )
    assert (two.key, two.repository, two.test_command, two.image) == (
        "2",
        str(tmp_path.resolve() / "other"),
        "make check",
        "shop:1",
    )


def test_a_swe_bench_instance_as_it_is_and_nothing_of_its_answer(tmp_path: Path) -> None:
    (tmp_path / "verified.jsonl").write_text(json.dumps(INSTANCE))
    (item,) = load("verified.jsonl", cwd=tmp_path)
    assert (item.key, item.repository, item.commit) == (
        "django__django-11099",
        "django/django",
        INSTANCE["base_commit"],
    )
    assert item.testbed
    assert item.image == image_of("django__django-11099")
    assert item.image.endswith("django_1776_django-11099:latest")
    assert item.targets == ()
    for hidden in ("THE FIX", "THE TESTS", "test_hidden", "\\Z"):
        assert hidden not in repr(item)


def test_what_gh_issue_list_prints(tmp_path: Path) -> None:
    rows = [{"number": 7, "title": "Seven", "body": "text", "url": "https://github.com/o/n/issues/7"}]
    (item,) = load("-", cwd=tmp_path, stdin=json.dumps(rows))
    assert (item.key, item.issue.title, item.issue.url) == ("7", "Seven", "https://github.com/o/n/issues/7")
    assert item.issue.text == "Seven\n\ntext"


def test_issues_with_a_label_by_gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"number": n, "title": f"T{n}", "body": "", "url": ""} for n in (9, 3)]
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(f"#!/bin/sh\nprintf '%s ' \"$@\" > {tmp_path}/said\ncat <<'E'\n{json.dumps(rows)}\nE\n")
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gh.parent}{os.pathsep}{os.environ['PATH']}")
    items = load("owner/name", cwd=tmp_path, label="bug; rm -rf /")
    assert [(item.key, item.repository) for item in items] == [("3", "owner/name"), ("9", "owner/name")]
    assert "--repo owner/name --label bug; rm -rf / --state open" in (tmp_path / "said").read_text()


def test_keys_are_names_of_files_and_never_the_same(tmp_path: Path) -> None:
    rows = [{"id": each, "issue": "x"} for each in ("../../etc", "A b", "a-B", "\x1b[31m", "..", "x" * 500)]
    keys = [item.key for item in load("-", cwd=tmp_path, stdin=json.dumps(rows))]
    assert keys[:3] == ["etc", "A-b", "a-B-2"]
    assert len({key.lower() for key in keys}) == len(keys)
    assert all(key and len(key) < 110 and "/" not in key and not key.startswith(".") for key in keys)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{not json", "line 1"),
        ("[1]", "entry 1"),
        ('{"title": ""}', "says nothing"),
        ('{"issue": "x", "tests": 3}', "neither"),
        ("", "no issues"),
        ("[", "not JSON"),
    ],
)
def test_what_is_no_list(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(IssueError, match=words):
        load("-", cwd=tmp_path, stdin=text)


def test_places_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(IssueError, match="no file or folder"):
        load("nowhere", cwd=tmp_path)
    with pytest.raises(IssueError, match="no repository at GitHub"):
        load("--upload-pack=x", cwd=tmp_path, label="bug")
