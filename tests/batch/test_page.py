"""The page of a batch: whole without its script, nothing else runs in it, and it stays small."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re

import pytest

from reasoncli.batch.outcome import State
from reasoncli.batch.overview import Overview
from reasoncli.batch.page import html_batch
from tests.batch.pages import batch_of, entry, hostile, some
from tests.reports.pages import HOSTILE, Page

COMMAND = ("reasoncli", "batch", "issues.jsonl")


def page_of(seen: Overview) -> Page:
    page = Page(html_batch(seen, COMMAND))
    page.inert(scripts=1)
    page.accessible()
    return page


@pytest.mark.parametrize(
    "seen", [some(), hostile(), batch_of(), batch_of(entry("a-1", State.WAITING))], ids=["some", "hostile", "no", "one"]
)
def test_every_kind_of_batch_has_a_page_that_can_be_read_by_all(seen: Overview) -> None:
    page_of(seen)


def test_all_that_there_is_to_say_is_said() -> None:
    page = page_of(some())
    for said in (
        "2 of 6 issues verified",
        "two fixes are as likely",
        "there is no repository proj",
        "Means over 4 of 6 issues",
        "has 16, so that nothing is said beyond",
        "pass@k goes from",
        "baseline",
        "4,200",
        "13,340 tokens spent, about 20,010 tokens expected",
        "3 min 10 s",
        "261123-120000--10",
        "reasoncli batch issues.jsonl",
        "reasoncli batch --resume 261123-115900-abc",
    ):
        assert said in page.text, said
    assert len(page.named("tr")) == 1 + 5 + 1 + 6 + 1 + 5 + (1 + 2) + 1 + 3 + 1 + 2
    assert page.named("button") == []  # they come with the script: without it there is none that does nothing


def test_the_policy_names_the_script_that_is_there() -> None:
    source = html_batch(some(), COMMAND)
    script = re.search(r"<script>(.*?)</script>", source, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in Page(source).policy


def test_what_is_hostile_is_shown_as_text() -> None:
    page = page_of(hostile())
    assert page.text.count("<script>alert(1)</script>") >= 3 * 6
    assert "owned" not in page.text


def test_thousands_of_issues_stay_small() -> None:
    long = entry("proj-10", State.FAILED, 9, 123_456, title=HOSTILE * 50, why="'" * 50_000)
    found = dataclasses.replace(long.outcome, key="<" * 300)
    seen = batch_of(*[dataclasses.replace(long, outcome=found)] * 3_000)
    source = html_batch(seen, ("reasoncli", "batch", "x" * 100_000))
    assert len(source.encode()) < 2_000_000
    said = Page(source).text
    assert "3,000 in all, the first 2,000 of the list are shown and sorted" in said
    assert said.count("'''…") > 1_900  # the last ones have their share as well
