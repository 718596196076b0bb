"""A work tree for each issue: the user's own where it is as the issue wants it, else a clone at the commit.

Clones share their objects with where they come from, so that they cost a check-out each. Nothing that a repository
configures is run by git.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from reasoncli.domain import WorkItem
from reasoncli.errors import RepositoryError
from reasoncli.locks import FileLock
from reasoncli.repository.commands import Git

SLUG = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_GITHUB = "https://github.com/{}.git"
_REACHING = (("protocol.file.allow", "always"), ("protocol.https.allow", "always"), ("credential.helper", ""))
_TRIES = 15_000  # of 20 ms: as long as a clone takes in another process


def tree_for(item: WorkItem, into: Path, *, clones: Sequence[Path], mirrors: Path) -> Path:
    """The work tree to fix an issue in.

    Args:
        item: names its repository: a path, or `owner/name`.
        into: where a clone is made, if one is needed; what lies there from before is taken if it is at the commit.
        clones: folders to look for `owner/name` in, as `owner/name`, `owner__name`, `owner+name` or `name`.
        mirrors: where what comes from GitHub is kept.

    Raises:
        RepositoryError: there is no such repository or commit.
    """
    given = Path(item.repository).expanduser()
    if given.is_dir():
        source = given.resolve()
    elif SLUG.fullmatch(item.repository):
        source = _found(item.repository, clones) or _mirrored(item.repository, item.commit, mirrors)
    else:
        raise RepositoryError(f"there is no repository {item.repository}", hint='"repo" is a path, or owner/name.')
    if not item.commit and _has_tree(source):
        return source
    wanted = _commit(source, item.commit or "HEAD")
    if _has_tree(into) and Git(into).run("rev-parse", "HEAD", check=False).text == wanted:
        return into
    shutil.rmtree(into, ignore_errors=True)
    into.parent.mkdir(parents=True, exist_ok=True)
    git = Git(into.parent, _REACHING)
    git.run("clone", "--quiet", "--shared", "--no-checkout", "--", os.fspath(source), os.fspath(into))
    Git(into, _REACHING).run("checkout", "--quiet", "--detach", wanted)
    return into


def hand_over(tree: Path, branch: str) -> str:
    """Put a branch that was made in a clone where the clone came from; the place, or nothing if it is there already.

    Raises:
        RepositoryError: it can't be put there; another one of its name is in the way.
    """
    git = Git(tree, _REACHING)
    origin = git.run("config", "--get", "remote.origin.url", check=False).text
    if not origin or not Path(origin).is_dir() or not (tree / ".git" / "objects" / "info" / "alternates").exists():
        return ""
    git.run("push", "--quiet", origin, f"refs/heads/{branch}:refs/heads/{branch}")
    return origin


def _found(slug: str, clones: Sequence[Path]) -> Path | None:
    name = slug.partition("/")[2]
    for folder in clones:
        for form in (slug, slug.replace("/", "__"), slug.replace("/", "+"), name):
            for place in (folder / form, folder / form / "repo", folder / f"{form}.git"):
                if place.is_dir() and Git(place).run("rev-parse", "--git-dir", check=False).code == 0:
                    return place.resolve()
    return None


def _mirrored(slug: str, commit: str, mirrors: Path) -> Path:
    """A bare clone of a repository at GitHub, made or brought up to date if the commit is not in it."""
    mirrors.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = slug.replace("/", "+")
    place = mirrors / f"{name}.git"
    with FileLock(mirrors / f"{name}.lock", tries=_TRIES):
        if not place.is_dir():
            partial = mirrors / f"{name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            Git(mirrors, _REACHING).run("clone", "--quiet", "--bare", "--", _GITHUB.format(slug), os.fspath(partial))
            partial.rename(place)
        elif commit and Git(place).run("cat-file", "-e", f"{commit}^{{commit}}", check=False).code != 0:
            Git(place, _REACHING).run("fetch", "--quiet", "--prune", "origin", "+refs/heads/*:refs/heads/*")
    return place


def _has_tree(folder: Path) -> bool:
    return folder.is_dir() and Git(folder).run("rev-parse", "--show-toplevel", check=False).code == 0


def _commit(source: Path, name: str) -> str:
    found = Git(source).run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", check=False)
    if found.code != 0:
        raise RepositoryError(f"{source.name} has no commit {name}", hint="Fetch it there first.")
    return found.text
