"""How an issue of a batch stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from reasoncli.domain import SPENT, Spending, Status
from reasoncli.runs.record import RunRecord
from reasoncli.workflow.summary import spending_of


class State(StrEnum):
    """What became of an issue, as its table has it."""

    VERIFIED = "verified"  # a patch passes every target and breaks nothing
    UNVERIFIED = "unverified"  # a patch was chosen, but the evidence is not all there
    NO_PATCH = "no patch"  # searched, and nothing found that is worth showing
    FAILED = "failed"  # by us or the surroundings: this says nothing about the issue
    WAITING = "waiting"  # not begun, or cut short: `--resume` goes on


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an issue could not be worked on.

    Attributes:
        kind: the exception's name.
        passing: another try may well succeed, as nothing is wrong with what was asked for.
    """

    kind: str
    message: str
    hint: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of a batch's table.

    Attributes:
        key: of the issue.
        run: id of its run; empty where none was begun.
        reason: in a sentence: why the patch is no more than it is, why there is none, or what failed.
        votes: of the chosen patch. confidence: that it is right.
        seconds: of the run's stages, added up; tokens: generated; test_seconds: summed over workers.
        delivered: sentences on what was written where.
        cut_short: its search ended as the budget was used up; with more it could go on.
        spending: of its run. The machine's hours and energy are the list's, as is a model in this process.
    """

    key: str
    title: str
    state: State
    run: str = ""
    reason: str = ""
    hint: str = ""
    votes: float = 0.0
    confidence: float = 0.0
    samples: int = 0
    ranked: int = 0
    tokens: int = 0
    seconds: float = 0.0
    model_seconds: float = 0.0
    test_seconds: float = 0.0
    delivered: tuple[str, ...] = ()
    cut_short: bool = False
    spending: Spending = field(default_factory=Spending)

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do."""
        return self.state not in (State.WAITING, State.FAILED)


def outcome(key: str, title: str, record: RunRecord | None, trouble: Trouble | None, reason: str = "") -> Outcome:
    """How an issue stands, by what is on disk of it.

    Args:
        key: of the issue.
        title: of the issue.
        record: of its run, if one was begun.
        trouble: what ended the last try.
        reason: why its search ended before its own budget, by the ledger.
    """
    spending = spending_of(record) if record is not None else Spending()
    if trouble is not None:
        run = "" if record is None else record.head.id
        return Outcome(key, title, State.FAILED, run, trouble.message, trouble.hint, spending=spending)
    if record is None:
        return Outcome(key, title, State.WAITING)
    if record.decision is None:
        head = record.head
        return Outcome(key, title, State.WAITING, head.id, samples=head.samples, ranked=head.ranked, spending=spending)
    decision, totals = record.decision, record.totals
    chosen = next((each for each in record.candidates if each.index == decision.chosen), None)
    state = {Status.VERIFIED: State.VERIFIED, Status.NONE: State.NO_PATCH}.get(decision.status, State.UNVERIFIED)
    cut_short = decision.stopped_early.startswith(SPENT)
    why = "" if state is State.VERIFIED else next(iter(decision.reasons), "")
    reason = decision.stopped_early if cut_short else reason
    return Outcome(
        key,
        title,
        state,
        record.head.id,
        "; ".join(filter(None, (why, reason if state is not State.VERIFIED else ""))),
        votes=0.0 if chosen is None else next((c.votes for c in decision.clusters if chosen.index in c.members), 0.0),
        confidence=decision.confidence,
        samples=decision.samples,
        ranked=decision.ranked,
        tokens=max(0 if totals is None else totals.tokens, spending.tokens),
        seconds=sum(stage.seconds for stage in record.stages),
        model_seconds=0.0 if totals is None else totals.model_seconds,
        test_seconds=0.0 if totals is None else totals.test_seconds,
        delivered=() if record.applied is None else tuple(file.path for file in record.applied.files),
        cut_short=cut_short,
        spending=spending,
    )
