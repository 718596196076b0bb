"""The best of many texts: the same as by scoring every one, and with less to read."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoncli.models.llama_cpp.prefixes import Prefixes
from reasoncli.models.llama_cpp.ranking import Found, Question, Ranking
from reasoncli.models.llama_cpp.scoring import score
from tests.models.llama_fake import FakeDecoder, conditional

VOCABULARY = 6


@dataclass(frozen=True)
class Asked:
    """A question before it is asked."""

    prompt: tuple[int, ...]
    texts: list[tuple[int, ...]]
    offset: float = 0.0
    banned: tuple[int, ...] = ()

    def question(self) -> Question:
        return Question(self.prompt, lambda: self.texts, self.offset, self.banned)

    def allowed(self) -> Asked:
        """Without the texts that hold a banned token."""
        return replace(self, texts=[text for text in self.texts if not {*text} & {*self.banned}])


texts = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=5).map(tuple)
asked = st.builds(
    Asked,
    prompt=st.sampled_from([(1,), (1, 2), (1, 2, 3, 3), (1, 2, 4), (5, 0, 0)]),
    texts=st.lists(texts, max_size=25),
    offset=st.floats(-3, 0),
    banned=st.sampled_from([(), (0,), (2, 5)]),
).map(Asked.allowed)


def logprob(prompt: tuple[int, ...], text: tuple[int, ...], banned: tuple[int, ...] = ()) -> float:
    total = 0.0
    for at in range(len(text)):
        logits = conditional((*prompt, *text[:at]), VOCABULARY).astype(np.float64)
        odds = np.exp(logits)
        total += float(logits[text[at]] - np.log(odds.sum() - odds[list(banned)].sum()))
    return total


def exhaustively(questions: list[Asked]) -> list[tuple[int, int, float]]:
    every = [
        (number, text, question.offset + logprob(question.prompt, tokens, question.banned))
        for number, question in enumerate(questions)
        for text, tokens in enumerate(question.texts)
    ]
    return sorted(every, key=lambda each: (-each[2], each[0], each[1]))


def ranking(decoder: FakeDecoder, questions: Sequence[Asked]) -> tuple[Ranking, Prefixes]:
    prefixes = Prefixes(decoder)
    return Ranking(decoder, prefixes, [each.question() for each in questions]), prefixes


def take(ranked: Ranking, most: int) -> list[Found]:
    return list(ranked.take(most, threading.Event()))


@settings(deadline=None)
@given(st.lists(asked, max_size=4), st.integers(0, 12), st.booleans(), st.sampled_from([2, 3, 8]))
def test_it_finds_what_scoring_all_finds(questions: list[Asked], most: int, whole: bool, sequences: int) -> None:
    decoder = FakeDecoder(sequences=sequences, cells=40, batch=16, whole=whole)
    ranked, prefixes = ranking(decoder, questions)
    found, expected = take(ranked, most), exhaustively(questions)[:most]
    assert [-each.cost for each in found] == pytest.approx([value for _, _, value in expected], abs=1e-5)
    for each in found:
        question = questions[each.question]
        tokens = question.texts[each.text]
        assert -each.cost == pytest.approx(
            question.offset + logprob(question.prompt, tokens, question.banned), abs=1e-5
        )
        assert sum(each.logprobs) == pytest.approx(logprob(question.prompt, tokens), abs=1e-5)
        assert len(each.logprobs) == len(tokens)
    assert len({(each.question, each.text) for each in found}) == len(found)
    assert prefixes.free_sequences == sequences, "every sequence is given back"


longer = st.builds(
    lambda asked, front, back: replace(asked, prompt=(*front, *asked.prompt, *back)),
    asked,
    st.sampled_from([(1, 2, 3, 4, 5), (5, 4, 3, 2, 1, 0)]),
    st.lists(st.integers(0, VOCABULARY - 1), min_size=4, max_size=15),
)


@settings(deadline=None)
@given(st.lists(longer, max_size=8), st.integers(0, 40), st.booleans(), st.sampled_from([1, 2, 8]), st.integers(30, 60))
def test_prompts_that_fit_the_cache_only_one_by_one_are_ranked_like_others(
    questions: list[Asked], most: int, whole: bool, sequences: int, cells: int
) -> None:
    decoder = FakeDecoder(sequences=sequences, cells=cells, batch=16, whole=whole)
    ranked, prefixes = ranking(decoder, questions)
    found, expected = take(ranked, most), exhaustively(questions)[:most]
    assert [-each.cost for each in found] == pytest.approx([value for _, _, value in expected], abs=1e-5)
    assert prefixes.free_sequences == sequences, "every sequence is given back"


@settings(deadline=None)
@given(st.lists(asked, max_size=3), st.lists(st.integers(0, 9), max_size=6), st.booleans())
def test_it_goes_on_where_it_ended_though_the_cache_was_used_meanwhile(
    questions: list[Asked], parts: list[int], whole: bool
) -> None:
    decoder = FakeDecoder(sequences=4, cells=40, batch=16, whole=whole)
    ranked, prefixes = ranking(decoder, questions)
    found: list[Found] = []
    for part in parts:
        found += take(ranked, part)
        score(decoder, prefixes, (4, 4, 4, 4, 4, 4), [(1, 2, 3), (5, 5)])
    expected = exhaustively(questions)[: sum(parts)]
    assert [-each.cost for each in found] == pytest.approx([value for _, _, value in expected], abs=1e-5)


def test_a_prompt_longer_than_a_batch_is_read_again_when_it_was_forgotten() -> None:
    questions = [Asked((1, 2, 3, 4, 5) * 4, [(a, b) for a in range(6) for b in range(6)])]
    decoder = FakeDecoder(sequences=3, cells=60, batch=8)
    ranked, prefixes = ranking(decoder, questions)
    found = take(ranked, 3)
    while prefixes.forget():
        pass
    found += take(ranked, 40)
    assert [-each.cost for each in found] == pytest.approx([value for _, _, value in exhaustively(questions)], abs=1e-5)


def test_what_begins_unlikely_is_not_read_on() -> None:
    every = [(first, *rest) for first in range(6) for rest in itertools.product(range(6), repeat=3)]
    wide, narrow = FakeDecoder(sequences=8, spread=6.0), FakeDecoder(sequences=8, spread=6.0)
    take(ranking(wide, [Asked((1, 2), every)])[0], len(every))
    take(ranking(narrow, [Asked((1, 2), every)])[0], 3)
    assert narrow.decoded < wide.decoded / 4


def test_texts_of_prompts_that_can_not_win_are_never_made() -> None:
    made: list[int] = []

    def texts(number: int) -> list[tuple[int, ...]]:
        made.append(number)
        return [(1,), (2,), (3,)]

    shares = [0.9, *[1e-6] * 20]
    questions = [Question((1, n % 6), lambda n=n: texts(n), math.log(share)) for n, share in enumerate(shares)]  # type: ignore[misc]
    decoder = FakeDecoder()
    ranked = Ranking(decoder, Prefixes(decoder), questions)
    assert [each.question for each in take(ranked, 2)] == [0, 0]
    assert len(made) <= 8
    assert len(take(ranked, 100)) == 61
    assert sorted(made) == list(range(21)), "each once"


def test_it_ends_soon_once_cancelled_and_can_go_on() -> None:
    every = list(itertools.product(range(6), repeat=3))
    cancel = threading.Event()
    ranked, _ = ranking(FakeDecoder(), [Asked((1, 2), every)])
    first = []
    for each in ranked.take(200, cancel):
        first.append(each)
        if len(first) == 5:
            cancel.set()
    assert len(first) == 5
    assert len(first + take(ranked, 300)) == len(every)
