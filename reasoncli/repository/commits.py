"""A commit of a patch alone, built in a temporary index and a temporary work tree.

The user's index, work tree and staged changes take no part. Git itself converts the content (line endings, encodings)
as the repository's attributes say. Hooks are not run; commits are signed where the user's configuration says so.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reasoncli import __version__
from reasoncli.domain import FileChange
from reasoncli.errors import ConflictError, RepositoryError
from reasoncli.repository.commands import Git, GitResult

TRAILER = f"Fixed-By: reasoncli {__version__}"

_TRAILER_LINE = re.compile(r"[A-Za-z0-9-]+: \S.*")
_GITLINK = "160000"


@dataclass(frozen=True, slots=True)
class Commits:
    """Builds commits in the repository that `git` stands at the top of; `git_dir` is its absolute git folder."""

    git: Git
    git_dir: Path

    def resolve(self, name: str) -> str:
        """Full hash of the commit that a name means."""
        return self.git.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").text

    def build(
        self, parent: str, before: Sequence[FileChange], after: Sequence[FileChange], message: str, signed: bool
    ) -> str:
        """Commit `after` on top of `parent`, whose files must be `before`; returns the new commit's hash.

        Raises:
            ConflictError: a touched file differs from the parent commit: the commit would carry more than the patch.
            RepositoryError: no identity, signing failed, or a touched file is in a submodule or goes through a filter.
        """
        self._identity()
        self._refuse_filtered([change.path for change in after])
        with tempfile.TemporaryDirectory(prefix="reasoncli-commit-") as scratch:
            bench = _Bench(self.git, self.git_dir, Path(scratch))
            bench.load(parent)
            bench.refuse_submodules([change.path for change in after])
            base = bench.tree(before)
            uncommitted = self.differing(f"{parent}^{{tree}}", base)
            if uncommitted:
                raise ConflictError(
                    f"has uncommitted changes: {', '.join(uncommitted)}",
                    hint="Commit or stash them first, or apply the patch without a commit.",
                )
            tree = bench.tree(after)
        options = ["-S"] if signed else []
        return self.git.run("commit-tree", *options, "-p", parent, "-F", "-", tree, stdin=os.fsencode(message)).text

    def differing(self, old: str, new: str) -> list[str]:
        """Paths in which two trees differ in content or kind (not in the executable bit), sorted."""
        changed = []
        records = iter(self.git.lines("diff-tree", "-r", "-z", "--no-renames", old, new))
        for head in records:
            path = next(records)
            _, _, before, after, _ = head.split(" ")
            if before != after:
                changed.append(path)
        return sorted(changed)

    def staged(self, commit: str, paths: Sequence[str]) -> list[str]:
        """Which of the paths differ between the user's index and a commit."""
        return sorted(self.git.lines("diff-index", "--cached", "--name-only", "-z", commit, "--", *paths))

    def stage(self, commit: str, paths: Sequence[str]) -> None:
        """Set the user's index entries of these paths to what a commit has; all others stay."""
        entries: dict[str, str] = dict.fromkeys(paths, f"0 {'0' * len(commit)}")
        for record in self.git.lines("ls-tree", "-z", "-r", "--full-tree", commit, "--", *paths):
            head, path = record.split("\t", 1)
            mode, _, blob = head.split(" ")
            entries[path] = f"{mode} {blob}"
        lines = "".join(f"{head}\t{path}\0" for path, head in entries.items())
        self.git.run("update-index", "-z", "--index-info", stdin=os.fsencode(lines))
        self.git.run("update-index", "-q", "--refresh", check=False)  # others of the user's files may well be dirty

    def signs(self) -> bool:
        """Whether the user's configuration asks for signed commits."""
        return self.git.run("config", "--type=bool", "commit.gpgSign", check=False).text == "true"

    def _identity(self) -> None:
        for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            if self.git.run("var", who, check=False).code != 0:
                raise RepositoryError(
                    "git does not know who you are, so nothing can be committed",
                    hint='Run: git config --global user.name "You" && git config --global user.email you@example.com',
                )

    def _refuse_filtered(self, paths: Sequence[str]) -> None:
        listed = os.fsencode("".join(f"{path}\0" for path in paths))
        fields = list(self.git.lines("check-attr", "-z", "--stdin", "filter", stdin=listed))
        for path, value in zip(fields[::3], fields[2::3], strict=True):
            if value not in ("unspecified", "unset"):
                raise RepositoryError(
                    f"{path} is stored through the git filter {value!r}, which is not run for a commit",
                    hint="Apply the patch without --branch or --commit, and commit it yourself.",
                )


@dataclass(frozen=True, slots=True)
class _Bench:
    """A temporary index and work tree beside the repository."""

    git: Git
    git_dir: Path
    scratch: Path

    def load(self, commit: str) -> None:
        """Fill the index from a commit."""
        self._work.mkdir()
        self._run("read-tree", commit)

    def refuse_submodules(self, paths: Sequence[str]) -> None:
        """Raise if a path lies in a submodule: its commit would be another repository's."""
        for record in self._run("ls-files", "-z", "--stage").stdout.split(b"\0"):
            head, _, name = os.fsdecode(record).partition("\t")
            inside = [path for path in paths if path == name or path.startswith(f"{name}/")]
            if head.startswith(_GITLINK) and inside:
                raise RepositoryError(
                    f"{inside[0]} lies in the submodule {name}, which has commits of its own",
                    hint="Apply the patch without --branch or --commit.",
                )

    def tree(self, changes: Sequence[FileChange]) -> str:
        """The tree of the index with these files in it; git converts their content."""
        modes = self._modes([change.path for change in changes])
        for change in changes:
            target = self._work / change.path
            if change.content is None:
                target.unlink(missing_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(change.content)
            executable = modes.get(change.path) == "100755" if change.executable is None else change.executable
            target.chmod(0o755 if executable else 0o644)
        paths = os.fsencode("".join(f"{change.path}\0" for change in changes))
        self._run("update-index", "--add", "--remove", "-z", "--stdin", stdin=paths)
        return self._run("write-tree").stdout.decode().strip()

    def _modes(self, paths: Sequence[str]) -> dict[str, str]:
        modes = {}
        for record in self._run("ls-files", "-z", "--stage", "--", *paths).stdout.split(b"\0"):
            head, _, path = os.fsdecode(record).partition("\t")
            modes[path] = head.partition(" ")[0]
        return modes

    @property
    def _work(self) -> Path:
        return self.scratch / "work"

    def _run(self, *args: str, stdin: bytes = b"") -> GitResult:
        bench = Git(self._work, (*self.git.settings, ("core.fileMode", "true"), ("core.sparseCheckout", "false")))
        env: Mapping[str, str] = {
            "GIT_DIR": os.fspath(self.git_dir),
            "GIT_WORK_TREE": os.fspath(self._work),
            "GIT_INDEX_FILE": os.fspath(self.scratch / "index"),
        }
        return bench.run(*args, stdin=stdin, env=env)


def with_trailer(message: str) -> str:
    """The message with our trailer, in the block of trailers if it ends in one."""
    body = message.rstrip()
    last = body.split("\n\n")[-1].splitlines()
    in_block = "\n\n" in body and all(_TRAILER_LINE.fullmatch(line) for line in last)
    return f"{body}\n{TRAILER}\n" if in_block else f"{body}\n\n{TRAILER}\n"
