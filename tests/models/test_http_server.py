"""The HTTP sampler against a real server process: llama-cpp-python's own, with models of ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoncli.domain import ChatContent, Completion, Form, InfillContent, Prompt, RepairContent
from reasoncli.errors import EndpointError
from reasoncli.models.interface import Ability, SampleRequest
from reasoncli.models.open import open_sampler
from reasoncli.models.options import ModelOptions
from reasoncli.resources import weights_path
from tests.models.gguf_files import QWEN_FIM, write_model
from tests.models.servers import llama_server

CHAT = Prompt("chat", Form.SEARCH_REPLACE, ChatContent((("user", "Fix it."),)), max_tokens=12)
HOLE = Prompt("hole", Form.INFILL, InfillContent("a = ", "\n", "x.py"), max_tokens=8)
REPAIR = Prompt(
    "line", Form.LINE_REPAIR, RepairContent("def add(a, b):\n    return a - b\n", "return a - b"), max_tokens=24
)


@pytest.fixture(scope="module")
def chat_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    special = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", *QWEN_FIM)
    model = write_model(tmp_path_factory.mktemp("served") / "random.gguf", special=special)
    with llama_server(model, "--n_ctx", "256", "--model_alias", "qwen2.5-coder-tiny", "--logits_all", "false") as url:
        yield url


@pytest.fixture(scope="module")
def repair_url() -> Iterator[str]:
    with llama_server(weights_path(), "--n_ctx", "512", "--logits_all", "true") as url:
        yield url


def draw(url: str, prompt: Prompt, n: int, options: ModelOptions, seed: int = 1) -> list[Completion]:
    sampler = open_sampler(url, options)
    try:
        return list(sampler.sample([SampleRequest(prompt, n, seed=seed)], threading.Event()))
    finally:
        sampler.close()


def test_chat(chat_url: str) -> None:
    """The server refuses log-probabilities (it keeps no logits) and ignores `n`; both are got around."""
    completions = draw(chat_url, CHAT, 5, ModelOptions(retries=0))
    assert len(completions) == 5
    assert len({completion.text for completion in completions}) == 5, "random weights give random texts"
    assert all(completion.logprobs == () for completion in completions)
    assert {completion.finish for completion in completions} <= {"stop", "length"}


def test_holes(chat_url: str) -> None:
    sampler = open_sampler(chat_url)
    assert sampler.info.abilities == {Ability.CHAT, Ability.INFILL}
    sampler.close()
    assert len(draw(chat_url, HOLE, 2, ModelOptions())) == 2


def test_equal_seeds_give_equal_samples(repair_url: str) -> None:
    options = ModelOptions(abilities=frozenset({Ability.LINE_REPAIR}), concurrency=1)

    def texts(seed: int) -> list[str]:
        return sorted(completion.text for completion in draw(repair_url, REPAIR, 6, options, seed))

    assert texts(1) == texts(1)
    assert texts(1) != texts(2)


def test_repairs_have_logprobs(repair_url: str) -> None:
    options = ModelOptions(abilities=frozenset({Ability.LINE_REPAIR}))
    completions = draw(repair_url, REPAIR, 20, options)
    assert sum(completion.count for completion in completions) == 20
    told = [completion for completion in completions if completion.text]
    assert any("return" in completion.text for completion in told)
    assert all(completion.logprobs and max(completion.logprobs) <= 0 for completion in told)


def test_logprobs_are_those_of_the_same_model_in_this_process(repair_url: str) -> None:
    """Untempered, and of the answer's own tokens: within the arithmetic, what llama.cpp scores here."""
    completions = draw(repair_url, REPAIR, 20, ModelOptions(abilities=frozenset({Ability.LINE_REPAIR})))
    ended = {each.text: sum(each.logprobs) for each in completions if each.text and each.finish == "stop"}
    inside = open_sampler("embedded")
    try:
        drawn = list(inside.sample([SampleRequest(REPAIR, 500, seed=1)], threading.Event()))
    finally:
        inside.close()
    here = {each.text: each for each in drawn if each.finish == "stop"}
    both = ended.keys() & here.keys()
    assert both
    lengths = {text: len(here[text].logprobs) for text in both}
    for text in both:
        # The end's own log-probability may be among them in one place and not in the other.
        assert any(
            ended[text] == pytest.approx(sum(here[text].logprobs[:count]), abs=0.15)
            for count in (lengths[text], lengths[text] - 1)
        ), text


def test_too_long_prompts_are_told(repair_url: str) -> None:
    long = Prompt("long", Form.LINE_REPAIR, RepairContent("x = 1\n" * 600, "x = 1"), max_tokens=24)
    with pytest.raises(EndpointError, match=r"doesn't fit the context.*512 tokens"):
        draw(repair_url, long, 2, ModelOptions(abilities=frozenset({Ability.LINE_REPAIR})))


def test_cancelling_ends_soon(chat_url: str) -> None:
    sampler = open_sampler(chat_url)
    cancel = threading.Event()
    long = Prompt("long", Form.SEARCH_REPLACE, ChatContent((("user", "Fix it."),)), max_tokens=200)
    try:
        threading.Timer(0.3, cancel.set).start()
        begin = time.monotonic()
        list(sampler.sample([SampleRequest(long, 500, seed=1)], cancel))
        assert time.monotonic() - begin < 60
    finally:
        sampler.close()


def test_a_server_that_dies_is_an_error(tmp_path: Path) -> None:
    with llama_server(write_model(tmp_path / "m.gguf"), "--n_ctx", "256") as url:
        sampler = open_sampler(url, ModelOptions(retries=1))
    with pytest.raises(EndpointError, match="no usable connection"):
        list(sampler.sample([SampleRequest(CHAT, 2, seed=1)], threading.Event()))
    sampler.close()
