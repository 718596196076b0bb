"""`reasoncli stats`: what samples are worth, by the verdicts of runs that were made."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reasoncli.cli.options import Flags, Json, with_settings


@with_settings("store")
def stats(
    *,
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN...", help="Ids of runs, beginnings of them, or `last`. [dim]\\[last][/dim]"),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="A line for each run and k on stdout, nothing else.")] = False,
    json: Json = False,
    flags: Flags,
) -> None:
    """Say what samples are worth: pass@k, maj@k, best-of-n by rule, samples to the first plausible one."""
    from reasoncli.cli.running import store_of
    from reasoncli.errors import UsageError
    from reasoncli.reports.console import console
    from reasoncli.reports.stats import show_stats, stats_csv, stats_json
    from reasoncli.settings.loading import load_settings
    from reasoncli.voting.curves import curves
    from reasoncli.workflow.summary import summarize

    if csv and json:
        raise UsageError("--csv and --json exclude each other", hint="Give one of them.")
    store = store_of(load_settings(flags))
    names = list(dict.fromkeys(store.resolve(run) for run in runs or ["last"]))
    told = []
    for name in names:
        summary = summarize(store.read(name), store.folder(name))
        told.append((summary, curves(summary.sampled)))
    if json:
        sys.stdout.write(stats_json(told) + "\n")
    elif csv:
        sys.stdout.write(stats_csv(told))
    else:
        show_stats(told, console(sys.stdout))
