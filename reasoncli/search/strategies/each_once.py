"""Every prompt once, all in one batch: for patches that are there already, so that nothing is saved by waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reasoncli.domain import Prompt
from reasoncli.models.interface import Request, SampleRequest
from reasoncli.search.interface import View


@dataclass(frozen=True, slots=True)
class EachOnce:
    """Ask each prompt for one answer."""

    prompts: tuple[Prompt, ...]

    def propose(self, view: View) -> Sequence[Request]:
        """All of them at first, then nothing more."""
        return [] if view.batches else [SampleRequest(prompt, n=1, seed=0) for prompt in self.prompts]
