"""The tree's keeper, by itself on a plain folder: whatever was done to the tree, the same tree comes back."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasoncli.sandbox import keeper

FILES = {"a": b"alpha", "d/b": b"beta", "d/e/c": b"gamma", "x": b""}


def make(root: Path) -> keeper.Manifest:
    keeper.empty(str(root))
    for path, data in FILES.items():
        keeper.place(str(root), path, "f", 0o644, data, 10**18)
    keeper.place(str(root), "link", "l", 0o777, b"d/b", 10**18)
    return keeper.scan(str(root))


def put_back(root: Path, manifest: keeper.Manifest) -> None:
    wrong, _ = keeper.compare(str(root), manifest)
    for path in wrong:
        kind = manifest[path][0]
        data = b"" if kind == "d" else b"d/b" if kind == "l" else FILES[path]
        manifest[path] = keeper.place(str(root), path, kind, manifest[path][1], data, 10**18)


def state(root: Path) -> dict[str, tuple[str, int, bytes]]:
    found = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        kind = stat.filemode(mode)[0]
        data = os.fsencode(path.readlink()) if kind == "l" else path.read_bytes() if kind == "-" else b""
        found[path.relative_to(root).as_posix()] = (kind, stat.S_IMODE(mode), data)
    return found


PLACES = ["a", "d", "d/b", "d/e", "d/e/c", "x", "link", "new", "d/new", "a/under", "link/under"]
ACTS = ["write", "append", "forge", "remove", "mkdir", "symlink", "chmod", "rename", "fifo", "same"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(PLACES)), max_size=8))
def test_any_damage_is_undone(tmp_path: Path, damage: list[tuple[str, str]]) -> None:
    root = tmp_path / "tree"
    root.mkdir(exist_ok=True)
    manifest = make(root)
    before = state(root)
    for act, path in damage:
        do(act, root / path, root)
    put_back(root, manifest)
    assert state(root) == before
    assert keeper.compare(str(root), manifest) == ([], [])


def do(act: str, path: Path, root: Path) -> None:
    """One act of damage; one that makes no sense there is none."""
    if path.is_fifo() and act in ("write", "append", "forge", "same"):
        return  # opening it would wait for a reader
    try:
        if act == "write":
            path.write_bytes(b"damaged")
        elif act == "append":
            with path.open("ab") as stream:
                stream.write(b"!")
        elif act == "forge":
            info = path.stat()
            path.write_bytes(b"#" * info.st_size)
            os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
        elif act == "same":
            path.write_bytes(path.read_bytes())
        elif act == "remove":
            keeper.remove(str(path))
        elif act == "mkdir":
            path.mkdir(parents=True)
        elif act == "symlink":
            keeper.remove(str(path))
            path.symlink_to(root)
        elif act == "chmod":
            path.chmod(0o511)
        elif act == "rename":
            path.rename(root / "moved")
        else:
            os.mkfifo(path)
    except OSError:
        return


@pytest.mark.parametrize("path", ["", "/a", "..", "a/../b", "./a", "a//b", "a/", "nul\0", "link/x", "way/out"])
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    make(tmp_path)
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("/")
    (tmp_path / "way").symlink_to("d")
    with pytest.raises(keeper.Escape):
        keeper.inside(str(tmp_path), path)


def test_a_file_where_a_folder_is_needed_gives_way(tmp_path: Path) -> None:
    make(tmp_path)
    keeper.place(str(tmp_path), "a/now/deeper", "f", 0o755, b"x")
    assert (tmp_path / "a/now/deeper").read_bytes() == b"x"


def test_removing_goes_to_any_depth_and_follows_nothing(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "way").symlink_to(outside)
    here = os.open(victim, os.O_RDONLY)
    for _ in range(400):  # longer than any path may be
        os.mkdir("d" * 50, dir_fd=here)
        deeper = os.open("d" * 50, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    keeper.remove(str(victim))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside"]
    assert (outside / "precious").exists()


def test_manifests_survive_the_way_out(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "bad\udcff\nname").write_text("x")
    (tmp_path / "odd").symlink_to("to\udcfe")
    manifest = keeper.scan(str(tmp_path))
    assert keeper.unflatten(keeper.flatten(manifest)) == manifest


def test_the_program_answers_nonsense_with_an_error(tmp_path: Path) -> None:
    for data in (b"", b"\0" * 8, keeper.pack_request({"op": "scan", "root": str(tmp_path / "missing")})):
        done = subprocess.run(
            [sys.executable, "-I", "-S", keeper.__file__], input=data, capture_output=True, check=True
        )
        assert done.stdout[8:].startswith(b"error\0"), (data, done)
        assert done.stderr == b""
