"""What `fix`, `select`, `demo` and `runs resume` have in common: displays while a run goes on, and its report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path

import typer

from reasoncli.cli.options import Flags
from reasoncli.cli.publishing import Published
from reasoncli.domain import Candidate, Question
from reasoncli.errors import UsageError
from reasoncli.events import Listener
from reasoncli.reports.asking import ask_in_terminal, consent_in_terminal
from reasoncli.reports.console import console
from reasoncli.reports.events_jsonl import EventLog
from reasoncli.reports.json import to_json
from reasoncli.reports.result import show_result
from reasoncli.reports.summary import Summary
from reasoncli.reports.terminal import Display, Verbosity, display
from reasoncli.repository import open_repository
from reasoncli.runs.request import Delivery, FixRequest
from reasoncli.runs.store import Store
from reasoncli.settings.loading import load_settings, state_folder
from reasoncli.settings.values import Settings
from reasoncli.sources import load_issue
from reasoncli.workflow.asking import Ask
from reasoncli.workflow.preparation import seed
from reasoncli.workflow.result import FixResult
from reasoncli.workflow.summary import summarize_result


def store_of(settings: Settings) -> Store:
    """The run store that the settings name."""
    return Store(state_folder(settings))


def verbosity(*, quiet: bool, verbose: bool) -> Verbosity:
    """From the two flags.

    Raises:
        UsageError: both were given.
    """
    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other", hint="Give one of them.")
    if quiet:
        return Verbosity.QUIET
    return Verbosity.VERBOSE if verbose else Verbosity.NORMAL


def check_delivery(delivery: Delivery) -> None:
    """Refuse what can't be done together, before any work is.

    Raises:
        UsageError: two places were asked for, or the patch file can't be written where it shall be.
    """
    if delivery.branch is not None and delivery.commit:
        raise UsageError(
            "--branch and --commit exclude each other", hint="--branch commits on the new branch by itself."
        )
    if delivery.patch is not None and not delivery.patch.parent.is_dir():
        raise UsageError(f"there is no folder {delivery.patch.parent} for the patch file")


def request_of(
    repository: Path, issue: str, flags: Flags, targets: Sequence[str] | None, delivery: Delivery
) -> FixRequest:
    """What the command line asks for.

    Raises:
        ReasoncliError: the repository, a setting or the issue is not one.
    """
    opened = open_repository(repository)
    settings = load_settings(flags, repository=opened.path)
    return FixRequest(
        repository=opened.path,
        issue=load_issue(issue, repository_slug=opened.remote_slug(), cwd=Path.cwd(), stdin=sys.stdin),
        settings=settings,
        seed=seed(settings),
        targets=tuple(targets or ()),
        delivery=delivery,
        command=("reasoncli", *sys.argv[1:]),
    )


def run_and_report(
    run: Callable[[Sequence[Listener], Ask | None], FixResult],
    *,
    as_json: bool,
    events: Path | None,
    verbosity: Verbosity,
    explain: bool = False,
    ask: bool = False,
    published: Published | None = None,
) -> None:
    """Run under the display that fits, print the result, publish it if that is asked for, and exit with its status.

    Raises:
        UsageError: the events or a report can't be written, or there is nobody to ask.
        typer.Exit: always, in the end.
    """
    if ask and not (sys.stdin.isatty() and console().file.isatty()):
        raise UsageError("--ask needs a terminal to ask in", hint="Leave it away: the vote decides.")
    if published is not None:
        published.check()
    with nullcontext() if published is None else published.around():
        summary = _made(run, as_json=as_json, events=events, verbosity=verbosity, explain=explain, ask=ask)
    if published is not None:
        published.result(summary)
    raise typer.Exit(summary.exit_code or 0)


def _made(
    run: Callable[[Sequence[Listener], Ask | None], FixResult],
    *,
    as_json: bool,
    events: Path | None,
    verbosity: Verbosity,
    explain: bool,
    ask: bool,
) -> Summary:
    """A run, made and shown."""
    with ExitStack() as stack:
        listeners: list[Listener] = []
        if events is not None:
            try:
                listeners.append(EventLog(stack.enter_context(events.open("a", encoding="utf-8"))))
            except OSError as error:
                raise UsageError(f"{events} can't be written: {error.strerror}") from error
        shown = stack.enter_context(display(console(), verbosity))
        listeners.insert(0, shown)
        result = run(listeners, _AtTerminal(shown) if ask else None)
    summary = summarize_result(result)
    if as_json:
        sys.stdout.write(to_json(summary) + "\n")
    else:
        show_result(summary, console(sys.stdout), console(), explain=explain)
    return summary


class _AtTerminal:
    """Asks below the display, which waits meanwhile."""

    def __init__(self, shown: Display) -> None:
        self._shown = shown

    def __call__(self, question: Question) -> int | None:
        with self._shown.paused():
            return ask_in_terminal(question, console())

    def consents(self, chosen: Candidate, why: str) -> bool:
        with self._shown.paused():
            return consent_in_terminal(chosen, why, console())
