"""The loop over ranked texts and samples: what is counted, when it may stop, and where it goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from reasoncli.domain import Completion, VerdictKind
from reasoncli.events import CandidateFound, Emitter, Event, SamplesDrawn
from reasoncli.models.interface import Choices, Ranked, Ranking, SampleRequest
from reasoncli.search.interface import Recorded
from reasoncli.search.loop import Rules, Search, SearchResult
from reasoncli.search.strategies.best_of_n import BestOfN
from reasoncli.search.strategies.mixed import Mixed
from tests.search.scripted import ListJournal, ScriptedVerifier, parse, prompt, sampler

FIXES = VerdictKind.FIXES


@dataclass
class InOrder:
    """A ranking of texts whose order and log-probabilities are known."""

    texts: Sequence[tuple[str, float]]
    held: int | None = None
    """After so many it waits until the search has had time to stop."""
    taken: int = 0

    def take(self, most: int, cancel: threading.Event) -> Iterator[Ranked]:
        for text, logprob in self.texts[self.taken : self.taken + most]:
            if self.taken == self.held and cancel.wait(30):
                return
            self.taken += 1
            yield Ranked(0, text, logprob, (logprob,))


@dataclass
class Ranks:
    """Samples from a recording, and ranks given texts."""

    samples: dict[str, float]
    texts: Sequence[tuple[str, float]]
    held: int | None = None
    rankings: list[InOrder] = field(default_factory=list)
    info = sampler({"x": 1}).info

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        return sampler(self.samples).sample(requests, cancel)

    def rank(self, choices: Sequence[Choices]) -> Ranking:
        self.rankings.append(InOrder(self.texts, self.held))
        return self.rankings[-1]


def search(
    model: Ranks,
    verifier: ScriptedVerifier,
    journal: ListJournal,
    *,
    share: float = 0.5,
    samples: int = 64,
    recorded: Recorded | None = None,
    exhaustive: bool = True,
    listener: object = lambda event: None,
) -> SearchResult:
    choices = (Choices(prompt(), lambda: [text for text, _ in model.texts]),)
    return Search(
        strategy=Mixed(BestOfN((prompt(),), samples, seed=3, first=16), choices, share),
        sampler=model,  # type: ignore[arg-type]
        parse=parse,
        verifier=verifier,
        journal=journal,
        rules=Rules(samples, targets=1, exhaustive=exhaustive, confidence=0.95, ranked_only=share == 1),
        emit=Emitter((listener,)),  # type: ignore[arg-type]
        recorded=recorded or Recorded(),
    ).run()


def falling(count: int, first: float = -1.0) -> list[tuple[str, float]]:
    return [(f"edit{n}", first - n) for n in range(count)]


def test_both_kinds_are_counted_and_share_the_votes(journal: ListJournal) -> None:
    seen: list[SamplesDrawn] = []
    model = Ranks({"edit1": 1, "free": 1}, falling(100))
    verifier = ScriptedVerifier({"edit1": FIXES})
    result = search(
        model, verifier, journal, listener=lambda event: seen.append(event) if isinstance(event, SamplesDrawn) else None
    )
    assert (result.samples, result.ranked) == (32, 32)
    votes = {each.patch.diff: each.votes for each in result.candidates}
    assert sum(votes.values()) == pytest.approx(64)
    assert votes["edit1"] > votes["free"] > 0
    assert 0 < votes["edit31"] < 0.01
    assert (seen[-1].samples, seen[-1].ranked, seen[-1].distinct) == (32, 32, 33)
    assert result.tokens == 32 or result.tokens < 32, "ranked texts are not generated"


def test_what_everyone_hears_of_votes_in_the_end_is_what_counts(journal: ListJournal) -> None:
    heard: dict[int, float] = {}

    def listen(event: Event) -> None:
        if isinstance(event, CandidateFound):
            heard[event.candidate.index] = event.candidate.votes

    result = search(Ranks({"free": 1}, falling(100)), ScriptedVerifier({}), journal, listener=listen)
    assert {each.index: each.votes for each in result.candidates} == pytest.approx(heard)


@pytest.mark.parametrize(("share", "texts", "ranked", "sampled"), [(0.5, 5, 5, 59), (1.0, 5, 5, 0), (0.5, 0, 0, 64)])
def test_too_few_texts_end_or_are_made_up_for(
    journal: ListJournal, share: float, texts: int, ranked: int, sampled: int
) -> None:
    verifier = ScriptedVerifier({"edit3": FIXES})
    result = search(Ranks({"free": 1}, falling(texts)), verifier, journal, share=share, exhaustive=False, samples=64)
    if not result.stopped_early:
        assert (result.ranked, result.samples) == (ranked, sampled)
    assert result.ranked == ranked
    assert verifier.confirmed == (["edit3"] if texts else [])


def test_a_likely_edit_is_no_sign_of_agreement(journal: ListJournal) -> None:
    """Votes of ranked texts are weights: the posterior that ends sampling counts independent samples alone."""
    model = Ranks({f"free{n}": 1.0 for n in range(400)}, [("edit0", -0.01), *falling(300, -9.0)])
    result = search(model, ScriptedVerifier({"edit0": FIXES}), journal, samples=1024, exhaustive=False)
    leader = max(result.candidates, key=lambda each: each.votes)
    assert leader.patch.diff == "edit0"
    agreed = Ranks({"edit0": 9.0, "free": 1.0}, [("edit0", -0.01), *falling(300, -9.0)])
    early = search(agreed, ScriptedVerifier({"edit0": FIXES}), ListJournal(), samples=1024, exhaustive=False)
    assert early.samples + early.ranked < result.samples + result.ranked <= 1024
    assert "overtake" in result.stopped_early or not result.stopped_early


def test_all_ranked_it_stops_only_where_no_vote_to_come_can_change_the_choice(journal: ListJournal) -> None:
    certain = Ranks({}, [("edit0", -0.001), *falling(500, -9.0)], held=64)
    verifier = ScriptedVerifier({"edit0": FIXES})
    result = search(certain, verifier, journal, share=1.0, samples=128, exhaustive=False)
    assert "overtake" in result.stopped_early
    assert result.ranked < 128
    even = Ranks({}, [(f"edit{n}", -5.0) for n in range(500)])
    every = ScriptedVerifier({f"edit{n}": FIXES for n in range(500)})
    assert search(even, every, ListJournal(), share=1.0, samples=128, exhaustive=False).ranked == 128


def test_a_resumed_search_goes_on_in_the_ranking(journal: ListJournal) -> None:
    def model() -> Ranks:
        return Ranks({"edit2": 1, "free": 2, "!none": 1}, falling(20))

    whole = search(model(), ScriptedVerifier({"edit2": FIXES}), journal)
    for batches in range(len(journal.batches) + 1):
        again = ListJournal()
        recorded = Recorded(batches=tuple(batch for _, batch in journal.batches[:batches]))
        resumed = search(model(), ScriptedVerifier({"edit2": FIXES}), again, recorded=recorded)
        assert again.batches == journal.batches[batches:]
        assert {each.patch.diff: each.votes for each in resumed.candidates} == pytest.approx(
            {each.patch.diff: each.votes for each in whole.candidates}
        )
        assert (resumed.samples, resumed.ranked) == (whole.samples, whole.ranked) == (44, 20)


def test_ranked_texts_come_once_and_are_judged_as_others_are(journal: ListJournal) -> None:
    model = Ranks({"same|b": 1}, [("same|a", -1.0), ("!no", -2.0), ("same|b", -3.0), ("other", -4.0)])
    verifier = ScriptedVerifier({"other": FIXES})
    result = search(model, verifier, journal, samples=16)
    assert len(model.rankings) == 1
    assert sorted(verifier.screened) == ["other", "same|a"] or sorted(verifier.screened) == [
        "other",
        "same|a",
        "same|b",
    ]
    assert result.rejected == {"unparsable": 1}
    assert verifier.confirmed == ["other"]
