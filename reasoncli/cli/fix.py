"""`reasoncli fix`: from a repository and an issue to an applied patch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from reasoncli.cli.options import (
    Branch,
    Commit,
    DryRun,
    Events,
    Explain,
    Flags,
    Json,
    PatchFile,
    Quiet,
    Targets,
    Verbose,
    with_settings,
)


@with_settings("model", "sampling", "search", "tests", "sandbox", "patches", "store")
def fix(
    *,
    repository: Annotated[Path, typer.Argument(metavar="REPO", help="A path inside the git work tree.")] = Path(),
    issue: Annotated[
        str,
        typer.Option(
            "--issue",
            "-i",
            metavar="SOURCE",
            help="A file, `-` for stdin, the text itself, `#12`, a GitHub issue's URL, or `file.jsonl#instance`.",
        ),
    ],
    target: Targets = None,
    branch: Branch = None,
    commit: Commit = False,
    patch: PatchFile = None,
    dry_run: DryRun = False,
    explain: Explain = False,
    json: Json = False,
    events: Events = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    flags: Flags,
) -> None:
    """Fix an issue: sample patches, run each against the tests, vote, and apply the one that holds.

    The result is a diff on stdout; everything else is said on stderr. Nothing is written to the
    repository before the decision, and `reasoncli undo` takes it back.
    """
    from reasoncli.cli.running import check_delivery, run_and_report, store_of, verbosity
    from reasoncli.repository import open_repository
    from reasoncli.runs.request import Delivery, FixRequest
    from reasoncli.settings.loading import load_settings
    from reasoncli.sources import load_issue
    from reasoncli.workflow.fix import fix as run_fix
    from reasoncli.workflow.preparation import seed

    delivery = Delivery(branch, commit, None if patch is None else patch.absolute(), dry_run)
    check_delivery(delivery)
    opened = open_repository(repository)
    settings = load_settings(flags, repository=opened.path)
    text = load_issue(issue, repository_slug=opened.remote_slug(), cwd=Path.cwd(), stdin=sys.stdin)
    request = FixRequest(
        repository=opened.path,
        issue=text,
        settings=settings,
        seed=seed(settings),
        targets=tuple(target or ()),
        delivery=delivery,
        command=("reasoncli", *sys.argv[1:]),
    )
    run_and_report(
        lambda listeners: run_fix(request, store_of(settings), listeners),
        as_json=json,
        events=events,
        verbosity=verbosity(quiet=quiet, verbose=verbose),
        explain=explain,
    )
