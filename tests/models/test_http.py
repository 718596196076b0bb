"""The HTTP sampler against servers that misbehave in the ways servers do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from reasoncli.domain import ChatContent, Completion, Form, InfillContent, Prompt, RepairContent
from reasoncli.errors import EndpointError, ModelError, ModelNotFoundError, UsageError
from reasoncli.models.endpoint import find_key, parse_endpoint
from reasoncli.models.http_errors import error_body, is_overflow, retry_after
from reasoncli.models.http_requests import Dialect
from reasoncli.models.interface import Ability, SampleRequest
from reasoncli.models.open import open_sampler
from reasoncli.models.openai_http import HttpSampler
from reasoncli.models.options import ModelOptions
from tests.models.servers import Answer, FakeServer, Reply, Request, chat_reply, fake_server, models_reply

CHAT = Prompt("chat", Form.SEARCH_REPLACE, ChatContent((("system", "Fix."), ("user", "a = 1"))), stop=("END",))
HOLE = Prompt("hole", Form.INFILL, InfillContent("a = ", "\nb <|fim_suffix|>", "x.py", (("y.py", "c"),)))
REPAIR = Prompt("line", Form.LINE_REPAIR, RepairContent("def f():\n  return 1<bug>\n", " return 1"))
QUICK = ModelOptions(connect_timeout=5, read_timeout=20, retries=3)


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are a tenth of a millisecond; the environment has no key and no proxy."""
    monkeypatch.setattr("reasoncli.models.http_client._FIRST_WAIT", 1e-4)
    for name in ("REASONCLI_API_KEY", "OPENAI_API_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


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


# ---------------------------------------------------------------- what is asked, and what comes


def test_a_chat_is_asked_and_read() -> None:
    with sampler(lambda _: chat_reply("fixed")) as (opened, server):
        (completion,) = draw(opened, temperature=0.5, top_p=0.9, min_p=0.1, thinking_tokens=100, batch=3)
        assert (completion.text, completion.count, completion.finish, completion.batch) == ("fixed", 1, "stop", 3)
        assert completion.tokens == 5
        body = server.posts[0].body
        assert server.posts[0].path == "/v1/chat/completions"
        assert body["messages"] == [{"role": "system", "content": "Fix."}, {"role": "user", "content": "a = 1"}]
        assert (body["temperature"], body["top_p"], body["min_p"], body["stop"]) == (0.5, 0.9, 0.1, ["END"])
        assert body["max_tokens"] == CHAT.max_tokens + 100
        assert body["stream"] is False
        assert (body["top_k"], body["repetition_penalty"]) == (-1, 1.0)


def test_counts_add_up_with_several_choices_a_request() -> None:
    with sampler(honest) as (opened, server):
        completions = draw(opened, n=21)
        assert sum(completion.count for completion in completions) == 21
        assert len({completion.text for completion in completions}) == 21
        assert sorted(request.body.get("n", 1) for request in server.posts) == [5, 8, 8]


def test_counts_add_up_where_n_is_ignored() -> None:
    with sampler(lambda request: chat_reply(f"{request.body['seed']}")) as (opened, server):
        completions = draw(opened, n=9)
        assert len(completions) == 9
        assert len({completion.text for completion in completions}) == 9, "every request has a seed of its own"
        assert [request.body.get("n") for request in server.posts] == [8] + [None] * 8


def test_counts_add_up_where_too_many_come() -> None:
    with sampler(lambda _: chat_reply(*"abcdefghijkl")) as (opened, _):
        assert len(draw(opened, n=5)) == 5


def test_counts_add_up_where_n_is_refused() -> None:
    def answer(request: Request) -> Reply:
        if "n" in request.body:
            return Reply({"error": {"message": "Only one completion choice is allowed", "param": "n"}}, 400)
        return chat_reply("x")

    with sampler(answer) as (opened, server):
        assert len(draw(opened, n=4)) == 4
        assert "top_k" in server.posts[-1].body, "only what was refused is left out"


def test_several_requests_go_side_by_side() -> None:
    gate = threading.Barrier(4, timeout=20)

    def answer(request: Request) -> Reply:
        gate.wait()
        return chat_reply("x")

    with sampler(answer) as (opened, _):
        requests = [SampleRequest(replace(CHAT, id=str(index)), 1, seed=1) for index in range(4)]
        completions = list(opened.sample(requests, threading.Event()))
        assert sorted(completion.prompt for completion in completions) == ["0", "1", "2", "3"]


def test_seeds_repeat_and_differ() -> None:
    with sampler(honest) as (opened, server):
        first = sorted(completion.text for completion in draw(opened, n=12))
        assert sorted(completion.text for completion in draw(opened, n=12)) == first
        other = list(opened.sample([SampleRequest(CHAT, 12, seed=8)], threading.Event()))
        assert not {completion.text for completion in other} & set(first)
        assert all(0 <= request.body["seed"] < 1 << 31 for request in server.posts)


def test_unknown_fields_are_left_out_after_a_refusal() -> None:
    refused = {"min_p", "top_k", "repetition_penalty", "logprobs"}

    def answer(request: Request) -> Reply:
        found = sorted(refused & set(request.body))
        return (
            Reply({"error": {"message": f"Unrecognized request argument: {found[0]}"}}, 400)
            if found
            else honest(request)
        )

    with sampler(answer) as (opened, server):
        assert len(draw(opened, n=3)) == 3
        before = len(server.posts)
        assert len(draw(opened, n=3)) == 3
        assert len(server.posts) == before + 1, "it remembers"
        assert "seed" in server.posts[-1].body


def test_unnamed_fields_are_left_out_together_but_never_the_temperature() -> None:
    def answer(request: Request) -> Reply:
        return Reply({"detail": "bad"}, 422) if "top_k" in request.body else honest_single(request)

    def honest_single(request: Request) -> Reply:
        assert {"temperature", "top_p", "max_tokens"} <= set(request.body)
        return chat_reply("x")

    with sampler(answer) as (opened, _):
        assert len(draw(opened, n=2)) == 2


def test_newer_models_of_openai_name_the_limit_otherwise() -> None:
    def answer(request: Request) -> Reply:
        if "max_tokens" in request.body:
            message = "Unsupported parameter: 'max_tokens' is not supported with this model."
            return Reply({"error": {"message": message, "param": "max_tokens"}}, 400)
        assert request.body["max_completion_tokens"] == CHAT.max_tokens
        return chat_reply("x")

    with sampler(answer) as (opened, _):
        assert draw(opened)[0].text == "x"


@pytest.mark.parametrize(
    ("reply", "text", "thinking"),
    [
        (chat_reply("a", reasoning_content="hm"), "a", "hm"),
        (chat_reply("a", reasoning="hm"), "a", "hm"),
        (chat_reply("<think>hm</think>\n\na"), "a", "hm"),
        (chat_reply("hm\n</think>\n\na"), "a", "hm"),
        (chat_reply("<think>no end"), "", "no end"),
        (Reply({"choices": [{"message": {"content": None, "reasoning": "hm"}}]}), "", "hm"),
        (Reply({"choices": [{"message": {"content": [{"type": "text", "text": "a"}]}}]}), "a", ""),
    ],
)
def test_thoughts_are_no_part_of_the_answer(reply: Reply, text: str, thinking: str) -> None:
    with sampler(lambda _: reply) as (opened, _):
        (completion,) = draw(opened)
        assert (completion.text, completion.thinking) == (text, thinking)


def test_logprobs_are_those_of_the_answer() -> None:
    tokens = ["<think>", "ab", "</think>", "\n\n", "a", "b", "<|im_end|>"]
    content = [{"token": token, "logprob": -index} for index, token in enumerate(tokens)]
    choice = {"message": {"content": "<think>ab</think>\n\nab"}, "logprobs": {"content": content}}
    with sampler(lambda _: Reply({"choices": [choice]})) as (opened, _):
        (completion,) = draw(opened)
        assert completion.logprobs == (-4.0, -5.0)
        assert completion.tokens == 7


def test_logprobs_that_do_not_fit_are_no_logprobs() -> None:
    choice = {"message": {"content": "abc"}, "logprobs": {"content": [{"token": "x", "logprob": -1.0}]}}
    with sampler(lambda _: Reply({"choices": [choice]})) as (opened, _):
        assert draw(opened)[0].logprobs == ()


def test_length_is_told() -> None:
    with sampler(lambda _: Reply({"choices": [{"message": {"content": "x"}, "finish_reason": "length"}]})) as (
        opened,
        _,
    ):
        assert draw(opened)[0].finish == "length"


def text_reply(*texts: str) -> Reply:
    return Reply({"choices": [{"text": text, "finish_reason": "stop"} for text in texts]})


def test_holes_are_shown_in_the_form_of_the_family() -> None:
    with sampler(lambda _: text_reply("2"), models_reply("Qwen/Qwen2.5-Coder-7B")) as (opened, server):
        assert Ability.INFILL in opened.info.abilities
        assert draw(opened, HOLE)[0].text == "2"
        assert server.posts[0].path == "/v1/completions"
        assert server.posts[0].body["prompt"] == (
            "<|repo_name|>repository\n<|file_sep|>y.py\nc\n<|file_sep|>x.py\n"
            "<|fim_prefix|>a = <|fim_suffix|>\nb <\u200b|fim_suffix|><|fim_middle|>"
        )
        assert server.posts[0].body["logprobs"] == 1


def test_holes_are_given_to_ollama_as_a_suffix() -> None:
    models = models_reply("qwen2.5-coder:7b", owner="library")
    with sampler(lambda _: text_reply("2"), models) as (opened, server):
        draw(opened, HOLE)
        assert server.posts[0].body["prompt"] == "#y.py\nc\n\na = "
        assert server.posts[0].body["suffix"] == HOLE.content.suffix  # type: ignore[union-attr]


def test_holes_are_refused_where_the_family_is_unknown() -> None:
    with sampler(honest, models_reply("some-model")) as (opened, _):
        assert opened.info.abilities == {Ability.CHAT}
        with pytest.raises(ModelError, match="infill"):
            draw(opened, HOLE)


def test_line_repair_where_the_settings_say_so() -> None:
    options = replace(QUICK, abilities=frozenset({Ability.LINE_REPAIR}))
    with sampler(lambda _: text_reply(" return 2"), options=options) as (opened, server):
        assert opened.info.abilities == {Ability.LINE_REPAIR}
        with pytest.raises(ModelError, match="search-replace"):
            draw(opened, CHAT)
        draw(opened, REPAIR)
        body = server.posts[0].body
        assert body["prompt"] == "<code>def f():\n  return 1<\u200bbug>\n<bug> return 1<fix>"
        assert body["logit_bias"]["5"] == -100


# ---------------------------------------------------------------- failures


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


# ---------------------------------------------------------------- models, keys, addresses


def test_which_model() -> None:
    several = models_reply("b", "a", max_model_len=1234)
    with sampler(honest, several, model="#a") as (opened, server):
        assert opened.info.name == f"{server.url}#a"
        assert opened.info.context == 1234
        assert opened.info.device == server.url
    with fake_server(honest, several) as server:
        with pytest.raises(ModelNotFoundError, match="several models") as caught:
            open_sampler(server.url)
        assert "a, b" in caught.value.hint
        with pytest.raises(ModelNotFoundError, match="no model 'c'"):
            open_sampler(server.url + "#c")
    with sampler(honest, models_reply("a", owner="library")) as (opened, _):
        assert opened.info.context == 4_096, "what Ollama cuts prompts to unless told otherwise"
    with fake_server(honest, Reply({"data": []})) as server, pytest.raises(ModelNotFoundError, match="lists no model"):
        open_sampler(server.url)
    with sampler(honest, Reply({"data": []}), model="#org/name") as (opened, _):
        assert opened.info.name.endswith("#org/name")


@pytest.mark.parametrize(
    ("name", "thinks"),
    [
        ("deepseek-r1:7b", True),
        ("Qwen/Qwen3-8B", True),
        ("gpt-oss:20b", True),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", False),
        ("Qwen2.5-Coder-7B-Instruct", False),
        ("coder1", False),
    ],
)
def test_models_that_think_are_told_by_their_names(name: str, thinks: bool) -> None:
    assert Dialect(name, "vllm", None).reasoning is thinks


def test_the_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REASONCLI_API_KEY", "s3cret")
    with sampler(lambda _: Reply({"error": "bad"}, 401)) as (opened, server):
        with pytest.raises(EndpointError, match="refuses the key") as caught:
            draw(opened)
        assert all(request.headers["Authorization"] == "Bearer s3cret" for request in server.requests)
        assert "s3cret" not in f"{caught.value} {caught.value.hint} {opened.info} {QUICK}"


def test_the_key_does_not_follow_a_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REASONCLI_API_KEY", "s3cret")
    with fake_server(honest) as other:
        there = Reply({}, 307, {"Location": f"{other.url}/chat/completions"})
        with sampler(lambda _: there) as (opened, _), pytest.raises(EndpointError, match="redirects"):
            draw(opened)
        assert other.requests == []


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_server(honest) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
        monkeypatch.setenv("NO_PROXY", "")
        opened = open_sampler("http://model.invalid/v1", QUICK)
        assert sum(each.count for each in opened.sample([SampleRequest(CHAT, 2, seed=1)], threading.Event())) == 2
        opened.close()
        assert proxy.posts[0].path == "http://model.invalid/v1/chat/completions"


def test_which_key() -> None:
    here, openai = parse_endpoint("http://host/v1"), parse_endpoint("https://api.openai.com/v1#gpt")
    both = {"REASONCLI_API_KEY": "ours", "OPENAI_API_KEY": "theirs"}
    names = ("REASONCLI_API_KEY",)
    assert find_key(here, names, both) == "ours"
    assert find_key(here, names, {"OPENAI_API_KEY": "theirs"}) is None
    assert find_key(openai, names, {"OPENAI_API_KEY": "theirs"}) == "theirs"
    assert find_key(openai, names, both) == "ours"
    assert find_key(here, ("MY_KEY",), {**both, "MY_KEY": "mine"}) == "mine"


def test_addresses() -> None:
    assert parse_endpoint("http://host:8000/v1/#org%2Fname").model == "org/name"
    assert parse_endpoint("http://host:8000/v1/").url == "http://host:8000/v1"
    for wrong in ("ftp://host", "http://", "http://host:port/v1"):
        with pytest.raises(ModelNotFoundError):
            parse_endpoint(wrong)
    with pytest.raises(UsageError, match="password"):
        parse_endpoint("http://me:secret@host/v1")


def test_retry_after_as_a_date() -> None:
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("12") == 12
    assert retry_after("soon") is None
    assert retry_after(None) is None


def test_tokens_are_estimated_on_the_safe_side() -> None:
    with sampler(honest) as (opened, _):
        prompt = replace(CHAT, content=ChatContent((("user", "def function(argument):\n    return 1\n" * 100),)))
        assert 1_100 < opened.count_tokens(prompt) < 1_700
        assert opened.count_tokens(HOLE) > 0
        assert opened.count_tokens(REPAIR) > 0
