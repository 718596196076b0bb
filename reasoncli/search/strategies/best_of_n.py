"""Best-of-N: independent samples over a fixed set of prompts, in batches that grow."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from reasoncli.domain import Prompt
from reasoncli.models.interface import SampleRequest
from reasoncli.search.interface import View


@dataclass(frozen=True, slots=True)
class Drawing:
    """How samples are drawn: see `SampleRequest` for the fields; a prompt's warmth is a factor on the temperature."""

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0
    thinking_tokens: int = 0


@dataclass(frozen=True, slots=True)
class BestOfN:
    """Draw `samples` over `prompts`, each according to its share.

    A batch is as large as all before it together, but not smaller than `first`: stopping between
    batches then wastes at most half of the samples, and equal prefixes are decoded again only a
    logarithmic number of times. Within every batch the prompts get their shares as evenly as whole
    numbers allow, carried over from batch to batch (systematic sampling), so that early batches
    cover the prompts as the whole does.
    """

    prompts: tuple[Prompt, ...]
    samples: int
    seed: int
    drawing: Drawing = Drawing()
    first: int = 32

    def propose(self, view: View) -> Sequence[SampleRequest] | None:
        """The next batch, or an empty one once all samples were asked for."""
        upto = min(self.samples, max(self.first, 2 * view.asked))
        return self.requests(view.asked, upto, view.batches)

    def requests(self, asked: int, upto: int, batch: int) -> Sequence[SampleRequest]:
        """Those that make `upto` samples of the `asked` ones before; none where there are no prompts."""
        if upto <= asked or not self.prompts:
            return ()
        before, after = self._quota(asked), self._quota(upto)
        return tuple(
            SampleRequest(
                prompt=prompt,
                n=now - then,
                seed=derive_seed(self.seed, prompt.id, batch),
                temperature=self.drawing.temperature * prompt.warmth,
                top_p=self.drawing.top_p,
                min_p=self.drawing.min_p,
                thinking_tokens=self.drawing.thinking_tokens,
                batch=batch,
            )
            for prompt, then, now in zip(self.prompts, before, after, strict=True)
            if now > then
        )

    def _quota(self, total: int) -> list[int]:
        """How many of the first `total` samples each prompt has (smooth weighted round robin); never shrinks."""
        weight = sum(prompt.share for prompt in self.prompts)
        owed = [0.0] * len(self.prompts)
        counts = [0] * len(self.prompts)
        for _ in range(total):
            for index, prompt in enumerate(self.prompts):
                owed[index] += prompt.share / weight
            leader = max(range(len(owed)), key=owed.__getitem__)
            owed[leader] -= 1.0
            counts[leader] += 1
        return counts


def derive_seed(run_seed: int, prompt_id: str, batch: int) -> int:
    """A 63-bit seed of its own for every prompt of every batch."""
    digest = hashlib.sha256(f"{run_seed}:{prompt_id}:{batch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
