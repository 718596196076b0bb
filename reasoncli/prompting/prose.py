"""Untrusted prose made fit for a prompt."""

from __future__ import annotations

_KEPT_CONTROLS = {"\n": "\n", "\t": "\t"}


def plain(text: str) -> str:
    """Untrusted prose without control characters (terminal escapes, carriage returns)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_KEPT_CONTROLS.get(c, "") if ord(c) < 32 or ord(c) == 127 else c for c in text)


def shortened(text: str, most: int, *, keep_end: float = 0.3) -> str:
    """At most about `most` characters of a text: its beginning and its end, cut between lines, the gap marked."""
    if len(text) <= most:
        return text
    tail = int(most * keep_end)
    head = text[: most - tail]
    end = text[len(text) - tail :] if tail else ""
    if "\n" in head:
        head = head[: head.rindex("\n")]
    if "\n" in end:
        end = end[end.index("\n") + 1 :]
    left_out = len(text) - len(head) - len(end)
    return f"{head}\n[… {left_out} characters left out …]\n{end}"
