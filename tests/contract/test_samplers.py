"""What every sampler does, whatever runs the model behind it.

To add a backend, append a `Backend` to `BACKENDS`: how it is opened (a context manager that yields a
sampler of the embedded weights, or of any model that takes line repairs), and what it can't do.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from reasoncli.domain import ChatContent, Completion, Form, Prompt, RepairContent
from reasoncli.errors import ModelError
from reasoncli.models.interface import Ability, Choices, Ranked, Sampler, SampleRequest
from reasoncli.models.llama_cpp.sampler import open_llama_sampler
from reasoncli.models.options import ModelOptions
from reasoncli.resources import weights_path
from tests.contract.http_backend import http_pool_sampler, http_sampler
from tests.contract.shared_backend import shared_sampler

FUNCTION = "def gcd(a, b):\n    if b == 0:\n        return a\n    else:\n        return gcd(a % b, b)\n"


@dataclass(frozen=True)
class Backend:
    name: str
    open: Callable[[], AbstractContextManager[Sampler]]
    reproducible: bool = True
    ranks: bool = True  # and scores
    refuses: bool = True  # prompts that the model doesn't take


@contextmanager
def llama_sampler() -> Iterator[Sampler]:
    with open_llama_sampler(weights_path(), ModelOptions(threads=1, slots=16)) as sampler:
        yield sampler


BACKENDS = [
    Backend("llama.cpp", llama_sampler),
    Backend("shared", shared_sampler),
    Backend("http", http_sampler, reproducible=False, ranks=False, refuses=False),
    Backend("http, two servers", http_pool_sampler, reproducible=False, ranks=False, refuses=False),
]


@pytest.fixture(scope="module", params=BACKENDS, ids=lambda backend: backend.name)
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[Backend, Sampler]]:
    with request.param.open() as sampler:
        yield request.param, sampler


@pytest.fixture
def sampler(opened: tuple[Backend, Sampler]) -> Sampler:
    return opened[1]


@pytest.fixture
def backend(opened: tuple[Backend, Sampler]) -> Backend:
    return opened[0]


def repair(line: str = "return gcd(a % b, b)", *, stop: tuple[str, ...] = (), max_tokens: int = 32) -> Prompt:
    content = RepairContent(FUNCTION, line)
    return Prompt(f"{line}|{stop}|{max_tokens}", Form.LINE_REPAIR, content, stop=stop, max_tokens=max_tokens)


def draw(sampler: Sampler, *requests: SampleRequest) -> list[Completion]:
    return list(sampler.sample(requests, threading.Event()))


def test_it_says_what_it_is(sampler: Sampler) -> None:
    info = sampler.info
    assert info.name
    assert info.device
    assert Ability.LINE_REPAIR in info.abilities
    assert info.context >= 256


@pytest.mark.parametrize("n", [1, 2, 33])
def test_counts_add_up_to_n(sampler: Sampler, n: int) -> None:
    completions = draw(sampler, SampleRequest(repair(), n, seed=1))
    assert sum(each.count for each in completions) == n
    assert all(each.count >= 1 for each in completions)


def test_no_samples_are_none(sampler: Sampler) -> None:
    assert draw(sampler, SampleRequest(repair(), 0, seed=1)) == []
    assert draw(sampler) == []


def test_completions_carry_prompt_and_batch(sampler: Sampler) -> None:
    first, second = repair("return a"), repair("if b == 0:")
    completions = draw(sampler, SampleRequest(first, 3, seed=1, batch=4), SampleRequest(second, 5, seed=1, batch=7))
    found: dict[tuple[str, int], int] = {}
    for each in completions:
        found[each.prompt, each.batch] = found.get((each.prompt, each.batch), 0) + each.count
    assert found == {(first.id, 4): 3, (second.id, 7): 5}


def test_temperature_zero_gives_one_text(sampler: Sampler) -> None:
    texts = {each.text for each in draw(sampler, SampleRequest(repair(), 4, seed=1, temperature=0.0))}
    assert len(texts) == 1
    assert texts.pop().strip().startswith("return")


def test_max_tokens_limits_the_answer(sampler: Sampler) -> None:
    completions = draw(sampler, SampleRequest(repair(max_tokens=2), 8, seed=1))
    assert {each.finish for each in completions} <= {"length", "stop"}
    assert any(each.finish == "length" for each in completions)
    assert all(len(each.logprobs) <= 2 for each in completions)


def test_stop_strings_end_the_text_and_are_no_part_of_it(sampler: Sampler) -> None:
    completions = draw(sampler, SampleRequest(repair(stop=("(",)), 16, seed=1))
    assert all("(" not in each.text for each in completions)
    assert any(each.finish == "stop" and each.text.strip() for each in completions)


def test_logprobs_are_those_of_tokens(sampler: Sampler) -> None:
    for each in draw(sampler, SampleRequest(repair(), 16, seed=1)):
        assert all(math.isfinite(value) and value <= 1e-3 for value in each.logprobs)
        assert not each.thinking


def test_truncation_keeps_to_the_likely(sampler: Sampler) -> None:
    greedy = draw(sampler, SampleRequest(repair(), 1, seed=1, temperature=0.0))[0].text
    narrow = draw(sampler, SampleRequest(repair(), 8, seed=1, top_p=0.01))
    assert {each.text for each in narrow} == {greedy}


def test_cancelled_before_it_began_it_yields_nothing(sampler: Sampler) -> None:
    cancel = threading.Event()
    cancel.set()
    assert list(sampler.sample([SampleRequest(repair(), 8, seed=1)], cancel)) == []
    assert sum(each.count for each in draw(sampler, SampleRequest(repair(), 2, seed=1))) == 2


def test_a_closed_iterator_leaves_the_sampler_usable(sampler: Sampler) -> None:
    stream = sampler.sample([SampleRequest(repair(), 64, seed=1)], threading.Event())
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert sum(each.count for each in draw(sampler, SampleRequest(repair(), 2, seed=1))) == 2


def test_prompts_are_counted(sampler: Sampler) -> None:
    short, long = sampler.count_tokens(repair("x")), sampler.count_tokens(repair("x" + " + y" * 40))
    assert 0 < short < long


def test_a_prompt_beyond_the_context_is_an_error(sampler: Sampler) -> None:
    with pytest.raises(ModelError):
        draw(sampler, SampleRequest(repair("x" + " + y" * 4000), 1, seed=1))
    assert draw(sampler, SampleRequest(repair(), 1, seed=1))


def test_a_prompt_it_does_not_take_is_an_error(backend: Backend, sampler: Sampler) -> None:
    if not backend.refuses:
        pytest.skip("a server answers what it is asked")
    prompt = Prompt("chat", Form.SEARCH_REPLACE, ChatContent((("user", "hello"),)))
    with pytest.raises(ModelError):
        draw(sampler, SampleRequest(prompt, 1, seed=1))


def test_equal_seeds_give_equal_samples(backend: Backend, sampler: Sampler) -> None:
    if not backend.reproducible:
        pytest.skip("only promised in process")

    def outcome(seed: int) -> list[tuple[str, int]]:
        return sorted((each.text, each.count) for each in draw(sampler, SampleRequest(repair(), 40, seed=seed)))

    assert outcome(5) == outcome(5)
    assert outcome(5) != outcome(6)


def test_scores_are_log_probabilities(backend: Backend, sampler: Sampler) -> None:
    texts = [" return gcd(b, a % b)", " return gcd(a, b)", " return nonsense ( ) +"]
    if not backend.ranks:
        with pytest.raises(ModelError):
            sampler.score(repair(), texts)
        return
    scores = sampler.score(repair(), texts)
    assert all(score < 0 for score in scores)
    assert scores[2] < min(scores[:2])
    assert sampler.score(repair(), []) == []


def ranked(sampler: Sampler, *choices: Choices, most: int = 1000) -> list[Ranked]:
    return list(sampler.rank(choices).take(most, threading.Event()))


def returns(*names: str) -> list[str]:
    return [f" return {f}({x}, {y})" for f in ("gcd", "max") for x in names for y in ("b", "a % b")]


def test_it_says_whether_it_can_score_and_rank(backend: Backend, sampler: Sampler) -> None:
    assert sampler.info.ranks is backend.ranks
    if not backend.ranks:
        with pytest.raises(ModelError):
            sampler.rank([Choices(repair(), lambda: [" x"])])


def test_texts_are_ranked_by_score_and_offset(backend: Backend, sampler: Sampler) -> None:
    if not backend.ranks:
        pytest.skip("it can't rank")
    asked = [Choices(repair(), lambda: returns("a", "b")), Choices(repair("if b == 0:"), lambda: returns("a"), -2.0)]
    found = ranked(sampler, *asked)
    assert len(found) == 12
    assert [each.logprob for each in found] == sorted((each.logprob for each in found), reverse=True)
    for number, choices in enumerate(asked):
        own = [each for each in found if each.choice == number]
        scores = sampler.score(choices.prompt, [each.text for each in own])
        lifted = [each.logprob - choices.offset - score for each, score in zip(own, scores, strict=True)]
        assert max(lifted) - min(lifted) < 0.05, "all by what the tokens that are never drawn would have"
        assert min(lifted) > -0.01
        assert all(sum(each.logprobs) >= score - 0.05 for each, score in zip(own, scores, strict=True))


def test_a_ranking_goes_on_after_other_work(backend: Backend, sampler: Sampler) -> None:
    if not backend.ranks:
        pytest.skip("it can't rank")
    asked = Choices(repair(), lambda: returns("a", "b", "a % b", "b % a"))
    whole = [each.text for each in ranked(sampler, asked)]
    ranking, parts = sampler.rank([asked]), list[str]()
    for most in (1, 0, 5, 100):
        parts += [each.text for each in ranking.take(most, threading.Event())]
        draw(sampler, SampleRequest(repair("return a"), 4, seed=1))
    assert sorted(parts) == sorted(whole)
    assert parts[:1] == whole[:1]


def test_a_text_that_does_not_fit_is_left_out_of_a_ranking(backend: Backend, sampler: Sampler) -> None:
    if not backend.ranks:
        pytest.skip("it can't rank")
    long = " x" * 100_000
    assert [each.text for each in ranked(sampler, Choices(repair(), lambda: [long, " return a", ""]))][:1] != [long]
    assert len(ranked(sampler, Choices(repair(), lambda: [long, " return a", ""]))) == 2
    assert ranked(sampler, Choices(repair(), list)) == ranked(sampler) == []
    with pytest.raises(ModelError):
        sampler.rank([Choices(repair("x" + " + y" * 4000), list)])


def test_a_cancelled_ranking_gives_no_more_and_leaves_the_sampler_usable(backend: Backend, sampler: Sampler) -> None:
    if not backend.ranks:
        pytest.skip("it can't rank")
    cancel = threading.Event()
    cancel.set()
    ranking = sampler.rank([Choices(repair(), lambda: returns("a", "b"))])
    assert list(ranking.take(5, cancel)) == []
    assert draw(sampler, SampleRequest(repair(), 1, seed=1))
    assert len(list(ranking.take(5, threading.Event()))) == 5


def test_close_can_be_called_twice(backend: Backend) -> None:
    if backend.name.startswith("http"):
        pytest.skip("would start another server; its own tests close twice")
    with backend.open() as sampler:
        sampler.close()
        sampler.close()
        with pytest.raises(ModelError):
            draw(sampler, SampleRequest(repair(), 1, seed=1))
