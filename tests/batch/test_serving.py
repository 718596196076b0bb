"""One model, asked by several at once: what each gets is what it would get alone."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from reasoncli.batch.serving import ModelServer
from reasoncli.domain import Prompt
from reasoncli.errors import ModelError
from reasoncli.models.interface import Sampler, SampleRequest
from tests.contract.shared_backend import asking, shared_model
from tests.contract.test_samplers import repair, returns


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with shared_model() as model:
        yield model


def draw(sampler: Sampler, prompt: Prompt, seed: int = 1, n: int = 24) -> Counter[str]:
    found: Counter[str] = Counter()
    for completion in sampler.sample([SampleRequest(prompt, n, seed)], threading.Event()):
        found[completion.text] += completion.count
    return found


def test_what_is_drawn_together_is_as_it_is_alone(server: ModelServer) -> None:
    prompts = [repair(bug) for bug in ("return a", "return gcd(a % b, b)", "if b == 0:")]
    with asking(server) as alone:
        expected = [draw(alone, prompt) for prompt in prompts]
    with asking(server) as one, asking(server) as two, asking(server) as three, ThreadPoolExecutor(3) as threads:
        for _ in range(5):
            drawn = list(threads.map(draw, (one, two, three), prompts))
            assert drawn == expected
            assert [counts.total() for counts in drawn] == [24, 24, 24]


def test_two_may_ask_the_same(server: ModelServer) -> None:
    with asking(server) as one, asking(server) as two, ThreadPoolExecutor(2) as threads:
        first, second = threads.map(draw, (one, two), (repair(), repair()))
    assert first == second
    assert first.total() == 24


def test_one_that_is_cancelled_or_gone_costs_the_other_nothing(server: ModelServer) -> None:
    cancel = threading.Event()
    with asking(server) as alone:
        expected = draw(alone, repair("if b == 0:"), n=200)
    with ThreadPoolExecutor(2) as threads, asking(server) as other:
        with asking(server) as one:
            draws = one.sample([SampleRequest(repair(), 5000, 3)], cancel)
            next(draws)
            drawing = threads.submit(draw, other, repair("if b == 0:"), n=200)
            cancel.set()
            list(draws)
        assert drawing.result(timeout=60) == expected


def test_a_prompt_that_does_not_fit_fails_for_whom_it_is(server: ModelServer) -> None:
    with asking(server) as one, asking(server) as two:
        with pytest.raises(ModelError):
            draw(one, repair("x = [" + "1, " * 5000 + "]"))
        assert draw(two, repair()).total() == 24


def test_texts_are_asked_of_whom_they_belong_to(server: ModelServer) -> None:
    from reasoncli.models.interface import Choices

    with asking(server) as one, asking(server) as two:
        rankings = [
            each.rank([Choices(repair(), lambda names=names: returns(*names))])  # type: ignore[misc]
            for each, names in ((one, ("a", "b")), (two, ("a", "b", "0", "1")))
        ]
        found = [[ranked.text for ranked in each.take(3, threading.Event())] for each in rankings]
        assert len(found[0]) == len(found[1]) == 3
        assert all(len(set(texts)) == 3 for texts in found)
