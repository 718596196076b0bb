"""Where to look, by the model's own word: its doubt that a line should stay as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reasoncli.domain import Prompt
from reasoncli.models.interface import KEEP, Sampler
from reasoncli.prompting.prompts import reweigh

_ASKED = 48


def weigh_by_doubt(prompts: Sequence[Prompt], sampler: Sampler) -> list[Prompt]:
    """Line repairs with their shares weighed by the model's doubt about the line.

    Asked of those with the largest shares: on the planted bugs that the shares were fitted to, the faulty line was
    always among the first 32. Neighbours are asked one after the other, since they share most of their prompts.

    Args:
        prompts: largest share first.
        sampler: of a model that takes line repairs and can score (`ModelInfo.ranks`).
    """
    keep: list[float | None] = [None] * len(prompts)
    for index in sorted(range(min(len(prompts), _ASKED)), key=lambda index: _place(prompts[index])):
        keep[index] = math.exp(sampler.score(prompts[index], [KEEP])[0])
    return reweigh(prompts, keep)


def _place(prompt: Prompt) -> tuple[str, int]:
    return (prompt.region.path, prompt.region.start) if prompt.region else ("", 0)
