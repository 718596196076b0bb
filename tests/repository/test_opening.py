from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoncli.domain import Snapshot
from reasoncli.errors import RepositoryError
from reasoncli.repository import open_repository
from tests.repository.conftest import Project, patch

Snap = Callable[..., Snapshot]


def test_from_a_subfolder_or_a_file_the_whole_repository_is_opened(project: Project) -> None:
    assert project.open().path == project.root
    assert open_repository(project.root / "pkg").path == project.root
    assert open_repository(project.root / "mod.py").path == project.root
    assert project.open().head() == project.git("rev-parse", "HEAD").strip()


def test_through_a_link(project: Project, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project.root)
    assert open_repository(tmp_path / "link" / "pkg").path == project.root


def test_inside_a_hook_of_another_repository(
    project: Project, new_project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch, snap: Snap
) -> None:
    other = new_project("other")
    other.write("other.py", "x\n")
    other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.root))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git" / "index"))
    repository = project.open()
    assert repository.path == project.root
    assert "mod.py" in snap(repository).files


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="does not exist"):
        open_repository(tmp_path / "missing")


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RepositoryError, match="not in a git repository") as caught:
        open_repository(tmp_path)
    assert "git init" in caught.value.hint
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    with pytest.raises(RepositoryError):
        open_repository(tmp_path)


def test_no_commit(new_project: Callable[..., Project]) -> None:
    with pytest.raises(RepositoryError, match="no commit"):
        new_project().open()


def test_bare(project: Project, tmp_path: Path) -> None:
    project.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    with pytest.raises(RepositoryError, match="bare"):
        open_repository(tmp_path / "bare.git")


def test_unmerged(project: Project) -> None:
    project.git("checkout", "-q", "-b", "side")
    project.write("mod.py", "side\n")
    project.commit()
    project.git("checkout", "-q", "main")
    project.write("mod.py", "main\n")
    project.commit()
    with pytest.raises(subprocess.CalledProcessError):
        project.git("merge", "side")
    with pytest.raises(RepositoryError, match=r"mod\.py is unmerged"):
        project.open()


def test_git_is_missing(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match="git is not installed"):
        project.open()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_someone_elses_repository_needs_their_consent(project: Project, snap: Snap) -> None:
    for path in [project.root, *project.root.rglob("*")]:
        os.lchown(path, 12345, 12345)
    with pytest.raises(RepositoryError, match="belongs to someone else") as caught:
        project.open()
    assert "safe.directory" in caught.value.hint
    settings = Path(os.environ["GIT_CONFIG_GLOBAL"])
    settings.write_text(settings.read_text() + f"[safe]\n\tdirectory = {project.root}\n")
    repository = project.open()
    repository.apply(patch(mod_py=b"fixed\n"), snap(repository))
    assert (project.root / "mod.py").stat().st_uid == 12345


def test_a_work_tree_that_is_configured_elsewhere(project: Project, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "private").write_text("x")
    project.git("config", "core.worktree", str(tmp_path / "home"))
    with pytest.raises(RepositoryError, match="elsewhere"):
        project.open()


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://github.com/owner/name.git", "owner/name"),
        ("https://github.com/owner/name", "owner/name"),
        ("https://user:token@github.com/owner/na.me.git/", "owner/na.me"),
        ("git@github.com:owner/name.git", "owner/name"),
        ("ssh://git@github.com/owner/name.git", "owner/name"),
        ("ssh://git@ssh.github.com:443/owner/name.git", "owner/name"),
        ("git://github.com/owner/name", "owner/name"),
        ("https://gitlab.com/owner/name.git", None),
        ("https://github.com.evil.org/owner/name", None),
        ("/srv/git/name.git", None),
        ("https://notgithub.com/owner/name", None),
    ],
)
def test_the_slug_of_origin(project: Project, url: str, slug: str | None) -> None:
    assert project.open().remote_slug() is None
    project.git("remote", "add", "origin", url)
    assert project.open().remote_slug() == slug


def test_nothing_the_repository_configures_is_run(project: Project, snap: Snap, tmp_path: Path) -> None:
    """Every program that a repository can name for reading, committing or signing leaves a mark; there must be none."""
    mark = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $@" >> {mark}\ncat\n')
    trap.chmod(0o755)
    hooks = project.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    names = "pre-commit commit-msg post-commit prepare-commit-msg reference-transaction post-index-change post-checkout"
    for name in [*names.split(), "fsmonitor-watchman", "pre-auto-gc"]:
        (hooks / name).write_text(trap.read_text())
        (hooks / name).chmod(0o755)
    project.write(".gitattributes", "*.txt filter=evil diff=evil merge=evil\n")
    project.write("data.txt", "x\n")
    subprocess.run(["git", "-c", "core.hooksPath=/dev/null", "add", "-A"], cwd=project.root, check=True)
    subprocess.run(["git", "-c", "core.hooksPath=/dev/null", "commit", "-qm", "evil"], cwd=project.root, check=True)
    settings = {
        "core.fsmonitor": trap, "core.sshCommand": trap, "core.pager": trap, "core.editor": trap, "core.askPass": trap,
        "core.alternateRefsCommand": trap, "diff.external": trap, "diff.evil.command": trap,
        "diff.evil.textconv": trap, "filter.evil.clean": trap, "filter.evil.smudge": trap,
        "filter.evil.process": trap, "filter.evil.required": "true", "merge.evil.driver": trap,
        "filter.a=b.clean": trap, "gpg.program": trap, "credential.helper": f"!{trap}", "sequence.editor": trap,
        "commit.gpgSign": "true", "trailer.x.command": trap, "trailer.x.ifmissing": "add", "pager.status": trap,
    }  # fmt: skip
    for name, value in settings.items():
        subprocess.run(["git", "config", name, str(value)], cwd=project.root, check=True)
    project.write("data.txt", "changed\n")  # would go through the clean filter
    assert not mark.exists()

    repository = project.open()
    taken = snap(repository)
    assert taken.dirty
    repository.remote_slug()
    change = patch(mod_py=b"fixed\n")
    repository.undo(repository.apply(change, taken))
    for act in (repository.apply_on_branch, repository.commit):
        arguments = (change, taken, "fix") if act == repository.apply_on_branch else (change, taken)
        with pytest.raises(RepositoryError, match="gpg"):  # the real gpg has no key; the trap would have answered
            act(*arguments)
    assert not mark.exists(), mark.read_text()


def test_a_submodules_configuration_is_not_obeyed_either(
    project: Project, new_project: Callable[..., Project], snap: Snap, tmp_path: Path
) -> None:
    library = new_project("library")
    library.write("lib.py", "x = 1\n")
    library.commit()
    project.git("submodule", "add", "-q", str(library.root), "deps")
    project.commit()
    mark = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho ran >> {mark}\n")
    trap.chmod(0o755)
    project.git("-C", "deps", "config", "core.fsmonitor", str(trap))
    project.git("-C", "deps", "config", "core.hooksPath", str(tmp_path))
    project.write("deps/lib.py", "x = 2\n")
    mark.unlink(missing_ok=True)
    assert "deps/lib.py" in snap(project.open()).files
    assert not mark.exists()
