"""An error, as its user sees it."""

from __future__ import annotations

import json

from rich.console import Console
from rich.text import Text

from reasoncli.errors import Interrupted, ReasoncliError
from reasoncli.sources.text import printable


def show_error(error: BaseException, console: Console) -> None:
    """Print an error and what to do about it: wrapped on a terminal, a line each elsewhere."""
    unbroken = not console.file.isatty()
    word, style = ("Interrupted", "warn") if isinstance(error, Interrupted) else ("Error", "bad")
    text = Text(f"{word}: ", style=f"{style}.head")
    text.append(printable(str(error) or type(error).__name__).strip())
    console.print(text, soft_wrap=unbroken)
    hint = error.hint if isinstance(error, ReasoncliError) else ""
    if hint:
        console.print(Text(printable(hint).strip(), style="quiet"), soft_wrap=unbroken)


def error_json(error: BaseException) -> str:
    """The object that `--json` prints in place of a result."""
    code = error.exit_code if isinstance(error, ReasoncliError) else 70
    hint = error.hint if isinstance(error, ReasoncliError) else ""
    body = {"kind": type(error).__name__, "message": str(error), "hint": hint}
    return json.dumps({"schema_version": 1, "exit_code": code, "error": body}, indent=2)
