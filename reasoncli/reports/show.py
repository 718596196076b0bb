"""`runs show` and `runs list`: what is stored, laid out for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reasoncli.domain import Baseline, Suspect
from reasoncli.reports.console import Glyphs, cropped, glyphs, safe
from reasoncli.reports.explain import fates
from reasoncli.reports.pieces import (
    baseline_words,
    diff_text,
    gist_text,
    guards_label,
    leaders,
    merged,
    targets_label,
    verdict_label,
)
from reasoncli.reports.result import explanation
from reasoncli.reports.summary import Summary
from reasoncli.reports.words import duration, moment, number

_LISTED = 20
_INGREDIENTS = ("repository", "commit", "model", "model_digest", "device", "sandbox", "test_command", "seed")


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in a listing: `status` is the decision's, or `running`, `interrupted`, `failed`, `damaged`."""

    id: str
    created: float
    status: str
    issue: str
    repository: str
    samples: int
    applied: str = ""
    ranked: int = 0


_STATUS_STYLES = {
    "verified": "good",
    "suspicious": "warn",
    "partial": "warn",
    "unverified": "warn",
    "none": "bad",
    "running": "accent",
    "interrupted": "warn",
    "failed": "bad",
    "damaged": "bad",
}


def list_json(lines: Sequence[RunLine]) -> str:
    """A listing as one JSON object."""
    return json.dumps({"schema_version": 1, "runs": [asdict(line) for line in lines]}, indent=2)


def show_list(runs: Sequence[RunLine], console: Console, *, everywhere: bool) -> None:
    """Print a table of runs, or that there are none.

    Args:
        runs: in the order in which they shall stand.
        console: to print on.
        everywhere: whether they are of several repositories, which is then shown.
    """
    if not runs:
        console.print("There are no runs yet.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="quiet")
    for title in ("run", "when", "status", "proposals"):
        table.add_column(title, no_wrap=True, justify="right" if title == "proposals" else "left")
    table.add_column("issue")
    if everywhere:
        table.add_column("repository")
    for run in runs:
        when = moment(run.created) if run.created else ""
        status = safe(run.status, _STATUS_STYLES.get(run.status, ""))
        if run.applied:
            status.append_text(safe(f", {run.applied}", "quiet"))
        cells: list[RenderableType] = [
            safe(run.id),
            Text(when, style="quiet"),
            status,
            number(run.samples + run.ranked),
            cropped(run.issue),
        ]
        table.add_row(*cells, *([cropped(run.repository, "quiet")] if everywhere else []))
    console.print(table)


def show_run(summary: Summary, console: Console, *, everything: bool = False, explain: bool = False) -> None:
    """Print all there is to say of a run: issue, baseline, suspects with their evidence, clusters, decision, diff.

    Args:
        summary: the run.
        console: to print on.
        everything: all suspects and clusters, not the first twenty.
        explain: how each candidate fared, and why.
    """
    signs = glyphs(console)
    limit = None if everything else _LISTED
    parts: list[RenderableType] = [Text(), Text("  ").append_text(safe(summary.issue.title, "head"))]
    parts.append(Text("  ").append_text(safe(f"{summary.run} {signs.dot} {summary.issue.source}", "quiet")))
    if summary.baseline is not None:
        parts += [_title("Baseline"), *_baseline(summary.baseline, limit)]
    if summary.suspects:
        places = merged(summary.suspects)
        parts += [_title("Suspects"), _suspects(places[:limit]), *_rest(len(places), limit)]
    if summary.decision is not None and summary.decision.clusters:
        parts += [_title("Candidates"), _clusters(summary, signs, console.width, limit)]
        parts += _rest(len(summary.decision.clusters), limit)
    if explain:
        parts += [_title("Every candidate"), fates(summary, signs, console.width, everything=everything)]
    elif summary.rejected:
        said = ", ".join(f"{number(n)} {kind}" for kind, n in summary.rejected.items())
        parts.append(Text("  ").append_text(safe(f"Proposals that were no patch: {said}", "quiet")))
    if summary.stages:
        parts += [_title("Stages"), _stages(summary)]
    if summary.manifest:
        parts += [_title("Made of"), _made_of(summary.manifest)]
    if summary.warnings:
        parts += [_title("Warnings"), *(Text("  ").append_text(safe(each, "warn")) for each in summary.warnings)]
    chosen = summary.chosen
    if chosen is not None:
        parts += [_title("Patch"), Padding(diff_text(chosen.patch.diff), (0, 2))]
    parts.append(explanation(summary, signs, console.width))
    console.print(Group(*parts))


def _title(text: str) -> RenderableType:
    return Text(f"\n  {text}", style="strong")


def _rest(total: int, limit: int | None) -> list[RenderableType]:
    if limit is None or total <= limit:
        return []
    return [Text(f"  and {total - limit} more (--all shows them)", style="quiet")]


def _baseline(baseline: Baseline, limit: int | None) -> Iterable[RenderableType]:
    yield Text("  ").append_text(safe(baseline_words(baseline)))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="quiet")
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="quiet")
    for target in baseline.targets[:limit]:
        table.add_row("  target", safe(target.id), safe(target.why))
    for name in baseline.flaky[:limit]:
        table.add_row("  flaky", safe(name), safe(baseline.quarantine.get(name, "")))
    for name in baseline.order_dependent[:limit]:
        table.add_row("  order-dependent", safe(name), safe(baseline.quarantine.get(name, "")))
    for name, reason in list(baseline.uncollected.items())[:limit]:
        table.add_row("  not importable", safe(name), safe(reason))
    for name, reason in list(baseline.environmental.items())[:limit]:
        table.add_row("  environmental", safe(name), safe(reason))
    for name in baseline.unrelated[:limit]:
        table.add_row("  unrelated", safe(name), "")
    yield table


def _suspects(places: Sequence[tuple[str, Suspect]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="quiet")
    for where, suspect in places:
        clues = "; ".join(f"{clue.kind} {clue.score:.2f} {clue.detail}".strip() for clue in suspect.clues)
        table.add_row(f"  {suspect.score:.2f}", safe(where), safe(clues))
    return table


def _clusters(summary: Summary, signs: Glyphs, width: int, limit: int | None) -> RenderableType:
    decision = summary.decision
    clusters = () if decision is None else decision.clusters[:limit]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="quiet")
    for title in ("  ", "votes", "targets", "guards"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("change", no_wrap=True, overflow="ellipsis")
    for cluster, candidate in leaders(clusters, {each.index: each for each in summary.candidates}):
        won = decision is not None and candidate.index == decision.chosen
        table.add_row(
            Text(f"  {signs.leader}" if won else "   ", style="accent"),
            number(cluster.votes),
            targets_label(candidate.verdict),
            guards_label(candidate.verdict),
            verdict_label(candidate.verdict, signs),
            gist_text(candidate.patch, max(width - 48, 12)),
        )
    return table


def _stages(summary: Summary) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right", style="quiet")
    table.add_column(overflow="fold", style="quiet")
    for name, seconds, detail in summary.stages:
        table.add_row(Text("  ").append_text(safe(name)), duration(seconds), safe(detail))
    return table


def _made_of(manifest: Mapping[str, object]) -> RenderableType:
    """What it takes to run it again; the settings are in the JSON."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="quiet")
    table.add_column(overflow="fold")
    for name in _INGREDIENTS:
        if manifest.get(name) not in (None, ""):
            table.add_row(f"  {name.replace('_', ' ')}", safe(str(manifest[name])))
    return table
