"""Questions to whoever sits at the terminal: which of these is right, and may it be applied?"""

from __future__ import annotations

from rich.console import Console
from rich.prompt import Confirm, Prompt
from rich.table import Table
from rich.text import Text

from reasoncli.domain import NEITHER, Candidate, Question
from reasoncli.reports.console import safe
from reasoncli.reports.pieces import gist_text
from reasoncli.reports.result import show_diff
from reasoncli.reports.words import count

_GIST = 60  # characters
_NONE_OF_THEM = "n"
_STOP = "s"


def ask_in_terminal(question: Question, console: Console) -> int | None:
    """Show the call with what the patches make of it, and read the answer.

    Returns:
        the place of the way that is right, `NEITHER`, or `None` where that is not known or nobody answers any more.
    """
    console.print(Text("\n  Which is right?  ", style="head").append_text(safe(question.call, "strong")))
    where = f"in {question.test}" if question.test else "no test asks for it"
    console.print(Text("  ").append_text(safe(f"{where}; unchanged, it {question.base}", "quiet")))
    table = Table.grid(padding=(0, 2))
    for style in ("accent", "", "quiet", ""):
        table.add_column(style=style, overflow="fold")
    for place, way in enumerate(question.ways, start=1):
        votes = count(way.votes, "vote")
        table.add_row(f"  {place}", safe(f"it {way.outcome}"), votes, gist_text(way.patch, _GIST))
    table.add_row(f"  {_NONE_OF_THEM}", "none of these", "", "")
    table.add_row(f"  {_STOP}", "I don't know: let the vote decide", "", "")
    console.print(table)
    choices = [*map(str, range(1, len(question.ways) + 1)), _NONE_OF_THEM, _STOP]
    try:
        answer = Prompt.ask("  Answer", console=console, choices=choices, default=_STOP)
    except EOFError:
        return None
    return None if answer == _STOP else NEITHER if answer == _NONE_OF_THEM else int(answer) - 1


def consent_in_terminal(chosen: Candidate, why: str, console: Console) -> bool:
    """Show the patch and why it is held back, and read whether it shall be applied; no where nobody answers."""
    console.print()
    show_diff(chosen.patch.diff, console)
    console.print(Text("\n  Held back: ", style="head").append_text(safe(why, "warn")))
    try:
        return Confirm.ask("  Apply it all the same?", console=console, default=False)
    except EOFError:
        return False
