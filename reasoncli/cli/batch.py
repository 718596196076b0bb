"""`reasoncli batch`: from a list of issues to a patch for each."""

from __future__ import annotations

import json as jsonlib
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Annotated, cast

import typer

from reasoncli.batch.book import Book
from reasoncli.batch.driver import Board
from reasoncli.batch.labour import Progress
from reasoncli.batch.outcome import Outcome
from reasoncli.cli.options import Flags, Json, JUnit, Quiet, with_settings
from reasoncli.domain import Issue, Spending, WorkItem
from reasoncli.reports.board import BoardDisplay, Row
from reasoncli.reports.spending import money_words
from reasoncli.reports.words import count, number

_PANEL = "Budget of the whole list"


@with_settings("model", "sampling", "search", "tests", "sandbox", "patches", "reports", "store", "prices")
def batch(
    *,
    places: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LIST...",
            help="A folder of Markdown files, JSON lines (`repo`, `issue`, `base_commit`, `tests`, `image`; "
            "SWE-bench's instances), what `gh issue list --json` prints, `-` for stdin, or `owner/name` with --label.",
            show_default=False,
        ),
    ] = None,
    repository: Annotated[
        str, typer.Option("--repository", "-r", metavar="REPO", help="Of issues that don't name theirs.")
    ] = ".",
    label: Annotated[
        str | None,
        typer.Option(metavar="LABEL", help="LIST is a repository at GitHub: its open issues with this label."),
    ] = None,
    repositories: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR", help="A folder of clones to find `owner/name` in; repeatable. [dim]\\[GitHub][/dim]"
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="BATCH", help="Go on with a batch: its id, or `last`. Does what is missing."),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option("--results", "-o", metavar="DIR", help="For predictions.jsonl, patches/ and results.json."),
    ] = None,
    branches: Annotated[
        bool, typer.Option("--branches", help="Make a branch `reasoncli/ISSUE` for each patch.")
    ] = False,
    pull_requests: Annotated[
        bool, typer.Option("--pull-requests", help="Push each branch to GitHub and open a pull request, by `gh`.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", metavar="N", min=1, max=1024, help="Issues at work at once. [dim]\\[one a core][/dim]"
        ),
    ] = None,
    budget_samples: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The same as --budget Nsamples.", rich_help_panel=_PANEL)
    ] = None,
    budget_tokens: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The same as --budget Ntokens.", rich_help_panel=_PANEL)
    ] = None,
    budget_seconds: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=1.0, help="The same as --budget SECONDSs.", rich_help_panel=_PANEL),
    ] = None,
    json: Json = False,
    junit_report: JUnit = None,
    quiet: Quiet = False,
    flags: Flags,
) -> None:
    """Fix many issues: one model for all, as many at work at once as fit, and a patch for each.

    Nothing is written to a repository unless branches or pull requests are asked for. Ctrl-C begins no
    more issues, a second one stops those at work; --resume goes on where it stopped.
    """
    from reasoncli.batch.book import Order, begin, take_up
    from reasoncli.batch.results import exit_code
    from reasoncli.cli.publishing import Published
    from reasoncli.errors import UsageError
    from reasoncli.settings.costs import parse_budget
    from reasoncli.settings.loading import load_settings, state_folder
    from reasoncli.sources import load_list

    settings = load_settings(flags)
    root = state_folder(settings)
    short = {"samples": budget_samples, "tokens": budget_tokens, "s": budget_seconds}
    limits = [f"{value}{unit}" for unit, value in short.items() if value is not None]
    if resume is not None:
        if places:
            raise UsageError("--resume goes on with a list that is known", hint="Leave LIST away.")
        book = take_up(root, resume)
        if flags.get("budget") or limits:
            more = tuple(cast("Sequence[str]", flags.get("budget") or ())) + tuple(limits)
            book.order = replace(book.order, budget=parse_budget(more, book.order.budget))
    elif not places:
        raise UsageError("there is no list of issues", hint="Name a folder, a file or `-`; or --resume BATCH.")
    else:
        items = load_list(places, repository=_repository(repository), cwd=Path.cwd(), stdin=sys.stdin, label=label)
        given = {name: value for name, value in flags.items() if value is not None}
        budget = parse_budget((*settings.search.budget, *limits))
        order = Order(
            items,
            jsonlib.dumps(given, default=str),
            Path.cwd(),
            budget,
            jobs or 0,
            branches,
            pull_requests,
            tuple(folder.absolute() for folder in repositories or ()),
            ("reasoncli", *sys.argv[1:]),
        )
        order.settings()
        book = begin(root, order)
    published = Published(Issue("", f"batch {book.id}", "batch"), junit_report, book.order.settings().reports.github)
    published.check()
    folder = results.absolute() if results is not None else book.folder / "results"
    try:
        with published.around():
            outcomes = _led(book, folder, quiet=quiet)
            _show(book, outcomes, as_json=json)
        published.results([book.summary(item) for item in book.order.items])
    finally:
        book.close()
    raise typer.Exit(exit_code(list(outcomes.values())))


def _led(book: Book, folder: Path, *, quiet: bool) -> dict[str, Outcome]:
    from reasoncli.batch.leading import lead
    from reasoncli.cli.labourer import work
    from reasoncli.reports.console import console

    ended = [book.outcome(item).spending for item in book.order.items if book.is_done(item.key)]
    with BoardDisplay(console(), issues=len(book.order.items), earlier=ended, quiet=quiet) as shown:
        shown.said(f"batch {book.id}: {count(len(book.order.items), 'issue')}, results in {folder}", "quiet")
        return lead(book, work, _Shown(shown), folder, lambda drain: _drain_first(drain, shown))


def _show(book: Book, outcomes: Mapping[str, Outcome], *, as_json: bool) -> None:
    from reasoncli.batch.outcome import State
    from reasoncli.batch.overview import total_of
    from reasoncli.batch.results import table
    from reasoncli.reports.board import outcome_table
    from reasoncli.reports.console import console
    from reasoncli.reports.spending import spent_words

    if as_json:
        sys.stdout.write(jsonlib.dumps(table(book, list(outcomes.values())), indent=2) + "\n")
        return
    rows = [(each.key, each.state.value, each.title, _words(each)) for each in outcomes.values()]
    outcome_table(rows, console(sys.stdout))
    if words := spent_words(total_of(book, list(outcomes.values()))):
        console(sys.stdout).print("in all " + ", ".join(words), soft_wrap=True)
    if any(each.state in (State.WAITING, State.FAILED) for each in outcomes.values()):
        hint = f"`reasoncli batch --resume {book.id}` does what is missing."
        console().print(hint, style="quiet", soft_wrap=True)


class _Shown(Board):
    """Puts what the driver tells on the display."""

    def __init__(self, display: BoardDisplay) -> None:
        self._display = display

    def began(self, item: WorkItem) -> None:
        self._display.began(Row(item.key, item.issue.title))

    def progress(self, item: WorkItem, progress: Progress) -> None:
        self._display.show(
            Row(
                item.key,
                item.issue.title,
                progress.stage,
                progress.done,
                progress.total,
                progress.samples,
                progress.distinct,
                progress.verified,
                progress.votes,
                progress.verdict,
                left=progress.left,
            )
        )

    def warned(self, item: WorkItem, text: str) -> None:
        self._display.said(f"{item.key}: warning: {text}")

    def told(self, text: str) -> None:
        self._display.said(f"warning: {text}")

    def ended(self, item: WorkItem, outcome: Outcome) -> None:
        self._display.ended(
            item.key,
            outcome.state.value,
            _words(outcome),
            proposals=outcome.samples + outcome.ranked,
            tokens=outcome.tokens,
            spent=outcome.spending,
        )

    def spent(self, item: WorkItem, spent: Spending) -> None:
        self._display.spent(item.key, spent)

    def total(self, spent: Spending) -> None:
        self._display.total(spent)

    def ran_out(self, reason: str) -> None:
        self._display.said(f"{reason}: no more issues are begun, and those at work end")

    def draining(self, running: int) -> None:
        self._display.said(f"no more issues are begun; {running} at work end first, Ctrl-C again stops them")


def _words(outcome: Outcome) -> str:
    """How an issue ended, beyond its state."""
    if outcome.reason:
        return outcome.reason
    if not outcome.run:
        return ""
    parts = [f"{number(outcome.votes)} votes of {outcome.samples + outcome.ranked}"] if outcome.votes else []
    parts += [f"confidence {outcome.confidence:.2f}"] if outcome.confidence else []
    parts += [paid] if (paid := money_words(outcome.spending)) else []
    return ", ".join([*parts, *outcome.delivered])


def _drain_first(drain: Callable[[], None], shown: BoardDisplay) -> None:
    """Let the first Ctrl-C begin no more issues; the next one interrupts, as it does everywhere else."""
    interrupt = signal.getsignal(signal.SIGINT)

    def first(signum: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, interrupt)
        drain()

    signal.signal(signal.SIGINT, first)


def _repository(given: str) -> str:
    """A path as an absolute one; anything else is a name."""
    path = Path(given).expanduser()
    return str(path.resolve()) if path.is_dir() else given
