from __future__ import annotations

import os
from pathlib import Path

import pytest

from reasoncli.domain import Patch, Rejection, Snapshot
from reasoncli.patches.completions import from_diff
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import EXECUTABLE, LINK, REGULAR, MemoryTree, SnapshotTree, Tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "snap shot"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "m.py").write_bytes(b"x = 1\r\n")
    (root / "run.sh").write_bytes(b"#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "secret.py").write_bytes(b"not tracked\n")
    (tmp_path / "outside.py").write_bytes(b"outside\n")
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    (root / "folder").symlink_to(tmp_path)
    return root


def snapshot(root: Path) -> SnapshotTree:
    files = {"pkg/m.py": "", "run.sh": "", "link.py": "", "folder": "", "gone.py": ""}
    return SnapshotTree.of(Snapshot(root, root, "0" * 40, "", False, files))


def test_only_listed_regular_files_are_read(root: Path) -> None:
    tree = snapshot(root)
    assert tree.read("pkg/m.py") == b"x = 1\r\n"
    for path in ("secret.py", "link.py", "folder/outside.py", "gone.py", "pkg", "../outside.py", "/etc/passwd", ""):
        assert tree.read(path) is None
    assert set(tree.paths()) == {"pkg/m.py", "run.sh", "link.py", "folder", "gone.py"}


def test_modes(root: Path) -> None:
    tree = snapshot(root)
    assert [tree.mode(path) for path in ("pkg/m.py", "run.sh", "link.py", "folder", "gone.py", "secret.py")] == [
        REGULAR, EXECUTABLE, LINK, LINK, None, None,
    ]  # fmt: skip


def test_both_trees_are_trees(root: Path) -> None:
    trees: list[Tree] = [snapshot(root), MemoryTree({"a": b""})]
    assert all(tree.paths() for tree in trees)


@pytest.mark.parametrize("path", ["link.py", "folder/outside.py", "folder/new.py"])
def test_nothing_is_written_through_links(root: Path, path: str) -> None:
    for diff in (
        f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-outside\n+inside\n",
        f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+inside\n",
    ):
        result = from_diff(diff, snapshot(root), Policy())
        assert isinstance(result, Rejection)
        assert result.kind in {"forbidden", "unappliable"}


def test_the_executable_bit_stays(root: Path) -> None:
    patch = from_diff("--- a/run.sh\n+++ b/run.sh\n@@ -1 +1,2 @@\n #!/bin/sh\n+exit\n", snapshot(root), Policy())
    assert isinstance(patch, Patch)
    assert "100755" in patch.diff
    assert "mode" not in patch.diff
    assert os.access(root / "run.sh", os.X_OK)
