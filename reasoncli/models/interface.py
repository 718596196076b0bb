"""What the search needs of a model, and nothing else.

Every sampler passes the conformance suite in tests/contract/test_samplers.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reasoncli.domain import Completion, Prompt

KEEP = "<keep>"
"""Answer to a line repair that says: the line should stay. Never sampled; scored to find out where to look."""


class Ability(StrEnum):
    """A prompt content that a model understands, read from its metadata.

    `HUNK_REPAIR` comes with `LINE_REPAIR`: several lines may be asked for at once, equal ones are told apart, and what
    tests check may stand before the function.
    """

    CHAT = "chat"
    INFILL = "infill"
    LINE_REPAIR = "line-repair"
    HUNK_REPAIR = "hunk-repair"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a loaded model.

    Attributes:
        name: as the user would name it again.
        digest: sha256 of the weights, or an empty string where they are out of reach (HTTP).
        abilities: which prompt contents it takes.
        context: tokens that one sequence can hold, prompt and answer together.
        reasoning: whether it thinks before it answers.
        device: where it runs, for people: `CPU`, `CUDA0 (33/33 layers)`, `http://…`.
        ranks: whether `Sampler.score` and `Sampler.rank` are to be had: both or none, as a ranking is one of scores.
        on_gpu: whether some of its layers lie on a GPU of this machine.
    """

    name: str
    digest: str
    abilities: frozenset[Ability]
    context: int
    reasoning: bool
    device: str
    ranks: bool = False
    on_gpu: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """Given texts that could answer a prompt.

    Attributes:
        texts: gives them; called at most once, and only where one of them may be among the likeliest.
        offset: added to the log-probability of each, to weigh prompts against each other.
    """

    prompt: Prompt
    texts: Callable[[], Sequence[str]]
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """One of given texts, in its place.

    Attributes:
        choice: index of its `Choices`.
        logprob: log-probability of the text, its end included, given that no token comes that is never drawn; plus the
            offset of its choices.
        logprobs: untempered log-probability of each token of the text, its end left out; of the end for an empty text.
    """

    choice: int
    text: str
    logprob: float
    logprobs: tuple[float, ...]


class Ranking(Protocol):
    """Given texts in the order of their probability, found as they are asked for."""

    def take(self, most: int, cancel: threading.Event) -> Iterator[Ranked]:
        """Yield the next likeliest texts, best first; fewer than `most` once no more are left or `cancel` is set.

        Between two calls the sampler may do other work. A text that doesn't fit the context is left out.

        Raises:
            ModelError: the model failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """Draw `n` independent samples of one prompt.

    Attributes:
        seed: with equal seed, prompt, n and settings the same samples come again (in-process backends).
        temperature: 0 means the most likely token always.
        top_p, min_p: nucleus and minimum-probability truncation; 1.0 and 0.0 switch them off.
        thinking_tokens: budget of a reasoning model's thoughts, apart from the prompt's `max_tokens`.
        batch: carried into every completion.
    """

    prompt: Prompt
    n: int
    seed: int
    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0
    thinking_tokens: int = 0
    batch: int = 0


@dataclass(frozen=True, slots=True)
class RankRequest:
    """Propose the likeliest of given texts, each once.

    Attributes:
        choices: the texts; requests that name the very same object go on with one ranking.
        first: how many likelier ones were proposed before.
        most: how many are wanted; there may be fewer.
        batch: carried into every completion.
    """

    choices: tuple[Choices, ...]
    first: int
    most: int
    batch: int = 0


Request = SampleRequest | RankRequest


class Sampler(Protocol):
    """Turns prompts into completions. Used by one thread at a time; `cancel` may be set by any."""

    @property
    def info(self) -> ModelInfo:
        """What is known of the model."""
        ...

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        """Yield completions as they finish, in any order; their counts add up to each request's n.

        Requests whose prompts share a prefix share its work. Once `cancel` is set the iterator ends
        soon (between two steps) without yielding what is unfinished.

        Raises:
            ModelError: the model failed, or a prompt doesn't fit its context.
        """
        ...

    def score(self, prompt: Prompt, texts: Sequence[str]) -> list[float]:
        """Log-probability of each text, its end included, as the answer to the prompt.

        Raises:
            ModelError: the model failed, or this backend can't score (`ModelInfo.ranks`).
        """
        ...

    def rank(self, choices: Sequence[Choices]) -> Ranking:
        """Begin a ranking of given texts, the same as scoring all of them would give.

        Raises:
            ModelError: a prompt doesn't fit the context, or this backend can't rank (`ModelInfo.ranks`).
        """
        ...

    def count_tokens(self, prompt: Prompt) -> int:
        """Length of the prompt in tokens; an estimate where the tokenizer is out of reach."""
        ...

    def close(self) -> None:
        """Free the model. Idempotent."""
        ...
