from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.sources import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\tindented ünï 語 🎉", "plain\n\tindented ünï 語 🎉"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;ZXZpbA==\x07", ""),
        ("\x9b2Jx", "x"),
        ("a\x1bcb", "ab"),
        ("over\rwritten", "over\nwritten"),
        ("dos\r\n", "dos\n"),
        ("bell\x07 back\x08", "bell\ufffd back\ufffd"),
        ("\u202etxt.exe", "\ufffdtxt.exe"),
        ("\udce9", "\ufffd"),
        ("\x1b", "\ufffd"),
        ("\x1b]0;never ended", "0;never ended"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x1b[]\x07\x9b;m0\u202e\r\n"))))
def test_nothing_steers_the_terminal(text: str) -> None:
    shown = printable(text)
    assert all(char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs") for char in shown)
    assert printable(shown) == shown
    shown.encode()
