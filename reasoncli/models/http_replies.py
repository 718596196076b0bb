"""From a server's JSON to what was sampled. Nothing in a reply is taken on trust."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reasoncli.domain import ChatContent, InfillContent, Prompt, Usage
from reasoncli.errors import EndpointError
from reasoncli.models.thinking import split_unknown

_CHARACTERS_A_TOKEN: Final = 3.0  # code, on the safe side


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice of a reply.

    Attributes:
        logprobs: of the tokens of `text`; empty if the server gave none that fit it.
        tokens: generated ones, thoughts included; estimated where the server doesn't count.
        finish: `stop` or `length`.
        usage: of the whole reply, at its first choice.
    """

    text: str
    thinking: str
    logprobs: tuple[float, ...]
    tokens: int
    finish: str
    usage: Usage | None = None


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
    counted = _whole(usage.get("completion_tokens")) if isinstance(usage, dict) else None
    share, rest = (None, 0) if counted is None else divmod(counted, len(choices))
    return [
        _answer(choice, None if share is None else share + (place < rest), chat=chat)
        for place, choice in enumerate(choices)
    ]


def read_usage(reply: Mapping[str, Any], answers: Sequence[Answer], prompt: Prompt, server: str, model: str) -> Usage:
    """What a reply took, as OpenAI, vLLM and SGLang tell it, or DeepSeek; by the texts' lengths where it isn't told."""
    usage = reply.get("usage")
    said = usage if isinstance(usage, dict) else {}
    details = said.get("prompt_tokens_details")
    cached = _whole(details.get("cached_tokens")) if isinstance(details, dict) else None
    if cached is None:
        cached = _whole(said.get("prompt_cache_hit_tokens"))
    generated, read = _whole(said.get("completion_tokens")), _whole(said.get("prompt_tokens"))
    known = generated is not None and read is not None
    if generated is None:
        generated = sum(answer.tokens for answer in answers)
    if read is None:
        read = estimated_tokens(prompt)
    return Usage(server, model, read, min(cached or 0, read), generated, estimated=not known)


def estimated_tokens(prompt: Prompt) -> int:
    """About how many tokens a prompt has, on the safe side, for whoever has no tokenizer."""
    content = prompt.content
    if isinstance(content, ChatContent):
        texts = [text for _, text in content.messages]
    elif isinstance(content, InfillContent):
        texts = [content.prefix, content.suffix, *(part for pair in content.context for part in pair)]
    else:
        texts = [content.function, content.line]
    return sum(math.ceil(len(text.encode()) / _CHARACTERS_A_TOKEN) + 8 for text in texts)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


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
