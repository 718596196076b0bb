from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from reasoncli.errors import UsageError
from tests.training.collecting import EDITED, GPL, MERGED, RENAMED, World, small_world, source_in
from training.collect.__main__ import main
from training.collect.run import Options, collect
from training.collect.sources import StandardLibrary
from training.splits import split_of

LISTED = '[packages]\n[repositories]\n"acme/listed" = "MIT"\n'


@pytest.fixture
def world(tmp_path: Path) -> World:
    return small_world(tmp_path)


def test_functions_are_printed_as_the_model_reads_them(world: World) -> None:
    code = '''
class Shelf:
    @property
    @cached  # twice
    def size(self):
        """How large."""
        # a comment
        return (len(self.books)
                + 1)

    def sort(self):
        def key(book):
            return book.title
        self.books.sort(key=key)

    def empty(self):
        """Later."""
        raise NotImplementedError("later")
'''
    world.repository("acme/one", {"shelf.py": code, "tests/test_shelf.py": MERGED, "shelf_pb2.py": MERGED})
    world.collect()
    split = split_of("github:acme/one")
    where = {"source": "github:acme/one", "licence": "MIT", "path": "shelf.py", "split": split}
    assert world.functions() == [
        where | {"name": "Shelf.size", "lines": ["def size(self):", "    return len(self.books) + 1"]},
        where
        | {
            "name": "Shelf.sort",
            "lines": [
                "def sort(self):",
                "    def key(book):",
                "        return book.title",
                "    self.books.sort(key=key)",
            ],
        },
    ]
    record = world.manifest()["github:acme/one"]
    assert record["kept"] == record["functions"] == 2
    assert record["dropped"] == {"file: generated": 1, "file: tests": 1, "function: nothing in it": 1}
    assert len(record["version"]) == 40


def test_functions_come_with_what_the_tests_check_of_them(world: World) -> None:
    code = """
class Shelf:
    def total(self, start):
        return sum(book.price for book in self.books) + start

def get(shelf, index):
    return shelf.books[index].title
"""
    tests = """
class TestShelf(TestCase):
    def test_total(self):
        shelf = Shelf([3, 4])
        self.assertEqual(shelf.total(1), 8)
        assert shelf.total(0) == 7
        assert unknown(shelf) and get
"""
    world.repository("acme/one", {"shelf.py": code, "tests/test_shelf.py": tests, "tests/test_old.py": "print 'two'"})
    world.collect()
    total, get = sorted(world.functions(), key=lambda each: -len(each["name"]))
    assert sorted(total["tests"]) == [
        "shelf = Shelf([3, 4])\nassert shelf.total(0) == 7",
        "shelf = Shelf([3, 4])\nself.assertEqual(shelf.total(1), 8)",
    ]
    assert "tests" not in get, "it is named, but not called"


def test_names_that_many_functions_have_say_nothing_of_what_is_tested(world: World) -> None:
    code = "".join(f"class C{n}:\n    def total(self):\n        return self.{'abcd'[n]} + {n}\n" for n in range(4))
    world.repository("acme/one", {"shelf.py": code, "tests/test_shelf.py": "def test():\n    assert x.total() == 1"})
    world.collect()
    assert [each.get("tests") for each in world.functions()] == [None] * len(world.functions())


def test_of_a_long_function_the_inner_ones_are_taken(world: World) -> None:
    lines = "".join(f"    print({n})\n" for n in range(90))
    world.repository("acme/one", {"a.py": f"def outer():\n    def inner(x):\n        return x + 1\n{lines}"})
    world.collect()
    assert world.names() == ["outer.inner"]


def test_sources_without_a_permissive_licence_are_left_out_and_named(world: World) -> None:
    world.repository("acme/gpl", {"a.py": MERGED}, licence=GPL)
    world.repository("acme/none", {"a.py": MERGED}, licence=None)
    world.package("copyleft", {"copyleft.py": MERGED}, "License-Expression: GPL-3.0-only")
    world.collect()
    assert world.functions() == []
    for source in ("github:acme/gpl", "github:acme/none", "pypi:copyleft"):
        assert world.manifest()[source]["why"] == "no licence that is clearly permissive"


def test_parts_of_a_source_under_another_licence_are_left_out(world: World) -> None:
    files = {"ee/LICENSE": GPL, "ee/a.py": MERGED, "b.py": "# SPDX-License-Identifier: GPL-2.0-only\n" + MERGED}
    world.repository("acme/one", files | {"c.py": "def fine(a):\n    return a.fine\n"})
    world.collect()
    assert world.names() == ["fine"]


def test_of_copies_one_is_kept(world: World) -> None:
    world.repository("acme/a", {"a.py": MERGED + MERGED})
    world.repository("acme/b", {"b.py": MERGED})
    world.repository("acme/c", {"c.py": RENAMED})
    world.repository("acme/d", {"d.py": EDITED})
    world.package("e", {"e.py": MERGED})
    world.collect()
    assert len(world.functions()) == 1
    dropped = [reason for record in world.manifest().values() for reason in record["dropped"].items()]
    assert sorted(dropped)[:3] == [
        ("copy: but for names and literals", 1),
        ("copy: near", 1),
        ("copy: the same text", 1),
    ]


def test_short_functions_that_differ_in_names_are_no_copies(world: World) -> None:
    world.repository(
        "acme/a", {"a.py": "def a(self):\n    return self.x\n", "b.py": "def b(self):\n    return self.y\n"}
    )
    world.collect()
    assert world.names() == ["a", "b"]


@pytest.mark.parametrize("copy", [MERGED, RENAMED, EDITED])
def test_a_copy_never_stands_in_two_splits_and_train_keeps_it(world: World, copy: str) -> None:
    train, dev, test = source_in("train"), source_in("dev"), source_in("test")
    world.repository(test, {"a.py": copy + "def own(a):\n    return a.own\n"})
    world.repository(dev, {"a.py": copy})
    world.repository(train, {"a.py": MERGED})
    world.collect()
    found = {(function["source"], function["split"]) for function in world.functions()}
    assert found == {(f"github:{train}", "train"), (f"github:{test}", "test")}
    assert world.names() == ["merged", "own"]


def test_a_package_whose_repository_is_a_source_is_not_taken_twice(world: World) -> None:
    world.repository("acme/python-thing", {"thing.py": MERGED})
    world.package("thing", {"thing.py": "def other(a):\n    return a.other\n"})
    world.collect()
    assert world.names() == ["merged"]
    assert world.manifest()["pypi:thing"]["why"] == "its repository is a source"


def test_only_what_is_listed_is_taken(world: World) -> None:
    world.repository("acme/other", {"a.py": MERGED})
    world.package("other", {"b.py": MERGED})
    world.collect(listing=LISTED, unlisted=False)
    assert world.functions() == []
    manifest = world.manifest()
    assert manifest["github:acme/listed"]["why"] == "not in the folder of repositories"
    assert manifest["github:acme/other"]["why"] == "not in sources.toml"
    assert manifest["github:jkoppel/QuixBugs"]["why"] == "source: QuixBugs"
    assert "pypi:other" not in manifest


def test_a_second_run_reads_only_what_is_new(world: World) -> None:
    world.repository("acme/a", {"a.py": MERGED})
    world.repository("acme/b", {"b.py": "def b(x):\n    return x.b\n"})
    world.collect()
    before = {path.name: path.stat().st_mtime_ns for path in (world.data / "gathered").iterdir()}
    first = world.functions()
    world.collect()
    assert world.functions() == first
    assert {path.name: path.stat().st_mtime_ns for path in (world.data / "gathered").iterdir()} == before

    world.repository("acme/b", {"c.py": "def c(x):\n    return x.c\n"})
    (world.data / "gathered" / "github+acme+a.jsonl.gz").write_bytes(b"cut short")
    world.collect()
    assert world.names() == ["b", "c", "merged"]


def test_a_repository_that_changes_its_licence_is_judged_anew(world: World) -> None:
    world.repository("acme/a", {"a.py": MERGED})
    world.collect()
    assert world.names() == ["merged"]
    world.repository("acme/a", {}, licence=GPL)
    world.collect()
    assert world.functions() == []


def test_a_source_that_cannot_be_read_does_not_end_the_run(world: World) -> None:
    world.repository("acme/a", {"a.py": MERGED})
    broken = world.repository("acme/broken", {"a.py": "def lost(a):\n    return a.lost\n"})
    tree = subprocess.run(["git", "rev-parse", "HEAD^{tree}"], cwd=broken, capture_output=True, text=True, check=True)
    name = tree.stdout.strip()
    (broken / "objects" / name[:2] / name[2:]).unlink()
    world.collect(jobs=2)
    assert world.names() == ["merged"]
    assert (
        name in world.manifest()["github:acme/broken"]["why"] or "tree" in world.manifest()["github:acme/broken"]["why"]
    )


def test_of_a_large_source_a_part_is_taken(world: World) -> None:
    many = "".join(f"def f{n}(a):\n    return a.x{n}\n" for n in range(400))
    world.repository("acme/a", {"a.py": many})
    world.collect(most=100)
    assert 60 < len(world.functions()) < 140
    assert world.manifest()["github:acme/a"]["dropped"]["function: enough of this source"] == 400 - len(
        world.functions()
    )


def test_wheels_are_downloaded_once(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    metadata = (
        "Metadata-Version: 2.1\nName: small-thing\nVersion: 1.0\nClassifier: License :: OSI Approved :: MIT License\n"
    )
    files = {"small.py": MERGED, "small_thing-1.0.dist-info/METADATA": metadata}
    files["small_thing-1.0.dist-info/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files["small_thing-1.0.dist-info/RECORD"] = "".join(f"{path},,\n" for path in files)
    with zipfile.ZipFile(wheels / "small_thing-1.0-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    listing = '[packages]\nsmall-thing = "MIT"\nmissing-thing = "MIT"\n[repositories]\n'
    world.collect(listing=listing, offline=False)
    assert world.names() == ["merged"]
    assert world.functions()[0]["source"] == "pypi:small-thing"
    assert "missing-thing" in world.manifest()["pypi:missing-thing"]["why"]
    (wheels / "small_thing-1.0-py3-none-any.whl").unlink()
    world.collect(listing=listing)
    assert world.names() == ["merged"]
    assert "offline" in world.manifest()["pypi:missing-thing"]["why"]


def test_the_report_adds_up(world: World) -> None:
    world.repository("acme/a", {"a.py": MERGED})
    world.repository("acme/b", {"b.py": RENAMED})
    printed = world.collect()
    assert "1 (3)" in printed
    assert "copy: but for names and literals" in printed


def test_the_standard_library_comes_without_tests_and_packages() -> None:
    paths = {file.path for file in StandardLibrary().files()}
    assert {"textwrap.py", "json/decoder.py"} <= paths
    assert not any("site-packages" in path or path.startswith(("test/", "idlelib/idle_test/")) for path in paths)


def test_nothing_is_collected_without_the_texts_to_keep_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "repositories").mkdir()
    arguments = ["--data", str(tmp_path / "data"), "--repositories", str(tmp_path / "repositories"), "--offline"]
    assert main(arguments) == 2
    said = " ".join(capsys.readouterr().out.split())
    assert "QuixBugs" in said
    assert "bare clone" in said
    assert not (tmp_path / "data" / "functions.jsonl.gz").exists()


def test_a_kept_project_that_cannot_be_had_stops_the_run(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    world.bare("acme/judged").parent.rename(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="acme/judged") as caught:
        world.collect()
    assert "bare clone" in caught.value.hint


def test_a_list_that_is_none_is_told(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    with pytest.raises(UsageError, match="list of sources"):
        world.collect(listing="packages = 3")
    with pytest.raises(UsageError, match="no folder"):
        collect(Options(tmp_path, tmp_path / "nowhere"), Console(file=io.StringIO()))
