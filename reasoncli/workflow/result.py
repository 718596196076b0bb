"""What the workflow answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reasoncli.domain import Status
from reasoncli.runs.record import RunRecord

CHOSEN = "chosen.patch"
"""Name of the chosen patch in the run's folder."""


@dataclass(frozen=True, slots=True)
class FixResult:
    """How a run ended.

    Attributes:
        record: all of it, as it stands in the run store.
        folder: where the run is stored; the chosen patch lies there as `chosen.patch`.
        patch_file: the patch file that was asked for and written, or `None`.
        withheld: why the chosen patch was not delivered, or an empty string.
    """

    record: RunRecord
    folder: Path
    patch_file: Path | None
    withheld: str

    @property
    def exit_code(self) -> int:
        """0 for a verified patch of which the user is to be as sure as was asked for, 1 for anything less: it speaks of
        the evidence, not of what was written.
        """
        decision, request = self.record.decision, self.record.request
        wanted = 0.0 if request is None else request.settings.patches.min_confidence
        verified = decision is not None and decision.status is Status.VERIFIED and decision.confidence >= wanted
        return 0 if verified else 1
