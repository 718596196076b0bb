"""What a server is asked, in the dialect of its kind.

Samples have to come from the distribution that was asked for, so every truncation and penalty that a
server applies by default is switched off by name (llama.cpp: top-k 40, min-p 0.05, a repeat penalty
in llama-cpp-python; vLLM: the model's generation_config).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from reasoncli.domain import ChatContent, InfillContent, Prompt, RepairContent
from reasoncli.errors import ModelError
from reasoncli.models.chat_template import neutralize, special_pattern
from reasoncli.models.infill import InfillFormat
from reasoncli.models.interface import SampleRequest

# `owned_by` in the list of models tells what kind of server it is.
_RAW_PROMPTS: Final = frozenset({"vllm", "sglang", "llamacpp", "me"})
_OLLAMA: Final = "library"
_DIALECTS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "vllm": {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
        "sglang": {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
        "llamacpp": {"top_k": 0, "min_p": 0.0, "repeat_penalty": 1.0, "typical_p": 1.0},
        "me": {"top_k": 0, "min_p": 0.0, "repeat_penalty": 1.0},
    }
)
_CHAT: Final = "/chat/completions"
_COMPLETIONS: Final = "/completions"
_STANDARD: Final = ("temperature", "top_p", "max_tokens", "stop")
_REASONER: Final = re.compile(
    r"\br1\b|qwq|thinking|gpt-oss|gpt-5|magistral|reason|^o[1-9]\b|deepseek-v3\.[12]|glm-4\.[5-9]|seed-oss|smollm3"
    r"|qwen3(?!.*(?:coder|instruct))",
    re.I,
)
# Ids of the tokens that a line repair must not be: fixed by the form `line-repair-1`.
_REPAIR_BANNED: Final = MappingProxyType({str(token): -100 for token in (0, 1, 2, 3, 5)})
_REPAIR_TOKENS: Final = ("<pad>", "<code>", "<bug>", "<fix>", "<eot>", "<keep>")


@dataclass(frozen=True, slots=True)
class Body:
    """A request: its path, its fields, and which of them may be left out (see `EndpointClient.post`)."""

    path: str
    fields: Mapping[str, Any]
    extras: frozenset[str]
    standard: frozenset[str]

    @property
    def chat(self) -> bool:
        """Whether the answer is a message."""
        return self.path == _CHAT


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one server and its model are asked.

    Attributes:
        model: name in requests.
        kind: the server's `owned_by`.
        infill: the model's format, where its name tells it.
    """

    model: str
    kind: str
    infill: InfillFormat | None

    @property
    def takes_infill(self) -> bool:
        """Whether holes can be filled: the format is known, and the server takes prompts as they are."""
        return self.infill is not None and self.kind in (*_RAW_PROMPTS, _OLLAMA)

    @property
    def reasoning(self) -> bool:
        """Whether the model thinks, as far as its name tells."""
        return _REASONER.search(self.model.rsplit("/", 1)[-1]) is not None

    @property
    def assumed_context(self) -> int:
        """Tokens of context where the server doesn't tell; Ollama cuts prompts to 4,096 unless configured."""
        return 4_096 if self.kind == _OLLAMA else 8_192

    def path(self, prompt: Prompt) -> str:
        """Where such a prompt is sent, below the endpoint's address."""
        return _CHAT if isinstance(prompt.content, ChatContent) else _COMPLETIONS

    def body(self, request: SampleRequest, start: int, count: int, dropped: frozenset[str]) -> Body:
        """The request for `count` samples from the `start`-th of a `SampleRequest` on.

        Args:
            request: what to sample.
            start: index of the first of these samples; seeds follow from it.
            count: how many.
            dropped: fields this server is known to refuse.
        """
        path, fields = self.path(request.prompt), self._content(request.prompt)
        limit = request.prompt.max_tokens + request.thinking_tokens
        fields |= {"model": self.model, "temperature": request.temperature, "top_p": request.top_p, "stream": False}
        if request.prompt.stop:
            fields["stop"] = list(request.prompt.stop)
        fields["max_completion_tokens" if "max_tokens" in dropped else "max_tokens"] = limit
        extras: dict[str, Any] = dict(_DIALECTS.get(self.kind, {}))
        if request.min_p > 0:
            extras["min_p"] = request.min_p
        if count > 1:
            extras["n"] = count
        extras["seed"] = _seed(request, start)
        # Chat asks with a flag, completions with the number of alternatives.
        extras["logprobs"] = True if path == _CHAT else 1
        fields |= {name: value for name, value in extras.items() if name not in dropped}
        fields = {name: value for name, value in fields.items() if name not in dropped}
        return Body(
            path,
            fields,
            frozenset(extras) - dropped,
            frozenset(name for name in _STANDARD if name in fields and name not in dropped),
        )

    def _content(self, prompt: Prompt) -> dict[str, Any]:
        content = prompt.content
        if isinstance(content, ChatContent):
            return {"messages": [{"role": role, "content": text} for role, text in content.messages]}
        if isinstance(content, RepairContent):
            pattern = special_pattern(_REPAIR_TOKENS)
            function, line = neutralize(content.function, pattern), neutralize(content.line.strip(), pattern)
            text = f"<code>{function}<bug> {line}<fix>"
            return {"prompt": text, "logit_bias": dict(_REPAIR_BANNED)}
        if self.infill is not None and self.takes_infill:
            return self._hole(content, self.infill)
        raise ModelError(f"the endpoint's model {self.model} doesn't take {prompt.form.value} prompts")

    def _hole(self, content: InfillContent, form: InfillFormat) -> dict[str, Any]:
        if self.kind == _OLLAMA:
            context = "".join(f"#{path}\n{text.rstrip()}\n\n" for path, text in content.context)
            return {"prompt": context + content.prefix, "suffix": content.suffix}
        pattern = special_pattern((form.prefix, form.suffix, form.middle, form.file, form.repository, *form.ends))
        parts = (text if special else neutralize(text, pattern) for text, special in form.segments(content))
        return {"prompt": "".join(parts)}


def _seed(request: SampleRequest, index: int) -> int:
    """A seed of its own for every sample, 31 bits."""
    text = f"{request.seed}:{request.prompt.id}:{request.batch}:{index}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
