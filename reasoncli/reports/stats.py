"""`reasoncli stats`: what one sample, two, four, eight... of a run are worth, for people, as CSV and as JSON.

    schema_version  1
    batch           id of the batch whose runs these are, or null
    runs            {run, key, issue, samples, plausible, unjudged, no_patch, targets, ranked, ranked_plausible,
                    first_ranked, trouble, first: {drawn, expected, median, likely}, spending, law, rows}
    spending        what it took, as in json.py; of the whole batch, or null where runs were named
    together        {runs, law, rows: [{k, pass, band, majority, majority_band}]}: means over the runs, or null for
                    fewer than two of which something can be said

    key             of the issue in its batch; empty for runs that were named one by one

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
from dataclasses import asdict, dataclass, field

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reasoncli.domain import Spending
from reasoncli.reports.console import safe
from reasoncli.reports.spending import spending_object, spent_words
from reasoncli.reports.words import count, number
from reasoncli.voting.coverage import PowerLaw
from reasoncli.voting.curves import Bounds, Curves, First, Pooled, Row, curves, pooled
from reasoncli.voting.majority import DRAWS
from reasoncli.voting.sampled import Sampled

SCHEMA_VERSION = 1
COLUMNS = (
    *("run", "k", "pass", "pass_upper", "band_low", "band_high", "maj", "maj_upper", "maj_draws"),
    *("likeliest", "likeliest_upper", "smallest", "smallest_upper"),
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A run whose samples are counted; `title` is its issue's, `key` the issue's in a batch; `spent`: what it took."""

    run: str
    title: str
    sampled: Sampled
    key: str = ""
    spent: Spending = field(default_factory=Spending)


def stats_json(told: Sequence[Counted], batch: str | None = None, total: Spending | None = None) -> str:
    """The object as text; `total` is what a batch took."""
    together = pooled([each.sampled for each in told])
    found = {
        "schema_version": SCHEMA_VERSION,
        "batch": batch,
        "runs": [_run_object(each) for each in told],
        "spending": None if total is None else spending_object(total),
        "together": None if together is None else _pooled_object(together),
    }
    return json.dumps(found, indent=2, allow_nan=False)


def stats_csv(told: Sequence[Counted]) -> str:
    """One line for each run and k; columns are `COLUMNS`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in told:
        for row in curves(each.sampled).rows:
            low, high = row.majority
            chosen = (*(row.likeliest or ("", "")), *row.smallest)
            writer.writerow([each.run, row.k, *row.passes, *row.band, low.value, high.value, low.draws, *chosen])
    return out.getvalue()


def show_stats(told: Sequence[Counted], console: Console) -> None:
    """Print a table for each run, and the means over several."""
    parts: list[RenderableType] = []
    for each in told:
        parts += _shown(each)
    together = pooled([each.sampled for each in told])
    if together is not None:
        parts += _shown_together(together, f"{count(together.runs, 'run')} together")
    console.print(Group(*parts))


def show_batch_stats(
    batch: str, told: Sequence[Counted], issues: int, console: Console, total: Spending | None = None
) -> None:
    """Print the means over a batch's runs; there may be too many for a table each; `total` is what it took."""
    if total is not None and (words := spent_words(total)):
        console.print(_line(f"It took {', '.join(words)}"))
    together = pooled([each.sampled for each in told])
    if together is None:
        console.print(_line(together_words(None, [each.sampled for each in told], issues)))
        return
    parts = _shown_together(together, f"batch {batch}")
    console.print(Group(*parts, Text(), _line(together_words(together, [each.sampled for each in told], issues))))


def together_words(together: Pooled | None, found: Sequence[Sampled], issues: int) -> str:
    """Which of a batch's issues its means are of, and what plausible means in them."""
    told = [each for each in found if each.samples]
    if together is None:
        return f"means take two issues whose samples can be counted, and this batch has {number(len(told))} of them"
    aimed = sum(bool(each.targets) for each in told)
    words = f"all {count(issues, 'issue')}"
    if len(told) < issues:
        words = f"{number(len(told))} of {count(issues, 'issue')}, as the others have no whole batch of samples"
    full = "turns every target green and breaks no guard"
    loose = "breaks no test, as none had to turn green, which shows less"
    what = full if aimed == len(told) else loose
    if 0 < aimed < len(told):
        what = f"{full} in {number(aimed)} of them; in {number(len(told) - aimed)} it {loose}"
    return (
        f"means over {words}. A plausible patch {what}. The issue with the fewest samples has "
        f"{number(together.rows[-1].k)}, so that nothing is said beyond"
    )


def meaning(told: Curves) -> str:
    """What plausible means in this run."""
    if told.sampled.targets:
        return "plausible: every target is green and no guard breaks"
    return (
        "plausible: it breaks no test. No test had to turn green, so this does not show that the issue is fixed, and "
        "where nothing breaks easily all of it is high"
    )


def sentences(told: Curves) -> Iterator[str]:
    """What there is to know beside the table."""
    found = told.sampled
    yield meaning(told)
    if found.trouble:
        yield f"Nothing can be said of its samples: {found.trouble}"
    else:
        yield _counted(told)
        yield from _first(told.first, found.samples)
        yield law_words(told.law)
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
    drawn = [row.k for row in told.rows if row.majority[0].draws]
    if drawn:
        worst = max(row.majority[0].error for row in told.rows)
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


def _counted(told: Curves) -> str:
    found = told.sampled
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


def _shown(counted: Counted) -> Iterable[RenderableType]:
    yield Text(f"\n  {counted.run}  ", style="head").append_text(safe(counted.title, "quiet"))
    told = curves(counted.sampled)
    for each in sentences(told):
        yield _line(each)
    if words := spent_words(counted.spent):
        yield _line(f"It took {', '.join(words)}")
    if told.rows:
        yield Text()
        yield _table(told.rows)


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


def _shown_together(together: Pooled, title: str) -> Iterable[RenderableType]:
    yield Text(f"\n  {title}", style="head")
    yield _line("means over the runs, for as many samples as each has; bands are by resampling the runs")
    yield _line(law_words(together.law))
    yield Text()
    table = _empty(["k", "pass@k", "95 % band", "maj@k", "its band"])
    for row in together.rows:
        table.add_row(number(row.k), *map(share, (row.passes, row.band, row.majority, row.majority_band)))
    yield table


def _empty(titles: Iterable[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2), pad_edge=False, header_style="quiet")
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _run_object(counted: Counted) -> dict[str, object]:
    found, told = counted.sampled, curves(counted.sampled)
    return {
        "run": counted.run,
        "key": counted.key,
        "issue": counted.title,
        "samples": found.samples,
        "plausible": found.plausible,
        "unjudged": found.unjudged,
        "no_patch": found.none,
        "targets": found.targets,
        "ranked": found.ranked,
        "ranked_plausible": found.ranked_plausible,
        "first_ranked": found.first_ranked,
        "trouble": found.trouble,
        "spending": spending_object(counted.spent),
        "first": asdict(told.first),
        "law": _law_object(told.law),
        "rows": [_row_object(row) for row in told.rows],
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
    rows = [{("pass" if name == "passes" else name): at for name, at in asdict(row).items()} for row in together.rows]
    return {"runs": together.runs, "law": _law_object(together.law), "rows": rows}


def _law_object(law: PowerLaw | str) -> dict[str, object]:
    return {"why": law} if isinstance(law, str) else asdict(law)
