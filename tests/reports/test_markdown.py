from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reasoncli.reports.markdown import block, code, prose
from tests.reports.hostile import TEXTS

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ALLOWED = {"paragraph_open", "paragraph_close", "inline", "text", "code_inline", "softbreak", "text_special"}
CALLS = re.compile(r"@[\w-]|#\d|://|(?i:\bwww\.)")
"""What GitHub looks for in the text that is left when Markdown is done."""


def tokens(markdown: str) -> Iterator[Token]:
    for token in READER.parse(markdown):
        yield token
        yield from token.children or ()


def harmless(markdown: str) -> None:
    """Nothing but paragraphs, words and code; and the words call nobody."""
    found = list(tokens(markdown))
    assert {each.type for each in found} <= ALLOWED, markdown
    words = "".join(each.content for each in found if each.type in ("text", "text_special"))
    assert not CALLS.search(words), markdown


def test_this_test_sees_what_is_not_harmless() -> None:
    for text in ("@everyone", "see #12", "![x](y)", "<b>x</b>", "https://evil.test", "# x", "- x", "*x*"):
        with pytest.raises(AssertionError):
            harmless(text)


@pytest.mark.parametrize("text", TEXTS)
def test_a_sentence_stays_a_sentence(text: str) -> None:
    harmless(prose(text))
    harmless(f"x {prose(text)} y")
    harmless(code(text))


@given(st.text(st.sampled_from("@#1a`*_<>&![]()|\\~:/.- \n\t\x1bw$"), max_size=30))
def test_no_mixture_of_marks_gets_through(text: str) -> None:
    harmless(prose(text))
    harmless(f"x {code(text)} y")
    fenced = [each for each in tokens(block(text)) if each.type != "inline"]
    assert [each.type for each in fenced] == ["fence"]


def test_words_stay_readable() -> None:
    shown = "".join(
        each.content for each in tokens(prose("It's 3 < 4, *really*: `f(x)` & so on.")) if not each.children
    )
    assert shown == "It's 3 < 4, *really*: `f(x)` & so on."
    assert code("tests/test_a.py::test_b[1|2]") == "`tests/test_a.py::test_b[1¦2]`"
    assert code("`") == "`` ` ``"
    assert code(" \n") == ""


def test_a_long_block_says_what_is_missing() -> None:
    text = block("".join(f"{n}\n" for n in range(30)), "diff", lines=10)
    assert "\n9\n```" in text
    assert "20 more lines" in text
