"""`reasoncli undo`: take back what a run wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reasoncli.cli.options import Flags, with_settings


@with_settings("store")
def undo(
    *,
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="A run's id. [dim]\\[the last that wrote here][/dim]"),
    ] = None,
    repository: Annotated[
        Path, typer.Option("--repository", "-C", metavar="REPO", help="Whose last run is meant.")
    ] = Path(),
    flags: Flags,
) -> None:
    """Take back what a run wrote to the repository: files, branch or commit."""
    from reasoncli.cli.running import store_of
    from reasoncli.errors import UsageError
    from reasoncli.reports.console import console, safe
    from reasoncli.repository import open_repository
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.delivery import undo as take_back

    store = store_of(load_settings(flags))
    if run is None:
        entries = store.entries(open_repository(repository).path)
        run = next((each.id for each in entries if each.head and each.head.applied and not each.head.undone), None)
    if run is None:
        raise UsageError("no run wrote anything here that could be taken back", hint="`reasoncli runs list` shows all.")
    with store.open(run) as journal:
        applied = take_back(journal)
        names = ", ".join(file.path for file in applied.files) or applied.reference
        console().print(safe(f"Taken back: {names} (run {journal.id})."))
