"""The HTTP sampler against servers that misbehave in the ways servers do."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from reasoncli.errors import EndpointError, ModelError
from reasoncli.models.http_errors import error_body, is_overflow
from reasoncli.models.interface import SampleRequest
from reasoncli.models.open import open_sampler
from tests.models.http_sampling import CHAT, QUICK, draw, honest, in_turn, sampler
from tests.models.servers import Reply, chat_reply

pytestmark = pytest.mark.usefixtures("no_long_waits")


def test_busy_servers_are_asked_again() -> None:
    replies = in_turn(
        Reply({"error": {"message": "busy"}}, 429, {"Retry-After": "0"}),
        Reply("<html><h1>Bad gateway</h1></html>", 502),
        Reply({"choices": [{"message": {"content": "x" * 100}}]}, cut=20),
        chat_reply("done"),
    )
    with sampler(replies) as (opened, server):
        assert draw(opened)[0].text == "done"
        assert len(server.posts) == 4


def test_patience_ends() -> None:
    with sampler(lambda _: Reply({"error": {"message": "loading model"}}, 503)) as (opened, server):
        with pytest.raises(EndpointError, match="503: loading model"):
            draw(opened)
        assert len(server.posts) == 1 + QUICK.retries


def test_retry_after_is_waited_for_and_an_hour_is_too_long() -> None:
    answer = in_turn(Reply({}, 429, {"Retry-After": "0.4"}), chat_reply("x"))
    with sampler(answer) as (opened, _):
        begin = time.monotonic()
        draw(opened)
        assert time.monotonic() - begin >= 0.4
    with sampler(lambda _: Reply({}, 429, {"Retry-After": "3600"})) as (opened, server):
        with pytest.raises(EndpointError, match="429"):
            draw(opened)
        assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("reply", "because", "hint"),
    [
        (Reply({"error": {"message": "Incorrect API key"}}, 401), "wants a key.*Incorrect", "REASONCLI_API_KEY"),
        (Reply({"error": "nope"}, 403), "403.*nope", "REASONCLI_API_KEY"),
        (Reply({"detail": "Not Found"}, 404), "404.*Not Found", "/v1"),
        (Reply({}, 302, {"Location": "http://elsewhere/v1"}), "redirects to http://elsewhere/v1", "not followed"),
        (Reply({"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}, 429), "429", "limit"),
        (Reply({"object": "error", "message": "odd"}, 418), "418: odd", "log"),
        (Reply({"choices": []}), "without any choices", "OpenAI"),
        (Reply({"choices": "x"}), "without any choices", "OpenAI"),
    ],
)
def test_refusals_are_clear_and_not_repeated(reply: Reply, because: str, hint: str) -> None:
    with sampler(lambda _: reply) as (opened, server):
        with pytest.raises(EndpointError, match=because) as caught:
            draw(opened)
        assert hint in caught.value.hint
        assert len(server.posts) == 1


OVERFLOWS = [
    # vLLM, older and newer
    (400, {"object": "error", "message": "This model's maximum context length is 4096 tokens. However, you requested "
           "5000 tokens (4000 in the messages, 1000 in the completion).", "type": "BadRequestError", "code": 400}),
    (400, {"error": {"message": "'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's maximum "
           "context length is 8192 tokens and your request has 300 input tokens", "code": 400}}),
    # llama-server
    (400, {"error": {"code": 400, "message": "the request exceeds the available context size, try increasing it",
           "type": "exceed_context_size_error", "n_prompt_tokens": 14429, "n_ctx": 8192}}),
    (500, {"error": {"code": 500, "message": "the request exceeds the available context size. try increasing the "
           "context size or enable context shift", "type": "exceed_context_size_error"}}),
    # OpenAI
    (400, {"error": {"message": "Input is large.", "type": "invalid_request_error", "param": "messages",
           "code": "context_length_exceeded"}}),
    # SGLang
    (400, {"object": "error", "message": "The input (9000 tokens) is longer than the model's context length (8192)."}),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body"), OVERFLOWS)
def test_too_long_prompts_are_told(status: int, body: dict[str, Any]) -> None:
    with sampler(lambda _: Reply(body, status)) as (opened, server):
        with pytest.raises(EndpointError, match="doesn't fit the context") as caught:
            draw(opened, n=2)
        assert "--context" in caught.value.hint
        assert len(server.posts) == 1


def test_other_errors_are_no_overflow() -> None:
    assert not is_overflow(error_body('{"error": {"message": "invalid value for temperature"}}'))
    assert not is_overflow(error_body("<html>502</html>"))


def test_nonsense_is_refused() -> None:
    with sampler(lambda _: Reply("certainly!")) as (opened, _), pytest.raises(EndpointError, match="not JSON"):
        draw(opened)


def test_a_silent_server_is_given_up() -> None:
    with (
        sampler(lambda _: Reply({}, hang=True), options=replace(QUICK, read_timeout=0.3)) as (opened, server),
        pytest.raises(EndpointError, match=r"0\.3 s"),
    ):
        draw(opened)
    assert len(server.posts) == 2


def test_no_server_at_all() -> None:
    with pytest.raises(EndpointError, match="no usable connection") as caught:
        open_sampler("http://127.0.0.1:9/v1", QUICK)
    assert "running" in caught.value.hint
    assert not [thread for thread in threading.enumerate() if thread.name == "http-sampler"]


def test_one_failure_ends_the_others() -> None:
    answer = in_turn(Reply({"error": "no"}, 403), Reply({}, hang=True))
    with sampler(answer) as (opened, _):
        requests = [SampleRequest(replace(CHAT, id=str(index)), 1, seed=1) for index in range(3)]
        begin = time.monotonic()
        with pytest.raises(EndpointError, match="403"):
            list(opened.sample(requests, threading.Event()))
        assert time.monotonic() - begin < 15


def test_cancelling_ends_requests_in_flight() -> None:
    cancel = threading.Event()
    answer = in_turn(chat_reply("first"), Reply({}, hang=True))
    with sampler(answer) as (opened, server):
        drawn = []
        begin = time.monotonic()
        for completion in opened.sample([SampleRequest(CHAT, 5, seed=1)], cancel):
            drawn.append(completion.text)
            cancel.set()
        assert drawn == ["first"]
        assert time.monotonic() - begin < 15
        asked = len(server.posts)
        assert list(opened.sample([SampleRequest(CHAT, 5, seed=1)], cancel)) == []
        assert len(server.posts) == asked


def test_a_closed_sampler_says_so() -> None:
    with sampler(honest) as (opened, _):
        opened.close()
        with pytest.raises(ModelError, match="closed"):
            draw(opened)


def test_scoring_is_not_offered() -> None:
    with sampler(honest) as (opened, _), pytest.raises(ModelError, match="score"):
        opened.score(CHAT, ["x"])
