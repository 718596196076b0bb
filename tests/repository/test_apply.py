from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoncli.domain import FileChange, Patch, Snapshot
from reasoncli.errors import ConflictError, DiskFullError, RepositoryError, StoreError, UsageError
from reasoncli.repository import Applied, write_patch, writing
from reasoncli.repository.writing import Write, exclusive, recover, write_all
from tests.repository.conftest import Project, patch, patch_of

Snap = Callable[..., Snapshot]


def litter(root: Path) -> list[str]:
    return [path.name for path in root.rglob(".reasoncli-*")]


def test_a_patch_is_written_and_taken_back(project: Project, snap: Snap) -> None:
    project.write("staged.py", "s\n")
    project.git("add", "staged.py")
    repository = project.open()
    taken = snap(repository)
    index = project.git("ls-files", "--stage")
    applied = repository.apply(patch_of({"mod.py": b"new\n", "pkg/__init__.py": None, "a/b/new.py": b"n\n"}), taken)
    assert project.read("mod.py") == b"new\n"
    assert project.read("a/b/new.py") == b"n\n"
    assert not (project.root / "pkg/__init__.py").exists()
    assert project.git("ls-files", "--stage") == index
    assert litter(project.root) == []
    repository.undo(Applied.from_json(applied.to_json()))
    assert project.status() == "A  staged.py\n"
    assert not (project.root / "a").exists()


def test_modes_line_endings_and_times(project: Project, snap: Snap) -> None:
    repository = project.open()
    (project.root / "mod.py").chmod(0o640)
    applied = repository.apply(patch_of({"run.sh": b"#!/bin/sh\r\necho\r\n", "mod.py": b"\xff\x00"}), snap(repository))
    assert stat.S_IMODE((project.root / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((project.root / "mod.py").stat().st_mode) == 0o640
    assert project.read("run.sh") == b"#!/bin/sh\r\necho\r\n"
    assert project.read("mod.py") == b"\xff\x00"
    repository.undo(applied)
    assert stat.S_IMODE((project.root / "mod.py").stat().st_mode) == 0o640


def test_the_executable_bit_can_be_set_and_comes_back(project: Project, snap: Snap) -> None:
    repository = project.open()
    changes = (FileChange("mod.py", project.read("mod.py"), True), FileChange("tool.sh", b"#!/bin/sh\n", True))
    applied = repository.apply(Patch(changes, "", "", "", 1), snap(repository))
    assert os.access(project.root / "mod.py", os.X_OK)
    assert os.access(project.root / "tool.sh", os.X_OK)
    repository.undo(applied)
    assert project.status() == ""


def test_a_dirty_file_is_patched_as_it_was_in_the_snapshot(project: Project, snap: Snap) -> None:
    project.write("mod.py", "my own change\n")
    repository = project.open()
    applied = repository.apply(patch(mod_py=b"my own change, fixed\n"), snap(repository))
    repository.undo(applied)
    assert project.read("mod.py") == b"my own change\n"


@pytest.mark.parametrize(
    ("meanwhile", "change"),
    [
        (lambda root: (root / "mod.py").write_text("edited"), {"mod.py": b"x"}),
        (lambda root: (root / "mod.py").unlink(), {"mod.py": b"x"}),
        (lambda root: (root / "mod.py").unlink(), {"mod.py": None}),
        (lambda root: (root / "new.py").write_text("theirs"), {"new.py": b"x"}),
        (lambda root: (root / "new.py").mkdir(), {"new.py": b"x"}),
    ],
)
def test_what_changed_meanwhile_is_never_overwritten(
    project: Project, snap: Snap, meanwhile: Callable[[Path], object], change: dict[str, bytes | None]
) -> None:
    repository = project.open()
    taken = snap(repository)
    meanwhile(project.root)
    before = project.status()
    with pytest.raises(ConflictError, match=next(iter(change))):
        repository.apply(patch_of({"pkg/__init__.py": b"also\n"} | change), taken)
    assert project.read("pkg/__init__.py") == b""
    assert project.status() == before
    assert litter(project.root) == []


def test_an_ignored_file_is_not_overwritten(project: Project, snap: Snap) -> None:
    project.write(".gitignore", "local.py\n")
    project.write("local.py", "mine\n")
    repository = project.open()
    taken = snap(repository)
    with pytest.raises(ConflictError):
        repository.apply(patch(local_py=b"x"), taken)
    assert project.read("local.py") == b"mine\n"


@pytest.mark.parametrize(
    "path", ["../out.py", "/tmp/out.py", "a/../../out.py", ".git/hooks/pre-commit", "pkg/.GIT/x", "", ".", "a\0b"]
)
def test_paths_that_lead_out_are_refused(project: Project, snap: Snap, path: str) -> None:
    repository = project.open()
    taken = snap(repository)
    for act in (
        lambda change: repository.apply(change, taken),
        lambda change: repository.commit(change, taken),
        lambda change: repository.apply_on_branch(change, taken, "b"),
    ):
        with pytest.raises(RepositoryError):
            act(patch_of({path: b"x"}))
    assert project.status() == ""
    assert not (project.root.parent / "out.py").exists()


def test_links_are_not_written_through(project: Project, snap: Snap, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("theirs")
    (project.root / "out").symlink_to(outside)
    (project.root / "alias.py").symlink_to("mod.py")
    project.commit()
    repository = project.open()
    taken = snap(repository)
    for path in ("out/x.py", "out/new.py", "alias.py"):
        with pytest.raises(RepositoryError, match="symlink"):
            repository.apply(patch_of({path: b"x"}), taken)
    assert (outside / "x.py").read_text() == "theirs"
    assert not (outside / "new.py").exists()


@pytest.mark.parametrize("fails_at", range(3))
def test_a_failure_in_the_middle_leaves_nothing(
    project: Project, snap: Snap, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    repository = project.open()
    taken = snap(repository)
    real, calls = Path.replace, iter(range(100))

    def replace(source: Path, target: Path) -> Path:
        if source.suffix == ".new" and source.name.startswith(".reasoncli") and next(calls) == fails_at:
            raise OSError(28, "No space left on device", str(target))
        return real(source, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(DiskFullError):
        repository.apply(patch_of({"mod.py": b"1", "pkg/__init__.py": b"2", "a/new.py": b"3"}), taken)
    assert project.status() == ""
    assert litter(project.root) == []
    assert not (project.root / "a").exists()


def test_an_interrupt_in_the_middle_leaves_nothing(
    project: Project, snap: Snap, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = project.open()
    taken = snap(repository)

    def interrupt(folder: Path) -> None:
        if folder == project.root:
            raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_sync_folder", interrupt)
    with pytest.raises(KeyboardInterrupt):
        repository.apply(patch(mod_py=b"x"), taken)
    assert project.status() == ""
    assert litter(project.root) == []


@pytest.mark.parametrize("steps", range(1, 16))
def test_killed_at_any_moment_the_next_run_finds_all_or_nothing(project: Project, tmp_path: Path, steps: int) -> None:
    """A process that dies at the n-th file system call leaves a journal that leads to one end or the other."""
    program = f"""
import os, sys, hashlib
from pathlib import Path
from reasoncli.repository.writing import Write, write_all
left = {steps}
def deadly(function):
    def call(*args, **named):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return function(*args, **named)
    return call
for name in ("link", "rename", "replace", "fsync", "mkdir", "unlink", "fchmod"):
    setattr(os, name, deadly(getattr(os, name)))
root = Path(sys.argv[1])
old = hashlib.sha256((root / "mod.py").read_bytes()).hexdigest()
empty = hashlib.sha256(b"").hexdigest()
write_all(root, [Write("mod.py", b"new", old), Write("pkg/__init__.py", None, empty), Write("a/b.py", b"b", None)],
          Path(sys.argv[2]))
"""
    state = project.root / ".git" / "reasoncli"
    state.mkdir()
    journal = state / "journal.json"
    done = subprocess.run([sys.executable, "-c", program, project.root, journal], check=False, capture_output=True)
    assert done.returncode == 9, done.stderr
    recover(journal)
    recover(journal)
    changed = project.read("mod.py") == b"new"
    assert (project.root / "pkg/__init__.py").exists() is not changed
    assert (project.root / "a/b.py").exists() is changed
    assert (project.root / "a").exists() is changed
    assert litter(project.root) == []
    assert project.status() == (" M mod.py\n D pkg/__init__.py\n?? a/\n" if changed else "")


def test_recovery_leaves_what_someone_edited_since(project: Project) -> None:
    state = project.root / ".git" / "reasoncli"
    state.mkdir()
    step = {"target": "mod.py", "fresh": ".x.new", "backup": ".x.old", "before": "0" * 64, "after": "1" * 64}
    record = {"state": "writing", "root": str(project.root), "folders": [], "steps": [step]}
    (state / "journal.json").write_text(json.dumps(record))
    project.write(".x.old", "the original")
    project.write("mod.py", "edited by hand\n")
    with exclusive(state):
        assert project.read("mod.py") == b"edited by hand\n"
    assert not (state / "journal.json").exists()


def test_undo_refuses_what_changed_since(project: Project, snap: Snap) -> None:
    repository = project.open()
    applied = repository.apply(patch(mod_py=b"new\n", new_py=b"n\n"), snap(repository))
    project.write("mod.py", "edited after\n")
    with pytest.raises(ConflictError, match=r"mod\.py"):
        repository.undo(applied)
    assert project.read("mod.py") == b"edited after\n"
    assert project.read("new.py") == b"n\n"


def test_undo_is_for_the_same_repository(project: Project, new_project: Callable[..., Project], snap: Snap) -> None:
    repository = project.open()
    applied = repository.apply(patch(mod_py=b"new\n"), snap(repository))
    other = new_project("other")
    other.write("mod.py", "new\n")
    other.commit()
    with pytest.raises(RepositoryError, match="applied to"):
        other.open().undo(applied)


def test_undo_keeps_a_folder_that_is_in_use(project: Project, snap: Snap) -> None:
    repository = project.open()
    applied = repository.apply(patch(a__new_py=b"n\n"), snap(repository))
    project.write("a/mine.py", "m\n")
    repository.undo(applied)
    assert not (project.root / "a/new.py").exists()
    assert project.read("a/mine.py") == b"m\n"


def test_two_runs_apply_one_after_the_other(project: Project, snap: Snap) -> None:
    repository = project.open()
    taken = snap(repository)
    outcomes: list[str] = []

    def run(content: bytes) -> None:
        try:
            repository.apply(patch_of({"mod.py": content, "pkg/__init__.py": content}), taken)
            outcomes.append(content.decode())
        except ConflictError:
            outcomes.append("conflict")

    threads = [threading.Thread(target=run, args=(str(number).encode(),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("conflict") == 7
    winner = next(outcome for outcome in outcomes if outcome != "conflict")
    assert project.read("mod.py") == project.read("pkg/__init__.py") == winner.encode()


def test_a_second_run_gives_up_in_the_end(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    state = project.root / ".git" / "reasoncli"
    monkeypatch.setattr(writing, "_LOCK_PATIENCE", 0.0)
    with exclusive(state), pytest.raises(RepositoryError, match="another reasoncli"), exclusive(state):
        pass


def test_what_the_system_refuses_is_a_clear_error(project: Project) -> None:
    with pytest.raises(RepositoryError, match="can't write"):
        write_all(project.root, [Write("x" * 300, b"", None)], project.root / ".git" / "journal.json")
    assert project.status() == ""


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"how": "elsewhere"}', "null", '{"how": "commit", "repository": 1, "files": 3}']
)
def test_a_damaged_record_is_said_to_be_one(text: str) -> None:
    with pytest.raises(StoreError):
        Applied.from_json(text)


def test_patch_files(tmp_path: Path) -> None:
    diff = "--- a/caf\udce9.py\r\n+++ b/x\n"
    write_patch(tmp_path / "fix.patch", "old")
    write_patch(tmp_path / "fix.patch", diff)
    assert (tmp_path / "fix.patch").read_bytes() == b"--- a/caf\xe9.py\r\n+++ b/x\n"
    assert litter(tmp_path) == []
    with pytest.raises(UsageError, match="folder"):
        write_patch(tmp_path, diff)
    with pytest.raises(UsageError, match="No such file"):
        write_patch(tmp_path / "none" / "fix.patch", diff)
