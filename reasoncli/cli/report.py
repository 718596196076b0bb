"""`reasoncli report`: a run as one HTML file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from reasoncli.cli.options import Flags, with_settings

NAME = "report.html"


@with_settings("store")
def report(
    *,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `last`.")] = "last",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; `-` is stdout. [dim]\\[with the run][/dim]"),
    ] = None,
    flags: Flags,
) -> None:
    """Write a run as one HTML file that shows all there is to see of it, and loads nothing."""
    from reasoncli.cli.running import store_of
    from reasoncli.errors import UsageError
    from reasoncli.reports.html import html_report
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.summary import summarize

    store = store_of(load_settings(flags))
    name = store.resolve(run)
    page = html_report(summarize(store.read(name), store.folder(name), live=name in store.live()))
    if output == Path("-"):
        sys.stdout.buffer.write(page.encode())
        return
    target = store.folder(name) / NAME if output is None else output
    try:
        target.write_bytes(page.encode())
    except OSError as error:
        raise UsageError(f"{target} can't be written: {error.strerror}", hint="--output names another file.") from error
    sys.stdout.write(f"{target}\n")
