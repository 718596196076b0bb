"""`reasoncli demo`: the main job on the packaged example."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from reasoncli.cli.options import Events, Flags, Json, Quiet, Verbose, with_settings


@with_settings("model", "sampling", "search", "sandbox", "store", without=("budget",))
def demo(
    *,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Where the example goes; it must not exist. [dim]\\[a temporary folder][/dim]"
        ),
    ] = None,
    json: Json = False,
    events: Events = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    flags: Flags,
) -> None:
    """Fix the packaged example: a small project with a bug, an issue and a failing test."""
    from reasoncli.cli.running import run_and_report, store_of, verbosity
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.demo import demo_request, lay_out, with_a_sandbox
    from reasoncli.workflow.fix import fix

    place = lay_out(folder)
    settings = load_settings({"seed": 0, **{name: value for name, value in flags.items() if value is not None}})
    settings = with_a_sandbox(settings)
    request = demo_request(place, settings, ("reasoncli", *sys.argv[1:]))
    run_and_report(
        lambda listeners, _: fix(request, store_of(settings), listeners),
        as_json=json,
        events=events,
        verbosity=verbosity(quiet=quiet, verbose=verbose),
    )
