"""The live display: stages with their times, samples, leaders, time left; calm, and gone once it is over."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from reasoncli.events import Event, SandboxReplaced, Warned
from reasoncli.reports.console import Glyphs, cropped, glyphs, safe
from reasoncli.reports.pieces import (
    baseline_words,
    gist_text,
    guards_label,
    suspect_words,
    targets_label,
    verdict_label,
)
from reasoncli.reports.spending import money_words
from reasoncli.reports.state import RunView, StageView
from reasoncli.reports.words import duration, number, proposals

LEADERS = 5
_STAGE_WIDTH = 13
_FRAMES = 8


class LiveDisplay:
    """Listens to events and draws the run in place, on a terminal. Use it as a context manager."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self.view = RunView()
        self._console = console
        self._verbose = verbose
        self._signs = glyphs(console)
        self._lock = threading.Lock()
        self._over = False
        self._live = Live(
            get_renderable=lambda: self,
            console=console,
            refresh_per_second=_FRAMES,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __call__(self, event: Event) -> None:
        """Take an event in; warnings are printed above the display, where they stay."""
        with self._lock:
            self.view.observe(event)
        match event:
            case Warned(message, hint):
                self._console.print(warning(message, hint))
            case SandboxReplaced(reason) if self._verbose:
                self._console.print(safe(f"sandbox replaced: {reason}", "quiet"))
            case _:
                pass

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._over = True
        self._live.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While it is open, the terminal is somebody else's."""
        self._live.transient = True  # what it drew goes away, to be drawn anew below
        self._live.stop()
        self._live.transient = False
        try:
            yield
        finally:
            self._live.start(refresh=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._lock:
            yield render(self.view, options.max_width, self._signs, leaders=not self._over)


def render(view: RunView, width: int, signs: Glyphs, *, leaders: bool = True) -> RenderableType:
    """The whole display as one renderable, for a terminal of this width."""
    parts: list[RenderableType] = [Text()]
    if view.started is not None:
        parts += [_heading(view, width, signs), Text()]
    parts.append(_stages(view, width, signs))
    if leaders and view.proposals:
        parts += [Text(), _totals(view, signs)]
    if leaders and view.candidates:
        parts += [Text(), _leaders(view, width, signs)]
    return Group(*parts, Text())


def warning(message: str, hint: str) -> RenderableType:
    """A warning, and below it what to do about it."""
    table = Table.grid(padding=(0, 1))
    table.add_column(style="warn", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("  !", safe(message))
    if hint:
        table.add_row("", safe(hint, "quiet"))
    return table


def _heading(view: RunView, width: int, signs: Glyphs) -> RenderableType:
    started = view.started
    assert started is not None  # noqa: S101 - the caller looked
    line = Table.grid(expand=True, padding=(0, 1))
    line.add_column(ratio=1)
    line.add_column(justify="right", no_wrap=True)
    title = _indented(cropped(started.issue, "head"))
    line.add_row(title, Text(f"{started.run} ", style="quiet"))
    facts = [started.model, started.sandbox, "resumed" if started.resumed else ""]
    line.add_row(_indented(cropped(f" {signs.dot} ".join(filter(None, facts)), "quiet")), "")
    return line


def _indented(line: Text) -> RenderableType:
    return Padding(line, (0, 0, 0, 2))


def _stages(view: RunView, width: int, signs: Glyphs) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, min_width=_STAGE_WIDTH)
    table.add_column(no_wrap=True, justify="right", min_width=8)
    table.add_column()
    for stage in view.stages.values():
        running = stage.seconds is None
        sign = Text(f"  {signs.running}", style="accent") if running else Text(f"  {signs.done}", style="good")
        seconds = view.clock() - stage.began if stage.seconds is None else stage.seconds
        table.add_row(
            sign,
            safe(stage.name, "strong" if running else ""),
            Text(duration(seconds), style="quiet"),
            _progress(view, stage, width, signs) if running else _found(view, stage),
        )
    return table


def _found(view: RunView, stage: StageView) -> Text:
    """What a finished stage came to."""
    if stage.name == "baseline" and view.baseline is not None:
        return cropped(baseline_words(view.baseline))
    if stage.name == "localization" and view.suspects:
        return cropped(", ".join(suspect_words(each) for each in view.suspects[:2]))
    if stage.name == "search" and not stage.detail:
        return cropped(f"{proposals(view.samples, view.ranked)}, {view.distinct} distinct, {view.verified} verified")
    return cropped(stage.detail)


def _progress(view: RunView, stage: StageView, width: int, signs: Glyphs) -> RenderableType:
    """How far a running stage is: a bar where there is something to measure, and the time left."""
    done, total = (view.proposals, view.budget) if stage.name == "search" else (stage.done, stage.total)
    if not total:
        return cropped(stage.detail, "quiet")
    row = Table.grid(padding=(0, 1))
    for fixed in (True, True, True, False):
        row.add_column(no_wrap=fixed)
    row.add_row(
        ProgressBar(total=total, completed=min(done, total), width=max(8, min(24, width - 58))),
        Text(f"{number(done)}/{number(total)}"),
        Text(_time_left(view, stage), style="quiet"),
        cropped("" if stage.name == "search" else stage.detail, "quiet"),
    )
    return row


def _time_left(view: RunView, stage: StageView) -> str:
    """Sampling may stop early, so that its estimate is the most it can take; elsewhere it is only an estimate."""
    left = view.seconds_left()
    if left is None:
        return ""
    return f"{'at most' if stage.name == 'search' else 'about'} {duration(math.ceil(left))} left"


def _totals(view: RunView, signs: Glyphs) -> Text:
    parts = [f"{number(view.ranked)} ranked"] if view.ranked else []
    parts += [f"{number(view.samples)} samples", f"{number(view.distinct)} distinct"]
    parts += [f"{number(view.rejected)} no patch"] if view.rejected else []
    parts += [f"{number(view.verified)} verified", f"{number(view.tokens)} tokens"]
    parts += [paid] if (paid := money_words(view.spending)) else []
    return Text("     " + f" {signs.dot} ".join(parts), style="quiet")


def _leaders(view: RunView, width: int, signs: Glyphs) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="quiet")
    table.add_column("  ", no_wrap=True)
    table.add_column("votes", justify="right", no_wrap=True)
    table.add_column("targets", justify="right", no_wrap=True)
    table.add_column("guards", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True, min_width=9)
    table.add_column("change", no_wrap=True, overflow="ellipsis")
    for position, group in enumerate(view.groups[:LEADERS]):
        verdict = group.leader.verdict
        table.add_row(
            Text(f"   {signs.leader}" if position == 0 and group.judged else "    ", style="accent"),
            Text(number(group.votes)),
            targets_label(verdict),
            guards_label(verdict),
            verdict_label(verdict, signs),
            gist_text(group.leader.patch, max(width - 48, 12)),
        )
    more = len(view.groups) - LEADERS
    if more > 0:
        table.add_row("", "", "", "", "", Text(f"and {more} more", style="quiet"))
    return table
