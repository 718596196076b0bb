"""Numbers and durations in words."""

from __future__ import annotations

import time


def duration(seconds: float) -> str:
    """`12 ms`, `0.2 s`, `3 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if 0 < seconds < 0.0995:
        return f"{max(round(seconds * 1000), 1)} ms"
    if seconds < 9.95 and seconds != round(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def moment(at: float) -> str:
    """Seconds since the epoch as local date and time, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def count(n: float, noun: str, plural: str = "") -> str:
    """`1 vote`, `1,024 votes`."""
    return f"{number(n)} {noun}" if n == 1 else f"{number(n)} {plural or noun + 's'}"


def number(n: float) -> str:
    """With thousands separated; one decimal where it is not whole."""
    if 0 < n < 0.05:
        return "<0.1"
    return f"{n:,.0f}" if n == round(n) else f"{n:,.1f}"


def proposals(samples: int, ranked: int, *, given: bool = False) -> str:
    """`64 samples`; `64 proposals: 32 ranked, 32 sampled` where some are ranked; `19 given patches`."""
    if given:
        return count(samples, "given patch", "given patches")
    if not ranked:
        return count(samples, "sample")
    return f"{count(samples + ranked, 'proposal')}: {number(ranked)} ranked, {number(samples)} sampled"


def clip(text: str, limit: int, *, keep_end: bool = False) -> str:
    """Shorten to a number of characters, with an ellipsis where something is missing."""
    if len(text) <= limit:
        return text
    kept = max(limit - 1, 0)
    return "…" + text[len(text) - kept :] if keep_end else text[:kept] + "…"
