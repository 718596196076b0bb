"""The page of a run: its parts in order."""

from __future__ import annotations

from reasoncli.reports.html.allowance import Allowance
from reasoncli.reports.html.charts import bar_chart, coverage_chart
from reasoncli.reports.html.document import document
from reasoncli.reports.html.views import (
    MOST_DETAILS,
    again,
    candidates_view,
    decision_rows,
    diff_view,
    heat_views,
    made_of,
    suspect_rows,
)
from reasoncli.reports.pieces import baseline_words
from reasoncli.reports.result import headline
from reasoncli.reports.spending import spending_rows
from reasoncli.reports.stats import sentences
from reasoncli.reports.summary import Summary
from reasoncli.reports.words import count, duration, moment, number
from reasoncli.sources.text import printable
from reasoncli.voting.curves import curves

_TEXT = 1_300_000  # bytes of a run's own text in all; with the markup around it a page stays under 2 MB
_ISSUE = 20_000
_LIST = 40


def html_report(summary: Summary) -> str:
    """A run as one HTML document, encodable as UTF-8."""
    allowance = Allowance(_TEXT)
    told = curves(summary.sampled)
    chosen, baseline = summary.chosen, summary.baseline
    suspects, places = suspect_rows(summary, allowance)
    values = {
        "run": allowance.line(summary.run),
        "created": moment(summary.created) if summary.created else "",
        "title": allowance.line(summary.issue.title, 600) or "An issue without a title",
        "source": allowance.line(summary.issue.url or summary.issue.source),
        "issue": allowance.take(summary.issue.text, _ISSUE),
        "headline": headline(summary),
        "error": allowance.line(summary.error, 2_000),
        "facts": decision_rows(summary, allowance),
        "warnings": [allowance.line(each, 600) for each in summary.warnings[:_LIST]],
        "diff": None if chosen is None else diff_view(chosen.patch.diff, allowance),
        "candidates": (candidates := candidates_view(summary, allowance)),
        "more_details": max(len(candidates.lines) - MOST_DETAILS, 0),
        "rejected": [(allowance.line(kind), number(times)) for kind, times in summary.rejected.items()],
        "baseline": "" if baseline is None else baseline_words(baseline),
        "targets": []
        if baseline is None
        else [(allowance.line(each.id), allowance.line(each.why)) for each in baseline.targets[:_LIST]],
        "more_targets": 0 if baseline is None else max(len(baseline.targets) - _LIST, 0),
        "told": told,
        "sentences": list(sentences(told)),
        "chart": coverage_chart(told),
        "stages": (stages := _stages(summary)),
        "stage_chart": bar_chart([(name, seconds, duration(seconds)) for name, seconds, _ in stages]),
        "spent": (spent := [(allowance.line(name), answers, tokens) for name, answers, tokens in summary.spent]),
        "token_chart": bar_chart([(name, float(tokens), count(tokens, "token")) for name, _, tokens in spent]),
        "cost": summary.cost,
        "taken": [tuple(allowance.line(each) for each in row) for row in spending_rows(summary.cost.spending)],
        "heat": heat_views(summary, allowance),
        "suspects": suspects,
        "more_suspects": max(places - len(suspects), 0),
        "again": allowance.take(again(summary.manifest), 8_000),
        "dirty": bool(summary.manifest.get("dirty")),
        "made_of": made_of(summary.manifest, allowance),
    }
    return document("report.html.jinja", values)


def _stages(summary: Summary) -> list[tuple[str, float, str]]:
    """Stages by name, in the order in which each ended first; a resumed run has some of them twice."""
    seconds: dict[str, float] = {}
    details: dict[str, str] = {}
    for name, took, detail in summary.stages:
        seconds[name] = seconds.get(name, 0.0) + took
        details[name] = detail or details.get(name, "")
    return [(name, took, printable(details[name])[:300]) for name, took in list(seconds.items())[:_LIST]]
