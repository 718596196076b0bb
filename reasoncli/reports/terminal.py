"""Which display a run gets: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import Enum

from rich.console import Console

from reasoncli.reports.lines import LineDisplay
from reasoncli.reports.live import LiveDisplay


class Verbosity(Enum):
    """How much is said on stderr while a run goes on."""

    QUIET = "quiet"  # warnings and errors only
    NORMAL = "normal"
    VERBOSE = "verbose"  # every verdict


Display = LiveDisplay | LineDisplay


def display(console: Console, verbosity: Verbosity = Verbosity.NORMAL) -> AbstractContextManager[Display]:
    """A listener that shows a run on this console while its context is open.

    Live only where the stream really is a terminal: FORCE_COLOR colours lines, it moves no cursor.
    """
    interactive = console.file.isatty() and not console.is_dumb_terminal
    if verbosity is Verbosity.QUIET or not interactive:
        quiet, verbose = verbosity is Verbosity.QUIET, verbosity is Verbosity.VERBOSE
        return LineDisplay(console, quiet=quiet, verbose=verbose)
    return LiveDisplay(console, verbose=verbosity is Verbosity.VERBOSE)
