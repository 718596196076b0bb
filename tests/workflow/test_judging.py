"""Judges in a run: who is asked about what, how often, and what a run that goes on asks again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reasoncli.domain import Candidate, ChatContent, Completion, Form, Prompt
from reasoncli.errors import ModelError
from reasoncli.events import Emitter, Event, Warned
from reasoncli.models.interface import SampleRequest
from reasoncli.models.recorded import RecordedSampler, Recording
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.record import RunRecord
from reasoncli.runs.store import Store
from reasoncli.settings.loading import load_settings
from reasoncli.voting.clusters import ranked
from reasoncli.workflow.consulting import Consultant
from reasoncli.workflow.judging import Judging, judging
from tests.runs.samples import ISSUE
from tests.search.scripted import INFO
from tests.voting.helpers import REGRESSES, candidate

Says = Callable[[str, str], str]
"""What a judge says to the patches that it is shown, as A and as B."""


class Judge(RecordedSampler):
    """A model that says what a function of both patches gives; counts how often it was asked."""

    def __init__(self, says: Says, finish: str = "stop") -> None:
        super().__init__(INFO, [Recording("nothing else")])
        self.says, self.finish, self.asked = says, finish, 0

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        for request in requests:
            self.asked += request.n
            content = request.prompt.content
            assert isinstance(content, ChatContent)
            assert request.prompt.form is Form.JUDGEMENT
            _, first, second = content.messages[1][1].split("```diff\n")
            text = self.says(first.split("\n```")[0], second.split("\n```")[0])
            yield Completion(request.prompt.id, text, request.n, (), 3, self.finish)


class There:
    def __init__(self, sampler: RecordedSampler) -> None:
        self.sampler = sampler

    def check(self) -> None: ...

    def result(self) -> RecordedSampler:
        return self.sampler


def knows(right: str) -> Says:
    return lambda first, second: f"VERDICT: {'A' if right in first else 'B' if right in second else 'NEITHER'}"


def written(index: int, text: str, votes: float = 1) -> Candidate:
    plain = candidate(index, votes=votes)
    return replace(plain, patch=replace(plain.patch, diff=f"+{text}\n"))


TWO = (written(0, "short"), written(1, "thorough"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[RunJournal]:
    with Store(tmp_path / "store").create(ISSUE, tmp_path) as run:
        yield run


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def bench(journal: RunJournal, events: list[Event]) -> Callable[..., Judging]:
    def make(judge: RecordedSampler, answers: int = 2, earlier: RunRecord | None = None) -> Judging:
        settings = load_settings({"judges": answers}, repository=None)
        known = earlier.consultations if earlier else ()
        emit = Emitter((events.append,))
        made = judging(Consultant(There(judge), settings, 7, journal, known), settings, ISSUE, 2, emit)
        assert made is not None
        return made

    return make


def leader(candidates: Sequence[Candidate]) -> int:
    return ranked(candidates)[0].leader.index


def test_a_judge_that_knows_decides_a_tie(bench: Callable[..., Judging]) -> None:
    assert leader(TWO) == 0
    judge = Judge(knows("thorough"))
    found, [comparison] = bench(judge, 4).judged(TWO, None)
    assert leader(found) == 1
    assert (comparison.first, comparison.second, comparison.asked) == (0, 0, 4)
    assert judge.asked == 8


@pytest.mark.parametrize("place", ["A", "B", "NEITHER"])
def test_one_that_always_says_the_same_decides_nothing(bench: Callable[..., Judging], place: str) -> None:
    found, comparisons = bench(Judge(lambda *_: f"Clear.\n\nVERDICT: {place}")).judged(TWO, None)
    assert len(comparisons) == 1
    assert found == TWO


def test_what_can_t_be_read_or_was_cut_off_is_for_neither(bench: Callable[..., Judging], events: list[Event]) -> None:
    assert bench(Judge(lambda *_: "Hm.")).judged(TWO, None)[0] == TWO
    assert bench(Judge(knows("thorough"), "length")).judged((written(0, "x"), TWO[1]), None)[0][1].opinion == 0
    assert any("4 of them not to be read" in str(event) for event in events)


def test_where_nothing_can_change_nobody_is_asked(bench: Callable[..., Judging]) -> None:
    judge = Judge(knows("thorough"))
    ahead = (written(0, "short", votes=3), TWO[1])
    worse = (TWO[0], replace(TWO[1], verdict=REGRESSES))
    for candidates in (ahead, worse, TWO[:1], ()):
        assert not bench(judge).worthwhile(candidates)
        assert bench(judge).judged(candidates, None) == (candidates, ())
    assert judge.asked == 0


def test_a_run_that_goes_on_does_not_ask_again(journal: RunJournal, bench: Callable[..., Judging]) -> None:
    judge = Judge(knows("thorough"))
    first = bench(judge).judged(TWO, None)
    asked = judge.asked
    assert bench(judge, earlier=journal.load()).judged(TWO, None) == first
    assert judge.asked == asked
    assert [each.purpose for each in journal.load().consultations] == ["judges"] * 2


def test_a_model_that_fails_leaves_the_decision_to_the_vote(bench: Callable[..., Judging], events: list[Event]) -> None:
    class Broken(Judge):
        def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
            raise ModelError("it is gone")
            yield

    assert bench(Broken(knows("x"))).judged(TWO, None) == (TWO, ())
    assert any(isinstance(event, Warned) and "it is gone" in event.message for event in events)


def test_every_pair_of_the_leading_few_is_compared(bench: Callable[..., Judging]) -> None:
    many = tuple(written(index, f"patch {index}") for index in range(6))
    judge = Judge(knows("patch 3"))
    found, comparisons = bench(judge, 3).judged(many, None)
    assert [(each.one, each.other) for each in comparisons] == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert judge.asked == 6 * 2 * 3
    assert leader(found) == 3


def test_where_one_pair_does_not_fit_none_is_judged(bench: Callable[..., Judging], events: list[Event]) -> None:
    """One that nobody compared would have no vote where the others have."""

    class Narrow(Judge):
        def count_tokens(self, prompt: Prompt) -> int:
            return 10**6 if "patch 2" in str(prompt.content) else 9

    many = tuple(written(index, f"patch {index}") for index in range(3))
    judge = Narrow(knows("patch 1"))
    assert bench(judge).judged(many, None) == (many, ())
    assert judge.asked == 0
    assert any(isinstance(event, Warned) and "don't fit" in event.message for event in events)


def test_off_by_default(journal: RunJournal) -> None:
    settings = load_settings({}, repository=None)
    consultant = Consultant(There(Judge(knows("x"))), settings, 7, journal, ())
    assert judging(consultant, settings, ISSUE, 2, Emitter()) is None
    assert judging(None, load_settings({"judges": 3}, repository=None), ISSUE, 2, Emitter()) is None
