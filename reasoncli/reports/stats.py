"""`reasoncli stats`: what one sample, two, four, eight... of a run are worth, for people, as CSV and as JSON.

    schema_version  1
    runs            {run, issue, samples, plausible, unjudged, no_patch, targets, ranked, ranked_plausible,
                    first_ranked, trouble, first: {drawn, expected, median, likely}, law, rows}
    together        {runs, law, rows: [{k, pass, band, majority}]}: means over the runs, or null for fewer than two

    rows            {k, pass, band, majority, majority_draws, majority_error, likeliest, smallest}; each but the middle
                    ones is a pair: what is so if no unjudged sample is plausible, and if all of them are
    law             {a, b, error, points}: pass@k is about exp(a k^b); or {why}: there is none
    first.drawn     samples drawn before the batch with the first plausible one, and with it; null where unknown
    trouble         why nothing can be said of the samples, or an empty string

The band is the 95 % one. "Plausible" is what the run's tests say, see `meaning`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reasoncli.reports.console import safe
from reasoncli.reports.summary import Summary
from reasoncli.reports.words import count, number
from reasoncli.voting.coverage import PowerLaw
from reasoncli.voting.curves import Bounds, Curves, First, Pooled, Row, pooled
from reasoncli.voting.majority import DRAWS

SCHEMA_VERSION = 1
COLUMNS = (
    *("run", "k", "pass", "pass_upper", "band_low", "band_high", "maj", "maj_upper", "maj_draws"),
    *("likeliest", "likeliest_upper", "smallest", "smallest_upper"),
)

Told = Sequence[tuple[Summary, Curves]]


def stats_json(told: Told) -> str:
    """The object as text."""
    together = pooled([curves for _, curves in told])
    found = {
        "schema_version": SCHEMA_VERSION,
        "runs": [_run_object(summary, curves) for summary, curves in told],
        "together": None if together is None else _pooled_object(together),
    }
    return json.dumps(found, indent=2, allow_nan=False)


def stats_csv(told: Told) -> str:
    """One line for each run and k; columns are `COLUMNS`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for summary, curves in told:
        for row in curves.rows:
            low, high = row.majority
            chosen = (*(row.likeliest or ("", "")), *row.smallest)
            writer.writerow([summary.run, row.k, *row.passes, *row.band, low.value, high.value, low.draws, *chosen])
    return out.getvalue()


def show_stats(told: Told, console: Console) -> None:
    """Print a table for each run, and the means over several."""
    parts: list[RenderableType] = []
    for summary, curves in told:
        parts += _shown(summary, curves)
    together = pooled([curves for _, curves in told])
    if together is not None:
        parts += _shown_together(together)
    console.print(Group(*parts))


def meaning(curves: Curves) -> str:
    """What plausible means in this run."""
    if curves.sampled.targets:
        return "plausible: every target is green and no guard breaks"
    return (
        "plausible: it breaks no test. No test had to turn green, so this does not show that the issue is fixed, and "
        "where nothing breaks easily all of it is high"
    )


def sentences(curves: Curves) -> Iterator[str]:
    """What there is to know beside the table."""
    found = curves.sampled
    yield meaning(curves)
    if found.trouble:
        yield f"Nothing can be said of its samples: {found.trouble}"
    else:
        yield _counted(curves)
        yield from _first(curves.first, found.samples)
        yield law_words(curves.law)
    if found.unjudged:
        yield (
            f"{count(found.unjudged, 'sample is a patch', 'samples are patches')} that was not judged, as it could not "
            "be chosen any more: figures with a dash say what is so if none of them is plausible, and if all are"
        )
    if found.ranked:
        good = count(found.ranked_plausible, "plausible patch", "plausible patches")
        first = f", the first at rank {number(found.first_ranked)}" if found.first_ranked else " that are known"
        yield (
            f"Beside the samples {count(found.ranked, 'edit was', 'edits were')} ranked, which are no independent "
            f"samples and count in none of this: {good} among them{first}"
        )
    drawn = [row.k for row in curves.rows if row.majority[0].draws]
    if drawn:
        worst = max(row.majority[0].error for row in curves.rows)
        yield (
            f"Majorities (maj@k) are exact but for k from {number(drawn[0])} to {number(drawn[-1])}, where it is over "
            f"{number(DRAWS)} seeded draws (standard error at most {100 * worst:.1f} %)"
        )


def law_words(law: PowerLaw | str) -> str:
    """The law, or why there is none."""
    if isinstance(law, str):
        return f"No power law: {law}"
    return (
        f"Power law: pass@k is about exp({law.a:.2f} k^{law.b:.2f}), off by at most {law.error:.3f} at the "
        f"{law.points} points it was fitted to. One issue alone need not follow one; many together often do"
    )


def share(bounds: Bounds) -> str:
    """`31.2 %`, or `31.2-40.0 %` where it is only known to lie between."""
    low, high = (f"{100 * each:.1f}" for each in bounds)
    return f"{low} %" if low == high else f"{low}-{high} %"


def _counted(curves: Curves) -> str:
    found = curves.sampled
    return (
        f"{count(found.samples, 'independent sample')} in {count(len(found.batches), 'whole batch', 'whole batches')}: "
        f"{number(found.plausible)} plausible, {number(found.none)} no patch"
    )


def _first(first: First, samples: int) -> Iterator[str]:
    if first.expected is None or first.median is None or first.likely is None:
        yield f"No sample is known to be plausible: the first would have come after more than {number(samples)}"
        return
    drawn = ""
    if first.drawn is not None:
        drawn = f"; in this run it came after sample {number(first.drawn[0])} and not after {number(first.drawn[1])}"
    yield (
        f"Samples to the first plausible one: {first.expected:.1f} on average over all orders, {number(first.median)} "
        f"with a chance of 50 %, {number(first.likely)} with 90 %{drawn}"
    )


def _shown(summary: Summary, curves: Curves) -> Iterable[RenderableType]:
    yield Text(f"\n  {summary.run}  ", style="head").append_text(safe(summary.issue.title, "quiet"))
    for each in sentences(curves):
        yield _line(each)
    if curves.rows:
        yield Text()
        yield _table(curves.rows)


def _line(text: str) -> RenderableType:
    return Padding(safe(f"{text[:1].upper()}{text[1:]}.", "quiet"), (0, 2))


def _table(rows: Sequence[Row]) -> Table:
    titles = ["k", "pass@k", "95 % band", "maj@k", "smallest@k"]
    likeliest = any(row.likeliest is not None for row in rows)
    table = _empty([*titles, "likeliest@k"] if likeliest else titles)
    for row in rows:
        about = "~" if row.majority[0].draws else ""
        low, high = row.majority
        cells = [number(row.k), share(row.passes), share(row.band), about + share((low.value, high.value))]
        cells.append(share(row.smallest))
        table.add_row(*cells, *([share(row.likeliest)] if row.likeliest is not None else []))
    return table


def _shown_together(together: Pooled) -> Iterable[RenderableType]:
    yield Text(f"\n  {count(together.runs, 'run')} together", style="head")
    yield _line("means over the runs, for as many samples as each has; the band is by resampling the runs")
    yield _line(law_words(together.law))
    yield Text()
    table = _empty(["k", "pass@k", "95 % band", "maj@k"])
    for k, passes, between, majority in together.rows:
        table.add_row(number(k), share(passes), share(between), share(majority))
    yield table


def _empty(titles: Iterable[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2), pad_edge=False, header_style="quiet")
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _run_object(summary: Summary, curves: Curves) -> dict[str, object]:
    found = curves.sampled
    return {
        "run": summary.run,
        "issue": summary.issue.title,
        "samples": found.samples,
        "plausible": found.plausible,
        "unjudged": found.unjudged,
        "no_patch": found.none,
        "targets": found.targets,
        "ranked": found.ranked,
        "ranked_plausible": found.ranked_plausible,
        "first_ranked": found.first_ranked,
        "trouble": found.trouble,
        "first": asdict(curves.first),
        "law": _law_object(curves.law),
        "rows": [_row_object(row) for row in curves.rows],
    }


def _row_object(row: Row) -> dict[str, object]:
    low, high = row.majority
    return {
        "k": row.k,
        "pass": row.passes,
        "band": row.band,
        "majority": (low.value, high.value),
        "majority_draws": low.draws,
        "majority_error": low.error,
        "likeliest": row.likeliest,
        "smallest": row.smallest,
    }


def _pooled_object(together: Pooled) -> dict[str, object]:
    rows = [{"k": k, "pass": passes, "band": band, "majority": most} for k, passes, band, most in together.rows]
    return {"runs": together.runs, "law": _law_object(together.law), "rows": rows}


def _law_object(law: PowerLaw | str) -> dict[str, object]:
    return {"why": law} if isinstance(law, str) else asdict(law)
