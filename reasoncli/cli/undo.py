"""`reasoncli undo`: take back what a run wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reasoncli.cli.options import Flags, with_settings


@with_settings("store")
def undo(
    *,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `last`.")] = "last",
    repository: Annotated[
        Path, typer.Option("--repository", "-C", metavar="REPO", help="Whose last run is meant.")
    ] = Path(),
    flags: Flags,
) -> None:
    """Take back what a run wrote to the repository: files, branch or commit."""
    from reasoncli.cli.running import store_of
    from reasoncli.reports.console import console, safe
    from reasoncli.repository import open_repository
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.delivery import undo as take_back

    here = open_repository(repository).path if run == "last" else None
    store = store_of(load_settings(flags))
    with store.open(run, here) as journal:
        applied = take_back(journal)
        names = ", ".join(file.path for file in applied.files) or applied.reference
        console().print(safe(f"Taken back: {names} (run {journal.id})."))
