"""Consoles: results on stdout, everything else on stderr; colour as NO_COLOR and FORCE_COLOR say."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from reasoncli.sources.text import printable

THEME = Theme(
    {
        "good": "green",
        "bad": "red",
        "warn": "yellow",
        "quiet": "bright_black",
        "good.head": "bold green",
        "bad.head": "bold red",
        "warn.head": "bold yellow",
        "strong": "bold",
        "head": "bold",
        "accent": "cyan",
        "bar.complete": "cyan",
        "bar.finished": "cyan",
        "bar.back": "bright_black",
        "diff.add": "green",
        "diff.del": "red",
        "diff.hunk": "cyan",
        "diff.file": "bold",
    },
    inherit=True,
)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Signs, for terminals that can show them and for those that can't."""

    done: str = "✔"
    failed: str = "✘"
    running: str = "●"
    partly: str = "◐"
    leader: str = "▸"
    dot: str = "·"


ASCII = Glyphs("+", "x", "*", "~", ">", "-")


def console(stream: TextIO | None = None) -> Console:
    """A console on stderr, or on the stream given.

    Markup, emoji codes and highlighting are off: what is printed is mostly untrusted text. What the stream's
    encoding can't hold is written as escapes instead of failing.
    """
    stream = sys.stderr if stream is None else stream
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return Console(file=stream, theme=THEME, markup=False, emoji=False, highlight=False, soft_wrap=False)


def glyphs(target: Console) -> Glyphs:
    """The signs that a console can show."""
    return ASCII if target.options.ascii_only else Glyphs()


def safe(text: str, style: str = "") -> Text:
    """Untrusted text on one line, as something rich shows literally: no markup, no escapes, nothing reordered."""
    return Text(" ".join(printable(text).split()), style=style, end="")


def cropped(text: str, style: str = "") -> Text:
    """The same for a cell that is cut, not wrapped, where there is no room; its column must be one that may wrap."""
    line = safe(text, style)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line
