"""Batches as they may stand, and one in which every text tries to be more than text."""

from __future__ import annotations

import dataclasses

from reasoncli.batch.outcome import Outcome, State
from reasoncli.batch.overview import Entry, Overview, expected
from reasoncli.domain import Spending, Verdict, VerdictKind
from reasoncli.reports.summary import Cost
from reasoncli.voting.sampled import Sampled, sampled
from tests.reports.pages import HOSTILE
from tests.runs.samples import candidate

FIXES = Verdict(VerdictKind.FIXES, ("t::a",), clean=True, duration=0.1)
BREAKS = Verdict(VerdictKind.NO_EFFECT, targets_failed=("t::a",), duration=0.1)


def drawn(samples: int, plausible: int) -> Sampled:
    """Independent samples of which so many write the fix, and all others but one another patch."""
    found = [
        dataclasses.replace(candidate(0, plausible), verdict=FIXES, drawn=((0, plausible),)),
        dataclasses.replace(candidate(1, 1), verdict=BREAKS, drawn=((0, samples - plausible - 1),)),
    ]
    return sampled([each for each in found if each.drawn != ((0, 0),)], [samples], 1)


def entry(key: str, state: State, votes: float = 0.0, tokens: int = 0, title: str = "", why: str = "") -> Entry:
    """An issue with a run of 16 samples, if it has votes; without a run otherwise."""
    run = f"261123-120000-{key[-3:]}" if tokens else ""
    found = Outcome(key, title or f"Issue {key} goes wrong", state, run, why, votes=votes, confidence=votes / 20)
    found = dataclasses.replace(found, spending=Spending(tokens=tokens))
    cost = Cost(16, tokens, tokens / 100, tokens / 50, tokens / 25, ranked=8) if tokens else Cost()
    return Entry(found, cost, drawn(16, round(votes)) if tokens else None)


def batch_of(*entries: Entry) -> Overview:
    """A batch of these issues."""
    return Overview(
        "261123-115900-abc",
        1_800_000_000.0,
        False,
        entries,
        {"baseline": 12.5, "search": 190.0, "clean": 8.0},
        {"samples": (96, 4_200), "ranked proposals": (48, 800)},
        total=(total := Spending(tokens=sum(each.outcome.spending.tokens for each in entries), cpu_seconds=12.0)),
        outlook=expected(total, [each.outcome for each in entries]),
    )


def some() -> Overview:
    """An issue in every state; the list is in the order of nothing that can be sorted by."""
    return batch_of(
        entry("proj-10", State.VERIFIED, 9, 1_000),
        entry("proj-9", State.UNVERIFIED, 12, 90, why="two fixes are as likely"),
        entry("proj-2", State.FAILED, why="there is no repository proj"),
        entry("proj-33", State.NO_PATCH, 0, 12_000, why="no patch turns a target green"),
        entry("other-1", State.WAITING),
        entry("other-7", State.VERIFIED, 3, 250, title="A title so long that it must go on " * 3),
    )


def hostile() -> Overview:
    """The same with hostile text wherever somebody else may have written it."""
    base = some()
    entries = [
        dataclasses.replace(
            each, outcome=dataclasses.replace(each.outcome, key=HOSTILE, title=HOSTILE, reason=HOSTILE, run=HOSTILE)
        )
        for each in base.entries
    ]
    return dataclasses.replace(
        base,
        entries=tuple(entries),
        stages={HOSTILE: 3.0, "b": 1.0},
        spent={HOSTILE: (3, 4), "b": (1, 2)},
    )
