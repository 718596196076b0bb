from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.patches.outcome import Rejected
from reasoncli.patches.text import align, decode, split_lines


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_come_back(data: bytes, python: bool) -> None:
    assert decode(data, python=python).encode() == data


@given(st.text(alphabet="a\n\r \x0c\u2028", max_size=40))
def test_lines_and_ends_make_the_text(text: str) -> None:
    lines, ends = split_lines(text)
    assert "".join(line + end for line, end in zip(lines, ends, strict=True)) == text
    assert all(ends[:-1])


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"x = 1\n", "utf-8", "x = 1"),
        (b"\xef\xbb\xbfx = 1\n", "utf-8", "x = 1"),
        ("# coding: latin-1\nx = '\xe9'\n".encode("latin-1"), "iso-8859-1", "# coding: latin-1"),
        (
            "# -*- coding: shift_jis -*-\n# \u65e5\u672c\n".encode("shift_jis"),
            "shift_jis",
            "# -*- coding: shift_jis -*-",
        ),
        (b"# coding: no-such\nx\n", "utf-8", "# coding: no-such"),
        (b"x = '\xff'\n", "ascii", "x = '\udcff'"),
    ],
)
def test_encodings(data: bytes, encoding: str, text: str) -> None:
    source = decode(data, python=True)
    assert source.encoding == encoding
    assert source.lines[0] == text
    assert source.encode() == data


def test_what_the_encoding_lacks_is_refused() -> None:
    source = decode(b"# coding: latin-1\n", python=True)
    with pytest.raises(Rejected, match="iso-8859-1"):
        source.splice(1, 1, ["x = '\u2192'"], [None]).encode()


def test_mixed_ends_stay_outside_of_the_edit() -> None:
    source = decode(b"a\r\nb\nc\r\nd\r\n", python=False)
    assert source.splice(3, 4, ["x", "y"], [None, None]).encode() == b"a\r\nb\nc\r\nx\r\ny\r\n"
    assert source.splice(1, 2, ["x", "y"], [None, None]).encode() == b"a\r\nx\ny\nc\r\nd\r\n"


def test_a_missing_end_stays_missing() -> None:
    source = decode(b"a\nb", python=False)
    assert source.splice(1, 2, ["x", "y"], [None, None]).encode() == b"a\nx\ny"
    assert source.splice(2, 2, ["c"], [None]).encode() == b"a\nb\nc"
    assert source.splice(1, 2, [], []).encode() == b"a"
    assert source.splice(0, 1, ["x"], [None]).encode() == b"x\nb"


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_alignment_is_true_and_ascending(old: list[str], new: list[str]) -> None:
    kept = align(old, new)
    places = [index for index in kept if index is not None]
    assert places == sorted(set(places))
    assert all(index is None or old[index] == line for index, line in zip(kept, new, strict=True))
