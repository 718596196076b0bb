"""A batch as one HTML file: the table of its issues, which can be sorted, and what holds of all of them."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from reasoncli.batch.outcome import State
from reasoncli.batch.overview import Entry, Overview
from reasoncli.reports.html.allowance import Allowance
from reasoncli.reports.html.charts import bar_chart, pooled_chart
from reasoncli.reports.html.document import document
from reasoncli.reports.spending import money_words, outlook_words, spending_rows
from reasoncli.reports.stats import law_words, together_words
from reasoncli.reports.words import clip, count, duration, moment, number
from reasoncli.voting.curves import pooled

MOST_ROWS = 2_000  # issues in the table
_TEXT = 700_000  # bytes of the issues' own text in all; with the markup around it a page stays under 2 MB
_REST = 20_000  # of that, what is not the table's
_WIDE = 320  # bytes of a cell
_LOOKED_AT = 2_000  # characters of a cell: making more of them safe takes time for nothing
_STAGES = 40
_STYLES = {State.VERIFIED: "good", State.UNVERIFIED: "warn", State.NO_PATCH: "", State.FAILED: "bad"}
_MEANINGS = {
    State.VERIFIED: "a patch passes every target and breaks nothing",
    State.UNVERIFIED: "a patch was chosen, but the evidence is not all there",
    State.NO_PATCH: "searched, and nothing found that is worth showing",
    State.FAILED: "by us or the surroundings: this says nothing about the issue",
    State.WAITING: "not begun, or not at its end",
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many issues stand in a state."""

    name: str
    style: str
    issues: int
    share: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Line:
    """An issue in the table; `order` is its state's, `numbers`: what to sort by, what to show; empty if unknown."""

    key: str
    title: str
    state: str
    style: str
    order: int
    why: str
    numbers: tuple[tuple[str, str], ...]
    run: str


def html_batch(seen: Overview, command: Sequence[str]) -> str:
    """A batch as one HTML document, encodable as UTF-8; `command` is the one that began it."""
    allowance = Allowance(_TEXT)
    together = pooled(seen.sampled)
    shown = seen.entries[:MOST_ROWS]
    share = (_TEXT - _REST) // max(len(shown), 1)
    stages = [(allowance.line(name), seconds) for name, seconds in list(seen.stages.items())[:_STAGES]]
    spent = [(allowance.line(name), *known) for name, known in list(seen.spent.items())[:_STAGES]]
    costs = [each.cost for each in seen.entries]
    priced = any(each.outcome.spending.money is not None for each in seen.entries)
    values = {
        "batch": seen.batch,
        "created": moment(seen.created),
        "live": seen.live,
        "issues": len(seen.entries),
        "headline": _headline(seen),
        "states": [_count(state, issues, len(seen.entries)) for state, issues in seen.counts.items()],
        "command": allowance.take(shlex.join(command), 4_000),
        "rows": [_line(each, allowance, share, priced=priced) for each in shown],
        "priced": priced,
        "taken": [tuple(allowance.line(each) for each in row) for row in spending_rows(seen.total)],
        "outlook": outlook_words(seen.total, seen.outlook),
        "coverage": together_words(together, seen.sampled, len(seen.entries)),
        "together": together,
        "law": "" if together is None else law_words(together.law),
        "chart": None if together is None else pooled_chart(together),
        "total_seconds": math.fsum(each.total_seconds for each in costs),
        "model_seconds": math.fsum(each.model_seconds for each in costs),
        "test_seconds": math.fsum(each.test_seconds for each in costs),
        "stages": stages,
        "stage_chart": bar_chart([(name, seconds, duration(seconds)) for name, seconds in stages]),
        "spent": spent,
        "token_chart": bar_chart([(name, float(tokens), count(tokens, "token")) for name, _, tokens in spent]),
    }
    return document("batch.html.jinja", values, script="sort.js")


def _headline(seen: Overview) -> tuple[str, str]:
    """Its style and words."""
    verified, issues = seen.counts[State.VERIFIED], len(seen.entries)
    style = "good" if verified == issues else "warn" if verified else "bad"
    return style, f"{number(verified)} of {count(issues, 'issue')} verified"


def _count(state: State, issues: int, of: int) -> Count:
    return Count(state.value, _STYLES.get(state, ""), issues, f"{issues / max(of, 1):.0%}", _MEANINGS[state])


def _line(entry: Entry, allowance: Allowance, share: int, *, priced: bool) -> Line:
    """A row; `share` is the bytes that it may have of the page, `priced` adds its money."""
    found, cost = entry.outcome, entry.cost
    wide = min(share * 3 // 8, _WIDE)
    made = cost.samples + cost.ranked
    return Line(
        key=allowance.line(found.key, min(share // 4, _WIDE // 2)),
        title=allowance.line(clip(found.title, _LOOKED_AT), wide),
        state=found.state.value,
        style=_STYLES.get(found.state, "quiet"),
        order=list(State).index(found.state),
        why=allowance.line(clip(found.reason, _LOOKED_AT), wide),
        numbers=(
            _number(found.votes, number(found.votes)),
            _number(found.confidence, f"{found.confidence:.2f}"),
            _number(made, number(made)),
            _number(cost.tokens, number(cost.tokens)),
            _number(cost.model_seconds, duration(cost.model_seconds)),
            _number(cost.test_seconds, duration(cost.test_seconds)),
            *([_number(found.spending.money or 0.0, money_words(found.spending))] if priced else []),
        ),
        run=found.run,
    )


def _number(value: float, words: str) -> tuple[str, str]:
    return (f"{value:.6g}", words) if value else ("", "")
