"""In how many ways a chat model is asked for the same: the wording of the task, and how boldly it draws.

A vote recovers most where samples don't all make the same mistake. Drawing at a temperature gives it that (Wang et al.,
"Self-Consistency Improves Chain of Thought Reasoning in Language Models", 2023), and so do prompts that differ (Li et
al., "Making Language Models Better Reasoners with Step-Aware Verifier", 2023). Each way has a fixed share of every
batch, so that all batches draw alike, which the rule that stops sampling rests on.

The figures below are a choice and no measurement: that takes a large model.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One way of asking.

    Attributes:
        share: of the samples.
        wording: how the task is put, by its name in `prompts/search_replace_task.jinja`.
        warmth: factor on the temperature that is usual for the model.
    """

    share: float
    wording: str
    warmth: float = 1.0


TURNS = (
    Turn(0.40, "plain"),
    Turn(0.25, "cause first"),
    Turn(0.20, "smallest change", warmth=0.6),
    Turn(0.15, "plain", warmth=1.2),
)


def turns(*, warmths: bool) -> tuple[Turn, ...]:
    """The ways of asking; without `warmths` all at one temperature."""
    return TURNS if warmths else tuple(Turn(each.share, each.wording) for each in TURNS)
