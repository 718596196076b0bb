"""What all pages have in common: how values become text in them, and the policy under which a browser shows them.

Everything of a run is untrusted, the names of files and tests included. Nothing of it is markup: the template escapes
every value, control characters and direction marks are made visible before, and the page's own policy forbids
requests, frames, forms, any style but the one it carries, and any script but the one that we put there, if any. No
address in it leads anywhere else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import reasoncli
from reasoncli.reports.html.charts import HEIGHT, WIDTH, points
from reasoncli.reports.stats import share
from reasoncli.reports.words import duration, number
from reasoncli.sources.text import printable

_FOLDER = Path(__file__).resolve().parent


def document(template: str, values: Mapping[str, object], *, script: str = "") -> str:
    """A page, encodable as UTF-8.

    Args:
        template: its file beside this one.
        values: what the template names, beside what all pages have.
        script: the file of the one script that may run in it.
    """
    style = (_FOLDER / "report.css").read_text("utf-8")
    code = (_FOLDER / script).read_text("utf-8") if script else ""
    shared = {
        "style": Markup(style),  # noqa: S704 - our own file
        "script": Markup(code),  # noqa: S704 - our own file
        "policy": _policy(style, code),
        "version": reasoncli.__version__,
        "size": (WIDTH, HEIGHT),
    }
    return _environment().get_template(template).render({**shared, **values})


def _environment() -> Environment:
    jinja = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    jinja.filters.update(points=points, number=number, share=share, duration=duration)
    return jinja


def _shown(value: object) -> object:
    """Whatever is printed: text is made safe to look at, even where nobody thought of it."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _policy(style: str, script: str) -> str:
    """What a browser may do with the page: show it with this style, run this script, and nothing else."""
    run = f"; script-src {_hash(script)}" if script else ""
    return f"default-src 'none'; style-src {_hash(style)}{run}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
