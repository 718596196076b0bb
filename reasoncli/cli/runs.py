"""`reasoncli runs`: list, show, resume and prune what is in the run store."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from reasoncli.cli.options import AskOption, Events, Explain, Flags, Json, Quiet, Verbose, with_settings

app = typer.Typer(help="Runs that were made: list, show, resume, prune.", no_args_is_help=True)

Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `last`.")]
Repository = Annotated[
    Path | None, typer.Option("--repository", "-C", metavar="REPO", help="Only what is this repository's.")
]


@app.command("list")
@with_settings("store")
def list_runs(*, repository: Repository = None, json: Json = False, flags: Flags) -> None:
    """List runs, the latest first."""
    from reasoncli.cli.running import store_of
    from reasoncli.reports.console import console
    from reasoncli.reports.show import list_json, show_list
    from reasoncli.repository import open_repository
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.summary import line

    where = None if repository is None else open_repository(repository).path
    rows = [line(entry) for entry in store_of(load_settings(flags)).entries(where)]
    if json:
        sys.stdout.write(list_json(rows) + "\n")
    else:
        show_list(rows, console(sys.stdout), everywhere=where is None)


@app.command("show")
@with_settings("store")
def show_run(
    *,
    run: Run = "last",
    everything: Annotated[bool, typer.Option("--all", help="Every suspect, candidate and test that is named.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw the result as a picture.")] = None,
    explain: Explain = False,
    json: Json = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As Markdown for a pull request or comment: safe to post, 60 kB at most.")
    ] = False,
    flags: Flags,
) -> None:
    """Show a run: decision, candidates, suspects with the evidence for each, what it was made of."""
    from reasoncli.cli.running import store_of
    from reasoncli.errors import UsageError
    from reasoncli.reports.console import console
    from reasoncli.reports.github import COMMENT_BYTES
    from reasoncli.reports.github import markdown as as_markdown
    from reasoncli.reports.json import to_json
    from reasoncli.reports.picture import picture
    from reasoncli.reports.show import show_run as render
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.summary import summarize

    if json + markdown + (svg is not None) > 1:
        raise UsageError("--svg, --json and --markdown exclude each other", hint="Give one of them.")
    store = store_of(load_settings(flags))
    name = store.resolve(run)
    summary = summarize(store.read(name), store.folder(name), live=name in store.live())
    if json:
        sys.stdout.write(to_json(summary) + "\n")
    elif markdown:
        sys.stdout.write(as_markdown([summary], limit=COMMENT_BYTES))
    elif svg is not None:
        manifest = store.read(name).manifest
        command = shlex.join(manifest.command) if manifest is not None else "reasoncli"
        try:
            svg.write_text(picture(summary, summary.issue.title, command), "utf-8")
        except OSError as error:
            raise UsageError(f"{svg} can't be written: {error.strerror}") from error
    else:
        render(summary, console(sys.stdout), everything=everything, explain=explain)


@app.command("resume")
@with_settings("store")
def resume_run(
    *,
    run: Run = "last",
    ask: AskOption = False,
    json: Json = False,
    events: Events = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    flags: Flags,
) -> None:
    """Go on with a run that was interrupted; no sample is drawn twice."""
    from reasoncli.cli.running import run_and_report, store_of, verbosity
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.fix import resume

    store = store_of(load_settings(flags))
    run_and_report(
        lambda listeners, asked: resume(run, store, listeners, asked),
        as_json=json,
        events=events,
        verbosity=verbosity(quiet=quiet, verbose=verbose),
        ask=ask,
    )


@app.command("prune")
@with_settings("store")
def prune_runs(
    *,
    older_than: Annotated[
        float | None, typer.Option(metavar="DAYS", help="Remove runs that began more than this many days ago.")
    ] = None,
    keep: Annotated[int | None, typer.Option(metavar="N", min=0, help="Keep this many of the latest.")] = None,
    damaged: Annotated[bool, typer.Option("--damaged", help="Remove runs that can't be read, too.")] = False,
    images: Annotated[bool, typer.Option("--images", help="Remove the images built for sandboxes, too.")] = False,
    memory: Annotated[
        bool, typer.Option("--memory", help="Remove the baselines and verdicts kept for later runs, too.")
    ] = False,
    repository: Repository = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    flags: Flags,
) -> None:
    """Remove old runs, never one that is going on; without -C, --older-than also removes what no run reused."""
    from reasoncli.cli.running import store_of
    from reasoncli.errors import UsageError
    from reasoncli.reports.console import console, safe
    from reasoncli.repository import open_repository
    from reasoncli.runs.memory import Memory
    from reasoncli.settings.loading import load_settings

    if older_than is None and keep is None and not damaged and not images and not memory:
        raise UsageError(
            "say what to remove", hint="For example --older-than 30, --keep 20, --damaged, --images or --memory."
        )
    if memory and repository is not None:
        raise UsageError(
            "--memory can't be limited to a repository: what is remembered is known by its content alone",
            hint="Leave out -C, and the memory of all repositories is cleared.",
        )
    where = None if repository is None else open_repository(repository).path
    store = store_of(load_settings(flags))
    pruned = store.prune(
        older_than=None if older_than is None else older_than * 86_400.0,
        keep=keep,
        damaged=damaged,
        repository=where,
        dry_run=dry_run,
    )
    err = console()
    word = "would be removed" if dry_run else "removed"
    err.print(safe(f"{len(pruned.runs)} runs {word}, {pruned.freed / 1e6:.1f} MB."))
    if memory or (older_than is not None and where is None):
        age = 0.0 if memory or older_than is None else older_than * 86_400.0
        cleared = Memory(store.root).clear(older_than=age, dry_run=dry_run)
        err.print(safe(f"{cleared.entries} remembered results {word}, {cleared.freed / 1e6:.1f} MB."))
    if images:
        from reasoncli.workflow.upkeep import prune_images

        err.print(safe(f"{len(prune_images(where, dry_run=dry_run))} sandbox images {word}."))
