"""`reasoncli fix`: from a repository and an issue to an applied patch."""

from __future__ import annotations

from pathlib import Path

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


@with_settings("model", "sampling", "search", "tests", "sandbox", "patches", "store", "reports", "prices")
def fix(
    *,
    repository: Repository = Path(),
    issue: Issue,
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
    """Fix an issue: sample patches, run each against the tests, vote, and apply the one that holds.

    The result is a diff on stdout; everything else is said on stderr. Nothing is written to the
    repository before the decision, and `reasoncli undo` takes it back.
    """
    from reasoncli.cli.publishing import Published
    from reasoncli.cli.running import check_delivery, request_of, run_and_report, store_of, verbosity
    from reasoncli.runs.request import Delivery
    from reasoncli.workflow.fix import fix as run_fix

    delivery = Delivery(branch, commit, None if patch is None else patch.absolute(), dry_run)
    check_delivery(delivery)
    request = request_of(repository, issue, flags, target, delivery)
    published = Published(request.issue, junit_report, request.settings.reports.github)
    run_and_report(
        lambda listeners, asked: run_fix(request, store_of(request.settings), listeners, asked),
        as_json=json,
        events=events,
        verbosity=verbosity(quiet=quiet, verbose=verbose),
        explain=explain,
        ask=ask,
        published=published,
    )
