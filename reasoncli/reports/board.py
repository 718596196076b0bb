"""A batch as people watch it: a line for each issue at work on a terminal, one line an event elsewhere."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from reasoncli.domain import Spending
from reasoncli.reports.console import cropped, glyphs, safe
from reasoncli.reports.spending import money_words, outlook, outlook_words
from reasoncli.reports.words import count, duration, number

_FRAMES = 4
_STYLES = {"verified": "good", "failed": "bad", "unverified": "warn"}


@dataclass(frozen=True, slots=True)
class Row:
    """An issue at work.

    Attributes:
        key, title: of the issue.
        stage: at work now. done, total: inside it; total is `None` where it is unknown.
        proposals, distinct, verified: of its search.
        votes, verdict: of the leader.
        began: by the display's clock.
        left: seconds that the stage may still take.
        spent: by its run until now.
    """

    key: str
    title: str
    stage: str = ""
    done: int = 0
    total: int | None = None
    proposals: int = 0
    distinct: int = 0
    verified: int = 0
    votes: float = 0.0
    verdict: str = ""
    began: float = 0.0
    left: float | None = None
    spent: Spending = field(default_factory=Spending)


@dataclass(slots=True)
class Tally:
    """The list until now.

    Attributes:
        issues: all of them.
        ended: how many ended how.
        tokens, proposals: of those that ended; seconds: since the beginning.
        total: what the list took, earlier leaders included; spent: of each issue that ended, earlier ones, too.
    """

    issues: int
    earlier: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    proposals: int = 0
    tokens: int = 0
    began: float = 0.0
    total: Spending = field(default_factory=Spending)
    spent: list[Spending] = field(default_factory=list)

    @property
    def over(self) -> int:
        """Issues that ended, earlier ones included."""
        return self.earlier + self.ended.total()

    def left(self, now: float) -> float | None:
        """Seconds that the rest may take, by the pace until now."""
        if not self.ended.total():
            return None
        return (now - self.began) * max(0, self.issues - self.over) / self.ended.total()


class BoardDisplay:
    """Shows a batch. Use it as a context manager; its methods may be called from any thread."""

    def __init__(self, console: Console, *, issues: int, earlier: Sequence[Spending] = (), quiet: bool = False) -> None:
        """`earlier`: what those issues took that were over before."""
        self._console = console
        self._signs = glyphs(console)
        self._quiet = quiet
        self._rows: dict[str, Row] = {}
        self._tally = Tally(issues, len(earlier), began=time.monotonic(), spent=list(earlier))
        self._lock = threading.RLock()
        self._over = False
        live = console.file.isatty() and not console.is_dumb_terminal and not quiet
        self._live: Live | None = None
        if live:
            self._live = Live(
                get_renderable=lambda: self,
                console=console,
                refresh_per_second=_FRAMES,
                redirect_stdout=False,
                redirect_stderr=False,
            )

    def began(self, row: Row) -> None:
        """An issue's turn has come."""
        with self._lock:
            self._rows[row.key] = replace(row, began=time.monotonic())

    def show(self, row: Row) -> None:
        """An issue that is at work got on."""
        with self._lock:
            known = self._rows.get(row.key)
            if known is None:
                return
            changed = known.stage != row.stage
            self._rows[row.key] = replace(row, began=known.began, spent=known.spent)
        if changed and row.stage and self._live is None:
            self._say(f"{row.key}: {row.stage}")

    def ended(
        self,
        key: str,
        state: str,
        words: str,
        *,
        proposals: int = 0,
        tokens: int = 0,
        spent: Spending | None = None,
    ) -> None:
        """An issue is over; `words` say how, for people."""
        with self._lock:
            row = self._rows.pop(key, None)
            self._tally.ended[state] += 1
            self._tally.proposals += proposals
            self._tally.tokens += tokens
            self._tally.spent.append(spent or Spending())
            over, issues = self._tally.over, self._tally.issues
        took = "" if row is None else f" ({duration(time.monotonic() - row.began)})"
        self._say(f"[{over}/{issues}] {key}: {state}{f', {words}' if words else ''}{took}", _STYLES.get(state, ""))

    def spent(self, key: str, spent: Spending) -> None:
        """What an issue that is at work took until now."""
        with self._lock:
            if key in self._rows:
                self._rows[key] = replace(self._rows[key], spent=spent)

    def total(self, spent: Spending) -> None:
        """What the list took until now."""
        with self._lock:
            self._tally.total = spent

    def said(self, text: str, style: str = "warn") -> None:
        """Something that stays on the screen."""
        self._console.print(safe(text, style), soft_wrap=self._live is None)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        if self._live is not None:
            self._live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._lock:
            rows, now = list(self._rows.values()), time.monotonic()
            work: list[RenderableType] = [] if self._over else [Text(), _work(rows, now)]
            yield Group(*work, Text(), self._summary(now))

    def _summary(self, now: float) -> Table:
        tally = self._tally
        left = tally.left(now)
        parts = [f"{n} {state}" for state, n in sorted(tally.ended.items())]
        parts += [f"{number(tally.proposals)} proposals", self._cost()]
        parts += [duration(now - tally.began)]
        parts += [f"about {duration(left)} left"] if left and not self._over else []
        line = Table.grid(padding=(0, 1))
        for _ in range(4):
            line.add_column(no_wrap=True)
        line.add_row(
            " ",
            ProgressBar(total=max(1, tally.issues), completed=tally.over, width=24),
            Text(f"{tally.over}/{tally.issues}"),
            Text(f" {self._signs.dot} ".join(parts), style="quiet"),
        )
        return line

    def _cost(self) -> str:
        """What was spent, and what may come to be."""
        tally = self._tally
        running = [row.spent for row in self._rows.values()]
        return outlook_words(tally.total, outlook(tally.total, tally.spent, running, tally.issues))

    def _say(self, text: str, style: str = "") -> None:
        if not self._quiet:
            self._console.print(safe(text, style), soft_wrap=self._live is None)


def _work(rows: list[Row], now: float) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="quiet")
    table.add_column("  issue", no_wrap=True, overflow="ellipsis", max_width=32)
    table.add_column("stage", no_wrap=True, min_width=13)
    table.add_column("proposals", justify="right", no_wrap=True)
    table.add_column("tested", justify="right", no_wrap=True)
    table.add_column("votes", justify="right", no_wrap=True)
    table.add_column("leader", no_wrap=True, min_width=9)
    priced = any(row.spent.money is not None for row in rows)
    if priced:
        table.add_column("spent", justify="right", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True, min_width=7)
    table.add_column("left", justify="right", no_wrap=True, min_width=7)
    for row in rows:
        part = f" {row.done}/{row.total}" if row.total and row.stage != "search" else ""
        table.add_row(
            cropped(f"  {row.key}", "strong"),
            Text(f"{row.stage}{part}"),
            Text(number(row.proposals) if row.proposals else ""),
            Text(f"{row.verified}/{row.distinct}" if row.distinct else ""),
            Text(number(row.votes) if row.votes else ""),
            Text(row.verdict),
            *([Text(money_words(row.spent))] if priced else []),
            Text(duration(now - row.began), style="quiet"),
            Text("" if row.left is None else duration(row.left), style="quiet"),
        )
    return table


def outcome_table(rows: list[tuple[str, str, str, str]], console: Console) -> None:
    """Print how the issues ended: (key, state, title, words) of each."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="quiet")
    table.add_column("issue", no_wrap=True, overflow="ellipsis", max_width=32)
    table.add_column("state", no_wrap=True)
    table.add_column("what", overflow="fold")
    for key, state, title, words in rows:
        table.add_row(safe(key), safe(state, _STYLES.get(state, "quiet")), safe(words or title, "quiet"))
    console.print(table)
    states = Counter(state for _, state, _, _ in rows)
    console.print(
        safe(f"{count(len(rows), 'issue')}: " + ", ".join(f"{n} {state}" for state, n in states.most_common()))
    )
