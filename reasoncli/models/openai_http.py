"""A sampler over OpenAI's HTTP interface: vLLM, SGLang, llama-server, Ollama, llama-cpp-python.

Several samples are asked for in one request where the server honours `n`; where it ignores or refuses
it, one request is made for each, many at a time. Requests run in an event loop in a thread of their own, so
that work goes on while the caller is busy, and cancelling ends what is in flight.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from reasoncli.domain import ChatContent, Completion, InfillContent, Prompt, RepairContent
from reasoncli.errors import ModelError, ModelNotFoundError
from reasoncli.models.endpoint import Endpoint
from reasoncli.models.http_client import EndpointClient, UnwantedFieldsError
from reasoncli.models.http_replies import Answer, read_answers
from reasoncli.models.http_requests import Body, Dialect
from reasoncli.models.infill import format_by_name
from reasoncli.models.interface import Ability, Choices, ModelInfo, Ranking, SampleRequest
from reasoncli.models.options import ModelOptions

_GROUP: Final = 8  # samples in one request: more would delay the first of them and help no server
_POLL: Final = 0.05
_CHARACTERS_A_TOKEN: Final = 3.0  # code, on the safe side

T = TypeVar("T")


class HttpSampler:
    """See the module's docstring, and `Sampler` for the methods."""

    def __init__(self, endpoint: Endpoint, key: str | None, options: ModelOptions) -> None:
        self._endpoint = endpoint
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="http-sampler", daemon=True)
        self._thread.start()
        self._closed = False
        self._dropped: dict[str, frozenset[str]] = {}
        self._group: int | None = None  # samples the server gives in one request, once known
        self._client = self._run(self._connect(key))
        try:
            self._dialect, self._info = self._run(self._introduce())
        except BaseException:
            self._stop()
            raise

    @property
    def info(self) -> ModelInfo:
        """See `Sampler.info`; `context` is an assumption where the server doesn't tell it."""
        return self._info

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        """See `Sampler.sample`. Every choice is yielded by itself, with a count of one."""
        if self._closed:
            raise ModelError("the sampler is closed")
        if cancel.is_set():
            return
        for request in requests:
            self._check(request.prompt)
        drawn: queue.SimpleQueue[Completion | None] = queue.SimpleQueue()
        future = asyncio.run_coroutine_threadsafe(self._sample(requests, drawn.put), self._loop)
        future.add_done_callback(lambda _: drawn.put(None))
        try:
            while not cancel.is_set():
                try:
                    completion = drawn.get(timeout=_POLL)
                except queue.Empty:
                    continue
                if completion is None:
                    future.result()
                    return
                yield completion
        finally:
            future.cancel()

    def score(self, prompt: Prompt, texts: Sequence[str]) -> list[float]:
        """Not offered by this interface.

        Raises:
            ModelError: always.
        """
        raise ModelError("an HTTP endpoint can't score texts", hint="Use a model in a GGUF file.")

    def rank(self, choices: Sequence[Choices]) -> Ranking:
        """Not offered by this interface.

        Raises:
            ModelError: always.
        """
        raise ModelError("an HTTP endpoint can't rank texts", hint="Use a model in a GGUF file.")

    def count_tokens(self, prompt: Prompt) -> int:
        """An estimate: the tokenizer is out of reach."""
        content = prompt.content
        if isinstance(content, ChatContent):
            texts = [text for _, text in content.messages]
        elif isinstance(content, InfillContent):
            texts = [content.prefix, content.suffix, *(part for pair in content.context for part in pair)]
        else:
            texts = [content.function, content.line]
        return sum(math.ceil(len(text.encode()) / _CHARACTERS_A_TOKEN) + 8 for text in texts)

    def close(self) -> None:
        """End what is in flight and the thread. Idempotent."""
        if not self._closed:
            self._stop()

    # -------------------------------------------------------- getting to know the server

    async def _connect(self, key: str | None) -> EndpointClient:
        self._slots = asyncio.Semaphore(self._options.concurrency)
        self._probing = asyncio.Lock()
        return EndpointClient(self._endpoint, key, self._options)

    async def _introduce(self) -> tuple[Dialect, ModelInfo]:
        listed = (await self._client.get("/models")).get("data")
        models = [model for model in listed if isinstance(model, dict)] if isinstance(listed, list) else []
        model = _choose(models, self._endpoint)
        name = str(model.get("id", self._endpoint.model))
        dialect = Dialect(name, str(model.get("owned_by", "")).lower(), format_by_name(name))
        abilities = self._options.abilities
        if abilities is None:
            abilities = frozenset({Ability.CHAT, Ability.INFILL} if dialect.takes_infill else {Ability.CHAT})
        return dialect, ModelInfo(
            name=f"{self._endpoint.url}#{name}",
            digest="",
            abilities=abilities,
            context=self._options.context or _context(model) or dialect.assumed_context,
            reasoning=dialect.reasoning,
            device=self._endpoint.url,
        )

    # -------------------------------------------------------- drawing

    def _check(self, prompt: Prompt) -> None:
        kinds = {ChatContent: Ability.CHAT, InfillContent: Ability.INFILL, RepairContent: Ability.LINE_REPAIR}
        if kinds[type(prompt.content)] not in self._info.abilities:
            raise ModelError(
                f"the endpoint's model {self._dialect.model} doesn't take {prompt.form.value} prompts",
                hint="`reasoncli doctor` shows what it takes, as far as its name tells.",
            )

    async def _sample(self, requests: Sequence[SampleRequest], emit: Callable[[Completion], None]) -> None:
        await _all(self._draw(request, emit) for request in requests)

    async def _draw(self, request: SampleRequest, emit: Callable[[Completion], None]) -> None:
        """All samples of one request; the first group shows whether the server honours `n`."""
        start = 0
        if self._group is None and request.n > 1:
            async with self._probing:
                if self._group is None:
                    asked = min(_GROUP, request.n)
                    start = await self._ask(request, 0, asked, emit)
                    self._group = _GROUP if start == asked else max(start, 1)
        size = self._group or 1
        await _all(
            self._draw_group(request, first, min(size, request.n - first), emit)
            for first in range(start, request.n, size)
        )

    async def _draw_group(
        self, request: SampleRequest, start: int, count: int, emit: Callable[[Completion], None]
    ) -> None:
        while count > 0:
            got = await self._ask(request, start, count, emit)
            start, count = start + got, count - got

    async def _ask(self, request: SampleRequest, start: int, count: int, emit: Callable[[Completion], None]) -> int:
        """One request for up to `count` samples; how many came."""
        async with self._slots:
            body, reply = await self._post(request, start, count)
        answers = read_answers(reply, chat=body.chat, url=self._endpoint.url)[:count]
        for answer in answers:
            emit(_completion(request, answer))
        return len(answers)

    async def _post(self, request: SampleRequest, start: int, count: int) -> tuple[Body, dict[str, Any]]:
        """Send the request, without the fields that turn out to be refused."""
        path = self._dialect.path(request.prompt)
        while True:
            body = self._dialect.body(request, start, count, self._dropped.get(path, frozenset()))
            try:
                reply = await self._client.post(path, body.fields, extras=body.extras, standard=body.standard)
            except UnwantedFieldsError as error:
                self._dropped[path] = self._dropped.get(path, frozenset()) | error.fields
            else:
                return body, reply

    # -------------------------------------------------------- the thread

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _stop(self) -> None:
        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await self._client.close()
            await asyncio.sleep(0)  # closed connections leave the loop in its next round

        self._closed = True
        self._run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _all(coroutines: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of them; the first failure cancels the others and is raised."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _completion(request: SampleRequest, answer: Answer) -> Completion:
    return Completion(
        prompt=request.prompt.id,
        text=answer.text,
        count=1,
        logprobs=answer.logprobs,
        tokens=answer.tokens,
        finish=answer.finish,
        thinking=answer.thinking,
        batch=request.batch,
    )


def _choose(models: Sequence[dict[str, Any]], endpoint: Endpoint) -> dict[str, Any]:
    """The entry of the model to use.

    Raises:
        ModelNotFoundError: the server has no such model, or several and none was named.
    """
    names = [str(model.get("id", "")) for model in models]
    if endpoint.model:
        for model, name in zip(models, names, strict=True):
            if name == endpoint.model:
                return model
        # llama.cpp's servers have one model and take any name for it.
        if not models or (len(models) == 1 and models[0].get("owned_by") in ("llamacpp", "me")):
            return {**(models[0] if models else {}), "id": endpoint.model}
        raise ModelNotFoundError(f"{endpoint.url} has no model {endpoint.model!r}", hint=_listing(names))
    if len(models) == 1:
        return models[0]
    if not models:
        raise ModelNotFoundError(
            f"{endpoint.url} lists no model", hint=f"Name the model after a #: {endpoint.url}#model."
        )
    raise ModelNotFoundError(
        f"{endpoint.url} has several models", hint=f"Name one after a #: {endpoint.url}#{names[0]}. {_listing(names)}"
    )


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:12])
    return f"It has: {shown}{', …' if len(names) > 12 else ''}."


def _context(model: dict[str, Any]) -> int | None:
    """The context length a list entry tells: vLLM and SGLang, or llama-server."""
    meta = model.get("meta")
    values = [model.get("max_model_len"), meta.get("n_ctx") if isinstance(meta, dict) else None]
    values += [model.get("context_length"), meta.get("n_ctx_train") if isinstance(meta, dict) else None]
    return next((value for value in values if isinstance(value, int) and value > 0), None)
