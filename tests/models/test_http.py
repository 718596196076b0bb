"""The HTTP sampler: what it asks of servers, and how it reads what comes."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from reasoncli.errors import ModelError
from reasoncli.models.interface import Ability, SampleRequest
from tests.models.http_sampling import CHAT, HOLE, QUICK, REPAIR, draw, honest, sampler
from tests.models.servers import Reply, Request, chat_reply, models_reply

pytestmark = pytest.mark.usefixtures("no_long_waits")


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
        assert sorted(request.body.get("n", 1) for request in server.posts) == [1] * 8 + [8]


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
