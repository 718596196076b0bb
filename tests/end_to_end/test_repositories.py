"""Repositories as they really are: odd states, odd layouts, odd names. Each is fixed the whole way through."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from reasoncli.domain import ChatContent
from reasoncli.runs.store import Store
from tests.end_to_end.project import (
    FIX,
    LEAN,
    RIGHT,
    SOURCE,
    TESTS,
    WRONG,
    Tool,
    edit,
    git,
    make_recording,
    make_repository,
)

FIXED = SOURCE.replace(WRONG, RIGHT)
UNIT_TESTS = """\
import unittest

from shop.prices import total


class Prices(unittest.TestCase):
    def test_total(self):
        self.assertEqual(total([1, 2, 3]), 6)

    def test_discount(self):
        self.assertEqual(total([50, 50], discount=10), 90)
"""


@dataclass(frozen=True)
class Case:
    """A repository to be fixed.

    Attributes:
        place: what is given as REPO.
        file: the file with the bug.
        before, after: its bytes.
    """

    place: Path
    file: Path
    before: bytes
    after: bytes
    completion: str = FIX


def _plain(folder: Path) -> Case:
    return Case(folder, folder / "shop/prices.py", SOURCE.encode(), FIXED.encode())


def dirty_tree(folder: Path) -> Case:
    """Uncommitted edits, one of them in the file with the bug, belong to the base and stay."""
    case = _plain(make_repository(folder))
    mine = SOURCE.replace("The lowest price", "The smallest price")
    case.file.write_text(mine)
    (folder / "shop/rates.py").write_text("RATE = 3\n")
    (folder / "shop/__init__.py").write_text("# staged\n")
    git(folder, "add", "shop/__init__.py")
    after = mine.replace(WRONG, RIGHT).encode()
    return Case(folder, case.file, mine.encode(), after)


def detached_head(folder: Path) -> Case:
    make_repository(folder)
    git(folder, "checkout", "-q", "--detach")
    return _plain(folder)


def shallow_clone(folder: Path) -> Case:
    origin = make_repository(folder.with_name("origin"))
    git(origin, "commit", "-q", "--allow-empty", "-m", "Another")
    git(origin, "clone", "-q", "--depth", "1", origin.as_uri(), str(folder))
    return _plain(folder)


def with_submodule(folder: Path) -> Case:
    library = make_repository(folder.with_name("library"))
    make_repository(folder)
    git(folder, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.as_uri(), "vendor/library")
    git(folder, "commit", "-q", "-m", "A submodule")
    (folder / "pytest.ini").write_text(f"{LEAN}testpaths = tests\n")
    return _plain(folder)


def crlf_lines(folder: Path) -> Case:
    make_repository(folder)
    git(folder, "config", "core.autocrlf", "false")
    crlf = SOURCE.replace("\n", "\r\n").encode()
    (folder / "shop/prices.py").write_bytes(crlf)
    git(folder, "commit", "-qam", "As on Windows")
    return Case(folder, folder / "shop/prices.py", crlf, FIXED.replace("\n", "\r\n").encode())


def odd_path(folder: Path) -> Case:
    return _plain(make_repository(folder.with_name("Größe & 'Preis' — $HOME (日本)")))


def odd_file_names(folder: Path) -> Case:
    tests = TESTS.replace("from shop.prices import cheapest, total", "from shop.größe import cheapest, total")
    files = {"shop/größe.py": SOURCE, "tests/test_prices.py": tests, "notes/to do (später).txt": "nothing\n"}
    make_repository(folder, files)
    file = folder / "shop/größe.py"
    return Case(folder, file, SOURCE.encode(), FIXED.encode(), completion=edit(WRONG, RIGHT, "shop/größe.py"))


def src_layout(folder: Path) -> Case:
    make_repository(folder, {"pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'})
    (folder / "src").mkdir()
    git(folder, "mv", "shop", "src/shop")
    git(folder, "rm", "-q", "conftest.py")
    git(folder, "commit", "-qm", "src")
    completion = edit(WRONG, RIGHT, "src/shop/prices.py")
    return Case(folder, folder / "src/shop/prices.py", SOURCE.encode(), FIXED.encode(), completion=completion)


def linked_worktree(folder: Path) -> Case:
    origin = make_repository(folder.with_name("origin"))
    git(origin, "worktree", "add", "-q", "-b", "other", str(folder))
    return _plain(folder)


def symlinks(folder: Path) -> Case:
    """A link to a file of the tree, one to a folder, one out of it and one to nothing."""
    make_repository(folder)
    (folder / "prices-link.py").symlink_to("shop/prices.py")
    (folder / "shop-link").symlink_to("shop", target_is_directory=True)
    (folder / "outside").symlink_to("/etc/hostname")
    (folder / "dangling").symlink_to("nowhere")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Links")
    return _plain(folder)


def subfolder(folder: Path) -> Case:
    make_repository(folder)
    return Case(folder / "tests", folder / "shop/prices.py", SOURCE.encode(), FIXED.encode())


def unittest_only(folder: Path) -> Case:
    make_repository(folder, {"tests/test_prices.py": UNIT_TESTS, "tests/__init__.py": ""})
    git(folder, "rm", "-q", "conftest.py", "pytest.ini")
    git(folder, "commit", "-qm", "No pytest")
    return _plain(folder)


CASES = (
    dirty_tree,
    detached_head,
    shallow_clone,
    with_submodule,
    crlf_lines,
    odd_path,
    odd_file_names,
    src_layout,
    linked_worktree,
    symlinks,
    subfolder,
    unittest_only,
)


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_it_is_fixed_and_nothing_else_is_touched(tool: Tool, tmp_path: Path, make: Callable[[Path], Case]) -> None:
    case = make(tmp_path / "r")
    top = Path(git(case.place, "rev-parse", "--show-toplevel").strip())
    assert case.file.read_bytes() == case.before
    before = status(top)
    ran = tool.fix(case.place, make_recording(tmp_path / "recording.jsonl", {case.completion: 1}), "--json", "-n", 1)
    assert ran.code == 0, ran.err
    assert case.file.read_bytes() == case.after
    assert status(top) == before | {f" M {case.file.relative_to(top).as_posix()}"}
    assert tool.run("undo", "-C", case.place).code == 0
    assert case.file.read_bytes() == case.before
    assert status(top) == before


def status(top: Path) -> set[str]:
    lines = git(top, "-c", "core.quotePath=false", "status", "--porcelain", "-z").split("\0")
    return set(filter(None, lines))


SPY = """\
import os
from pathlib import Path


def test_secrets_stay_outside():
    root = Path(__file__).parents[1]
    for name in (".env", "private.py", "id_rsa", ".git"):
        assert not (root / name).exists()
    assert "TOKEN_OF_THE_USER" not in os.environ
"""


def test_ignored_files_and_the_environment_reach_neither_tests_nor_prompts(tool: Tool, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"tests/test_spy.py": SPY, ".gitignore": "private.py\n"})
    for name in (".env", "private.py", "id_rsa"):
        (repository / name).write_text("total = 'discount dearer swordfish'\n")
    recording = make_recording(tmp_path / "recording.jsonl", {FIX: 1})
    ran = tool.fix(repository, recording, "--json", "-n", 1, TOKEN_OF_THE_USER="swordfish")
    assert ran.code == 0, ran.err
    record = Store(tool.state).read("last")
    assert record.baseline is not None
    assert "tests/test_spy.py::test_secrets_stay_outside" in record.baseline.guards
    contents = [prompt.content for prompt in record.prompts]
    asked = [text for content in contents if isinstance(content, ChatContent) for _, text in content.messages]
    assert any("total" in text for text in asked)
    assert not any("swordfish" in text for text in asked)
    for folder, _, names in os.walk(tool.state):
        for name in names:
            assert b"swordfish" not in (Path(folder) / name).read_bytes()
