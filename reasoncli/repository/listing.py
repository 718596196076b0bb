"""Which files of a work tree belong to its snapshot.

Tracked files and untracked ones that git does not ignore, submodules' files included. Kept out, with a word about it:

- `.env` and `.env.*` anywhere, even when tracked (`.env.example` and the like stay);
- untracked files whose names say that they are keys or credentials (tracked ones are published fixtures);
- nested repositories that are no submodules, and submodules that are not checked out.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reasoncli.errors import RepositoryError
from reasoncli.repository.commands import Git

_SUBMODULE = "160000"
_ENV_EXAMPLES = frozenset({"example", "sample", "template", "dist", "defaults"})
_CREDENTIALS = (
    "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.pem", "*.key", "*.p12", "*.pfx", "*.kdbx",
    ".netrc", ".pypirc", ".npmrc", ".git-credentials", "credentials.json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """Paths that belong to the snapshot, and what was left out with the reason, both sorted."""

    paths: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def list_files(git: Git) -> Listing:
    """The files of the repository that `git` stands at the top of; they may be missing from the work tree.

    Raises:
        RepositoryError: the index holds unmerged files, or can't be read.
    """
    paths: set[str] = set()
    left_out: dict[str, str] = {}
    for path, tracked in _walk(git, "", left_out):
        reason = _secret(path, tracked)
        if reason is None:
            paths.add(path)
        else:
            left_out[path] = reason
    return Listing(tuple(sorted(paths)), tuple(sorted(left_out.items())))


def _walk(git: Git, prefix: str, left_out: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """(path, tracked) of one repository and, below it, of its submodules."""
    for record in git.lines("ls-files", "-z", "--stage"):
        head, path = record.split("\t", 1)
        mode, _, stage = head.split(" ")
        if stage != "0":
            raise RepositoryError(
                f"{prefix + path} is unmerged", hint="Finish or abort the merge first (git status shows how)."
            )
        if mode == _SUBMODULE:
            yield from _submodule(git.cwd / path, prefix + path, left_out)
        else:
            yield prefix + path, True
    for path in git.lines("ls-files", "-z", "--others", "--exclude-standard"):
        if path.endswith("/"):
            left_out[prefix + path] = "a repository of its own"
        else:
            yield prefix + path, False


def _submodule(folder: Path, path: str, left_out: dict[str, str]) -> Iterator[tuple[str, bool]]:
    if folder.is_symlink() or not (folder / ".git").exists():
        left_out[path] = "a submodule that is not checked out (git submodule update --init)"
        return
    inner = Git(folder)
    if Path(inner.run("rev-parse", "--show-toplevel").text).resolve() != folder.resolve():
        left_out[path] = "a submodule whose work tree lies elsewhere"
        return
    yield from _walk(inner, f"{path}/", left_out)


def _secret(path: str, tracked: bool) -> str | None:
    """Why a file is kept out of snapshots, or `None`."""
    name = PurePosixPath(path).name
    if name == ".env" or (name.startswith(".env.") and name.rpartition(".")[2] not in _ENV_EXAMPLES):
        return "environment files hold secrets"
    if not tracked and any(fnmatch.fnmatchcase(name, pattern) for pattern in _CREDENTIALS):
        return "looks like a key or credentials"
    return None
