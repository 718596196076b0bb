"""How prompts are made, as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reasoncli.domain import Prompt

Read = Callable[[str], bytes | None]
"""Bytes of a file of the base by its path; `None` where there is none."""

CountTokens = Callable[[Prompt], int]
"""Length of a prompt in tokens, as `Sampler.count_tokens` says."""


@dataclass(frozen=True, slots=True)
class PromptOptions:
    """What prompts may cost and how far they look.

    Attributes:
        answer_tokens: longest answer to a chat prompt, thinking apart.
        infill_tokens: longest infill.
        repair_tokens: longest line repair.
        thinking_tokens: room kept free in the context for a reasoning model's thoughts.
        functions: functions looked at, most suspect first.
        repair_prompts: line repair prompts at most.
        infill_prompts: infill prompts at most.
        tests: failing tests shown.
        prompt_tokens: longest chat prompt, however large the context is.
        warmths: whether a chat model's samples are spread over several temperatures.
    """

    answer_tokens: int = 2048
    infill_tokens: int = 256
    repair_tokens: int = 48
    thinking_tokens: int = 0
    functions: int = 12
    repair_prompts: int = 128
    infill_prompts: int = 24
    tests: int = 3
    prompt_tokens: int = 16_384
    warmths: bool = True
