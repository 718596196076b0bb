"""A batch as it stands, with what its runs took and what their samples came to: each run is read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from reasoncli.batch.book import Book, at_work
from reasoncli.batch.outcome import Outcome, State, outcome
from reasoncli.domain import Spending
from reasoncli.reports.spending import Outlook, outlook
from reasoncli.reports.summary import Cost
from reasoncli.voting.sampled import Sampled
from reasoncli.workflow.summary import summarize


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue: how it stands, what its run took so far, and its samples; `None` where no run of it can be read."""

    outcome: Outcome
    cost: Cost
    sampled: Sampled | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All issues of a batch, in the order of its list.

    Attributes:
        created: seconds since the epoch.
        live: whether a process works on it now.
        stages: seconds by stage, over all runs.
        spent: (answers, tokens) by what was asked for, over all runs.
        total: what the list took. outlook: what it may come to take, `None` while no issue has ended.
    """

    batch: str
    created: float
    live: bool
    entries: tuple[Entry, ...]
    stages: Mapping[str, float]
    spent: Mapping[str, tuple[int, int]]
    total: Spending
    outlook: Outlook | None

    @property
    def counts(self) -> dict[State, int]:
        """How many issues stand how."""
        return {state: sum(each.outcome.state is state for each in self.entries) for state in State}

    @property
    def sampled(self) -> list[Sampled]:
        """The samples of all runs."""
        return [each.sampled for each in self.entries if each.sampled is not None]


def overview(book: Book) -> Overview:
    """Read all of a batch; of its runs only what is said of them together is kept."""
    entries = []
    stages: dict[str, float] = {}
    spent: dict[str, tuple[int, int]] = {}
    for item in book.order.items:
        record, trouble = book.read(item)
        found = outcome(item.key, item.issue.title, record, trouble)
        if record is None:
            entries.append(Entry(found, Cost(), None))
            continue
        summary = summarize(record, book.store.folder(record.head.id))
        entries.append(Entry(found, summary.cost, summary.sampled))
        for stage, seconds, _ in summary.stages:
            stages[stage] = stages.get(stage, 0.0) + seconds
        for purpose, answers, tokens in summary.spent:
            before = spent.get(purpose, (0, 0))
            spent[purpose] = before[0] + answers, before[1] + tokens
    return Overview(
        batch=book.id,
        created=(book.folder / "batch.json").stat().st_mtime,
        live=book.id in at_work(book.store.root),
        entries=tuple(entries),
        stages=MappingProxyType(stages),
        spent=MappingProxyType(spent),
        total=(total := total_of(book, [each.outcome for each in entries])),
        outlook=expected(total, [each.outcome for each in entries]),
    )


def total_of(book: Book, outcomes: Sequence[Outcome]) -> Spending:
    """What a list took, as its leaders kept it; by what is known of its issues where they did not."""
    known = Spending()
    for each in outcomes:
        known = known.plus(replace(each.spending, seconds=0.0))
    return book.spent or known


def expected(total: Spending, outcomes: Sequence[Outcome]) -> Outlook | None:
    """What a list may come to take."""
    ended = [each.spending for each in outcomes if each.run and each.state not in (State.WAITING, State.FAILED)]
    running = [each.spending for each in outcomes if each.run and each.state is State.WAITING]
    return outlook(total, ended, running, len(outcomes))
