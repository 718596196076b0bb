"""`reasoncli stats`: what samples are worth, by the verdicts of runs that were made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reasoncli.cli.options import Flags, Json, with_settings

if TYPE_CHECKING:
    from reasoncli.domain import Spending
    from reasoncli.reports.stats import Counted


@with_settings("store")
def stats(
    *,
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN...", help="Ids of runs, beginnings of them, or `last`. [dim]\\[last][/dim]"),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", "-b", metavar="BATCH", help="All runs of a batch: its id, or `last`."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="A line for each run and k on stdout, nothing else.")] = False,
    json: Json = False,
    flags: Flags,
) -> None:
    """Say what samples are worth: pass@k, maj@k, best-of-n by rule, samples to the first plausible one."""
    from reasoncli.errors import UsageError
    from reasoncli.reports.console import console
    from reasoncli.reports.stats import Counted, show_batch_stats, show_stats, stats_csv, stats_json
    from reasoncli.runs.store import Store
    from reasoncli.settings.loading import load_settings, state_folder
    from reasoncli.workflow.summary import summarize

    if csv and json:
        raise UsageError("--csv and --json exclude each other", hint="Give one of them.")
    if batch is not None and runs:
        raise UsageError("--batch and RUN exclude each other", hint="Give one of them.")
    root = state_folder(load_settings(flags))
    issues, total = 0, None
    if batch is not None:
        batch, issues, told, total = _batch(root, batch)
    else:
        store, told = Store(root), []
        for name in dict.fromkeys(store.resolve(run) for run in runs or ["last"]):
            summary = summarize(store.read(name), store.folder(name))
            told.append(Counted(name, summary.issue.title, summary.sampled, spent=summary.cost.spending))
    if json:
        sys.stdout.write(stats_json(told, batch, total) + "\n")
    elif csv:
        sys.stdout.write(stats_csv(told))
    elif batch is not None:
        show_batch_stats(batch, told, issues, console(sys.stdout), total)
    else:
        show_stats(told, console(sys.stdout))


def _batch(root: Path, reference: str) -> tuple[str, int, list[Counted], Spending]:
    """A batch's id, how many issues it has, its runs, and what it took."""
    from reasoncli.batch.book import look_at
    from reasoncli.batch.overview import overview
    from reasoncli.reports.stats import Counted

    seen = overview(look_at(root, reference))
    told = [
        Counted(each.outcome.run, each.outcome.title, each.sampled, each.outcome.key, each.cost.spending)
        for each in seen.entries
        if each.sampled is not None
    ]
    return seen.batch, len(seen.entries), told, seen.total
