"""Commits that fail half way, are announced, and are taken back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reasoncli.errors import ConflictError, RepositoryError
from reasoncli.repository import Applied
from tests.repository.conftest import Project, Snap, everything, patch, patch_of


class Killed(BaseException):
    """Stands for Ctrl-C at the worst moment."""


def test_a_failure_at_the_last_step_takes_everything_back(
    project: Project, snap: Snap, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = project.open()
    taken = snap(repository)
    before = everything(project)
    (project.root / ".git" / "HEAD.lock").touch()
    with pytest.raises(RepositoryError, match="HEAD"):
        repository.commit(patch_of({"mod.py": b"fixed\n", "a/new.py": b"n\n"}), taken)
    (project.root / ".git" / "HEAD.lock").unlink()
    assert everything(project) == before
    (project.root / ".git" / "index.lock").touch()
    with pytest.raises(RepositoryError, match=r"index\.lock"):
        repository.commit(patch_of({"mod.py": b"fixed\n", "a/new.py": b"n\n"}), taken)
    (project.root / ".git" / "index.lock").unlink()
    assert everything(project) == before


_DEADLY = """
import os, sys
from pathlib import Path
from reasoncli.domain import FileChange, Patch
from reasoncli.repository import Repository, open_repository

step, root, copy, record = sys.argv[1:]
real = getattr(Repository, step)

def killed(self, *args):
    if step == "_write":
        real(self, *args)
    os._exit(9)

setattr(Repository, step, killed)
repository = open_repository(Path(root))
patch = Patch((FileChange("mod.py", b"fixed\\n"), FileChange("run.sh", None)), "", "", "", 2)
repository.commit(patch, repository.snapshot(Path(copy)), announce=lambda it: Path(record).write_text(it.to_json()))
"""


@pytest.mark.parametrize("step", ["_write", "_move"])
def test_a_commit_that_was_killed_half_way_can_be_taken_back(project: Project, tmp_path: Path, step: str) -> None:
    before = everything(project)
    arguments = [step, str(project.root), str(tmp_path / "copy"), str(tmp_path / "record")]
    done = subprocess.run([sys.executable, "-c", _DEADLY, *arguments], check=False, capture_output=True)
    assert done.returncode == 9, done.stderr
    assert project.read("mod.py") == b"fixed\n"
    repository = project.open()
    applied = Applied.from_json((tmp_path / "record").read_text())
    assert not repository.holds(applied)
    repository.undo(applied)
    assert everything(project) == before


def test_what_will_be_done_is_announced_first(project: Project, snap: Snap) -> None:
    repository = project.open()
    taken = snap(repository)

    def refuse(applied: Applied) -> None:
        assert not repository.holds(applied)
        raise Killed

    change = patch_of({"mod.py": b"fixed\n", "a/new.py": b"n\n"})
    before = everything(project)
    for act in (
        lambda: repository.apply(change, taken, refuse),
        lambda: repository.commit(change, taken, announce=refuse),
        lambda: repository.apply_on_branch(change, taken, "fix", announce=refuse),
    ):
        with pytest.raises(Killed):
            act()
    assert everything(project) == before
    assert project.git("branch", "--list", "fix") == ""
    announced: list[Applied] = []
    applied = repository.commit(change, taken, announce=announced.append)
    assert repository.holds(announced[0])
    assert repository.holds(applied)
    repository.undo(applied)
    assert not repository.holds(applied)


def test_undo_of_a_commit_that_is_no_longer_the_last(project: Project, snap: Snap) -> None:
    repository = project.open()
    applied = repository.commit(patch(mod_py=b"fixed\n"), snap(repository))
    project.write("run.sh", "later\n")
    head = project.commit()
    with pytest.raises(ConflictError) as caught:
        repository.undo(applied)
    assert f"git revert {applied.commit}" in caught.value.hint
    assert project.git("rev-parse", "HEAD").strip() == head


def test_undo_of_a_commit_whose_file_was_edited_or_staged(project: Project, snap: Snap) -> None:
    repository = project.open()
    applied = repository.commit(patch(mod_py=b"fixed\n"), snap(repository))
    project.write("mod.py", "edited\n")
    with pytest.raises(ConflictError):
        repository.undo(applied)
    project.git("add", "mod.py")
    project.write("mod.py", "fixed\n")
    with pytest.raises(ConflictError, match="staged"):
        repository.undo(applied)
    assert project.git("rev-parse", "HEAD").strip() == applied.commit


def test_undo_of_a_branch_that_moved_or_is_checked_out(project: Project, snap: Snap) -> None:
    repository = project.open()
    applied = repository.apply_on_branch(patch(mod_py=b"fixed\n"), snap(repository), "fix")
    project.git("checkout", "-q", "fix")
    with pytest.raises(ConflictError, match="checked out"):
        repository.undo(applied)
    project.write("more.py", "m\n")
    project.commit()
    project.git("checkout", "-q", "main")
    with pytest.raises(ConflictError, match="no longer"):
        repository.undo(applied)
    assert project.git("branch", "--list", "fix") != ""
