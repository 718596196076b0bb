"""What is not committed into or swept in, and what is said then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reasoncli.errors import ConflictError, RepositoryError
from tests.repository.conftest import Project, Snap, everything, patch, patch_of


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
