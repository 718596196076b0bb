"""A sampler over OpenAI's HTTP interface: vLLM, SGLang, llama-server, Ollama, llama-cpp-python.

Several samples are asked for in one request where the server honours `n`; where it ignores or refuses
it, one request is made for each, many at a time. Several servers of one model share the requests (see
`http_pool`). They run in an event loop in a thread of their own, so that work goes on while the caller is
busy, and cancelling ends what is in flight.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from reasoncli.domain import ChatContent, Completion, InfillContent, Prompt, RepairContent
from reasoncli.errors import ModelError
from reasoncli.models.endpoint import Endpoint
from reasoncli.models.http_pool import ServerPool
from reasoncli.models.http_replies import Answer, estimated_tokens
from reasoncli.models.http_server import Server
from reasoncli.models.interface import Ability, Choices, ModelInfo, Ranking, SampleRequest
from reasoncli.models.options import ModelOptions

_POLL: Final = 0.05

T = TypeVar("T")


class HttpSampler:
    """See the module's docstring, and `Sampler` for the methods."""

    def __init__(self, endpoints: Sequence[tuple[Endpoint, str | None]], options: ModelOptions) -> None:
        """Open one or several servers of the same model.

        Args:
            endpoints: where they are, with the key of each.
            options: how they are asked.

        Raises:
            ModelError, UsageError: see `ServerPool.introduce`.
        """
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="http-sampler", daemon=True)
        self._thread.start()
        self._closed = False
        self._pool = self._run(_connect(endpoints, options))
        try:
            model = self._run(self._pool.introduce())
        except BaseException:
            self._stop()
            raise
        self._model = model.dialect.model
        self._info = ModelInfo(
            name=f"{endpoints[0][0].url}#{self._model}",
            digest="",
            abilities=model.abilities,
            context=model.context,
            reasoning=model.dialect.reasoning,
            device=", ".join(endpoint.url for endpoint, _ in endpoints),
        )

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
        return estimated_tokens(prompt)

    def close(self) -> None:
        """End what is in flight and the thread. Idempotent."""
        if not self._closed:
            self._stop()

    # -------------------------------------------------------- drawing

    def _check(self, prompt: Prompt) -> None:
        kinds = {ChatContent: Ability.CHAT, InfillContent: Ability.INFILL, RepairContent: Ability.LINE_REPAIR}
        if kinds[type(prompt.content)] not in self._info.abilities:
            raise ModelError(
                f"the endpoint's model {self._model} doesn't take {prompt.form.value} prompts",
                hint="`reasoncli doctor` shows what it takes, as far as its name tells.",
            )

    async def _sample(self, requests: Sequence[SampleRequest], emit: Callable[[Completion], None]) -> None:
        self._pool.renew_patience()
        await _all(self._draw(request, 0, request.n, emit) for request in requests)

    async def _draw(self, request: SampleRequest, start: int, end: int, emit: Callable[[Completion], None]) -> None:
        """Samples of one request from the `start`-th on, as many at a time as the servers are known to give."""
        size = self._pool.group
        await _all(self._draw_group(request, first, min(first + size, end), emit) for first in range(start, end, size))

    async def _draw_group(
        self, request: SampleRequest, start: int, end: int, emit: Callable[[Completion], None]
    ) -> None:
        """The same in one request; where fewer come, as the server ignores `n`, the rest in others side by side."""
        answers = await self._pool.ask(request, start, end - start)
        for answer in answers:
            emit(_completion(request, answer))
        if start + len(answers) < end:
            await self._draw(request, start + len(answers), end, emit)

    # -------------------------------------------------------- the thread

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _stop(self) -> None:
        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await self._pool.close()
            await asyncio.sleep(0)  # closed connections leave the loop in its next round

        self._closed = True
        self._run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _connect(endpoints: Sequence[tuple[Endpoint, str | None]], options: ModelOptions) -> ServerPool:
    retries = options.retries if len(endpoints) == 1 else 0
    servers = [Server(endpoint, key, options, retries=retries) for endpoint, key in endpoints]
    return ServerPool(servers, concurrency=options.concurrency, retries=options.retries)


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
        usage=answer.usage,
    )
