"""Text from outside: bytes made into text, and text made safe to show."""

from __future__ import annotations

import re
import unicodedata

# Whole escape sequences go, so that `ESC ] 0 ; title BEL` doesn't leave `]0;title` behind.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x1b\\|\x07|\x9c)"  # OSC, DCS, SOS, PM, APC: titles, links, clipboard
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]",
    re.DOTALL,
)
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """The text as it may be shown in a terminal: no escape sequence, control character or reordering of what is read.

    Newlines and tabs stay; a carriage return becomes a newline; other control characters, direction marks and lone
    surrogates become U+FFFD.
    """
    lines = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char if char in "\n\t" or not _unsafe(char) else "\ufffd" for char in lines)


def decode(raw: bytes) -> str:
    """Bytes of a text file as text: by its byte order mark, else UTF-8, else Windows-1252, never failing."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _unsafe(char: str) -> bool:
    return char in _DIRECTION or unicodedata.category(char) in ("Cc", "Cs")
