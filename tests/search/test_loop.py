from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from reasoncli.domain import Candidate, Completion, Patch, Verdict, VerdictKind
from reasoncli.errors import Interrupted, ModelError, SandboxUnavailable
from reasoncli.events import CandidateFound, CandidateJudged, Emitter, Event, SamplesDrawn
from reasoncli.models.interface import SampleRequest
from reasoncli.search.interface import Recorded
from reasoncli.search.loop import Rules, Search, SearchResult
from reasoncli.search.strategies.best_of_n import BestOfN
from reasoncli.voting.ballot import decide
from tests.search.scripted import ListJournal, ScriptedVerifier, parse, prompt, sampler

FIXES, NO_EFFECT = VerdictKind.FIXES, VerdictKind.NO_EFFECT


def search(
    weights: dict[str, float],
    verifier: ScriptedVerifier,
    journal: ListJournal,
    *,
    samples: int = 64,
    seconds: float | None = None,
    recorded: Recorded | None = None,
    exhaustive: bool = False,
    listener: Callable[[Event], None] = lambda event: None,
    drawing: object = None,
    confirmations: int = 8,
) -> SearchResult:
    return Search(
        strategy=BestOfN((prompt(),), samples, seed=3, first=16),
        sampler=drawing or sampler(weights),  # type: ignore[arg-type]
        parse=parse,
        verifier=verifier,
        journal=journal,
        rules=Rules(samples, targets=1, seconds=seconds, exhaustive=exhaustive, confirmations=confirmations),
        emit=Emitter((listener,)),
        recorded=recorded or Recorded(),
    ).run()


def test_equal_patches_are_judged_once_and_their_votes_add_up(journal: ListJournal) -> None:
    verifier = ScriptedVerifier({"good": FIXES})
    result = search({"good": 3, "bad": 1}, verifier, journal, exhaustive=True)
    assert sorted(verifier.screened) == ["bad", "good"]
    assert sum(candidate.votes for candidate in result.candidates) == result.samples == 64
    assert {candidate.patch.diff: candidate.verdict.kind for candidate in result.candidates if candidate.verdict} == {
        "good": FIXES,
        "bad": NO_EFFECT,
    }


def test_what_is_no_patch_is_counted_and_never_judged(journal: ListJournal) -> None:
    verifier = ScriptedVerifier({})
    result = search({"!prose": 1, "x": 1}, verifier, journal, exhaustive=True)
    assert verifier.screened == ["x"]
    assert result.rejected["unparsable"] + sum(candidate.votes for candidate in result.candidates) == 64


def test_sampling_stops_once_the_choice_can_not_change(journal: ListJournal) -> None:
    result = search({"good": 1}, ScriptedVerifier({"good": FIXES}), journal, samples=1024)
    assert result.stopped_early
    assert result.samples < 1024
    drawn = sum(sum(each.count for each in batch) for _, batch in journal.batches)
    assert sum(candidate.votes for candidate in result.candidates) == drawn <= result.samples


def test_votes_of_an_unfinished_batch_do_not_count(journal: ListJournal) -> None:
    class StallsInTheSecondBatch:
        info = sampler({"x": 1}).info

        def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
            batch = requests[0].batch
            yield Completion("p", "x", 16 if batch == 0 else 5, (), 1, "stop", batch=batch)
            if batch > 0:
                cancel.wait()

    result = search({}, ScriptedVerifier({}), journal, seconds=0.5, drawing=StallsInTheSecondBatch())
    assert result.stopped_early == "the time is up; of the batch that this cut short, 5 proposals had no vote"
    assert [candidate.votes for candidate in result.candidates] == [16]
    assert result.samples == 21


def cut_short(
    whole: dict[str, int], part: dict[str, int], verifier: ScriptedVerifier, journal: ListJournal
) -> SearchResult:
    """A search whose time is up once the parts of two batches are drawn and judged; the second never ends."""
    awaited = sum(whole.values()) + sum(part.values())
    patches = {text for text in (*whole, *part) if not text.startswith("!")}
    heard: dict[type, int] = {}

    class Stalls:
        info = sampler({"x": 1}).info

        def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
            batch = requests[0].batch
            for text, count in (part if batch else whole).items():
                yield Completion("p", text, count, (), 1, "stop", batch=batch)
            if batch or sum(whole.values()) < requests[0].n:
                cancel.wait()

    def listen(event: Event) -> None:
        match event:
            case SamplesDrawn(samples=samples):
                heard[SamplesDrawn] = samples
            case CandidateJudged(verified=verified):
                heard[CandidateJudged] = verified

    return Search(
        strategy=BestOfN((prompt(),), 64, seed=3, first=16),
        sampler=Stalls(),  # type: ignore[arg-type]
        parse=parse,
        verifier=verifier,
        journal=journal,
        rules=Rules(64, targets=1, seconds=60, exhaustive=True),
        emit=Emitter((listen,)),
        recorded=Recorded(),
        clock=lambda: 100.0 if heard == {SamplesDrawn: awaited, CandidateJudged: len(patches)} else 0.0,
    ).run()


def chosen(result: SearchResult) -> Candidate | None:
    decision = decide(result.candidates, targets=1, samples=result.samples)
    return next((each for each in result.candidates if each.index == decision.chosen), None)


def test_a_fix_found_in_a_batch_that_is_cut_short_is_confirmed_and_chosen(journal: ListJournal) -> None:
    verifier = ScriptedVerifier({"good": FIXES})
    winner = chosen(cut_short({"bad": 16}, {"good": 5, "!no": 20}, verifier, journal))
    assert verifier.confirmed == ["good"]
    assert winner is not None
    assert (winner.patch.diff, winner.votes) == ("good", 0)
    assert winner.verdict is not None
    assert winner.verdict.clean


def test_it_outvotes_no_fix_of_a_whole_batch(journal: ListJournal) -> None:
    verifier = ScriptedVerifier({"often": FIXES, "first": FIXES})
    result = cut_short({"first": 1, "bad": 15}, {"often": 15}, verifier, journal)
    assert verifier.confirmed == ["first"]
    assert {each.patch.diff: each.votes for each in result.candidates} == {"first": 1, "bad": 15, "often": 0}


def test_it_is_next_where_that_fix_falls(journal: ListJournal) -> None:
    verifier = ScriptedVerifier({"late": FIXES, "first": FIXES}, clean={"first": VerdictKind.REGRESSES})
    winner = chosen(cut_short({"first": 1, "bad": 15}, {"late": 15}, verifier, journal))
    assert verifier.confirmed == ["first", "late"]
    assert winner is not None
    assert winner.patch.diff == "late"


@pytest.mark.parametrize(
    ("whole", "part", "drawn", "rejected", "tokens"),
    [({"bad": 16}, {"good": 5, "!no": 20}, 41, 20, 3), ({"bad": 3, "!no": 2}, {}, 5, 2, 2)],
)
def test_what_a_batch_cut_short_took_is_counted_everywhere(
    journal: ListJournal, whole: dict[str, int], part: dict[str, int], drawn: int, rejected: int, tokens: int
) -> None:
    result = cut_short(whole, part, ScriptedVerifier({}), journal)
    assert (result.samples, sum(result.rejected.values()), result.tokens) == (drawn, rejected, tokens)
    assert result.distinct == len(result.candidates)
    assert result.model_seconds > 0


def test_a_resumed_search_repeats_no_sample_and_no_verdict(journal: ListJournal) -> None:
    weights = {"good": 1.0, "bad": 1.0}
    whole = search(weights, ScriptedVerifier({"good": FIXES}), journal, exhaustive=True)
    again = ListJournal()
    verifier = ScriptedVerifier({"good": FIXES})
    recorded = Recorded(batches=tuple(batch for _, batch in journal.batches[:2]), verdicts=tuple(journal.verdicts[:1]))
    resumed = search(weights, verifier, again, recorded=recorded, exhaustive=True)
    assert [index for index, _ in again.batches] == [index for index, _ in journal.batches[2:]]
    assert [batch for _, batch in again.batches] == [batch for _, batch in journal.batches[2:]]
    assert len(verifier.screened) == 1
    assert {each.patch.diff: each.votes for each in resumed.candidates} == {
        each.patch.diff: each.votes for each in whole.candidates
    }


def test_a_resumed_search_announces_all_that_it_knows_again(journal: ListJournal) -> None:
    whole = search({"good": 1, "bad": 1, "rare": 0.1}, ScriptedVerifier({"good": FIXES}), journal, exhaustive=True)
    found: dict[int, Candidate] = {}
    judged: dict[int, Verdict] = {}

    def listen(event: Event) -> None:
        match event:
            case CandidateFound(candidate):
                found[candidate.index] = candidate
            case CandidateJudged(index, verdict, _):
                judged[index] = verdict

    recorded = Recorded(tuple(batch for _, batch in journal.batches), tuple(journal.verdicts))
    resumed = search({}, ScriptedVerifier({}), ListJournal(), recorded=recorded, exhaustive=True, listener=listen)
    assert tuple(found.values()) == resumed.candidates == whole.candidates
    assert judged == {each.index: each.verdict for each in resumed.candidates}


def test_a_failing_model_ends_the_search_with_its_error(journal: ListJournal) -> None:
    class Fails:
        info = sampler({"x": 1}).info

        def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
            yield Completion("p", "x", 1, (), 1, "stop")
            raise ModelError("the model is gone")

    with pytest.raises(ModelError, match="gone"):
        search({}, ScriptedVerifier({}), journal, drawing=Fails())


def test_a_broken_engine_ends_the_search_with_its_error(journal: ListJournal) -> None:
    verifier = ScriptedVerifier({})
    verifier.error = SandboxUnavailable("no engine")
    with pytest.raises(SandboxUnavailable):
        search({"x": 1}, verifier, journal)


def test_no_thread_outlives_the_search(journal: ListJournal) -> None:
    before = threading.active_count()
    search({"good": 1, "bad": 1}, ScriptedVerifier({"good": FIXES}, delay=0.05), journal)
    assert threading.active_count() == before


def test_every_verdict_is_in_the_journal_before_anyone_hears_of_it(journal: ListJournal) -> None:
    keys: dict[int, str] = {}
    distinct: list[int] = []
    judged: list[tuple[str, Verdict]] = []

    def listen(event: Event) -> None:
        match event:
            case CandidateFound(candidate):
                keys[candidate.index] = candidate.patch.execution_key
            case SamplesDrawn(distinct=number):
                distinct.append(number)
            case CandidateJudged(index, verdict, _):
                judged.append((keys[index], verdict))
                assert journal.verdicts == judged

    search({"good": 2, "bad": 1}, ScriptedVerifier({"good": FIXES}), journal, listener=listen)
    assert distinct[-1] == len(set(keys.values()))
    assert len(judged) == 3, "two screenings and a confirmation"


def test_only_the_leader_is_confirmed_when_it_stands(journal: ListJournal) -> None:
    verifier = ScriptedVerifier({"a": FIXES, "b": FIXES})
    result = search({"a": 9, "b": 1}, verifier, journal)
    assert verifier.confirmed == ["a"]
    assert [each.patch.diff for each in result.candidates if each.verdict and each.verdict.clean] == ["a"]


def test_a_leader_that_the_whole_suite_unseats_makes_way(journal: ListJournal) -> None:
    verifier = ScriptedVerifier({"a": FIXES, "b": FIXES}, clean={"a": VerdictKind.REGRESSES})
    result = search({"a": 9, "b": 1}, verifier, journal)
    assert verifier.confirmed == ["a", "b"]
    clean = {each.patch.diff: each.verdict.kind for each in result.candidates if each.verdict and each.verdict.clean}
    assert clean == {"a": VerdictKind.REGRESSES, "b": FIXES}


def test_candidates_left_out_for_a_leader_are_judged_when_it_falls(journal: ListJournal) -> None:
    """With one worker the rare fix still waits when the common one has settled the choice."""
    verifier = ScriptedVerifier({"a": FIXES, "b|rare": FIXES}, clean={"a": VerdictKind.REGRESSES}, delay=0.01)
    result = search({"a": 30, "b|rare": 1}, verifier, journal, samples=128)
    assert "b|rare" in verifier.confirmed
    assert result.samples == 128


def test_a_screening_that_can_change_nothing_any_more_is_given_up(journal: ListJournal) -> None:
    class Slow(ScriptedVerifier):
        given_up = 0

        def screen(self, patch: Patch, cancel: threading.Event) -> Verdict:
            if patch.diff == "slow":
                assert cancel.wait(60), "it was left to run"
                self.given_up += 1
                raise Interrupted("no longer needed")
            return super().screen(patch, cancel)

    verifier = Slow({"a": FIXES, "slow": FIXES})
    result = search({"a": 4, "slow": 1}, verifier, journal, samples=256)
    assert verifier.given_up >= 1
    assert verifier.confirmed == ["a"]
    assert [each.patch.diff for each in result.candidates if each.verdict] == ["a"]


def test_confirmations_are_limited(journal: ListJournal) -> None:
    texts = ["a", "b", "c", "d", "e"]
    kinds = dict.fromkeys(texts, FIXES)
    verifier = ScriptedVerifier(kinds, clean=dict.fromkeys(texts, VerdictKind.REGRESSES))
    search(dict.fromkeys(texts, 1.0), verifier, journal, confirmations=2)
    assert len(verifier.confirmed) == 2


def test_equal_candidates_by_vote_key_share_a_run(journal: ListJournal) -> None:
    verifier = ScriptedVerifier({"a|1": FIXES, "a|2": FIXES, "a|3": FIXES}, delay=0.05)
    result = search({"a|1": 1, "a|2": 1, "a|3": 1}, verifier, journal, samples=32)
    assert sum(candidate.votes for candidate in result.candidates) == 32
    assert len(verifier.confirmed) == 1


def test_the_leader_is_confirmed_even_when_the_time_is_up(journal: ListJournal) -> None:
    class Stalls:
        info = sampler({"x": 1}).info

        def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
            if requests[0].batch == 0:
                yield Completion("p", "good", 3, (), 1, "stop")
                yield Completion("p", "bad", 13, (), 1, "stop")
            else:
                cancel.wait()

    verifier = ScriptedVerifier({"good": FIXES})
    result = search({}, verifier, journal, seconds=0.5, drawing=Stalls(), samples=1024)
    assert result.stopped_early == "the time is up"
    assert verifier.confirmed == ["good"]


def test_a_batch_that_comes_all_at_once_does_not_outlast_the_time(journal: ListJournal) -> None:
    """The listener stands for the work that each completion makes: 300 x 0.1 s, where half a second is allowed."""

    def listen(event: Event) -> None:
        if isinstance(event, SamplesDrawn):
            time.sleep(0.1)

    class AtOnce:
        info = sampler({"x": 1}).info

        def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
            return iter([Completion("p", f"text {n}", 1, (), 1, "stop") for n in range(300)])

    result = search({}, ScriptedVerifier({}), journal, seconds=0.5, drawing=AtOnce(), samples=1024, listener=listen)
    assert result.stopped_early == "the time is up"
    assert result.samples < 150


def test_a_confirmation_that_runs_is_let_end_when_the_time_is_up(journal: ListJournal) -> None:
    class Slow(ScriptedVerifier):
        def confirm(self, patch: Patch, cancel: threading.Event) -> Verdict:
            verdict = super().confirm(patch, cancel)
            if cancel.wait(1.0):
                raise Interrupted("given up")
            return verdict

    verifier = Slow({"good": FIXES})
    result = search({"good": 1}, verifier, journal, seconds=0.5)
    assert result.stopped_early == "the time is up"
    assert verifier.confirmed == ["good"], "begun once"
    assert [each.verdict.clean for each in result.candidates if each.verdict] == [True]


def test_when_the_time_is_up_the_next_one_is_confirmed_if_the_leader_falls(journal: ListJournal) -> None:
    class Stalls:
        info = sampler({"x": 1}).info

        def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
            if requests[0].batch == 0:
                yield Completion("p", "bad", 12, (), 1, "stop")
                yield Completion("p", "good", 4, (), 1, "stop")
            else:
                cancel.wait()

    verifier = ScriptedVerifier({"good": FIXES, "bad": FIXES}, clean={"bad": VerdictKind.REGRESSES})
    search({}, verifier, journal, seconds=0.5, drawing=Stalls(), samples=1024)
    assert verifier.confirmed == ["bad", "good"]


def test_a_model_that_fails_while_it_is_stopped_ends_nothing(journal: ListJournal) -> None:
    class FailsWhenStopped:
        info = sampler({"x": 1}).info

        def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
            if requests[0].batch == 0:
                yield Completion("p", "good", 15, (), 1, "stop")
                yield Completion("p", "slow", 1, (), 1, "stop")
            else:
                cancel.wait()
                raise ModelError("the connection was closed")

    class Nearly(ScriptedVerifier):
        def screen(self, patch: Patch, cancel: threading.Event) -> Verdict:
            if patch.diff == "slow":
                time.sleep(0.5)  # so little is left of it that nobody ends it
            return super().screen(patch, cancel)

    verifier = Nearly({"good": FIXES})
    result = search({}, verifier, journal, drawing=FailsWhenStopped(), samples=1024)
    assert result.stopped_early
    assert verifier.confirmed == ["good"]
