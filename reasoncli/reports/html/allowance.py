"""How much text a page may hold, so that no run makes it too large to open or to mail."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import escape

from reasoncli.sources.text import printable

_LINE = 40  # bytes of markup around a line of a diff
_ESCAPED = {"&": 5, "<": 4, ">": 4, '"': 5, "'": 5, "\n": _LINE}


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as far as it is shown, and how many characters of it are not."""

    text: str
    left_out: int = 0


class Allowance:
    """Bytes that may still be written, counted as they stand in the page: escaped, in UTF-8, with markup of lines."""

    def __init__(self, total: int) -> None:
        self._left = total

    def take(self, text: str, most: int, *, end: bool = False) -> Shown:
        """As much of a text as may be shown, made safe to look at.

        Args:
            text: untrusted.
            most: bytes of it.
            end: keep its end where it is too long, not its beginning.
        """
        clean = printable(text)
        limit = min(most, self._left)
        kept = clean if _cost(clean) <= limit else _cut(clean, limit, end=end)
        self._left -= _cost(kept)
        return Shown(kept, len(clean) - len(kept))

    def line(self, text: str, most: int = 400) -> str:
        """The same on one line, with an ellipsis where something is missing."""
        shown = self.take(" ".join(printable(text).split()), most)
        return shown.text + ("…" if shown.left_out else "")


def _cost(text: str) -> int:
    return len(str(escape(text)).encode()) + _LINE * text.count("\n")


def _cut(text: str, limit: int, *, end: bool) -> str:
    left, kept = limit, 0
    for char in reversed(text) if end else text:
        left -= _ESCAPED.get(char) or len(char.encode())
        if left < 0:
            break
        kept += 1
    return text[len(text) - kept :] if end else text[:kept]
