"""The thinking part of an answer: recognized while it is written, split off when it is done.

Two ways of marking thoughts are in use. *Tags*: `<think>…</think>` and its variants stand before the
answer; many templates open the tag themselves, so that the model's own text starts inside it.
*Channels* (OpenAI's harmony format): the answer is a series of messages, each with the name of its
channel before it, and only the one on `final` is for the user.

Text is given as the model wrote it, special tokens included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

_OPENING: Final = "opening"  # nothing but blank space so far, or part of the opening tag
_THINKING: Final = "thinking"
_ANSWER: Final = "answer"
_HEADER: Final = "header"


class ThinkingState(Protocol):
    """Where in its answer one sequence is. Immutable, so that branches of a tree share it."""

    @property
    def thinking(self) -> bool:
        """Whether what comes next belongs to the thoughts."""
        ...

    @property
    def closing(self) -> str:
        """Text (special tokens included) that ends the thoughts here; empty when they are over."""
        ...

    def advance(self, piece: str) -> ThinkingState:
        """The state after `piece` more of the text."""
        ...


class ThinkingStyle(Protocol):
    """How a model marks its thoughts."""

    def start(self, prompt: str) -> ThinkingState:
        """The state at the end of a prompt's text."""
        ...

    def split(self, text: str, start: ThinkingState) -> tuple[str, str]:
        """Thoughts and answer in a whole text; thoughts that never end leave an empty answer."""
        ...


# ---------------------------------------------------------------- tags


@dataclass(frozen=True, slots=True)
class Tags:
    """Thoughts between an opening and a closing tag, before the answer.

    Attributes:
        lead: text that ends thoughts gently when their budget is spent, before the closing tag.
    """

    open: str = "<think>"
    close: str = "</think>"
    lead: str = "\n"

    def start(self, prompt: str) -> TagState:
        """Thinking if the prompt ends with the opening tag; open to both otherwise."""
        end = prompt.rstrip()
        if end.endswith(self.open):
            return TagState(self, _THINKING)
        return TagState(self, _ANSWER if end.endswith(self.close) else _OPENING)

    def split(self, text: str, start: ThinkingState) -> tuple[str, str]:
        """See `ThinkingStyle.split`."""
        inside = start.thinking
        rest = text.lstrip()
        if isinstance(start, TagState) and start.phase == _OPENING and rest.startswith(self.open):
            inside, text = True, rest
        if not inside:
            return "", text
        thoughts, _, answer = text.removeprefix(self.open).partition(self.close)
        return thoughts.strip(), answer.lstrip("\n")

    def split_unknown(self, text: str) -> tuple[str, str]:
        """Split a text whose prompt is not known (a server rendered the template).

        A closing tag without an opening one before it means that the template opened it.
        """
        close, opening = text.find(self.close), text.find(self.open)
        inside = close >= 0 and not 0 <= opening < close
        return self.split(text, TagState(self, _THINKING if inside else _OPENING))


@dataclass(frozen=True, slots=True)
class TagState:
    """See `ThinkingState`. `tail` is the end of the text, as far as a tag may still begin in it."""

    style: Tags
    phase: str
    tail: str = ""

    @property
    def thinking(self) -> bool:
        """See `ThinkingState.thinking`."""
        return self.phase == _THINKING

    @property
    def closing(self) -> str:
        """See `ThinkingState.closing`."""
        return f"{self.style.lead}{self.style.close}\n\n" if self.thinking else ""

    def advance(self, piece: str) -> TagState:
        """See `ThinkingState.advance`."""
        if self.phase == _ANSWER:
            return self
        text = self.tail + piece
        if self.phase == _OPENING:
            text = text.lstrip()
            if len(text) < len(self.style.open) and self.style.open.startswith(text):
                return replace(self, tail=text)
            if not text.startswith(self.style.open):
                return replace(self, phase=_ANSWER, tail="")
            return replace(self, phase=_THINKING, tail="").advance(text.removeprefix(self.style.open))
        if self.style.close in text:
            return replace(self, phase=_ANSWER, tail="")
        return replace(self, tail=text[-(len(self.style.close) - 1) :])


# ---------------------------------------------------------------- channels

_CHANNEL: Final = "<|channel|>"
_MESSAGE: Final = "<|message|>"
_START: Final = "<|start|>"
_FINAL: Final = "final"
_ENDS: Final = ("<|end|>", "<|return|>", "<|call|>", _START, _CHANNEL)
_TO_FINAL: Final = f"{_CHANNEL}{_FINAL}{_MESSAGE}"


@dataclass(frozen=True, slots=True)
class Channels:
    """Messages on channels, as in the harmony format of gpt-oss."""

    def start(self, prompt: str) -> ChannelState:
        """A prompt ends before a header (`<|start|>assistant`) or within a message."""
        last = prompt[prompt.rfind(_START) :] if _START in prompt else ""
        if _CHANNEL not in last:
            return ChannelState(_HEADER)
        return ChannelState(_HEADER).advance(last[last.index(_CHANNEL) :])

    def split(self, text: str, start: ThinkingState) -> tuple[str, str]:
        """See `ThinkingStyle.split`. A text without any channel is an answer."""
        if _MESSAGE not in text and _CHANNEL not in text:
            return (text.strip(), "") if isinstance(start, ChannelState) and start.phase == _THINKING else ("", text)
        parts: dict[str, list[str]] = {_THINKING: [], _ANSWER: []}
        phase = start.phase if isinstance(start, ChannelState) else _HEADER
        while text:
            if phase == _HEADER:
                header, found, text = text.partition(_MESSAGE)
                phase = _phase(header) if found else _HEADER
                continue
            body, end, text = _cut(text)
            parts[phase].append(body)
            phase = _HEADER
            text = end + text if end == _CHANNEL else text
        return "\n\n".join(part.strip() for part in parts[_THINKING]), "".join(parts[_ANSWER])


@dataclass(frozen=True, slots=True)
class ChannelState:
    """See `ThinkingState`. `tail` is the header so far, or the end of a message's text."""

    phase: str
    tail: str = ""

    @property
    def thinking(self) -> bool:
        """See `ThinkingState.thinking`; headers are no answer, so they count as thoughts."""
        return self.phase != _ANSWER

    @property
    def closing(self) -> str:
        """See `ThinkingState.closing`."""
        if self.phase == _ANSWER:
            return ""
        if self.phase == _THINKING:
            return f"<|end|>{_START}assistant{_TO_FINAL}"
        if _CHANNEL in self.tail:  # within a header: end it as an empty message
            return f"{_MESSAGE}<|end|>{_START}assistant{_TO_FINAL}"
        return _TO_FINAL if not self.tail or _START in self.tail else f"{_START}assistant{_TO_FINAL}"

    def advance(self, piece: str) -> ChannelState:
        """See `ThinkingState.advance`."""
        if self.phase == _ANSWER:
            return self
        text = self.tail + piece
        if self.phase == _HEADER:
            header, found, rest = text.partition(_MESSAGE)
            if not found:
                return replace(self, tail=text)
            return ChannelState(_phase(header)).advance(rest)
        body, end, rest = _cut(text)
        if not end:
            return replace(self, tail=body[-max(map(len, _ENDS)) :])
        return ChannelState(_HEADER).advance(end + rest if end in (_START, _CHANNEL) else rest)


def _phase(header: str) -> str:
    """What a message is, by the header before it: `<|start|>assistant<|channel|>analysis`."""
    channel = header.rpartition(_CHANNEL)[2].strip()
    return _ANSWER if channel.split()[:1] == [_FINAL] or _CHANNEL not in header else _THINKING


def _cut(text: str) -> tuple[str, str, str]:
    """A message's text, the token that ends it (empty if none does) and what follows."""
    found = [(at, end) for end in _ENDS if (at := text.find(end)) >= 0]
    if not found:
        return text, "", ""
    at, end = min(found)
    return text[:at], end, text[at + len(end) :]


# ---------------------------------------------------------------- which style a model has

_TAGS: Final = (
    Tags(),
    Tags("[THINK]", "[/THINK]"),
    Tags("<|START_THINKING|>", "<|END_THINKING|>"),
    Tags("<seed:think>", "</seed:think>"),
    Tags("<thinking>", "</thinking>"),
    Tags("<reasoning>", "</reasoning>"),
)


def find_style(architecture: str, template: str | None) -> ThinkingStyle | None:
    """How a model marks its thoughts, by its architecture and chat template; `None` if it doesn't think."""
    text = template or ""
    if architecture == "gpt-oss" or (_CHANNEL in text and "analysis" in text):
        return Channels()
    return next((tags for tags in _TAGS if tags.close in text or tags.open in text), None)


def split_unknown(text: str) -> tuple[str, str]:
    """Thoughts and answer in a text from a server, where neither model nor prompt text is known."""
    if _CHANNEL in text and _MESSAGE in text:
        return Channels().split(text, ChannelState(_HEADER))
    for tags in _TAGS[:4]:
        if tags.close in text or text.lstrip().startswith(tags.open):
            return tags.split_unknown(text)
    return "", text
