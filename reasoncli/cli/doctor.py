"""`reasoncli doctor`: what this machine has, what a run would use, and what is missing."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reasoncli.cli.options import Flags, Json, with_settings


@with_settings("model", "sandbox", "store")
def doctor(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Don't load the model.")] = False,
    json: Json = False,
    flags: Flags,
) -> None:
    """Say whether Docker, the model, the GPU and the run store are fit; exit code 3 if one is not."""
    from reasoncli.reports.console import console
    from reasoncli.reports.health import health_json, show_health
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.health import examine

    findings = examine(load_settings(flags), load_model=not quick)
    if json:
        sys.stdout.write(health_json(findings) + "\n")
    else:
        show_health(findings, console(sys.stdout))
    if any(finding.fatal for finding in findings):
        raise typer.Exit(3)
