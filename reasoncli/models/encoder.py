"""Prompts as the text a model reads, in pieces that say where special tokens may stand."""

from __future__ import annotations

from collections.abc import Sequence

from reasoncli.domain import ChatContent, InfillContent, Prompt, RepairContent
from reasoncli.errors import ModelError
from reasoncli.models.chat_template import Segment, TemplateRenderer
from reasoncli.models.gguf import GgufMetadata
from reasoncli.models.infill import InfillFormat


class PromptEncoder:
    """Turns prompts into segments for one model."""

    def __init__(self, metadata: GgufMetadata, infill: InfillFormat | None) -> None:
        self._metadata = metadata
        self._infill = infill
        self._renderer: TemplateRenderer | None = None
        if metadata.chat_template:
            tokens = {"bos_token": metadata.bos or "", "eos_token": metadata.eos or ""}
            special = metadata.control_tokens | set(metadata.fim.values())
            self._renderer = TemplateRenderer(metadata.chat_template, tokens, special)

    def segments(self, prompt: Prompt, *, think: bool = True) -> list[Segment]:
        """The prompt as (text, may hold special tokens) pairs, BOS included where the model wants one.

        Only pieces marked true may be tokenized with special tokens recognized; the others are content.

        Args:
            prompt: what to ask.
            think: false asks templates that know `enable_thinking` to leave thinking out.

        Raises:
            ModelError: the model doesn't take such a prompt.
            ModelFileError: its chat template can't be used.
        """
        content = prompt.content
        if isinstance(content, RepairContent):
            hints = [piece for kind, text in content.hints for piece in ((f"<{kind}>", True), (text, False))]
            above = [(f" {content.above.strip()}", False), ("<at>", True)] if content.above else []
            return [
                *hints,
                ("<code>", True),
                (content.function, False),
                ("<bug>", True),
                *above,
                (f" {content.line.strip()}", False),
                ("<fix>", True),
            ]
        if isinstance(content, InfillContent) and self._infill is not None:
            return self._begun(self._infill.segments(content))
        if isinstance(content, ChatContent) and self._renderer is not None:
            return self._begun(self._renderer.segments(content.messages, enable_thinking=think))
        raise ModelError(
            f"{self._metadata.name} doesn't take {prompt.form.value} prompts",
            hint="`reasoncli models info` shows what a model can do.",
        )

    def stop_tokens(self, prompt: Prompt) -> tuple[str, ...]:
        """Special tokens that end a completion, beside the vocabulary's own end-of-generation ones."""
        if isinstance(prompt.content, InfillContent) and self._infill is not None:
            marks = (self._infill.prefix, self._infill.suffix, self._infill.middle, *self._infill.ends)
            return tuple(mark for mark in dict.fromkeys(marks) if mark)
        return tuple(token for token in (self._metadata.eot,) if token)

    def banned_tokens(self, prompt: Prompt) -> tuple[str, ...]:
        """Special tokens that must never be drawn: a repair that says `keep` is no repair."""
        if not isinstance(prompt.content, RepairContent):
            return ()
        return tuple(sorted(self._metadata.control_tokens - {self._metadata.eot, self._metadata.eos}))

    def close(self) -> None:
        """End the process that renders templates. Idempotent."""
        if self._renderer is not None:
            self._renderer.close()

    def _begun(self, segments: Sequence[Segment]) -> list[Segment]:
        bos = self._metadata.bos
        if not self._metadata.add_bos or not bos or (segments and segments[0][0].startswith(bos)):
            return list(segments)
        return [(bos, True), *segments]
