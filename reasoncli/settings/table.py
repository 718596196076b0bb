"""The README's table of settings, made from their definitions so that it can't drift."""

from __future__ import annotations

from reasoncli.settings.fields import fields, show
from reasoncli.settings.keys import Scope

BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"

_SCOPES = {Scope.ANY: "set it", Scope.NARROW: "lower it", Scope.ADD: "add to it", Scope.USER: "no"}


def settings_table() -> str:
    """All settings as a Markdown table, between the markers that the README holds."""
    lines = ["| setting | default | what it is | a repository may |", "|---|---|---|---|"]
    for name, field in fields().items():
        default = show(field.default, field)
        shown = default if field.default is None or field.default == () else f"`{default}`"
        lines.append(f"| `{name}` | {shown} | {field.key.help} | {_SCOPES[field.key.scope]} |")
    return "\n".join([BEGIN, *lines, END])
