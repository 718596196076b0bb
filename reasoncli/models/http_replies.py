"""From a server's JSON to what was sampled. Nothing in a reply is taken on trust."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reasoncli.errors import EndpointError
from reasoncli.models.thinking import split_unknown


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice of a reply.

    Attributes:
        logprobs: of the tokens of `text`; empty if the server gave none that fit it.
        tokens: generated ones, thoughts included; estimated where the server doesn't count.
        finish: `stop` or `length`.
    """

    text: str
    thinking: str
    logprobs: tuple[float, ...]
    tokens: int
    finish: str


def read_answers(reply: Mapping[str, Any], *, chat: bool, url: str) -> list[Answer]:
    """The choices of a completion or chat reply.

    Raises:
        EndpointError: the reply has none, or they are not what they should be.
    """
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, dict) for choice in choices):
        raise EndpointError(
            f"{url} answered without any choices", hint="Is it an OpenAI-compatible server? Its address ends with /v1."
        )
    usage = reply.get("usage")
    counted = usage.get("completion_tokens") if isinstance(usage, dict) else None
    share = counted // len(choices) if isinstance(counted, int) and counted >= 0 else None
    return [_answer(choice, share, chat=chat) for choice in choices]


def _answer(choice: Mapping[str, Any], share: int | None, *, chat: bool) -> Answer:
    message = choice.get("message") if chat else choice
    message = message if isinstance(message, dict) else {}
    text = _text(message, "content" if chat else "text")
    thinking = _text(message, "reasoning_content") or _text(message, "reasoning")
    tokens = _tokens(choice.get("logprobs"))
    answer = text
    if chat and not thinking:
        thinking, answer = split_unknown(text)
    finish = "length" if choice.get("finish_reason") == "length" else "stop"
    count = share if share is not None else len(tokens) or math.ceil(len(text + thinking) / 3)
    return Answer(answer, thinking, _matching(tokens, answer) if answer else (), count, finish)


def _text(message: Mapping[str, Any], key: str) -> str:
    """A message's text; some servers give it as a list of parts, or null."""
    value = message.get(key)
    if isinstance(value, list):
        return "".join(str(part.get("text", "")) for part in value if isinstance(part, dict))
    return value if isinstance(value, str) else ""


def _tokens(logprobs: object) -> list[tuple[str, float]]:
    """(token, log-probability) pairs, of the chat form (`content`) or the completion form."""
    if not isinstance(logprobs, dict):
        return []
    content = logprobs.get("content")
    if isinstance(content, list):
        pairs = [(item.get("token"), item.get("logprob")) for item in content if isinstance(item, dict)]
    else:
        texts, values = logprobs.get("tokens"), logprobs.get("token_logprobs")
        if not isinstance(texts, list) or not isinstance(values, list):
            return []
        pairs = list(zip(texts, values, strict=False))
    found = [(text, float(value)) for text, value in pairs if isinstance(text, str) and isinstance(value, int | float)]
    return found if len(found) == len(pairs) and all(math.isfinite(value) for _, value in found) else []


def _matching(tokens: Sequence[tuple[str, float]], answer: str) -> tuple[float, ...]:
    """The log-probabilities of the tokens that make up the answer, and no others.

    Thoughts come before it, and may quote it; a token that ends the text may follow.
    """
    for start in reversed(range(len(tokens))):
        rest = answer
        for end in range(start, len(tokens)):
            piece = tokens[end][0]
            if not rest.startswith(piece):
                break
            rest = rest[len(piece) :]
            if not rest:
                return tuple(value for _, value in tokens[start : end + 1])
    return ()
