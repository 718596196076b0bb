"""Commits with a patch alone in them, on the branch that is checked out or a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli import __version__
from reasoncli.domain import FileChange, Patch
from reasoncli.repository import Applied
from reasoncli.repository.commands import Git
from reasoncli.repository.commits import Commits, with_trailer
from tests.repository.conftest import Project, Snap, everything, patch, patch_of


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
