"""What `reasoncli doctor` found, rendered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from reasoncli.reports.console import glyphs, safe


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what, in a word or two.
        good: whether it is as it should be.
        detail: what was seen. hint: what to do where it is not good.
        fatal: whether runs can't work like this.
    """

    subject: str
    good: bool
    detail: str
    hint: str = ""
    fatal: bool = False


def show_health(findings: Sequence[Finding], out: Console) -> None:
    """A line for each finding, and under it what to do."""
    signs = glyphs(out)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(style="quiet", no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        sign, style = (signs.done, "good") if finding.good else (signs.failed, "bad" if finding.fatal else "warn")
        table.add_row(safe(sign, style), safe(finding.subject), safe(finding.detail))
        if finding.hint and not finding.good:
            table.add_row("", "", safe(finding.hint, "quiet"))
    out.print(table)


def health_json(findings: Sequence[Finding]) -> str:
    """The same as one JSON object."""
    return json.dumps({"schema_version": 1, "findings": [asdict(finding) for finding in findings]}, indent=2)
