"""Asking a chat model which of two patches is right, and reading what it says.

What patches hold stands in fences that it can't end, and is called data. That keeps it from posing as the question; it
can't keep a model from being swayed by what it reads there, so that whoever counts the answers must bound their weight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from reasoncli.domain import ChatContent, Form, Issue, Prompt
from reasoncli.prompting.options import CountTokens, PromptOptions
from reasoncli.prompting.prompts import prompt
from reasoncli.prompting.prose import plain, shortened
from reasoncli.prompting.templates import environment

_CALLS = 6
_TOLD = 400  # characters of what a call gives
_LENGTHS = (24_000, 12_000, 6_000, 3_000, 1_500)  # characters of each of issue and patches, as many as fit


class Choice(Enum):
    """What an answer says."""

    FIRST = 1.0
    SECOND = 0.0
    NEITHER = 0.5


@dataclass(frozen=True, slots=True)
class Call:
    """A call on which two patches differ, in words: the call, and what the base and each of the two make of it."""

    call: str
    base: str
    first: str
    second: str

    def swapped(self) -> Call:
        """With the second patch first."""
        return Call(self.call, self.base, self.second, self.first)


def judge_prompt(
    issue: Issue,
    first: str,
    second: str,
    calls: Sequence[Call],
    *,
    count_tokens: CountTokens,
    context: int,
    options: PromptOptions,
) -> Prompt | None:
    """The question which of two patches is right.

    Args:
        issue: what they are for; untrusted.
        first: the diff that is shown as A; untrusted.
        second: the one that is shown as B; untrusted.
        calls: on which they differ, the most telling first; untrusted.
        count_tokens: length of a prompt.
        context: tokens that prompt and answer may have together.
        options: limits.

    Returns:
        the prompt, long texts shortened, both patches by the same measure; `None` where that doesn't fit the context.
    """
    jinja = environment()
    budget = min(context - options.answer_tokens - options.thinking_tokens, options.prompt_tokens)
    system = jinja.get_template("judge_system.jinja").render()
    template = jinja.get_template("judge_user.jinja")
    told = [_told(call) for call in calls[:_CALLS]]
    for length in _LENGTHS:
        issue_text, a, b = (shortened(plain(text).strip("\n"), length) for text in (issue.text, first, second))
        text = template.render(issue=issue_text, a=a, b=b, calls=told)
        content = ChatContent((("system", system), ("user", text)))
        made = prompt(Form.JUDGEMENT, content, max_tokens=options.answer_tokens)
        if count_tokens(made) <= budget:
            return made
    return None


def _told(call: Call) -> str:
    rows = ((call.call, ""), (call.base, "  before: "), (call.first, "  A: "), (call.second, "  B: "))
    return "\n".join(label + " ".join(plain(text).split())[:_TOLD] for text, label in rows)


_MARKUP = r"[\s*_`'\"\[({$]*(?:\\boxed\{)?"
_NAME = r"(?P<name>A|B|(?i:neither|both|equal|tie|none))\b(?=\W*(?:\n|$)|[ \t]*[.,;:(])"  # `A patch that …` names none
_WORD = r"(?i:\b(?:verdict|answer|winner|choice|conclusion)\b)"
_STATED = re.compile(rf"{_WORD}[\s*_`'\"]*(?:(?i:is)\b|[:=-])*{_MARKUP}(?i:patch\s+)?{_MARKUP}{_NAME}")
_ALONE = re.compile(
    rf"[>#*\s-]*(?:{_WORD}[\s:=-]+)?{_MARKUP}(?:patch\s+)?{_MARKUP}(?P<name>A|B|neither|both|equal|tie|none)\W*",
    re.IGNORECASE,
)


def read_choice(text: str) -> Choice | None:
    """What an answer says in the end, in the ways in which models write it; `None` if that can't be told.

    The last statement counts: what stands before may weigh, or quote. A bare letter counts on the last line only.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    alone = _ALONE.fullmatch(lines[-1]) if lines else None
    if alone:
        return _choice(alone["name"])
    stated = list(_STATED.finditer(text))
    return _choice(stated[-1]["name"]) if stated else None


def _choice(name: str) -> Choice:
    return {"a": Choice.FIRST, "b": Choice.SECOND}.get(name.lower(), Choice.NEITHER)
