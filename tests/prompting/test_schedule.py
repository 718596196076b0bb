"""Several ways of asking for the same: what differs, in which shares, and what stays."""

from __future__ import annotations

from collections import Counter

import pytest

from reasoncli.domain import ChatContent, Form, Prompt
from reasoncli.prompting.chat import VIEWS
from reasoncli.prompting.options import PromptOptions
from reasoncli.prompting.prompts import prompt
from reasoncli.prompting.schedule import TURNS, turns
from reasoncli.search.interface import View
from reasoncli.search.strategies.best_of_n import BestOfN, Drawing
from tests.prompting.test_build import chat_text, made, tokens

PLAIN = PromptOptions(warmths=False)


def drawn(prompts: list[Prompt], samples: int, seed: int = 7) -> list[Counter[tuple[float, str]]]:
    """Samples of each batch by temperature and prompt."""
    strategy = BestOfN(tuple(prompts), samples, seed, Drawing(temperature=0.5))
    batches: list[Counter[tuple[float, str]]] = []
    asked = 0
    while requests := strategy.propose(View(len(batches), asked, (), 0)):
        batches.append(Counter({(each.temperature, each.prompt.id): each.n for each in requests}))
        asked += sum(each.n for each in requests)
    return batches


def test_every_view_is_asked_in_every_way() -> None:
    assert sum(turn.share for turn in TURNS) == pytest.approx(1)
    by_code: dict[str, list[Prompt]] = {}
    for each in made("chat"):
        code = chat_text(each).split("# Code", 1)[1].rpartition("```")[0]
        by_code.setdefault(code, []).append(each)
    assert len(by_code) > 1
    for prompts in by_code.values():
        assert len({chat_text(each) for each in prompts}) == len({turn.wording for turn in TURNS})
        whole = sum(each.share for each in prompts)
        parts = sorted((each.warmth, round(each.share / whole, 6)) for each in prompts)
        assert parts == sorted((turn.warmth, turn.share) for turn in TURNS)


def test_what_varies_comes_last_so_that_the_rest_is_read_once() -> None:
    tasks = {chat_text(each).rpartition("```\n")[2] for each in made("chat")}
    assert len(tasks) == 3
    assert all(task.count("SEARCH/REPLACE") == 1 and len(task) < 400 for task in tasks)


def test_the_budget_holds_for_the_longest_wording() -> None:
    for budget in range(700, 2600, 50):
        prompts = made("chat", options=PromptOptions(prompt_tokens=budget))
        assert all(tokens(each) <= budget for each in prompts)
        wordings = {chat_text(each).rpartition("```")[2] for each in prompts}
        assert len(wordings) in (0, 3)  # either all ways fit, or none is asked


def test_one_temperature_leaves_the_wordings() -> None:
    varied, plain = made("chat"), made("chat", options=PLAIN)
    assert {each.warmth for each in plain} == {1.0}
    assert {chat_text(each) for each in plain} == {chat_text(each) for each in varied}
    assert sum(each.share for each in plain) == pytest.approx(1)
    usual = {each.id for each in varied if each.warmth == 1.0}
    assert usual < {each.id for each in plain}
    assert {turn.warmth for turn in turns(warmths=False)} == {1.0}


def test_batches_draw_alike() -> None:
    prompts = made("chat")
    for batch in drawn(prompts, 256):
        size = sum(batch.values())
        for warmth in {turn.warmth for turn in TURNS}:
            fair = size * sum(turn.share for turn in TURNS if turn.warmth == warmth)
            got = sum(n for (temperature, _), n in batch.items() if temperature == pytest.approx(0.5 * warmth))
            assert abs(got - fair) <= 3, (size, warmth)
    assert drawn(prompts, 256) == drawn(prompts, 256)


def test_one_sample_is_asked_for_in_the_usual_way() -> None:
    [batch] = drawn(made("chat"), 1)
    assert {temperature for temperature, _ in batch} == {0.5}


def test_warmth_is_part_of_a_prompt_s_identity() -> None:
    content = ChatContent((("user", "x"),))
    one, same, other = (
        prompt(Form.SEARCH_REPLACE, content, max_tokens=9, **warmth)
        for warmth in ({}, {"warmth": 1.0}, {"warmth": 0.6})
    )
    assert one.id == same.id != other.id


def test_views_and_turns_are_few() -> None:
    """Each prompt has its tail read and a request of its own at an endpoint."""
    assert len(VIEWS) * len(TURNS) <= 16
