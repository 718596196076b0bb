"""A sampler that draws from recorded completions: the shipped stand-in for a model that can't be had.

It makes a run repeatable without a model (`--model recorded:FILE`): what a large model once said is
searched, verified and voted on like anything else. The file is JSON lines: a header
`{"reasoncli_recording": 1, "name": …, "abilities": ["chat"], "context": 32768}`, then one object a
distinct completion: `{"text": …, "weight": 1.0, "logprobs": […], "thinking": …, "form": "test"}`. One that names a
form (`domain.Form`) answers the prompts of that form, which then get no others; all else answers every other prompt.
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reasoncli.domain import ChatContent, Completion, Form, InfillContent, Prompt
from reasoncli.errors import ModelError, ModelFileError
from reasoncli.models.interface import Ability, Choices, ModelInfo, Ranking, SampleRequest


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded completion; `weight` is its probability relative to the others that answer the same prompts."""

    text: str
    weight: float = 1.0
    logprobs: tuple[float, ...] = ()
    thinking: str = ""
    form: Form | None = None


class RecordedSampler:
    """Draws independent samples, with replacement, from recordings; prompts of one form get the same ones."""

    def __init__(self, info: ModelInfo, recordings: Sequence[Recording]) -> None:
        self._info = info
        self._recordings = tuple(recordings)

    @property
    def info(self) -> ModelInfo:
        """What the header says."""
        return self._info

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        """See `Sampler.sample`.

        Raises:
            ModelError: nothing was recorded for prompts of this form.
        """
        for request in requests:
            recordings = self._answers(request.prompt.form)
            weights = [recording.weight for recording in recordings]
            drawn = random.Random(request.seed).choices(range(len(weights)), weights, k=request.n)  # noqa: S311
            for index, count in sorted(Counter(drawn).items()):
                if cancel.is_set():
                    return
                recording = recordings[index]
                yield Completion(
                    prompt=request.prompt.id,
                    text=recording.text,
                    count=count,
                    logprobs=recording.logprobs,
                    tokens=max(len(recording.logprobs), 1),
                    finish="stop",
                    thinking=recording.thinking,
                    batch=request.batch,
                )

    def _answers(self, form: Form) -> Sequence[Recording]:
        own = [recording for recording in self._recordings if recording.form is form]
        found = own or [recording for recording in self._recordings if recording.form is None]
        if not found:
            raise ModelError(f"{self._info.name} holds no answer to prompts of the form {form.value}")
        return found

    def score(self, prompt: Prompt, texts: Sequence[str]) -> list[float]:
        """Recordings can't score.

        Raises:
            ModelError: always.
        """
        raise ModelError("a recording can't score texts")

    def rank(self, choices: Sequence[Choices]) -> Ranking:
        """Recordings can't rank.

        Raises:
            ModelError: always.
        """
        raise ModelError("a recording can't rank texts")

    def count_tokens(self, prompt: Prompt) -> int:
        """About one token for four characters."""
        content = prompt.content
        if isinstance(content, ChatContent):
            return sum(len(text) for _, text in content.messages) // 4
        if isinstance(content, InfillContent):
            return (len(content.prefix) + len(content.suffix)) // 4
        return (len(content.function) + len(content.line)) // 4

    def close(self) -> None:
        """Nothing to free."""


def open_recorded(path: Path) -> RecordedSampler:
    """Read a recording.

    Raises:
        ModelFileError: the file can't be read, has no header or no completion, or a line is malformed.
    """
    try:
        data = path.read_bytes()
        header, *rows = (json.loads(line) for line in data.decode().splitlines() if line.strip())
        if header["reasoncli_recording"] != 1:
            raise ModelFileError(f"{path}: recording version {header['reasoncli_recording']} is not known")
        info = ModelInfo(
            name=f"recorded:{header['name']}",
            digest=hashlib.sha256(data).hexdigest(),
            abilities=frozenset(Ability(ability) for ability in header["abilities"]),
            context=int(header.get("context", 32768)),
            reasoning=any(row.get("thinking") for row in rows),
            device="recording",
        )
        recordings = [
            Recording(
                text=str(row["text"]),
                weight=float(row.get("weight", 1.0)),
                logprobs=tuple(map(float, row.get("logprobs", ()))),
                thinking=str(row.get("thinking", "")),
                form=Form(row["form"]) if "form" in row else None,
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelFileError(
            f"{path} is not a recording: {error}",
            hint="The first line is a header, every other one a completion; see reasoncli/models/recorded.py.",
        ) from error
    if not recordings or any(not recording.weight > 0 for recording in recordings):
        raise ModelFileError(f"{path}: a recording needs completions, each with a weight above 0")
    return RecordedSampler(info, recordings)
