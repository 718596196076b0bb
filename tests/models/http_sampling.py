"""A sampler over a server that answers as a test says, and prompts to draw from it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reasoncli.domain import ChatContent, Completion, Form, InfillContent, Prompt, RepairContent
from reasoncli.models.interface import SampleRequest
from reasoncli.models.open import open_sampler
from reasoncli.models.openai_http import HttpSampler
from reasoncli.models.options import ModelOptions
from tests.models.servers import Answer, FakeServer, Reply, Request, chat_reply, fake_server

CHAT = Prompt("chat", Form.SEARCH_REPLACE, ChatContent((("system", "Fix."), ("user", "a = 1"))), stop=("END",))
HOLE = Prompt("hole", Form.INFILL, InfillContent("a = ", "\nb <|fim_suffix|>", "x.py", (("y.py", "c"),)))
REPAIR = Prompt("line", Form.LINE_REPAIR, RepairContent("def f():\n  return 1<bug>\n", " return 1"))
QUICK = ModelOptions(connect_timeout=5, read_timeout=20, retries=3)


@contextmanager
def sampler(
    answer: Answer, models: Reply | None = None, options: ModelOptions = QUICK, model: str = ""
) -> Iterator[tuple[HttpSampler, FakeServer]]:
    with fake_server(answer, models) as server:
        opened = open_sampler(server.url + model, options)
        assert isinstance(opened, HttpSampler)
        try:
            yield opened, server
        finally:
            opened.close()
            opened.close()


def draw(opened: HttpSampler, prompt: Prompt = CHAT, n: int = 1, **fields: Any) -> list[Completion]:
    return list(opened.sample([SampleRequest(prompt, n, seed=7, **fields)], threading.Event()))


def in_turn(*replies: Reply) -> Answer:
    """Each reply once, then the last for ever."""
    left = list(replies)
    lock = threading.Lock()

    def answer(_: Request) -> Reply:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer


def honest(request: Request) -> Reply:
    """Gives as many choices as asked for."""
    return chat_reply(*[f"answer {request.body['seed']}.{index}" for index in range(request.body.get("n", 1))])
