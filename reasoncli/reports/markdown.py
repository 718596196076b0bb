"""Untrusted text in GitHub's and GitLab's Markdown: shown, and nothing else.

What a name, a test or an issue says must not call anybody (`@name`), link to another issue (`#12`), load a picture,
hold HTML, or end the block it stands in. Names and titles stand in code, where none of this works; sentences are
escaped.
"""

from __future__ import annotations

import re

from reasoncli.reports.words import clip
from reasoncli.sources.text import printable

_UNSEEN = "\u200b"
"""A space of no width: breaks up what is looked for after Markdown itself is done with a text."""

_BEFORE_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKS = re.compile(r"[\\`*_{}\[\]()#+\-!|~$^=:]")
_LONGEST = 2000


def prose(text: str) -> str:
    """One line of text that says something, with nothing in it that Markdown or GitHub would act upon."""
    line = clip(_line(text), _LONGEST)
    for sign, entity in _BEFORE_HTML.items():
        line = line.replace(sign, entity)
    line = _MARKS.sub(r"\\\g<0>", line)
    line = line.replace("@", f"@{_UNSEEN}").replace("#", f"#{_UNSEEN}")
    line = line.replace("://", f":{_UNSEEN}//").replace(r"\://", rf"\:{_UNSEEN}//")
    line = re.sub(r"(?i)\b(www)\.", rf"\1{_UNSEEN}.", line)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", line)


def code(text: str, limit: int = 200) -> str:
    """One line of text as code; empty for none. `|` is written as `¦`, which no table takes for the end of a cell."""
    line = clip(_line(text), limit).replace("|", "¦")
    if not line:
        return ""
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def block(text: str, language: str = "", *, lines: int | None = None) -> str:
    """Text in a fence that it can't end; of `lines` lines at most, with a note on how many are missing."""
    shown = printable(text).rstrip("\n").split("\n")
    rest = 0 if lines is None else max(len(shown) - lines, 0)
    body = "\n".join(shown[: len(shown) - rest])
    fence = "`" * max(_longest_run(body) + 1, 3)
    note = f"\n\n({rest:,} more lines are left out here.)" if rest else ""
    return f"{fence}{language}\n{body}\n{fence}{note}"


def _line(text: str) -> str:
    return " ".join(printable(text).split())


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
