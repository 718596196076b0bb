"""`reasoncli select`: from a repository, an issue and patches that others wrote to an applied one."""

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

_OF_A_MODEL = (
    *("temperature", "top_p", "min_p", "ranked_share", "max_tokens", "thinking_tokens"),
    *("samples", "batch_size", "suspects", "stop_confidence", "exhaustive"),
)


@with_settings("sampling", "search", "tests", "sandbox", "patches", "store", without=_OF_A_MODEL)
def select(
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
    json: Json = False,
    events: Events = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    flags: Flags,
) -> None:
    """Choose among patches for an issue: run each against the tests, vote, and apply the one that holds.

    The patches come from elsewhere, each an attempt with one vote: other agents' work, or your own. The rest is as
    `reasoncli fix` does it.
    """
    from reasoncli.cli.running import check_delivery, run_and_report, store_of, verbosity
    from reasoncli.errors import PatchesError
    from reasoncli.repository import open_repository
    from reasoncli.runs.request import Delivery, FixRequest
    from reasoncli.settings.loading import load_settings
    from reasoncli.sources import load_issue, load_patches
    from reasoncli.workflow.fix import fix
    from reasoncli.workflow.preparation import seed

    delivery = Delivery(branch, commit, None if patch is None else patch.absolute(), dry_run)
    check_delivery(delivery)
    opened = open_repository(repository)
    settings = load_settings(flags, repository=opened.path)
    if issue == "-" and "-" in patches:
        raise PatchesError("both the issue and the patches are to be read from standard input", hint="Name one file.")
    text = load_issue(issue, repository_slug=opened.remote_slug(), cwd=Path.cwd(), stdin=sys.stdin)
    instance = instance or issue.partition(".jsonl#")[2] or None
    request = FixRequest(
        repository=opened.path,
        issue=text,
        settings=settings,
        seed=seed(settings),
        targets=tuple(target or ()),
        delivery=delivery,
        command=("reasoncli", *sys.argv[1:]),
        patches=load_patches(patches, instance=instance, cwd=Path.cwd(), stdin=sys.stdin),
    )
    run_and_report(
        lambda listeners: fix(request, store_of(settings), listeners),
        as_json=json,
        events=events,
        verbosity=verbosity(quiet=quiet, verbose=verbose),
        explain=explain,
    )
