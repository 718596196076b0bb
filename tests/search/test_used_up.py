"""A budget that is used up ends the search in order: at once, or where only the model is asked nothing more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from reasoncli.domain import Completion, UsedUp, VerdictKind
from reasoncli.events import Emitter
from reasoncli.models.interface import Sampler, SampleRequest
from reasoncli.search.interface import Recorded
from reasoncli.search.loop import Rules, Search, SearchResult
from reasoncli.search.strategies.best_of_n import BestOfN
from reasoncli.voting.ballot import decide
from tests.search.scripted import ListJournal, ScriptedVerifier, parse, prompt, sampler

FIXES = VerdictKind.FIXES
REASON = "the budget is used up: 100 of 100 tokens"


class Spending:
    """A model that gives what it is told, a batch each, and then stalls; the budget goes with its last answer."""

    info = sampler({"x": 1}).info

    def __init__(self, *batches: dict[str, int], working: bool = False, patience: float = 0.0) -> None:
        self._batches = batches
        self._patience = patience
        self._working = working
        self.used_up: UsedUp | None = None
        self.asked = 0

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        batch = requests[0].batch
        self.asked += 1
        for text, count in self._batches[batch].items():
            yield Completion("p", text, count, (), 1, "stop", batch=batch)
        if batch == len(self._batches) - 1:
            cancel.wait(self._patience)
            self.used_up = UsedUp(REASON, self._working)
            cancel.wait(60)


def run(model: Spending, verifier: ScriptedVerifier, *, exhaustive: bool = True) -> SearchResult:
    drawn: Sampler = model  # type: ignore[assignment]
    return Search(
        strategy=BestOfN((prompt(),), 64, seed=3, first=16),
        sampler=drawn,
        parse=parse,
        verifier=verifier,
        journal=ListJournal(),
        rules=Rules(64, targets=1, exhaustive=exhaustive, used_up=lambda: model.used_up),
        emit=Emitter(),
        recorded=Recorded(),
    ).run()


@pytest.mark.parametrize("exhaustive", [True, False])
def test_what_was_drawn_is_judged_where_tests_cost_nothing_of_it(exhaustive: bool) -> None:
    verifier = ScriptedVerifier({"good": FIXES}, delay=0.3)
    began = time.monotonic()
    result = run(Spending({f"bad {n}": 1 for n in range(5)} | {"good": 1}), verifier, exhaustive=exhaustive)
    assert time.monotonic() - began < 50
    assert "good" in verifier.screened
    assert verifier.confirmed == ["good"]
    assert result.stopped_early == REASON
    decision = decide(result.candidates, targets=1, samples=result.samples, distinct=result.distinct)
    assert [each.patch.diff for each in result.candidates if each.index == decision.chosen] == ["good"]


def test_part_of_a_batch_has_no_vote_but_its_fix_is_found() -> None:
    verifier = ScriptedVerifier({"late": FIXES})
    result = run(Spending({"bad": 16}, {"bad": 5, "late": 1}), verifier)
    assert result.stopped_early == f"{REASON}; of the batch that this cut short, 6 proposals had no vote"
    assert {each.patch.diff: each.votes for each in result.candidates} == {"bad": 16, "late": 0}
    assert verifier.confirmed == ["late"]


def test_where_work_itself_costs_it_ends_and_the_leader_is_confirmed() -> None:
    class Slow(ScriptedVerifier):
        def screen(self, patch, cancel):  # type: ignore[no-untyped-def]
            if patch.diff == "endless":
                cancel.wait(60)
            return super().screen(patch, cancel)

    verifier = Slow({"good": FIXES})
    model = Spending({"good": 16}, {"endless": 1}, working=True, patience=3.0)
    began = time.monotonic()
    result = run(model, verifier)
    assert time.monotonic() - began < 50
    assert result.stopped_early.startswith(REASON)
    assert verifier.confirmed == ["good"]


def test_nothing_is_asked_once_it_is_used_up() -> None:
    model = Spending({"good": 16})
    model.used_up = UsedUp(REASON, working=False)
    result = run(model, ScriptedVerifier({}))
    assert (model.asked, result.samples, result.stopped_early) == (0, 0, REASON)


def test_a_search_that_had_ended_by_itself_does_not_say_so() -> None:
    model = Spending({"good": 16}, {"good": 16}, {"good": 32})
    model.sample = sampler({"good": 1}).sample  # type: ignore[method-assign]

    class Late(ScriptedVerifier):
        def confirm(self, patch, cancel):  # type: ignore[no-untyped-def]
            model.used_up = UsedUp(REASON, working=False)
            return super().confirm(patch, cancel)

    assert run(model, Late({"good": FIXES})).stopped_early == ""
