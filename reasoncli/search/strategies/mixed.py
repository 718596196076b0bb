"""Ranked edits and samples in turns: the likeliest of what can be enumerated, and what the model writes freely."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reasoncli.models.interface import Choices, RankRequest, Request
from reasoncli.search.interface import View
from reasoncli.search.strategies.best_of_n import BestOfN


@dataclass(frozen=True, slots=True)
class Mixed:
    """Give a share of the proposals to ranked texts, best first and each once, and the rest to samples.

    Batches double in size as those of `BestOfN` do, and each has its share of both. What the ranking can't give, since
    there are no more texts, is sampled; a share of 1 leaves it out.

    Attributes:
        sampling: draws the samples; its `samples` is the number of all proposals.
        choices: the texts.
        share: in [0, 1].
    """

    sampling: BestOfN
    choices: tuple[Choices, ...]
    share: float

    def propose(self, view: View) -> Sequence[Request] | None:
        """The next batch, or an empty one once all proposals were made."""
        wanted = self._ranked_after(view.batches + 1) - view.ranked
        if view.ranked < self._ranked_after(view.batches):  # there were no more
            wanted = 0
        requests: list[Request] = []
        if wanted:
            requests.append(RankRequest(self.choices, view.ranked, wanted, view.batches))
        if self.share < 1:
            sampled = view.asked - view.ranked
            upto = self._after(view.batches + 1) - view.ranked - wanted
            requests += self.sampling.requests(sampled, upto, view.batches)
        return requests

    def _after(self, batches: int) -> int:
        """Proposals after so many batches."""
        return min(self.sampling.samples, self.sampling.first * 2 ** (batches - 1)) if batches else 0

    def _ranked_after(self, batches: int) -> int:
        return self._ranked_of(self._after(batches))

    def _ranked_of(self, proposals: int) -> int:
        """How many of the first ones are ranked."""
        return math.ceil(self.share * proposals - 1e-9)
