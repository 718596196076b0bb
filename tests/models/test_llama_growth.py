"""Text from tokens: stops, thoughts, budgets, characters cut in two."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from benchmarks.random_gguf import Shape, write
from reasoncli.domain import ChatContent, Form, Prompt
from reasoncli.models.interface import SampleRequest
from reasoncli.models.llama_cpp.growth import Answer, Growth, Rules
from reasoncli.models.llama_cpp.sampler import open_llama_sampler
from reasoncli.models.options import ModelOptions
from reasoncli.models.thinking import Channels, Tags


def grown(pieces: Iterable[bytes], rules: Rules) -> Growth:
    growth = Growth(state=rules.start)
    for number, piece in enumerate(pieces):
        growth = growth.add(piece, -float(number), rules)
    return growth


def answer(pieces: Iterable[bytes], rules: Rules) -> Answer:
    growth = grown(pieces, rules)
    return growth.answer(rules, growth.finish(rules) or "stop")


def test_a_stop_string_may_lie_across_tokens() -> None:
    rules = Rules(stops=(b"\n\n", b"END"))
    assert grown([b"ab", b"c E", b"N"], rules).finish(rules) == ""
    done = grown([b"ab", b"c E", b"N", b"D x"], rules)
    assert done.finish(rules) == "stop"
    assert done.answer(rules, "stop").text == "abc "


def test_the_first_of_several_stops_counts() -> None:
    rules = Rules(stops=(b"yy", b"x"))
    assert answer([b"a", b"bxcyy"], rules).text == "ab"


def test_logprobs_are_those_of_tokens_with_a_part_in_the_text() -> None:
    rules = Rules(stops=(b"END",))
    assert answer([b"ab", b"cE", b"ND"], rules).logprobs == (0.0, -1.0)
    assert answer([b"ab", b"c", b"END"], rules).logprobs == (0.0, -1.0)
    assert answer([b"ab", b"c"], rules).logprobs == (0.0, -1.0)


def test_a_character_cut_in_two_becomes_whole() -> None:
    assert answer([b"a\xe2", b"\x82", b"\xac"], Rules()).text == "a€"
    assert answer([b"a\xe2\x82"], Rules(max_tokens=1)).text == "a\ufffd"


def test_max_tokens_end_it() -> None:
    rules = Rules(max_tokens=2)
    assert grown([b"a"], rules).finish(rules) == ""
    assert grown([b"a", b"b"], rules).finish(rules) == "length"


def thinker(prompt: str, tokens: int = 5, **rules: object) -> Rules:
    style = Tags()
    return Rules(thinking_tokens=tokens, style=style, start=style.start(prompt), **rules)  # type: ignore[arg-type]


def test_thoughts_are_kept_apart() -> None:
    rules = thinker("<|assistant|>", tokens=50)
    done = answer([b"<thi", b"nk>", b"hm, ", b"b?", b"</thi", b"nk>\n\n", b"fix", b"ed"], rules)
    assert (done.thinking, done.text) == ("hm, b?", "fixed")
    assert done.logprobs == (-6.0, -7.0)
    assert done.tokens == 8


def test_thoughts_that_the_prompt_began_are_thoughts() -> None:
    rules = thinker("assistant\n<think>\n", tokens=50)
    done = answer([b"hm", b"</think>", b"yes"], rules)
    assert (done.thinking, done.text) == ("hm", "yes")


def test_a_model_that_does_not_think_this_time_answers() -> None:
    rules = thinker("assistant\n", tokens=50)
    assert answer([b"<", b"b>", b"text"], rules).text == "<b>text"


def test_stops_do_not_count_among_thoughts() -> None:
    rules = thinker("<think>", tokens=50, stops=(b"\n\n",))
    growth = grown([b"a\n\nb", b"</think>", b"x"], rules)
    assert growth.finish(rules) == ""
    assert growth.add(b"\n\n", 0.0, rules).finish(rules) == "stop"


def test_spent_thoughts_are_closed_and_the_answer_has_its_own_budget() -> None:
    rules = thinker("<think>", tokens=2, max_tokens=3)
    growth = grown([b"a", b"b"], rules)
    closing = growth.closing(rules)
    assert "</think>" in closing
    assert growth.finish(rules) == ""
    growth = growth.force(closing.encode(), 3)
    assert growth.closing(rules) == ""
    for piece in (b"x", b"y", b"z"):
        assert growth.finish(rules) == ""
        growth = growth.add(piece, -9.0, rules)
    done = growth.answer(rules, growth.finish(rules))
    assert (done.thinking, done.text, done.finish) == ("ab", "xyz", "length")
    assert (done.logprobs, done.tokens) == ((-9.0,) * 3, 8)


def test_channels_are_told_apart() -> None:
    style = Channels()
    rules = Rules(thinking_tokens=50, style=style, start=style.start("<|start|>assistant"))
    pieces = [b"<|channel|>", b"analysis", b"<|message|>", b"hm", b"<|end|>", b"<|start|>", b"assistant"]
    done = answer([*pieces, b"<|channel|>", b"final", b"<|message|>", b"fixed"], rules)
    assert (done.thinking, done.text) == ("hm", "fixed")
    assert done.logprobs == (-10.0,)


def test_a_closing_that_does_not_close_is_not_forced_for_ever() -> None:
    rules = thinker("<think>", tokens=0)
    growth = grown([], rules).force(b"nothing of the kind", 4)
    assert growth.closing(rules) == ""


@pytest.mark.parametrize("budget", [0, 6])
def test_a_reasoning_model_thinks_within_its_budget(tmp_path: Path, budget: int) -> None:
    """A model of random weights never closes its thoughts: they are closed for it, then it answers."""
    template = "{% for m in messages %}{{ m.content }}{% endfor %}<think>\n"
    shape = Shape(
        width=64, layers=2, heads=2, kv_heads=1, hidden=128, vocabulary=600, context=512, chat_template=template
    )
    prompt = Prompt("p", Form.SEARCH_REPLACE, ChatContent((("user", "fix it"),)), max_tokens=4)
    with open_llama_sampler(write(tmp_path / "thinker.gguf", shape), ModelOptions(threads=1, slots=6)) as sampler:
        assert sampler.info.reasoning
        request = SampleRequest(prompt, 30, seed=1, thinking_tokens=budget)
        completions = list(sampler.sample([request], threading.Event()))
    assert sum(each.count for each in completions) == 30
    finished = [each for each in completions if each.finish == "length"]
    assert finished
    for each in completions:
        assert len(each.logprobs) <= 4
        assert "think>" not in each.text
    assert any(each.thinking for each in finished) == bool(budget)
