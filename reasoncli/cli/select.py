"""`reasoncli select`: from a repository, an issue and patches that others wrote to an applied one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from reasoncli.cli.options import (
    AskOption,
    Branch,
    Commit,
    DryRun,
    Events,
    Explain,
    Flags,
    Issue,
    Json,
    JUnit,
    PatchFile,
    Quiet,
    Repository,
    Targets,
    Verbose,
    with_settings,
)

_OF_PROPOSALS = ("ranked_share", "samples", "batch_size", "stop_confidence", "exhaustive")


@with_settings(
    "model", "sampling", "search", "tests", "sandbox", "patches", "store", "reports", "prices", without=_OF_PROPOSALS
)
def select(
    *,
    repository: Repository = Path(),
    issue: Issue,
    patches: Annotated[
        list[str],
        typer.Option(
            "--patches",
            "-p",
            metavar="FILE|DIR",
            help="A diff, predictions as JSON lines (`model_patch`), a folder of both, or `-` for stdin; repeatable.",
        ),
    ],
    instance: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Which issue's predictions are meant. [dim]\\[the one after `#`][/dim]"),
    ] = None,
    target: Targets = None,
    branch: Branch = None,
    commit: Commit = False,
    patch: PatchFile = None,
    dry_run: DryRun = False,
    explain: Explain = False,
    ask: AskOption = False,
    json: Json = False,
    events: Events = None,
    junit_report: JUnit = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    flags: Flags,
) -> None:
    """Choose among patches for an issue: run each against the tests, vote, and apply the one that holds.

    The patches come from elsewhere, each an attempt with one vote: other agents' work, or your own. The rest is as
    `reasoncli fix` does it. No model is opened unless something is to be asked of it (--reproduction-tests, --judges).
    """
    from reasoncli.cli.publishing import Published
    from reasoncli.cli.running import check_delivery, request_of, run_and_report, store_of, verbosity
    from reasoncli.errors import PatchesError
    from reasoncli.runs.request import Delivery
    from reasoncli.sources import load_patches
    from reasoncli.workflow.fix import fix

    delivery = Delivery(branch, commit, None if patch is None else patch.absolute(), dry_run)
    check_delivery(delivery)
    if issue == "-" and "-" in patches:
        raise PatchesError("both the issue and the patches are to be read from standard input", hint="Name one file.")
    request = request_of(repository, issue, flags, target, delivery)
    instance = instance or issue.partition(".jsonl#")[2] or None
    given = load_patches(patches, instance=instance, cwd=Path.cwd(), stdin=sys.stdin)
    published = Published(request.issue, junit_report, request.settings.reports.github)
    run_and_report(
        lambda listeners, asked: fix(replace(request, patches=given), store_of(request.settings), listeners, asked),
        as_json=json,
        events=events,
        verbosity=verbosity(quiet=quiet, verbose=verbose),
        explain=explain,
        ask=ask,
        published=published,
    )
