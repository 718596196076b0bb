from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from reasoncli.domain import Issue
from reasoncli.errors import IssueError
from reasoncli.sources import load_issue, loading


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def load(source: str, cwd: Path, stdin: str | bytes = "") -> Issue:
    stream = io.StringIO(stdin) if isinstance(stdin, str) else io.TextIOWrapper(io.BytesIO(stdin), "ascii")
    return load_issue(source, repository_slug=None, cwd=cwd, stdin=stream)


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "bug.md").write_text("\n# Rounding is wrong\r\n\r\nround(2.5) gives 2.\n")
    issue = load("bug.md", tmp_path)
    assert issue == Issue("# Rounding is wrong\n\nround(2.5) gives 2.", "Rounding is wrong", "bug.md")
    assert load(str(tmp_path / "bug.md"), Path("/")).text == issue.text


@pytest.mark.parametrize(
    "raw",
    ["Größe\n".encode(), "Größe\n".encode("utf-8-sig"), "Größe\n".encode("cp1252"), "Größe\n".encode("utf-16")],
)
def test_encodings(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "bug.txt").write_bytes(raw)
    assert load("bug.txt", tmp_path).text == "Größe"


def test_standard_input(tmp_path: Path) -> None:
    assert load("-", tmp_path, "Title\n\nBody").title == "Title"
    assert load("-", tmp_path, "Größe".encode()).text == "Größe"  # whatever the terminal's encoding says
    with pytest.raises(IssueError, match="empty"):
        load("-", tmp_path, " \n")
    with pytest.raises(IssueError, match="terminal") as caught:
        load_issue("-", repository_slug=None, cwd=tmp_path, stdin=Terminal())
    assert "<" in caught.value.hint


@pytest.mark.parametrize("text", ["f(1) returns 2", "Crash in utils.py: see log.", "one\ntwo", "x" * 5000, "a\0b c"])
def test_quoted_text(tmp_path: Path, text: str) -> None:
    issue = load(text, tmp_path)
    assert issue.text == text.replace("\0", "\ufffd")
    assert issue.source == "text"
    assert len(issue.title) <= 200


@pytest.mark.parametrize("text", ["", "  \n\t", "#", "---\n===\n"])
def test_nothing_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(IssueError, match="empty"):
        load(text, tmp_path)
    (tmp_path / "bug.md").write_text(text)
    with pytest.raises(IssueError, match=r"bug\.md"):
        load("bug.md", tmp_path)


@pytest.mark.parametrize("name", ["bug.md", "docs/bug.txt", "/nowhere/issue.rst", "tasks.jsonl", "tasks.jsonl#a-1"])
def test_a_missing_file_is_not_taken_for_text(tmp_path: Path, name: str) -> None:
    with pytest.raises(IssueError, match="there is no file"):
        load(name, tmp_path)


def test_folders_binaries_and_giants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "core.txt").write_bytes(b"ELF\0\1\2")
    with pytest.raises(IssueError, match="folder"):
        load("docs", tmp_path)
    with pytest.raises(IssueError, match="not a text file"):
        load("core.txt", tmp_path)
    monkeypatch.setattr(loading, "MAX_BYTES", 10)
    (tmp_path / "long.md").write_text("x" * 11)
    with pytest.raises(IssueError, match="larger"):
        load("long.md", tmp_path)
    with pytest.raises(IssueError, match="larger"):
        load("-", tmp_path, "x" * 11)


def instance(name: str, statement: str = "It breaks\n\nReally.") -> str:
    return json.dumps({"instance_id": name, "problem_statement": statement, "repo": "o/n", "base_commit": "0" * 40})


def test_swe_bench_lines(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(instance("o__n-1") + "\n\n")
    (tmp_path / "two.jsonl").write_text("\n".join([instance("o__n-1"), instance("o__n-2", "Other\r\n")]))
    assert load("one.jsonl", tmp_path) == Issue("It breaks\n\nReally.", "It breaks", "one.jsonl")
    assert load("two.jsonl#o__n-2", tmp_path).text == "Other"
    with pytest.raises(IssueError, match="2 instances") as caught:
        load("two.jsonl", tmp_path)
    assert "two.jsonl#ID" in caught.value.hint
    assert "o__n-1, o__n-2" in caught.value.hint
    with pytest.raises(IssueError, match="no instance o__n-3"):
        load("two.jsonl#o__n-3", tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("{", "line 1"),
        (instance("a") + "\n[]", "line 2"),
        ('{"instance_id": "a"}', "line 1"),
        ("\xff\xfe", "line 1"),
        (instance("a", "  "), "issue of a is empty"),
    ],
)
def test_malformed_lines(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "tasks.jsonl").write_bytes(content.encode("latin-1"))
    with pytest.raises(IssueError, match=message):
        load("tasks.jsonl", tmp_path)
