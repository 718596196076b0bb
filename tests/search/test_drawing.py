"""The thread that draws, with the embedded model: ranked texts come first, go on, and come again."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Iterator

import pytest

from reasoncli.domain import Completion, Form, Prompt, RepairContent
from reasoncli.errors import ModelError
from reasoncli.models.interface import Choices, RankRequest, Request, Sampler, SampleRequest
from reasoncli.models.open import open_sampler
from reasoncli.search.drawing import BatchDone, Drawing, DrawingFailed
from tests.search.scripted import sampler as recorded

FUNCTION = "def gcd(a, b):\n    if b == 0:\n        return a\n    else:\n        return gcd(a % b, b)"
LINES = {"return gcd(a % b, b)": 0.8, "if b == 0:": 0.2}
TEXTS = [f" return {f}({x}, {y})" for f in ("gcd", "max") for x in ("a", "b", "a % b", "b % a") for y in ("b", "a % b")]


@pytest.fixture(scope="module")
def sampler() -> Iterator[Sampler]:
    opened = open_sampler("embedded")
    yield opened
    opened.close()


def choices() -> tuple[Choices, ...]:
    prompts = [Prompt(line, Form.LINE_REPAIR, RepairContent(FUNCTION, line), max_tokens=32) for line in LINES]
    tests = [f" if {x} {op} {y}:" for x in "ab" for op in ("==", "<", "!=") for y in ("0", "1", "a")]
    offsets = [math.log(share) for share in LINES.values()]
    return Choices(prompts[0], lambda: TEXTS, offsets[0]), Choices(prompts[1], lambda: tests, offsets[1])


def drawn(drawing: Drawing, index: int, inbox: queue.SimpleQueue[object], *requests: Request) -> list[Completion]:
    drawing.start(index, requests)
    found: list[Completion] = []
    while isinstance(message := inbox.get(timeout=60), Completion):
        found.append(message)
    assert isinstance(message, BatchDone), message
    return found


def test_a_ranking_goes_on_from_batch_to_batch_beside_samples(sampler: Sampler) -> None:
    asked, inbox = choices(), queue.SimpleQueue[object]()
    drawing = Drawing(sampler, inbox)
    samples = [SampleRequest(each.prompt, 8, seed=1, batch=batch) for batch in (0, 1) for each in asked]
    first = drawn(drawing, 0, inbox, *samples[:2], RankRequest(asked, 0, 5, batch=0))
    second = drawn(drawing, 1, inbox, RankRequest(asked, 5, 6, batch=1), *samples[2:])
    drawing.close()
    assert [each.rank for each in first[:5]] == [1, 2, 3, 4, 5], "before the samples"
    ranked = [each for each in first + second if each.rank]
    assert [each.rank for each in ranked] == list(range(1, 12))
    assert [each.batch for each in ranked] == [0] * 5 + [1] * 6
    scores = [each.score for each in ranked]
    assert scores == sorted(scores, reverse=True)
    assert len({(each.prompt, each.text) for each in ranked}) == 11, "each once"
    assert sum(each.count for each in first if not each.rank) == 16
    assert all(each.score == 0 for each in first if not each.rank)


def test_another_process_ranks_the_same_again(sampler: Sampler) -> None:
    def ranked(*requests: tuple[int, int]) -> list[tuple[int, str, str]]:
        asked, inbox = choices(), queue.SimpleQueue[object]()
        drawing = Drawing(sampler, inbox)
        found = [
            completion
            for index, (first, most) in enumerate(requests)
            for completion in drawn(drawing, index, inbox, RankRequest(asked, first, most))
        ]
        drawing.close()
        return [(each.rank, each.prompt, each.text) for each in found]

    whole = ranked((0, 4), (4, 4))
    assert ranked((4, 4)) == whole[4:]


def test_more_than_there_are_is_all_there_are(sampler: Sampler) -> None:
    asked, inbox = choices(), queue.SimpleQueue[object]()
    drawing = Drawing(sampler, inbox)
    found = drawn(drawing, 0, inbox, RankRequest(asked, 0, 1000))
    assert len(found) == sum(len(each.texts()) for each in asked)
    assert drawn(drawing, 1, inbox, RankRequest(asked, len(found), 1000)) == []
    drawing.close()


def test_a_share_weighs_and_what_stays_as_it_is_has_no_part(sampler: Sampler) -> None:
    """Scores are log-probabilities of a draw: over all texts that there are they sum to 1, over some to less."""
    asked, inbox = choices(), queue.SimpleQueue[object]()
    drawing = Drawing(sampler, inbox)
    found = drawn(drawing, 0, inbox, RankRequest(asked, 0, 1000))
    drawing.close()
    for each in asked:
        own = {completion.text: completion.score for completion in found if completion.prompt == each.prompt.id}
        keep = math.exp(sampler.score(each.prompt, ["<keep>"])[0])
        expected = [each.offset + value - math.log(1 - keep) for value in sampler.score(each.prompt, each.texts())]
        assert [own[text] for text in each.texts()] == pytest.approx(expected, abs=0.05)
        assert sum(math.exp(value) for value in own.values()) < math.exp(each.offset)


def test_a_cancelled_ranking_ends_soon_and_is_no_batch(sampler: Sampler) -> None:
    enough, inbox = threading.Event(), queue.SimpleQueue[object]()

    def texts() -> list[str]:
        enough.set()
        return [f" return gcd({x}, {y})" for x in range(40) for y in range(40)]

    slow = tuple(Choices(each.prompt, texts) for each in choices())
    drawing = Drawing(sampler, inbox)
    drawing.start(0, [RankRequest(slow, 0, 5000)])
    assert enough.wait(30)
    before = time.monotonic()
    drawing.close()
    assert time.monotonic() - before < 20
    rest = []
    while not inbox.empty():
        rest.append(inbox.get())
    assert all(isinstance(each, Completion) for each in rest)
    assert len(rest) < 3200


def test_a_backend_that_can_not_rank_says_so() -> None:
    inbox = queue.SimpleQueue[object]()
    drawing = Drawing(recorded({"x": 1}), inbox)
    drawing.start(0, [RankRequest(choices(), 0, 3)])
    failed = inbox.get(timeout=10)
    drawing.close()
    assert isinstance(failed, DrawingFailed)
    assert isinstance(failed.error, ModelError)
