"""Prompt templates: Jinja files in prompts/, strict about what they name, with fences that hold.

What goes into a template is data: it is never rendered itself. Untrusted text stands in a fence that is longer than
any run of back-quotes in it, so it can't end the fence and speak as the template.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from reasoncli.prompting.prose import plain
from reasoncli.resources import prompts_dir

_RUN = re.compile(r"`{3,}")


def environment() -> Environment:
    """The environment in which prompts are rendered; text comes out as it is, without HTML's escapes."""
    jinja = Environment(
        loader=FileSystemLoader(prompts_dir()),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=(), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    jinja.filters["fenced"] = fenced
    jinja.filters["inline"] = inline
    jinja.globals["language"] = language
    return jinja


def fenced(text: str, language: str = "") -> str:
    """A text in a fence that it can't close."""
    mark = "`" * max(3, 1 + max((len(run) for run in _RUN.findall(text)), default=0))
    body = text if text.endswith("\n") or not text else text + "\n"
    return f"{mark}{language}\n{body}{mark}"


def language(path: str) -> str:
    """What a fence calls the language of a file."""
    suffix = PurePosixPath(path).suffix.removeprefix(".").lower()
    return "python" if suffix in ("py", "pyi", "pyw") else suffix


def inline(text: str) -> str:
    """A name in back-quotes, on one line."""
    return "`" + " ".join(plain(text).replace("`", "'").split("\n")) + "`"
