"""Chat templates, rendered at arm's length and taken apart into the template's text and the messages'.

What the template itself writes may hold special tokens; what stands in a message never does, or an
issue text could end its own turn. So the messages are rendered as placeholders that are then
replaced by parts of their own. Where a template looks into its messages (splits them, escapes
them) that rendering differs from the plain one; then the plain one is used, with the special
tokens inside the messages broken up.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import subprocess
import sys
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from reasoncli.errors import ModelFileError

Message = tuple[str, str]
Segment = tuple[str, bool]

_WORKER: Final = Path(__file__).with_name("template_worker.py")
_MAX_REPLY: Final = 256 << 20
_REMEMBERED: Final = 64  # a prompt is counted, tokenized and looked at in turn
_BREAK: Final = "\u200b"
_PLACEHOLDER: Final = "\ue0fa{}\ue0fb"
_PLACEHOLDERS: Final = re.compile("\ue0fa(\\d+)\ue0fb")


class RefusedByTemplateError(Exception):
    """The template called `raise_exception`: it doesn't take such a conversation."""


class TemplateRenderer:
    """One model's chat template and the process that renders it, started when first needed.

    Args:
        template: Jinja source, untrusted.
        variables: what templates may refer to besides the messages: `bos_token`, `eos_token`.
        special: texts of special tokens, which messages must not smuggle in.
        seconds: how long one rendering may take.
    """

    def __init__(
        self, template: str, variables: Mapping[str, str], special: Collection[str], *, seconds: float = 10.0
    ) -> None:
        self._template = template
        self._variables = dict(variables)
        self._special = special_pattern(special)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[Any, Any] | None = None
        self._known: OrderedDict[Any, tuple[Segment, ...]] = OrderedDict()

    def segments(self, messages: Sequence[Message], **options: bool) -> list[Segment]:
        """A conversation as (text, may hold special tokens) pairs, up to where the assistant speaks.

        A template that refuses or drops the system message gets it in front of the user's.

        Args:
            messages: (role, text) pairs.
            options: further variables for the template, as `enable_thinking`.

        Raises:
            ModelFileError: the template is broken, refuses the conversation, or takes too much time or memory.
        """
        key = (tuple(messages), tuple(sorted(options.items())))
        with self._lock:
            if key not in self._known:
                self._known[key] = tuple(self._accepted(messages, options))
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
            return list(self._known[key])

    def close(self) -> None:
        """End the process. Idempotent; a later rendering starts another."""
        with self._lock:
            self._stop()

    def _accepted(self, messages: Sequence[Message], options: Mapping[str, bool]) -> list[Segment]:
        """The segments of the conversation, or of the same with its system message folded in."""
        try:
            return self._segments(messages, options)
        except RefusedByTemplateError as error:
            folded = _fold_system(messages)
            if folded == list(messages):
                raise _bad(str(error)) from error
        try:
            return self._segments(folded, options)
        except RefusedByTemplateError as error:
            raise _bad(str(error)) from error

    def _segments(self, messages: Sequence[Message], options: Mapping[str, bool]) -> list[Segment]:
        hidden: list[Message] = []
        cores: list[str] = []
        for role, text in messages:
            core = text.strip()
            if core:
                hidden.append((role, text.replace(core, _PLACEHOLDER.format(len(cores)), 1)))
                cores.append(core)
            else:
                hidden.append((role, text))
        plain, marked = self._render([messages, hidden], options)
        pieces = _PLACEHOLDERS.split(marked)
        told = {int(index) for index in pieces[1::2]}
        if messages and messages[0][0] == "system" and 0 not in told and cores and cores[0] not in plain:
            raise RefusedByTemplateError("the template drops the system message")
        segments = [
            (cores[int(piece)], False) if index % 2 else (piece, True)
            for index, piece in enumerate(pieces)
            if index % 2 == 0 or int(piece) < len(cores)
        ]
        if told == set(range(len(cores))) and "".join(text for text, _ in segments) == plain:
            return [segment for segment in segments if segment[0]]
        broken = [(role, neutralize(text, self._special)) for role, text in messages]
        return [(self._render([broken], options)[0], True)]

    # -------------------------------------------------------- the process

    def _render(self, conversations: Sequence[Sequence[Message]], options: Mapping[str, bool]) -> list[str]:
        renderings = [
            {
                **self._variables,
                **options,
                "messages": [{"role": role, "content": text} for role, text in messages],
                "add_generation_prompt": True,
                "tools": None,
                "documents": None,
            }
            for messages in conversations
        ]
        answer = self._ask({"template": self._template, "renderings": renderings, "seconds": self._seconds})
        if "refused" in answer:
            raise RefusedByTemplateError(answer["refused"])
        if "error" in answer:
            raise _bad(answer["error"])
        return [str(text) for text in answer["texts"]]

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        worker = self._worker or self._start()
        stdin, stdout = worker.stdin, worker.stdout
        if stdin is None or stdout is None:
            raise AssertionError("the worker was started with pipes")
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
            line = self._read_line(stdout.fileno())
        except BrokenPipeError:
            line = b""
        if not line:
            self._stop()
            raise _bad(f"it took more than {self._seconds:g} s or all the memory it was given")
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        worker = subprocess.Popen(
            [sys.executable, "-I", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,  # Ctrl-C is for the parent, which then ends this
        )
        self._worker = worker
        self._end = weakref.finalize(self, _reap, worker)
        if worker.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                worker.stdin.write(json.dumps(sys.path).encode() + b"\n")
        return worker

    def _stop(self) -> None:
        if self._end is not None:
            self._end()
        self._worker = self._end = None

    def _read_line(self, descriptor: int) -> bytes:
        """One line of the worker's output; empty if it doesn't come in time or grows too long."""
        chunks: list[bytes] = []
        size, deadline = 0, time.monotonic() + self._seconds
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while size <= _MAX_REPLY:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    return b""
                chunk = os.read(descriptor, 1 << 20)
                chunks.append(chunk)
                size += len(chunk)
                if not chunk:
                    return b""
                if chunk.endswith(b"\n"):
                    return b"".join(chunks)
        return b""


def neutralize(text: str, special: re.Pattern[str] | None) -> str:
    """Break up special tokens in a text by a zero-width space after their first character."""
    if special is None:
        return text
    return special.sub(lambda match: match[0][0] + _BREAK + match[0][1:], text)


def special_pattern(texts: Collection[str]) -> re.Pattern[str] | None:
    """A pattern for `neutralize` that finds any of these tokens, longest first."""
    useful = sorted((text for text in texts if len(text) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, useful))) if useful else None


def _fold_system(messages: Sequence[Message]) -> list[Message]:
    """The conversation with its system message put in front of the first user message."""
    if len(messages) < 2 or messages[0][0] != "system" or messages[1][0] != "user":
        return list(messages)
    return [("user", f"{messages[0][1].rstrip()}\n\n{messages[1][1]}"), *messages[2:]]


def _bad(what: str) -> ModelFileError:
    return ModelFileError(
        f"the model's chat template can't be used: {what}",
        hint="Take another GGUF of the model, or one that its makers published.",
    )


def _reap(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    worker.wait()
