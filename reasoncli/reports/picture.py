"""A run as an SVG picture of a terminal, for a README: no font and no other resource is loaded from elsewhere."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.padding import Padding
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from reasoncli.events import BaselineReady, RunStarted, StageFinished, SuspectsRanked
from reasoncli.reports.console import THEME, Glyphs
from reasoncli.reports.live import render
from reasoncli.reports.pieces import diff_text
from reasoncli.reports.result import explanation
from reasoncli.reports.state import RunView
from reasoncli.reports.summary import Summary

WIDTH = 100
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_COLOURS = TerminalTheme(
    (24, 26, 31),
    (220, 223, 228),
    [
        (24, 26, 31),
        (224, 108, 117),
        (126, 192, 110),
        (214, 170, 94),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (171, 178, 191),
    ],
    [
        (122, 130, 145),
        (224, 108, 117),
        (126, 192, 110),
        (214, 170, 94),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (220, 223, 228),
    ],
)


def picture(summary: Summary, title: str, command: str) -> str:
    """The terminal after a run, as SVG text: the command, the stages, the diff, and why it won."""
    console = Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        theme=THEME,
        markup=False,
        emoji=False,
        highlight=False,
        force_terminal=True,
        color_system="standard",
    )
    console.print(Text("$ ", style="good").append(command, style="strong"))
    console.print(render(_view(summary), WIDTH, Glyphs(), leaders=True))
    if summary.chosen is not None:
        console.print(Padding(diff_text(summary.chosen.patch.diff), (0, 2)))
    console.print(explanation(summary, Glyphs(), WIDTH))
    svg = console.export_svg(title=title, theme=_COLOURS, unique_id="reasoncli")
    without_fonts = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return without_fonts.replace("Fira Code, monospace", _FONT).replace("font-family: arial", f"font-family: {_FONT}")


def _view(summary: Summary) -> RunView:
    """The display as it stood in the end."""
    view = RunView()
    made = summary.manifest
    named = {name: str(made.get(name, "")) for name in ("repository", "model", "sandbox")}
    made_in_all = summary.cost.samples + summary.cost.ranked
    view.observe(RunStarted(summary.run, issue=summary.issue.title, samples=made_in_all, resumed=False, **named))
    if summary.baseline is not None:
        view.observe(BaselineReady(summary.baseline))
    view.observe(SuspectsRanked(summary.suspects))
    for name, seconds, detail in summary.stages:
        view.observe(StageFinished(name, seconds, detail))
    view.candidates = {each.index: each for each in summary.candidates}
    view.samples, view.ranked = summary.cost.samples, summary.cost.ranked
    view.distinct = len(summary.candidates) if summary.decision is None else summary.decision.distinct
    view.rejected, view.tokens = sum(summary.rejected.values()), summary.cost.tokens
    view.verified = sum(each.verdict is not None for each in summary.candidates)
    return view
