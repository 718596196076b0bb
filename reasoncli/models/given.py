"""Patches that were written elsewhere, in the place of a model: each is a prompt that has its one answer already."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence

from reasoncli.domain import ChatContent, Completion, Form, GivenPatch, Prompt
from reasoncli.errors import ModelError
from reasoncli.models.interface import Ability, Choices, ModelInfo, Ranking, SampleRequest


def given_prompts(patches: Sequence[GivenPatch]) -> tuple[Prompt, ...]:
    """A prompt for each patch, in their order; equal patches have prompts of their own, as each has a vote."""
    return tuple(
        Prompt(
            id=_digest([number, patch.source, patch.text])[:16],
            form=Form.UNIFIED_DIFF,
            content=ChatContent(()),
            source=patch.source,
        )
        for number, patch in enumerate(patches)
    )


def given_name(count: int) -> str:
    """What stands in the place of a model's name."""
    return "1 given patch" if count == 1 else f"{count:,} given patches"


class GivenSampler:
    """Answers each of `given_prompts` by its patch. Implements `interface.Sampler` without a model."""

    def __init__(self, patches: Sequence[GivenPatch]) -> None:
        """Take the patches that the prompts were made of."""
        self._texts = {prompt.id: patch.text for prompt, patch in zip(given_prompts(patches), patches, strict=True)}
        self._info = ModelInfo(
            name=given_name(len(patches)),
            digest=_digest([[patch.source, patch.text] for patch in patches]),
            abilities=frozenset({Ability.CHAT}),
            context=0,
            reasoning=False,
            device="",
        )

    @property
    def info(self) -> ModelInfo:
        """How many patches there are; the digest is theirs."""
        return self._info

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        """Yield the patches of the prompts, each as the sample of its prompt."""
        for request in requests:
            if cancel.is_set():
                return
            yield Completion(
                prompt=request.prompt.id,
                text=self._texts[request.prompt.id],
                count=request.n,
                logprobs=(),
                tokens=0,
                finish="stop",
                batch=request.batch,
            )

    def score(self, prompt: Prompt, texts: Sequence[str]) -> list[float]:
        """Given patches can't score.

        Raises:
            ModelError: always.
        """
        raise ModelError("given patches can't score texts")

    def rank(self, choices: Sequence[Choices]) -> Ranking:
        """Given patches can't rank.

        Raises:
            ModelError: always.
        """
        raise ModelError("given patches can't rank texts")

    def count_tokens(self, prompt: Prompt) -> int:
        """Nothing is asked."""
        return 0

    def close(self) -> None:
        """Nothing to free."""


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode("ascii")).hexdigest()
