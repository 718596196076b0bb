"""Asking a chat model beside the proposals, on a real journal and a recorded model."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from reasoncli.domain import ChatContent, Completion, Form, GivenPatch, Prompt
from reasoncli.errors import ModelError, UsageError
from reasoncli.events import Emitter
from reasoncli.models.interface import SampleRequest
from reasoncli.models.recorded import RecordedSampler, Recording
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.record import RunRecord
from reasoncli.runs.request import FixRequest
from reasoncli.runs.store import Store
from reasoncli.settings.loading import load_settings
from reasoncli.workflow.consulting import Consultant, consultant
from tests.end_to_end.project import make_recording
from tests.runs.samples import ISSUE
from tests.search.scripted import INFO, prompt

QUESTIONS = [Prompt(f"q{n}", Form.TEST, ChatContent((("user", str(n)),))) for n in range(3)]
ANSWERS = [Recording(f"answer {n}") for n in range(50)]


class Counting(RecordedSampler):
    """Counts what it is asked."""

    asked = 0

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        self.asked += len(requests)
        return super().sample(requests, cancel)


class There:
    """A model that is loaded."""

    def __init__(self, sampler: RecordedSampler) -> None:
        self.sampler = sampler

    def check(self) -> None: ...

    def result(self) -> RecordedSampler:
        return self.sampler


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[RunJournal]:
    with Store(tmp_path / "store").create(ISSUE, tmp_path) as run:
        yield run


@pytest.fixture
def sampler() -> Counting:
    return Counting(INFO, ANSWERS)


def request(tmp_path: Path, *, tests: int = 4, model: str = "", patches: int = 0) -> FixRequest:
    settings = load_settings({"reproduction_tests": tests, "model": model or None}, repository=None)
    return FixRequest(tmp_path, ISSUE, settings, 7, patches=(GivenPatch("x", ""),) * patches)


def asker(
    journal: RunJournal, sampler: RecordedSampler, earlier: RunRecord | None = None, *, seed: int = 7
) -> Consultant:
    settings = load_settings({"reproduction_tests": 4}, repository=None)
    return Consultant(There(sampler), settings, seed, journal, earlier.consultations if earlier else ())


def test_every_prompt_gets_its_samples_and_nothing_of_it_is_a_proposal(journal: RunJournal, sampler: Counting) -> None:
    answers = asker(journal, sampler).ask("tests", QUESTIONS, 5)
    assert [sum(each.count for each in drawn) for drawn in answers] == [5, 5, 5]
    assert [each.prompt for drawn in answers for each in drawn] == [q.id for q in QUESTIONS for _ in answers[0]]
    record = journal.load()
    assert (record.prompts, record.recorded.batches, record.head.samples) == ((), (), 0)


def test_a_run_that_goes_on_asks_only_what_was_not_asked(journal: RunJournal, sampler: Counting) -> None:
    first = asker(journal, sampler).ask("tests", QUESTIONS[:2], 5)
    assert sampler.asked == 2
    again = asker(journal, sampler, journal.load()).ask("tests", QUESTIONS, 5)
    assert sampler.asked == 3
    assert again[:2] == first
    asker(journal, sampler, journal.load()).ask("something else", QUESTIONS[:1], 5)
    assert sampler.asked == 4


def test_answers_follow_from_the_runs_seed_the_purpose_and_the_prompt(journal: RunJournal, sampler: Counting) -> None:
    texts = [
        tuple(each.text for each in asker(journal, sampler, seed=seed).ask(purpose, [question], 8)[0])
        for seed, purpose, question in (
            (7, "tests", QUESTIONS[0]),
            (7, "tests", QUESTIONS[0]),
            (8, "tests", QUESTIONS[0]),
            (7, "other", QUESTIONS[0]),
            (7, "tests", QUESTIONS[1]),
        )
    ]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 4


def test_nobody_is_asked_unless_a_setting_says_so(journal: RunJournal, tmp_path: Path, sampler: Counting) -> None:
    with ExitStack() as stack:
        nobody = request(tmp_path, tests=0, model=f"recorded:{tmp_path / 'none'}", patches=1)
        assert consultant(stack, nobody, There(sampler), None, journal, Emitter()) is None


def test_given_patches_have_a_model_opened_for_them(journal: RunJournal, tmp_path: Path, sampler: Counting) -> None:
    recording = make_recording(tmp_path / "r.jsonl", {"fix": 1}, {"test": 1})
    with ExitStack() as stack:
        asked = request(tmp_path, model=f"recorded:{recording}", patches=1)
        found = consultant(stack, asked, There(sampler), None, journal, Emitter())
        assert found is not None
        assert [each.text for each in found.ask("tests", QUESTIONS[:1], 2)[0]] == ["test"]
    assert sampler.asked == 0


def test_a_model_that_takes_no_conversations_is_refused(journal: RunJournal, tmp_path: Path, sampler: Counting) -> None:
    with ExitStack() as stack, pytest.raises(UsageError, match="--reproduction-tests needs"):
        consultant(stack, request(tmp_path), There(sampler), None, journal, Emitter())
    silent = RecordedSampler(replace(INFO, abilities=frozenset()), ANSWERS)
    server = request(tmp_path, model="http://localhost:1/v1")
    with ExitStack() as stack, pytest.raises(UsageError, match="--reproduction-tests needs"):
        consultant(stack, server, There(silent), None, journal, Emitter())


def test_what_was_recorded_for_a_form_answers_that_form_alone() -> None:
    both = RecordedSampler(INFO, [Recording("fix"), Recording("test", form=Form.TEST)])
    texts = [each.text for each in both.sample([SampleRequest(prompt("p"), 3, 1)], threading.Event())]
    assert texts == ["fix"]
    texts = [each.text for each in both.sample([SampleRequest(QUESTIONS[0], 3, 1)], threading.Event())]
    assert texts == ["test"]
    only = RecordedSampler(INFO, [Recording("test", form=Form.TEST)])
    with pytest.raises(ModelError, match="search-replace"):
        list(only.sample([SampleRequest(prompt("p"), 3, 1)], threading.Event()))
