"""A stored run as reports see it."""

from __future__ import annotations

from pathlib import Path

from reasoncli.runs.record import Totals
from reasoncli.runs.store import Store
from reasoncli.workflow.summary import summarize
from tests.runs.samples import ISSUE, batch, candidate, decision


def test_costs_are_those_of_all_that_was_drawn(tmp_path: Path) -> None:
    """8 samples of 16 are of a batch that the end of the time cut short: never recorded, and paid for all the same."""
    with Store(tmp_path).create(ISSUE, Path("/repo")) as run:
        run.completion_batch(0, batch(0))
        before = summarize(run.load(), run.folder).cost
        assert (before.samples, before.tokens) == (8, 36)
        run.decision(decision(), [candidate(0)], Totals(72, 1.0, 2.0, {"unparsable": 9}))
        cost = summarize(run.load(), run.folder).cost
    assert (cost.samples, cost.tokens, cost.model_seconds) == (16, 72, 1.0)
