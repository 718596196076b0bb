"""`reasoncli report`: a run, or a batch, as one HTML file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reasoncli.cli.options import Flags, with_settings

if TYPE_CHECKING:
    from reasoncli.runs.store import Store

NAME = "report.html"


@with_settings("store")
def report(
    *,
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="The id of a run or a batch, the beginning of one, or `last`, the last run. [dim]\\[last][/dim]",
            show_default=False,
        ),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", "-b", metavar="BATCH", help="A batch: its id, the beginning of it, or `last`."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to; `-`: stdout. [dim]\\[beside the run or batch][/dim]"
        ),
    ] = None,
    flags: Flags,
) -> None:
    """Write a run as one HTML file that shows all there is to see of it, and loads nothing.

    Of a batch: its issues as a table that can be sorted, what samples were worth on average, where time
    and tokens went.
    """
    from reasoncli.errors import UsageError
    from reasoncli.runs.store import Store
    from reasoncli.settings.loading import load_settings, state_folder

    root = state_folder(load_settings(flags))
    if batch is not None and run is not None:
        raise UsageError("--batch and RUN exclude each other", hint="Give one of them.")
    if batch is None and run is not None:
        batch = _as_batch(root, run)
    folder, page = _of_run(Store(root), run or "last") if batch is None else _of_batch(root, batch)
    if output == Path("-"):
        sys.stdout.buffer.write(page.encode())
        return
    target = folder / NAME if output is None else output
    try:
        target.write_bytes(page.encode())
    except OSError as error:
        raise UsageError(f"{target} can't be written: {error.strerror}", hint="--output names another file.") from error
    sys.stdout.write(f"{target}\n")


def _as_batch(root: Path, reference: str) -> str | None:
    """The batch that is meant by what may be a run as well; `None` where a run is.

    Raises:
        UsageError: it could be either.
    """
    from reasoncli.batch.book import named
    from reasoncli.errors import UsageError
    from reasoncli.runs.store import LAST, Store

    if reference == LAST:
        return None
    runs, batches = Store(root).named(reference), named(root, reference)
    if not batches or runs == [reference]:
        return None
    if runs:
        raise UsageError(
            f"{reference!r} could be run {runs[0]} or batch {batches[0]}",
            hint="Give more of the id, or --batch.",
        )
    return reference


def _of_run(store: Store, reference: str) -> tuple[Path, str]:
    """A run's folder and page."""
    from reasoncli.reports.html import html_report
    from reasoncli.workflow.summary import summarize

    name = store.resolve(reference)
    folder = store.folder(name)
    return folder, html_report(summarize(store.read(name), folder, live=name in store.live()))


def _of_batch(root: Path, reference: str) -> tuple[Path, str]:
    """A batch's folder and page."""
    from reasoncli.batch.book import look_at
    from reasoncli.batch.overview import overview
    from reasoncli.batch.page import html_batch

    book = look_at(root, reference)
    return book.folder, html_batch(overview(book), book.order.command)
