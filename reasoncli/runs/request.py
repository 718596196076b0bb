"""What a run was asked for: enough to go on with it, or to do it again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reasoncli.domain import GivenPatch, Issue
from reasoncli.settings.values import Settings


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the chosen patch goes. By default into the work tree, uncommitted.

    Attributes:
        branch: make this branch instead; work tree, index and HEAD stay.
        commit: commit it on the current branch.
        patch: write the diff to this file instead.
        dry_run: write nothing, wherever it would go.
    """

    branch: str | None = None
    commit: bool = False
    patch: Path | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class FixRequest:
    """One repository, one issue, and how to go about it.

    Attributes:
        repository: top level of the work tree.
        seed: of the run, drawn where the settings name none.
        targets: test ids that must turn green; empty means they are to be found.
        command: the command line, program name included.
        patches: what to choose from; where there are none, a model is asked for them.
    """

    repository: Path
    issue: Issue
    settings: Settings
    seed: int
    targets: tuple[str, ...] = ()
    delivery: Delivery = Delivery()
    command: tuple[str, ...] = ()
    patches: tuple[GivenPatch, ...] = ()
