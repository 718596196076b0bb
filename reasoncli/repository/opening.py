"""The user's repository: looked at through a snapshot, changed by one patch, and only when told to."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reasoncli.domain import FileChange, Patch, Snapshot
from reasoncli.errors import ConflictError, RepositoryError
from reasoncli.repository import snapshot as snapshots
from reasoncli.repository.applied import Applied, How, WrittenFile
from reasoncli.repository.commands import Git
from reasoncli.repository.commits import Commits, with_trailer
from reasoncli.repository.snapshot import Warn
from reasoncli.repository.writing import Write, exclusive, place, write_all

Announce = Callable[[Applied], None]
"""Told what is about to be written, so that it can be taken back even if the process is killed right after."""

_GITHUB = re.compile(r"(?:.*@)?(?:ssh\.)?github\.com(?::\d+)?[:/]+([\w.-]+)/([\w.-]+?)(?:\.git)?/?", re.IGNORECASE)
_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


def open_repository(path: Path) -> Repository:
    """Open the git work tree that holds `path`.

    Subfolders, linked worktrees, submodules, shallow and sparse checkouts and detached HEADs are all fine.

    Raises:
        RepositoryError: no such folder, not in a work tree, bare, no commit yet, unmerged files, owned by someone else
            (`safe.directory`), or a configuration that puts the work tree somewhere else.
    """
    top = _discover(path)
    git = Git(top)
    # Asked of git itself, so that the user's safe.directory counts; and core.worktree can point elsewhere.
    shown = git.run("rev-parse", "--show-toplevel", check=False)
    if "dubious ownership" in shown.stderr:
        raise RepositoryError(
            f"{top} belongs to someone else", hint=f"If you trust it: git config --global --add safe.directory {top}"
        )
    if shown.code != 0:
        raise RepositoryError(f"git can't work in {top}: {shown.stderr}")
    if Path(shown.text).resolve() != top:
        raise RepositoryError(f"{top} is configured to have its work tree elsewhere (core.worktree)")
    git = git.disarmed()
    git_dir = Path(git.run("rev-parse", "--absolute-git-dir").text)
    if git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False).code != 0:
        raise RepositoryError(f"{top} has no commit yet", hint="Commit something first; an empty commit will do.")
    unmerged = git.run("ls-files", "--unmerged", "-z").stdout
    if unmerged:
        name = os.fsdecode(unmerged.split(b"\0")[0].partition(b"\t")[2])
        raise RepositoryError(f"{name} is unmerged", hint="Finish or abort the merge first (git status shows how).")
    return Repository(top, git_dir, git)


@dataclass(frozen=True, slots=True)
class Repository:
    """A git work tree.

    Attributes:
        path: its top level, absolute and resolved.
        git_dir: its git folder (of this worktree, where there are several).
    """

    path: Path
    git_dir: Path
    git: Git

    def head(self) -> str:
        """HEAD's full hash."""
        return self._commits.resolve("HEAD")

    def remote_slug(self) -> str | None:
        """`owner/name` of the origin at GitHub, or `None` where it lies elsewhere or is missing."""
        url = self.git.run("config", "--get", "remote.origin.url", check=False).text
        match = _GITHUB.fullmatch(url.partition("://")[2] or url)
        return f"{match[1]}/{match[2]}" if match else None

    def snapshot(self, into: Path, warn: Warn = lambda message: None) -> Snapshot:
        """Copy the work tree, as it is now, into the new or empty folder `into`; see `listing` for what belongs to it.

        Raises:
            RepositoryError: a file can't be read, or `into` can't take the copy.
            DiskFullError: no space left.
        """
        return snapshots.take(self.git, self.head(), into, warn)

    def apply(self, patch: Patch, snapshot: Snapshot, announce: Announce = lambda applied: None) -> Applied:
        """Write the patch to the work tree, uncommitted: all of it or nothing.

        Modes, owners and the index stay as they are; bytes are the patch's.

        Raises:
            ConflictError: a touched file is no longer what the snapshot held.
            RepositoryError: a path leads through a symlink or out of the tree, or can't be written.
            DiskFullError: no space left.
        """
        before = self._originals(patch, snapshot)
        with exclusive(self._state):
            applied = Applied(How.WORK_TREE, os.fspath(self.path), self._describe(patch.changes, before))
            announce(applied)
            return replace(applied, folders=self._write(patch.changes, before))

    def check_branch(self, branch: str) -> str:
        """The full name of a branch that `apply_on_branch` could make.

        Raises:
            RepositoryError: its name is invalid, or it exists.
        """
        reference = f"refs/heads/{branch}"
        if branch.startswith("-") or self.git.run("check-ref-format", reference, check=False).code != 0:
            raise RepositoryError(f"{branch!r} is not a valid name for a branch")
        if self.git.run("show-ref", "--verify", "--quiet", reference, check=False).code == 0:
            raise RepositoryError(f"the branch {branch} exists", hint="Choose another name, or delete it first.")
        return reference

    def apply_on_branch(
        self,
        patch: Patch,
        snapshot: Snapshot,
        branch: str,
        message: str | None = None,
        *,
        trailer: bool = True,
        announce: Announce = lambda applied: None,
    ) -> Applied:
        """Make a new branch at the snapshot's commit, with one commit of the patch; work tree, index and HEAD stay.

        Raises:
            ConflictError: a touched file was uncommitted in the snapshot.
            RepositoryError: the branch exists or its name is invalid, or as in `commit`.
        """
        before = self._originals(patch, snapshot)
        with exclusive(self._state):
            reference = self.check_branch(branch)
            commit = self._build(snapshot.commit, before, patch, message, trailer)
            applied = Applied(How.BRANCH, os.fspath(self.path), (), (), reference, commit, snapshot.commit)
            announce(applied)
            self._move(reference, commit, "0" * len(commit), "branch")
        return applied

    def commit(
        self,
        patch: Patch,
        snapshot: Snapshot,
        message: str | None = None,
        *,
        trailer: bool = True,
        announce: Announce = lambda applied: None,
    ) -> Applied:
        """Write the patch to the work tree and commit it, and nothing else, on the current branch or detached HEAD.

        What the user has staged of other files stays staged. No commit hook is run.

        Raises:
            ConflictError: a touched file changed since the snapshot, or has uncommitted or staged changes.
            RepositoryError: a merge or rebase is under way, no identity, a touched file lies in a submodule or goes
                through a git filter, or something can't be written.
        """
        self._refuse_under_way()
        before = self._originals(patch, snapshot)
        with exclusive(self._state):
            parent = self.head()
            paths = [change.path for change in patch.changes]
            staged = self._commits.staged(parent, paths)
            if staged:
                raise ConflictError(f"has staged changes: {', '.join(staged)}", hint="Commit or unstage them first.")
            commit = self._build(parent, before, patch, message, trailer)
            files = self._describe(patch.changes, before)
            applied = Applied(How.COMMIT, os.fspath(self.path), files, (), self._branch(), commit, parent)
            announce(applied)
            with contextlib.ExitStack() as rollback:
                folders = self._write(patch.changes, before)
                rollback.callback(self._restore, files, folders)
                self._commits.stage(commit, paths)
                rollback.callback(self._commits.stage, parent, paths)
                self._move("HEAD", commit, parent, "commit")
                rollback.pop_all()
        return replace(applied, folders=folders)

    def holds(self, applied: Applied) -> bool:
        """Whether what was announced or done stands as it was left."""
        if applied.how is not How.WORK_TREE:
            now = self.git.run("rev-parse", "--verify", "--quiet", applied.reference or "HEAD", check=False).text
            if now != applied.commit:
                return False
        return all(_digest(_now(self.path, file).before) == file.after for file in applied.files)

    def undo(self, applied: Applied) -> None:
        """Take back what `apply`, `apply_on_branch` or `commit` did.

        Raises:
            ConflictError: a file, the branch or HEAD is no longer as it was left; nothing was changed.
            RepositoryError: it was another repository's, or something can't be written.
        """
        if Path(applied.repository) != self.path:
            raise RepositoryError(f"that patch was applied to {applied.repository}")
        with exclusive(self._state):
            if applied.how is How.WORK_TREE:
                self._restore(applied.files, applied.folders)
            elif applied.how is How.BRANCH:
                self._delete(applied.reference, applied.commit)
            else:
                self._uncommit(applied)

    def _uncommit(self, applied: Applied) -> None:
        head = self.head()
        if self._branch() != applied.reference or head not in (applied.commit, applied.parent):
            raise ConflictError(
                "HEAD is no longer at the commit that was made", hint=f"To take it back: git revert {applied.commit}"
            )
        paths = [file.path for file in applied.files]
        staged = self._commits.staged(applied.commit, paths)
        if staged and (head == applied.commit or self._commits.staged(applied.parent, paths)):
            raise ConflictError(f"has staged changes: {', '.join(staged)}", hint="Commit or unstage them first.")
        if head == applied.parent:  # killed after the files were written and before the commit was made
            self._restore(applied.files, applied.folders)
            self._commits.stage(applied.parent, paths)
            return
        with contextlib.ExitStack() as rollback:
            undone = [_now(self.path, file) for file in applied.files]
            self._restore(applied.files, applied.folders)
            rollback.callback(self._restore, undone, ())
            self._commits.stage(applied.parent, paths)
            rollback.callback(self._commits.stage, applied.commit, paths)
            self._move("HEAD", applied.parent, applied.commit, "undo")
            rollback.pop_all()

    def _delete(self, reference: str, commit: str) -> None:
        query = self.git.run("for-each-ref", "--format=%(objectname) %(worktreepath)", reference).text
        now, _, worktree = query.partition(" ")
        if now != commit:
            raise ConflictError(f"{reference} is no longer at the commit that was made")
        if worktree:
            raise ConflictError(f"{reference} is checked out in {worktree}", hint="Switch to another branch first.")
        self.git.run("update-ref", "-m", "reasoncli: undo", "-d", reference, commit)

    def _originals(self, patch: Patch, snapshot: Snapshot) -> dict[str, bytes | None]:
        """What the snapshot holds of each file that the patch touches, `None` where there is nothing."""
        originals: dict[str, bytes | None] = {}
        for change in patch.changes:
            place(self.path, change.path)
            copy = place(snapshot.root, change.path)
            originals[change.path] = copy.read_bytes() if change.path in snapshot.files else None
        return originals

    def _describe(self, changes: Sequence[FileChange], before: Mapping[str, bytes | None]) -> tuple[WrittenFile, ...]:
        return tuple(
            WrittenFile(change.path, before[change.path], _mode(self.path / change.path), _digest(change.content))
            for change in changes
        )

    def _write(self, changes: Sequence[FileChange], before: Mapping[str, bytes | None]) -> tuple[str, ...]:
        writes = [
            Write(change.path, change.content, _digest(before[change.path]), change.executable) for change in changes
        ]
        return write_all(self.path, writes, self._journal)

    def _restore(self, files: Sequence[WrittenFile], folders: Sequence[str]) -> None:
        writes = [Write(file.path, file.before, file.after, mode=file.mode) for file in files]
        write_all(self.path, writes, self._journal)
        for folder in reversed(folders):
            with contextlib.suppress(OSError):  # something else lives there by now
                (self.path / folder).rmdir()

    def _build(
        self, parent: str, before: Mapping[str, bytes | None], patch: Patch, message: str | None, trailer: bool
    ) -> str:
        originals = [FileChange(path, content) for path, content in before.items()]
        text = message or _default_message(patch)
        text = with_trailer(text) if trailer else f"{text.rstrip()}\n"
        return self._commits.build(parent, originals, patch.changes, text, self._commits.signs())

    def _move(self, reference: str, new: str, old: str, what: str) -> None:
        moved = self.git.run("update-ref", "-m", f"reasoncli: {what}", reference, new, old, check=False)
        if moved.code != 0:
            raise RepositoryError(f"can't move {reference}: {moved.stderr}")

    def _branch(self) -> str:
        """Full name of the current branch, or an empty string when HEAD is detached."""
        return self.git.run("symbolic-ref", "--quiet", "HEAD", check=False).text

    def _refuse_under_way(self) -> None:
        for name, what in _UNDER_WAY.items():
            if (self.git_dir / name).exists():
                raise RepositoryError(f"a {what} is under way", hint="Finish or abort it, or apply without --commit.")

    @property
    def _commits(self) -> Commits:
        return Commits(self.git, self.git_dir)

    @property
    def _state(self) -> Path:
        return self.git_dir / "reasoncli"

    @property
    def _journal(self) -> Path:
        return self._state / "journal.json"


def _discover(path: Path) -> Path:
    """The top of the work tree around a path, by GitPython's own walk, without running git."""
    try:
        from git import Repo
        from git.exc import InvalidGitRepositoryError, NoSuchPathError
    except ImportError as error:  # GitPython looks for git when it is imported
        raise RepositoryError("git is not installed", hint="Install git, or put it on the PATH.") from error
    try:
        with Repo(path.resolve(), search_parent_directories=True, expand_vars=False) as found:
            work_tree = found.working_tree_dir
    except NoSuchPathError as error:
        raise RepositoryError(f"{path} does not exist") from error
    except InvalidGitRepositoryError as error:
        raise RepositoryError(
            f"{path} is not in a git repository", hint="Run git init and commit, or name a folder of a checkout."
        ) from error
    if work_tree is None:
        raise RepositoryError(f"{path} is a bare repository", hint="Name a checkout of it: git worktree add shows how.")
    return Path(work_tree).resolve()


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _now(root: Path, file: WrittenFile) -> WrittenFile:
    """The record that would bring a file back to how it is at this moment."""
    path = place(root, file.path)
    return WrittenFile(file.path, path.read_bytes() if path.is_file() else None, _mode(path), _digest(file.before))


def _digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _default_message(patch: Patch) -> str:
    names = [change.path for change in patch.changes]
    subject = names[0] if len(names) == 1 else f"{len(names)} files"
    return f"Fix {subject}\n"
