"""Where to look, what a model is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reasoncli.domain.spending import Usage


@dataclass(frozen=True, slots=True)
class Clue:
    """One reason to suspect a place: kind is `spectrum`, `traceback`, `lexical` or `model`."""

    kind: str
    score: float
    detail: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place that may hold the fault.

    Attributes:
        line: a suspect line, or `None` where the function as a whole is meant.
        function: qualified name of the enclosing function or class body, `<module>` outside any.
        start, end: first and last line of that function (decorators included).
        score: combined, in [0, 1], higher is more suspect.
    """

    path: str
    line: int | None
    function: str
    start: int
    end: int
    score: float
    clues: tuple[Clue, ...] = ()


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of a file at the base, from `start` on, without their ends."""

    path: str
    start: int
    lines: tuple[str, ...]


class Form(StrEnum):
    """How a completion says what to change; or, as the last ones, that it says something else."""

    SEARCH_REPLACE = "search-replace"
    UNIFIED_DIFF = "unified-diff"
    INFILL = "infill"
    LINE_REPAIR = "line-repair"
    TEST = "test"  # a file of tests
    JUDGEMENT = "judgement"  # which of two patches is right


@dataclass(frozen=True, slots=True)
class Region:
    """Lines `start` to `end` (both included) of a file; what an infill or line repair replaces."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ChatContent:
    """A conversation: (role, text) pairs, roles `system`, `user`, `assistant`."""

    messages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class InfillContent:
    """Text before and after the hole; extra context files come first, as (path, text)."""

    prefix: str
    suffix: str
    path: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RepairContent:
    """The embedded model's form: a function, normalized, and the suspect lines.

    Attributes:
        line: the suspect line, stripped; or several that follow each other, all but the first with their indentation.
        index: of the first in `function.split("\n")`, as equal lines may stand in it; -1 where it isn't known.
        above: the lines before, as far as they tell these from equal ones; for models that are told.
        hints: what stands before the function, as (`test`, `got` or `context`, text); for models that read it.
    """

    function: str
    line: str
    index: int = -1
    above: str = ""
    hints: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked.

    Attributes:
        id: sha256 of form, content, region and warmth, 16 hex digits; equal prompts have equal ids.
        region: what the completion replaces, for infill and line repair.
        stop: strings that end a completion (not part of it).
        max_tokens: of the answer; thinking has a budget of its own.
        share: this prompt's part of the samples, relative to the other prompts of its proposal.
        files: paths of the files it shows, so that an edit that names none finds its own.
        warmth: factor on the temperature at which its samples are drawn.
        source: of a patch that was given instead of being asked for: whose it is. Empty for all others.
    """

    id: str
    form: Form
    content: ChatContent | InfillContent | RepairContent
    region: Region | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int = 1024
    share: float = 1.0
    files: tuple[str, ...] = ()
    source: str = ""
    warmth: float = 1.0


@dataclass(frozen=True, slots=True)
class GivenPatch:
    """A patch that somebody else wrote: an attempt at the issue, whose worth is to be found out.

    Attributes:
        source: whose it is, or where it was found; for people.
        text: a diff, or search/replace blocks; empty for an attempt that brought none.
    """

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """One distinct text that a model gave for a prompt, and how many of the samples gave it; or a ranked text.

    Attributes:
        prompt: the prompt's id.
        count: how many independent samples this text stands for (exact tree sampling merges equal ones); 1 if ranked.
        logprobs: untempered log-probability of each token of `text`, or of the end where that is all there is; empty
            where the backend can't tell.
        tokens: how many tokens were generated (thinking included).
        finish: `stop`, `length` or `cancelled`.
        thinking: a reasoning model's thoughts, never taken for a patch.
        batch: index of the sampling batch it belongs to; batches count as a whole.
        rank: place of a given text among all that the model ranked, from 1; 0 for a sample.
        score: of a ranked text: log-probability of prompt and answer together, the prompt's being its share.
        usage: of the request that it came by, at the first of its answers; `None` where no server was asked.
    """

    prompt: str
    text: str
    count: int
    logprobs: tuple[float, ...]
    tokens: int
    finish: str
    thinking: str = ""
    batch: int = 0
    rank: int = 0
    score: float = 0.0
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Consultation:
    """What a model was asked beside the proposals, and what it said.

    Attributes:
        purpose: what the answers are for; with the prompt it tells one consultation from another.
        answers: their counts add up to the samples that were asked for.
    """

    purpose: str
    prompt: Prompt
    answers: tuple[Completion, ...]
