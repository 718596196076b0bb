from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoncli.domain import Snapshot
from reasoncli.errors import RepositoryError
from reasoncli.repository import snapshot as snapshots
from tests.repository.conftest import Project

Snap = Callable[..., Snapshot]


def paths_on_disk(root: Path) -> set[str]:
    return {
        os.path.relpath(Path(folder, name), root)
        for folder, folders, files in os.walk(root)
        for name in [*files, *(name for name in folders if Path(folder, name).is_symlink())]
    }


def test_the_copy_holds_the_work_tree_as_it_is(project: Project, snap: Snap) -> None:
    project.write(".gitignore", "*.log\nbuild/\n")
    project.commit()
    project.write("mod.py", "changed, not committed\n")
    project.write("new.py", "untracked\n")
    project.write("noise.log", "ignored\n")
    project.write("build/out.py", "ignored\n")
    (project.root / "run.sh").unlink()
    taken = snap(project.open())
    assert paths_on_disk(taken.root) == {"mod.py", "new.py", "pkg/__init__.py", ".gitignore"} == set(taken.files)
    assert (taken.root / "mod.py").read_bytes() == b"changed, not committed\n"
    assert taken.files["new.py"] == hashlib.sha256(b"untracked\n").hexdigest()
    assert list(taken.files) == sorted(taken.files)
    assert taken.commit == project.git("rev-parse", "HEAD").strip()
    assert taken.repository == project.root
    assert taken.dirty


def test_a_clean_tree_is_not_dirty(project: Project, snap: Snap) -> None:
    assert not snap(project.open()).dirty


def test_nothing_of_git_is_written_while_reading(project: Project, snap: Snap) -> None:
    os.utime(project.root / "mod.py", (1, 1))  # the index is stale: git status would refresh it
    index = project.root / ".git" / "index"
    before = index.read_bytes(), index.stat().st_mtime_ns
    snap(project.open())
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before
    assert not list((project.root / ".git").glob("*.lock"))


def test_equal_trees_have_equal_hashes_and_others_do_not(project: Project, snap: Snap) -> None:
    repository = project.open()
    first = snap(repository)
    assert snap(repository).tree_hash == first.tree_hash
    (project.root / "mod.py").chmod(0o755)
    executable = snap(repository)
    assert executable.tree_hash != first.tree_hash
    assert executable.files == first.files
    (project.root / "mod.py").chmod(0o644)
    (project.root / "mod.py").rename(project.root / "mod2.py")
    assert snap(repository).tree_hash not in (first.tree_hash, executable.tree_hash)


@pytest.mark.parametrize(
    "name", ["a b.py", "päth/ünï.py", "new\nline.py", "-rf.py", '"quoted".py', "tab\t.py", "*.py", ":(top)x"]
)
def test_odd_names(project: Project, snap: Snap, name: str) -> None:
    project.write(name, "x = 1\n")
    untracked = snap(project.open())
    project.commit()
    tracked = snap(project.open())
    assert (untracked.root / name).read_bytes() == (tracked.root / name).read_bytes() == b"x = 1\n"
    assert name in tracked.files


def test_a_name_that_is_not_utf8(project: Project, snap: Snap) -> None:
    raw = os.fsencode(project.root) + b"/caf\xe9.py"
    Path(os.fsdecode(raw)).write_text("x = 1\n")
    taken = snap(project.open())
    assert b"caf\xe9.py" in [os.fsencode(path) for path in taken.files]


def test_a_repository_below_an_odd_path(new_project: Callable[..., Project], snap: Snap) -> None:
    project = new_project("my pröject (1)'s\n")
    project.write("a.py", "1\n")
    project.commit()
    assert set(snap(project.open()).files) == {"a.py"}


def test_links_are_copied_as_links_and_never_followed(project: Project, snap: Snap, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("hush")
    (project.root / "file-link").symlink_to("mod.py")
    (project.root / "out").symlink_to(secret)
    (project.root / "dangling").symlink_to("nowhere")
    project.commit()
    taken = snap(project.open())
    assert (taken.root / "file-link").readlink() == Path("mod.py")
    assert (taken.root / "out").readlink() == secret
    assert (taken.root / "dangling").is_symlink()
    assert taken.files["out"] == hashlib.sha256(os.fsencode(secret)).hexdigest()
    assert "out/key" not in taken.files


def test_a_tracked_folder_replaced_by_a_link_is_not_entered(project: Project, snap: Snap, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "__init__.py").write_text("secret")
    (project.root / "pkg" / "__init__.py").unlink()
    (project.root / "pkg").rmdir()
    (project.root / "pkg").symlink_to(elsewhere)
    taken = snap(project.open())
    assert "pkg/__init__.py" not in taken.files
    assert (taken.root / "pkg").is_symlink()


def test_modes_and_line_endings_are_kept(project: Project, snap: Snap) -> None:
    project.git("config", "core.autocrlf", "true")
    project.write("dos.py", b"a = 1\r\nb = 2\r\n")
    project.commit()
    taken = snap(project.open())
    assert (taken.root / "dos.py").read_bytes() == b"a = 1\r\nb = 2\r\n"
    assert stat.S_IMODE((taken.root / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((taken.root / "mod.py").stat().st_mode) == 0o644
    assert not taken.dirty


def test_secrets_stay_where_they_are(project: Project, snap: Snap) -> None:
    for name in (".env", "app/.env", ".env.local", "pkg/tests/.env.production"):
        project.write(name, "TOKEN=1")
    project.write(".env.example", "TOKEN=")
    project.write("tests/cert.pem", "a published fixture")
    project.commit()
    project.write("id_rsa", "untracked key")
    project.write("deploy.pem", "untracked key")
    said: list[str] = []
    taken = snap(project.open(), said.append)
    kept_out = {".env", "app/.env", ".env.local", "pkg/tests/.env.production", "id_rsa", "deploy.pem"}
    assert kept_out.isdisjoint(paths_on_disk(taken.root))
    assert {".env.example", "tests/cert.pem"} <= set(taken.files)
    assert {message.split(" is not part")[0] for message in said} == kept_out


def test_nested_repositories_are_not_the_projects(project: Project, snap: Snap) -> None:
    nested = Project(project.root / "vendor" / "other")
    nested.root.mkdir(parents=True)
    nested.git("init", "-q")
    nested.write("theirs.py", "x\n")
    nested.commit()
    said: list[str] = []
    taken = snap(project.open(), said.append)
    assert "vendor/other/theirs.py" not in taken.files
    assert any("vendor/other" in message for message in said)


def test_submodules(project: Project, new_project: Callable[..., Project], snap: Snap) -> None:
    library = new_project("library")
    library.write("lib.py", "x = 1\n")
    library.commit()
    project.git("submodule", "add", "-q", str(library.root), "deps/library")
    project.commit()
    project.write("deps/library/lib.py", "x = 2\n")
    project.write("deps/library/extra.py", "untracked\n")
    taken = snap(project.open())
    assert (taken.root / "deps/library/lib.py").read_bytes() == b"x = 2\n"
    assert "deps/library/extra.py" in taken.files
    assert not (taken.root / "deps/library/.git").exists()

    project.git("submodule", "deinit", "-q", "-f", "deps/library")
    said: list[str] = []
    taken = snap(project.open(), said.append)
    assert not any(path.startswith("deps/") for path in taken.files)
    assert any("not checked out" in message for message in said)


def test_a_sparse_checkout_has_only_its_files(project: Project, snap: Snap) -> None:
    project.write("big/data.py", "x\n")
    project.commit()
    project.git("sparse-checkout", "set", "pkg")
    assert set(snap(project.open()).files) == {"mod.py", "run.sh", "pkg/__init__.py"}


def test_large_files_are_left_out(project: Project, tmp_path: Path) -> None:
    project.write("data.bin", b"x" * 4096)
    said: list[str] = []
    repository = project.open()
    taken = snapshots.take(repository.git, repository.head(), tmp_path / "copy", said.append, max_file_bytes=4095)
    assert "data.bin" not in taken.files
    assert "mod.py" in taken.files
    assert "data.bin" in said[0]


def test_a_pipe_is_left_out(project: Project, snap: Snap) -> None:
    (project.root / "mod.py").unlink()
    os.mkfifo(project.root / "mod.py")
    assert "mod.py" not in snap(project.open()).files


def test_an_lfs_pointer_is_copied_as_it_lies_there(project: Project, snap: Snap) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"
    project.write("weights.bin", pointer)
    project.commit()
    project.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    project.commit()
    assert (snap(project.open()).root / "weights.bin").read_bytes() == pointer


def test_the_copy_goes_into_an_empty_folder_outside(project: Project, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(RepositoryError, match="not empty"):
        project.open().snapshot(tmp_path / "full")
    with pytest.raises(RepositoryError, match="inside the work tree"):
        project.open().snapshot(project.root / "copy")


def test_an_unreadable_file_is_an_error_that_names_it(project: Project, snap: Snap) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    (project.root / "mod.py").chmod(0)
    with pytest.raises(RepositoryError, match=r"mod\.py"):
        snap(project.open())


def test_a_linked_worktree_and_a_shallow_clone(project: Project, snap: Snap, tmp_path: Path) -> None:
    project.git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "side")
    (tmp_path / "linked" / "mod.py").write_text("linked\n")
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{project.root}", tmp_path / "shallow"], check=True)
    linked = snap(Project(tmp_path / "linked").open())
    assert (linked.root / "mod.py").read_text() == "linked\n"
    assert ".git" not in linked.files
    assert set(snap(Project(tmp_path / "shallow").open()).files) == {"mod.py", "run.sh", "pkg/__init__.py"}
