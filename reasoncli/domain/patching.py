"""What an answer would change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileChange:
    """The state of one file after a patch: its bytes, or `None` for a deleted file."""

    path: str
    content: bytes | None
    executable: bool | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """A change to the repository, with the two keys it is known by.

    Attributes:
        changes: files after the patch, sorted by path.
        diff: unified diff with `a/` and `b/` prefixes, applicable with `git apply`. Always valid UTF-8: a file that
            isn't stands in git's binary form. May hold carriage returns: write it without newline translation.
        execution_key: sha256 over the exact resulting bytes; equal ones are run once.
        vote_key: sha256 over their canonical AST (text where the syntax is not ours); equal ones vote together.
        size: lines added plus lines removed.
        dropped: protected paths that the completion also wanted to change; those parts were left out.
    """

    changes: tuple[FileChange, ...]
    diff: str
    execution_key: str
    vote_key: str
    size: int
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a completion is not a patch.

    Attributes:
        kind: `unparsable`, `unappliable`, `ambiguous`, `no-change`, `forbidden`, `syntax`.
    """

    kind: str
    reason: str
