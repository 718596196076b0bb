"""Fixes found in small git repositories, and what is not taken for one."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from training.mine import dataset, mining
from training.mine.__main__ import main
from training.mine.dataset import Store

MODULE = '''"""A shop."""

import math

RATE = 2


class Shop:
    """Sells."""

    def total(self, prices, rate=RATE):
        """The sum."""
        result = 0
        for price in prices:
            result -= price * rate
        return result

    @property
    def name(self):
        return self._nmae


def first(items):
    # the first one
    return items[0]
'''
MIT = """MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software, subject to: The above
copyright notice and this permission notice shall be included. THE SOFTWARE IS PROVIDED "AS IS".
"""


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for role in ("AUTHOR", "COMMITTER"):
            identity |= {f"GIT_{role}_NAME": "t", f"GIT_{role}_EMAIL": "t@example.org"}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**os.environ, **identity},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str, files: dict[str, str]) -> str:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def mined(self) -> mining.Mined:
        return mining.mine(self.folder / ".git", "github:o/n", "MIT", "train", lambda path, name: None)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "o+n" / "repo")
    made.commit("Fix everything, to begin with", {"shop.py": MODULE, "LICENSE": MIT})
    return made


def change(*pairs: tuple[str, str]) -> str:
    text = MODULE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_one_line_fix_is_found_with_its_hunk(repository: Repository) -> None:
    commit = repository.commit("Fix the sum\n\nIt was negative.", {"shop.py": change(("result -=", "result +="))})
    (fix,) = repository.mined().fixes
    assert (fix.name, fix.path, fix.commit, fix.message) == ("Shop.total", "shop.py", commit, "Fix the sum")
    assert fix.before[0] == "def total(self, prices, rate=RATE):"
    assert (fix.start, fix.end, fix.replacement) == (3, 4, ("        result += price * rate",))
    assert fix.before[fix.start : fix.end] == ("        result -= price * rate",)
    assert fix.after == fix.before[: fix.start] + fix.replacement + fix.before[fix.end :]
    assert (fix.tests, fix.imports, fix.revert) == (False, False, False)


def test_an_insertion_with_tests_and_an_import(repository: Repository) -> None:
    guarded = change(
        ("    # the first", "    if not items:\n        return math.nan\n    # the first"),
        ("import math", "import math, os"),
    )
    repository.commit(
        "Closes an issue: empty", {"shop.py": guarded, "tests/test_shop.py": "def test_it(): pass\n", "NEWS": "x"}
    )
    (fix,) = repository.mined().fixes
    assert (fix.start, fix.end, fix.replacement) == (1, 1, ("    if not items:", "        return math.nan"))
    assert (fix.tests, fix.imports) == (True, True)


def test_a_deletion_and_a_decorated_function(repository: Repository) -> None:
    repository.commit("name was wrong", {"shop.py": change(("_nmae", "_name"))})
    (fix,) = repository.mined().fixes
    assert fix.before == ("def name(self):", "    return self._nmae")


def test_an_inner_function_stands_for_itself(repository: Repository) -> None:
    outer = "def outer(f):\n    def inner(x):\n        y = x\n        return f(y)\n    return inner\n"
    repository.commit("add", {"outer.py": outer})
    repository.commit("Fix inner", {"outer.py": outer.replace("f(y)", "f(y + 1)")})
    (fix,) = repository.mined().fixes
    assert fix.name == "outer.inner"
    assert fix.before == ("def inner(x):", "    y = x", "    return f(y)")


def test_modules_that_are_no_python_of_today_give_what_can_be_parsed(repository: Repository) -> None:
    old = "def f():\n    print 'x'\n\n\ndef g(x):\n    return x\n"
    repository.commit("add", {"old.py": old})
    repository.commit("Fix g", {"old.py": old.replace("return x", "return -x")})
    (fix,) = repository.mined().fixes
    assert fix.name == "g"


@pytest.mark.parametrize(
    ("message", "files", "why"),
    [
        ("Fix name", {"shop.py": change(("result", "total"))}, "rename"),
        ("Fix text", {"shop.py": change(("return items[0]", "return items[0]  # fixed"))}, "nothing printed"),
        ("Fix layout", {"shop.py": change(("price * rate", "(price *\n                rate)"))}, "nothing printed"),
        ("Fix docs of sum", {"shop.py": change(("result -=", "result +="))}, None),
        ("Faster sum", {"shop.py": change(("result -=", "result +="))}, None),
        ("Fix two", {"shop.py": change(("result -=", "result +="), ("items[0]", "items[1]"))}, "several functions"),
        ("Fix rate", {"shop.py": change(("RATE = 2", "RATE = 3"), ("items[0]", "items[1]"))}, "more than functions"),
        ("Fix decorator", {"shop.py": change(("@property\n", "@property  \n@cached\n"))}, "more than functions"),
        ("Fix types", {"shop.py": change(("first(items)", "first(items: list)"))}, "annotations"),
        ("Fix copy", {"shop.py": "# GPLv3\n" + change(("items[0]", "items"))}, "the file's licence"),
        ("Fix by help", {"shop.py": change(("items[0]", "one(items)")) + "\n\ndef one(x):\n    pass\n"}, "more"),
        ("Fix tests of it", {"tests/test_a.py": "def test_a():\n    assert 1\n"}, None),
        ("Fix and C", {"shop.py": change(("result -=", "result +=")), "shop.c": "int x;"}, None),
        ("Fix with a new file", {"shop.py": change(("result -=", "result +=")), "b.py": "x = 1\n"}, None),
    ],
)  # fmt: skip
def test_what_is_no_fix_of_one_function_is_left_out(
    repository: Repository, message: str, files: dict[str, str], why: str | None
) -> None:
    repository.commit(message, files)
    mined = repository.mined()
    assert mined.fixes == []
    assert [reason[: len(why or "")] for reason in mined.dropped] == ([why] if why else [])


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("raise ValueError('no items')", "raise ValueError('there are no items')", "text"),
        ("x = {'help': 'the item'}", "x = {'help': 'the first item'}", "text"),
        ("log.debug('%s', items)", "log.debug('%r', items)", "log"),
        ("for x in items.iteritems(): pass", "for x in items.items(): pass", "python 2"),
        ("x = items['kye']", "x = items['key']", None),
    ],
)
def test_texts_for_people_and_old_spellings_are_left_out(
    repository: Repository, before: str, after: str, why: str | None
) -> None:
    repository.commit("more", {"a.py": f"def f(items):\n    {before}\n    return 1\n"})
    repository.commit("Fix it", {"a.py": f"def f(items):\n    {after}\n    return 1\n"})
    mined = repository.mined()
    assert len(mined.fixes) == (why is None)
    assert list(mined.dropped) == ([why] if why else [])


def test_changes_of_tests_alone_and_merges_are_left_out(repository: Repository) -> None:
    tests = {"tests/test_a.py": "def test_a():\n    assert 1\n"}
    repository.commit("add", tests)
    repository.git("switch", "-q", "-c", "side")
    repository.commit("Fix assertion", {"tests/test_a.py": tests["tests/test_a.py"].replace("1", "2")})
    repository.commit("more", {"other.py": "x = 1\n"})
    repository.git("switch", "-q", "main")
    repository.commit("more", {"shop.py": change(("result -=", "result +="))})
    repository.git("merge", "-q", "--no-ff", "-m", "Fix it by a merge", "side")
    assert repository.mined().fixes == []


def test_excluded_functions_are_counted(repository: Repository) -> None:
    repository.commit("Fix the sum", {"shop.py": change(("result -=", "result +="))})
    mined = mining.mine(repository.folder / ".git", "s", "MIT", "train", lambda path, name: f"{path} {name}")
    assert mined.fixes == []
    assert mined.dropped == {"shop.py Shop.total": 1}


def records(repository: Repository, **changed: Any) -> list[dict[str, Any]]:
    return [fix.as_json() | changed for fix in repository.mined().fixes]


def test_cherry_picks_count_once_and_what_was_taken_back_not_at_all(repository: Repository) -> None:
    repository.commit("Fix the sum", {"shop.py": change(("result -=", "result +="))})
    repository.git("revert", "--no-edit", "HEAD")
    one = records(repository)
    assert [record["revert"] for record in one] == [True, False]
    assert dataset.assemble([one], lambda record: None).fixes == []
    repository.commit("Fix first", {"shop.py": change(("items[0]", "items[-1]"))})
    train, test = records(repository), records(repository, split="test", source="github:a/b")
    whole = dataset.assemble([train, test], lambda record: None)
    assert [(fix["name"], fix["split"]) for fix in whole.fixes] == [("first", "test")]
    assert whole.dropped == {"reverts": 4, "duplicates": 1}
    assert "revert" not in whole.fixes[0]
    assert whole.fixes[0]["pattern"] == "change index"
    assert dataset.assemble([train], lambda record: "mine").dropped == {"reverts": 2, "mine": 1}


def test_a_long_hunk_in_functions_of_one_name_counts_once() -> None:
    def record(name: str, line: str, split: str) -> dict[str, Any]:
        before, replacement = ["def f(x):", line, "    return x + 1"], ["    return x + 2 * 3"]
        place = {"start": 2, "end": 3, "replacement": replacement, "tests": True, "revert": False}
        sides = {"before": before, "after": [*before[:2], *replacement]}
        return {"source": "s", "commit": "c", "name": name, "split": split} | place | sides

    short = [record("A.f", "    x = 1", "train"), record("B.f", "    x = 2", "test"), record("g", "    x = 3", "train")]
    assert len(dataset.assemble([short], lambda record: None).fixes) == 3
    for one in short:
        one["replacement"] = [f"    return x + 2 * {'3' * 60}"]
    left = dataset.assemble([short], lambda record: None).fixes
    assert [one["name"] for one in left] == ["B.f", "g"]


def test_a_run_goes_on_where_it_was(repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, listed = tmp_path / "data", tmp_path / "list.toml"
    listed.write_text('repositories = ["o/n", "o/copyleft", "o/missing", "django/django"]\n', encoding="utf-8")
    Repository(tmp_path / "o+copyleft" / "repo").commit("Fix", {"LICENSE": "GNU General Public License"})
    Repository(tmp_path / "django+django" / "repo").commit("Fix", {"LICENSE": MIT})
    for kind in ("quixbugs", "projects"):
        dataset.write(data / "references" / f"{kind}.jsonl.gz", [])
    arguments = ["--data", str(data), "--repositories", str(tmp_path), "--list", str(listed)]

    repository.commit("Fix the sum", {"shop.py": change(("result -=", "result +="))})
    assert main(arguments) == 0
    with gzip.open(data / "fixes.jsonl.gz", "rt") as lines:
        (fix,) = map(json.loads, lines)
    assert (fix["source"], fix["licence"], fix["name"]) == ("github:o/n", "MIT", "Shop.total")
    told = capsys.readouterr()
    assert "change assignment operator" in told.out
    assert "o/copyleft: left out" in told.err
    assert "django/django: left out" in told.err
    assert "o/missing" in told.err

    store = Store(data / "fixes")
    head = repository.git("rev-parse", "HEAD")
    assert store.has("o/n", head)
    stamp = store.path("o/n").stat().st_mtime_ns
    assert main(arguments) == 0
    assert store.path("o/n").stat().st_mtime_ns == stamp

    repository.commit("Fix first", {"shop.py": change(("result -=", "result +="), ("items[0]", "items[-1]"))})
    assert main(arguments) == 0
    assert [fix["name"] for fix in dataset.read(data / "fixes.jsonl.gz")] != [fix["name"]]
    assert not list(data.rglob("*.part"))


def test_without_the_texts_to_keep_out_nothing_is_put_together(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "list.toml"
    listed.write_text('repositories = ["o/n"]\n', encoding="utf-8")
    data = tmp_path / "data"
    assert main(["--data", str(data), "--repositories", str(tmp_path), "--list", str(listed)]) == 2
    assert "training.collect" in capsys.readouterr().err
    assert not (data / "fixes.jsonl.gz").exists()
