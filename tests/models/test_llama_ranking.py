"""The best of many texts: the same as by scoring every one, and with less to read."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoncli.models.llama_cpp.prefixes import Prefixes
from reasoncli.models.llama_cpp.ranking import Question, rank
from tests.models.llama_fake import FakeDecoder, conditional

VOCABULARY = 6
texts = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=5).map(tuple)
questions = st.builds(
    Question,
    prompt=st.sampled_from([(1,), (1, 2), (1, 2, 3, 3), (1, 2, 4), (5, 0, 0)]),
    texts=st.lists(texts, max_size=25),
    offset=st.floats(-3, 0),
)


def logprob(prompt: tuple[int, ...], text: tuple[int, ...]) -> float:
    total = 0.0
    for at in range(len(text)):
        logits = conditional((*prompt, *text[:at]), VOCABULARY).astype(np.float64)
        total += float(logits[text[at]] - np.log(np.exp(logits).sum()))
    return total


def exhaustively(asked: list[Question], most: int) -> list[tuple[int, int, float]]:
    every = [
        (number, text, question.offset + logprob(tuple(question.prompt), tuple(tokens)))
        for number, question in enumerate(asked)
        for text, tokens in enumerate(question.texts)
    ]
    return sorted(every, key=lambda each: (-each[2], each[0], each[1]))[:most]


@settings(deadline=None)
@given(st.lists(questions, max_size=4), st.integers(0, 12), st.booleans(), st.sampled_from([2, 3, 8]))
def test_it_finds_what_scoring_all_finds(asked: list[Question], most: int, whole: bool, sequences: int) -> None:
    decoder = FakeDecoder(sequences=sequences, cells=40, batch=16, whole=whole)
    prefixes = Prefixes(decoder)
    found, expected = rank(decoder, prefixes, asked, most), exhaustively(asked, most)
    assert [value for _, _, value in found] == pytest.approx([value for _, _, value in expected], abs=1e-5)
    for number, text, value in found:
        question = asked[number]
        assert value == pytest.approx(
            question.offset + logprob(tuple(question.prompt), tuple(question.texts[text])), abs=1e-5
        )
    assert len({(number, text) for number, text, _ in found}) == len(found)
    assert prefixes.free_sequences == sequences, "every sequence is given back"


def test_what_begins_unlikely_is_not_read_on() -> None:
    every = [(first, *rest) for first in range(6) for rest in itertools.product(range(6), repeat=3)]
    wide, narrow = FakeDecoder(sequences=8, spread=6.0), FakeDecoder(sequences=8, spread=6.0)
    rank(wide, Prefixes(wide), [Question((1, 2), every)], len(every))
    rank(narrow, Prefixes(narrow), [Question((1, 2), every)], 3)
    assert narrow.decoded < wide.decoded / 4
