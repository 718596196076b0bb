"""How a baseline is told: what is set aside and why, what is a sample, what was measured earlier."""

from __future__ import annotations

import io
from dataclasses import replace

from reasoncli.reports.console import console
from reasoncli.reports.json import baseline_object
from reasoncli.reports.pieces import baseline_words
from reasoncli.reports.show import show_run
from tests.reports.replay import BASELINE, summary

FLAKY, ORDERLY, BROKEN = "tests/test_clock.py::test_now", "tests/test_db.py::test_second", "tests/test_new.py"
TOLD = replace(
    BASELINE,
    order_dependent=(ORDERLY,),
    quarantine={FLAKY: "passed in 3 of 5 runs", ORDERLY: "passed in the suite's own order, failed in another"},
    uncollected={BROKEN: "ImportError: cannot import name 'x'"},
    passing=10_000,
    reused=1_795_000_000.0,
)


def shown(**changes: object) -> str:
    out = io.StringIO()
    terminal = console(out)
    terminal.width = 200
    show_run(replace(summary(), baseline=replace(TOLD, **changes)), terminal)  # type: ignore[arg-type]
    return out.getvalue()


def test_in_words() -> None:
    words = baseline_words(TOLD)
    assert "2 targets, 141 of 10,000 guards, sampled for time, 1 flaky, 1 order-dependent, 1 environmental" in words
    assert "1 module not importable, reused from 2026-11-1" in words
    assert baseline_words(replace(TOLD, passing=141)).startswith("2 targets, 141 guards, 1 flaky")


def test_each_with_its_reason() -> None:
    lines = [" ".join(line.split()) for line in shown().splitlines()]
    assert f"flaky {FLAKY} passed in 3 of 5 runs" in lines
    assert f"order-dependent {ORDERLY} passed in the suite's own order, failed in another" in lines
    assert f"not importable {BROKEN} ImportError: cannot import name 'x'" in lines
    assert "Guards 141 of 10,000 guards, sampled for time" in lines


def test_a_sample_is_only_spoken_of_where_there_is_one() -> None:
    assert "sampled" not in shown(passing=141)


def test_as_json() -> None:
    told = baseline_object(TOLD)
    assert told["guards"] == 141
    assert told["passing"] == 10_000
    assert told["order_dependent"] == [ORDERLY]
    assert told["quarantine"] == TOLD.quarantine
    assert told["uncollected"] == {BROKEN: "ImportError: cannot import name 'x'"}
    assert told["reused"] == 1_795_000_000.0
    assert told["ordered"] is False
