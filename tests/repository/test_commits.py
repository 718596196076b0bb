from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoncli import __version__
from reasoncli.domain import FileChange, Patch, Snapshot
from reasoncli.errors import ConflictError, RepositoryError
from reasoncli.repository import Applied
from reasoncli.repository.commands import Git
from reasoncli.repository.commits import Commits, with_trailer
from tests.repository.conftest import Project, patch, patch_of

Snap = Callable[..., Snapshot]


class Killed(BaseException):
    """Stands for Ctrl-C at the worst moment."""


def everything(project: Project) -> tuple[str, str, str, dict[str, bytes]]:
    """HEAD, the index, the status, and all files of the work tree."""
    files = {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    return (
        project.git("rev-parse", "HEAD", "--symbolic-full-name", "HEAD"),
        project.git("ls-files", "-s"),
        project.status(),
        files,
    )


def test_a_branch_gets_one_commit_and_nothing_else_moves(project: Project, snap: Snap) -> None:
    project.write("pkg/__init__.py", "uncommitted\n")
    project.write("staged.py", "staged\n")
    project.git("add", "staged.py")
    project.write("untracked.py", "u\n")
    repository = project.open()
    taken = snap(repository)
    before = everything(project)
    change = patch_of({"mod.py": b"fixed\n", "run.sh": b"#!/bin/sh\nexit\n", "a/new.py": b"n\n"})
    applied = repository.apply_on_branch(change, taken, "fix/one", "Fix f\n\nIt returned 1.")
    assert everything(project) == before
    assert project.git("show", "fix/one:mod.py") == "fixed\n"
    assert project.git("diff", "--name-only", "HEAD", "fix/one").split() == ["a/new.py", "mod.py", "run.sh"]
    assert project.git("ls-tree", "fix/one", "run.sh").startswith("100755")
    assert project.git("log", "-1", "--format=%an <%ae>|%cn|%P|%B", "fix/one") == (
        f"Ann Author <ann@example.com>|Ann Author|{taken.commit}|"
        f"Fix f\n\nIt returned 1.\n\nFixed-By: reasoncli {__version__}\n\n"
    )
    repository.undo(Applied.from_json(applied.to_json()))
    assert project.git("branch", "--list", "fix/one") == ""
    assert everything(project) == before


def test_a_commit_carries_the_patch_alone(project: Project, snap: Snap) -> None:
    project.write("pkg/__init__.py", "uncommitted\n")
    project.write("staged.py", "staged\n")
    project.git("add", "staged.py")
    repository = project.open()
    before = everything(project)
    applied = repository.commit(patch_of({"mod.py": b"fixed\n", "run.sh": None, "a/new.py": b"n\n"}), snap(repository))
    assert project.git("show", "--name-status", "--format=", "HEAD").split() == [
        "A",
        "a/new.py",
        "M",
        "mod.py",
        "D",
        "run.sh",
    ]
    assert project.status() == " M pkg/__init__.py\nA  staged.py\n"
    assert project.git("symbolic-ref", "HEAD") == "refs/heads/main\n"
    assert project.read("mod.py") == b"fixed\n"
    repository.undo(Applied.from_json(applied.to_json()))
    assert everything(project) == before


def test_a_detached_head_moves_by_itself(project: Project, snap: Snap) -> None:
    project.git("checkout", "-q", "--detach")
    main = project.git("rev-parse", "main")
    repository = project.open()
    applied = repository.commit(patch(mod_py=b"fixed\n"), snap(repository))
    assert project.git("rev-parse", "main") == main
    assert project.git("rev-parse", "HEAD").strip() == applied.commit
    assert applied.reference == ""
    repository.undo(applied)
    assert project.git("rev-parse", "HEAD") == main


def test_the_trailer_can_be_left_out(project: Project, snap: Snap) -> None:
    repository = project.open()
    repository.commit(patch(mod_py=b"fixed\n"), snap(repository), "Fix it", trailer=False)
    assert project.git("log", "-1", "--format=%B") == "Fix it\n\n"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Fix it\n", "Fix it\n\n{}\n"),
        ("Fix it\n\nBecause.\n\n", "Fix it\n\nBecause.\n\n{}\n"),
        ("Fix it\n\nCloses: #3\nSigned-off-by: A <a@b>", "Fix it\n\nCloses: #3\nSigned-off-by: A <a@b>\n{}\n"),
        ("fix: it", "fix: it\n\n{}\n"),
    ],
)
def test_where_the_trailer_goes(message: str, expected: str) -> None:
    assert with_trailer(message) == expected.format(f"Fixed-By: reasoncli {__version__}")


def test_line_endings_are_stored_as_the_repository_says(project: Project, snap: Snap) -> None:
    project.write(".gitattributes", "*.py text eol=crlf\n")
    project.write("dos.py", b"a = 1\r\nb = 2\r\n")
    project.commit()
    repository = project.open()
    taken = snap(repository)
    change = patch_of({"dos.py": b"a = 1\r\nb = 3\r\n"})
    repository.apply_on_branch(change, taken, "fix")
    applied = repository.commit(change, taken)
    for name in ("fix", "HEAD"):
        assert project.git("cat-file", "blob", f"{name}:dos.py") == "a = 1\nb = 3\n"
    assert project.status() == ""
    assert project.read("dos.py") == b"a = 1\r\nb = 3\r\n"
    repository.undo(applied)
    assert project.status() == ""


def test_crlf_that_was_committed_as_it_is(project: Project, snap: Snap) -> None:
    project.write("dos.py", b"a = 1\r\nb = 2\r\n")
    project.commit()
    project.git("config", "core.autocrlf", "true")
    repository = project.open()
    repository.commit(patch_of({"dos.py": b"a = 1\r\nb = 3\r\n"}), snap(repository))
    assert project.git("cat-file", "blob", "HEAD:dos.py") == "a = 1\r\nb = 3\r\n"


@pytest.mark.parametrize("staged", [False, True])
def test_uncommitted_changes_to_a_touched_file_are_not_swept_in(project: Project, snap: Snap, staged: bool) -> None:
    project.write("mod.py", "my own change\n")
    if staged:
        project.git("add", "mod.py")
    repository = project.open()
    taken = snap(repository)
    before = everything(project)
    for act in (
        lambda: repository.commit(patch(mod_py=b"x"), taken),
        lambda: repository.apply_on_branch(patch(mod_py=b"x"), taken, "fix"),
    ):
        with pytest.raises(ConflictError, match=r"mod\.py"):
            act()
    assert everything(project) == before
    assert project.git("branch", "--list", "fix") == ""


def test_an_untracked_file_cannot_be_patched_into_a_commit(project: Project, snap: Snap) -> None:
    project.write("draft.py", "mine\n")
    repository = project.open()
    with pytest.raises(ConflictError, match=r"draft\.py"):
        repository.commit(patch(draft_py=b"x"), snap(repository))
    assert project.read("draft.py") == b"mine\n"


def test_head_may_have_moved_if_the_touched_files_did_not(project: Project, snap: Snap) -> None:
    repository = project.open()
    taken = snap(repository)
    project.write("pkg/__init__.py", "meanwhile\n")
    head = project.commit()
    applied = repository.commit(patch(mod_py=b"fixed\n"), taken)
    assert applied.parent == head
    assert project.git("show", "HEAD:pkg/__init__.py") == "meanwhile\n"
    project.write("run.sh", "meanwhile\n")
    project.commit()
    with pytest.raises(ConflictError, match=r"run\.sh"):
        repository.commit(patch_of({"run.sh": b"fixed\n"}), taken)


def test_branch_names(project: Project, snap: Snap) -> None:
    repository = project.open()
    taken = snap(repository)
    change = patch(mod_py=b"x\n")
    for name in ("main", "-d", "a..b", "with space", "", "@{-1}", "x.lock"):
        with pytest.raises(RepositoryError):
            repository.apply_on_branch(change, taken, name)
    repository.apply_on_branch(change, taken, "fix/ünï")
    with pytest.raises(RepositoryError, match="fix"):
        repository.apply_on_branch(change, taken, "fix")  # a folder of branches by now
    assert project.git("for-each-ref", "--format=%(refname:short)").split() == ["fix/ünï", "main"]


def test_no_identity(project: Project, snap: Snap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    repository = project.open()
    with pytest.raises(RepositoryError, match="who you are") as caught:
        repository.commit(patch(mod_py=b"x\n"), snap(repository))
    assert "user.email" in caught.value.hint
    assert project.status() == ""
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Env")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "env@example.com")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Env")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "env@example.com")
    repository.commit(patch(mod_py=b"x\n"), snap(repository))
    assert project.git("log", "-1", "--format=%an") == "Env\n"


def test_a_merge_under_way_is_not_committed_into(project: Project, snap: Snap) -> None:
    project.git("branch", "side")
    project.write("mod.py", "main\n")
    project.commit()
    project.git("checkout", "-q", "side")
    project.write("side.py", "side\n")
    project.commit()
    project.git("merge", "-q", "--no-commit", "main")
    repository = project.open()
    with pytest.raises(RepositoryError, match="merge"):
        repository.commit(patch(run_sh=b"x"), snap(repository))


def test_submodules_and_filtered_files_have_commits_of_their_own(
    project: Project, new_project: Callable[..., Project], snap: Snap
) -> None:
    library = new_project("library")
    library.write("lib.py", "x = 1\n")
    library.commit()
    project.git("submodule", "add", "-q", str(library.root), "deps")
    project.write(".gitattributes", "*.secret filter=crypt\n")
    project.write("a.secret", "s\n")
    project.commit()
    repository = project.open()
    taken = snap(repository)
    with pytest.raises(RepositoryError, match="submodule"):
        repository.commit(patch_of({"deps/lib.py": b"x\n"}), taken)
    with pytest.raises(RepositoryError, match="filter"):
        repository.commit(patch_of({"a.secret": b"x\n"}), taken)
    applied = repository.apply(patch_of({"deps/lib.py": b"x = 2\n"}), taken)
    assert project.read("deps/lib.py") == b"x = 2\n"
    repository.undo(applied)
    assert project.status() == ""


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


def test_a_linked_worktree_commits_on_its_own_branch(project: Project, snap: Snap, tmp_path: Path) -> None:
    project.git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "side")
    linked = Project((tmp_path / "linked").resolve())
    repository = linked.open()
    applied = repository.commit(patch(mod_py=b"fixed\n"), snap(repository))
    assert applied.reference == "refs/heads/side"
    assert project.git("show", "side:mod.py") == "fixed\n"
    assert project.status() == ""
    assert linked.status() == ""


def test_a_sparse_checkout_keeps_what_it_does_not_show(project: Project, snap: Snap) -> None:
    project.write("big/data.py", "x\n")
    project.commit()
    project.git("sparse-checkout", "set", "pkg")
    repository = project.open()
    taken = snap(repository)
    repository.apply_on_branch(patch(mod_py=b"fixed\n"), taken, "fix")
    repository.commit(patch(mod_py=b"fixed\n"), taken)
    for name in ("fix", "HEAD"):
        assert project.git("show", f"{name}:big/data.py") == "x\n"
    assert project.status() == ""


def test_commits_are_signed_when_the_user_signs(project: Project, snap: Snap, tmp_path: Path) -> None:
    signer = tmp_path / "signer"  # in the place of gpg, which not every machine has
    signer.write_text(
        "#!/bin/sh\ncat > /dev/null\nprintf '\\n[GNUPG:] SIG_CREATED \\n' >&2\n"
        "printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nours\\n-----END PGP SIGNATURE-----\\n'\n"
    )
    signer.chmod(0o755)
    settings = Git(project.root)
    for name, value in (("gpg.program", str(signer)), ("user.signingKey", "somebody"), ("commit.gpgSign", "true")):
        project.git("config", "--global", name, value)
    repository = project.open()
    repository.commit(patch(mod_py=b"fixed\n"), snap(repository))
    assert "BEGIN PGP SIGNATURE" in project.git("cat-file", "commit", "HEAD")
    assert Commits(settings, project.root / ".git").signs()


def test_the_mode_of_a_file_is_kept_in_the_commit_and_can_be_changed(project: Project, snap: Snap) -> None:
    repository = project.open()
    change = Patch(
        (FileChange("mod.py", b"#!/usr/bin/env python\n", True), FileChange("run.sh", b"x\n")), "", "", "", 1
    )
    repository.commit(change, snap(repository))
    assert project.git("ls-tree", "HEAD", "mod.py", "run.sh").count("100755") == 2
    assert project.status() == ""
