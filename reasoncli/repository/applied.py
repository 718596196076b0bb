"""What was done to a repository, so that it can be taken back, by a later process as well."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from enum import StrEnum

from reasoncli.errors import StoreError


class How(StrEnum):
    """Where the patch went."""

    WORK_TREE = "work-tree"
    BRANCH = "branch"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file that was written.

    Attributes:
        before: its bytes until then, `None` where it did not exist.
        mode: its permission bits until then.
        after: sha256 of what was written, `None` where it was deleted.
    """

    path: str
    before: bytes | None
    mode: int | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Applied:
    """One patch applied to one repository.

    Attributes:
        repository: absolute path of the work tree.
        files: written in the work tree; empty for a branch.
        folders: made for them, outermost first.
        reference: full name of the branch that was made or moved; empty for a detached HEAD or no commit.
        commit: hash of the new commit, or empty.
        parent: hash of the commit it stands on, or empty.
    """

    how: How
    repository: str
    files: tuple[WrittenFile, ...] = ()
    folders: tuple[str, ...] = ()
    reference: str = ""
    commit: str = ""
    parent: str = ""

    def to_json(self) -> str:
        """One line of JSON that `from_json` reads back."""
        return json.dumps(
            {
                "how": self.how.value,
                "repository": self.repository,
                "files": [
                    {
                        "path": file.path,
                        "before": None if file.before is None else base64.b64encode(file.before).decode(),
                        "mode": file.mode,
                        "after": file.after,
                    }
                    for file in self.files
                ],
                "folders": self.folders,
                "reference": self.reference,
                "commit": self.commit,
                "parent": self.parent,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Applied:
        """Read what `to_json` wrote.

        Raises:
            StoreError: the text is something else.
        """
        try:
            data = json.loads(text)
            return cls(
                how=How(data["how"]),
                repository=data["repository"],
                files=tuple(
                    WrittenFile(
                        path=file["path"],
                        before=None if file["before"] is None else base64.b64decode(file["before"], validate=True),
                        mode=file["mode"],
                        after=file["after"],
                    )
                    for file in data["files"]
                ),
                folders=tuple(data["folders"]),
                reference=data["reference"],
                commit=data["commit"],
                parent=data["parent"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"the record of an applied patch is unreadable: {error}") from error
