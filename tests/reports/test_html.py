"""The page of a run: everything is in it, nothing in it does anything, and it stays small."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from collections.abc import Callable

import pytest

from reasoncli.domain import Candidate, FileChange, Issue, Patch
from reasoncli.reports.html import html_report
from reasoncli.reports.html.allowance import Allowance
from reasoncli.reports.summary import Summary
from reasoncli.voting.ballot import decide
from reasoncli.voting.sampled import sampled
from tests.reports.pages import HOSTILE, Page, full, hostile
from tests.reports.replay import candidates, summary


def nothing_chosen() -> Summary:
    found = candidates()[3:4]
    decision = decide(found, targets=2, samples=64)
    return dataclasses.replace(full(), decision=decision, candidates=tuple(found), applied=(), undo=False)


def interrupted() -> Summary:
    return dataclasses.replace(full(), decision=None, exit_code=3, applied=(), error="the disk is full")


def bare() -> Summary:
    """A run that failed before anything was recorded of it."""
    return Summary("261122-134305-k3f", "/state", Issue("", "", ""), None)


def earlier() -> Summary:
    """As a version before samples were told from ranked proposals left it."""
    found = candidates()
    return dataclasses.replace(summary(), sampled=sampled(found, [44], 2, 8), created=0.0)


def given() -> Summary:
    return dataclasses.replace(full(), given=True, suspects=(), excerpts=(), spent=())


@pytest.mark.parametrize("make", [full, nothing_chosen, interrupted, bare, earlier, given, hostile])
def test_every_kind_of_run_has_a_page_that_does_nothing_and_can_be_read_by_all(make: Callable[[], Summary]) -> None:
    page = Page(html_report(make()))
    page.inert()
    page.accessible()


def test_all_that_there_is_to_say_is_said() -> None:
    page = Page(html_report(full()))
    for said in (
        "divide() rounds down",
        "Verified",
        "18 against 6",
        "+ return a / b",
        "48 independent samples in 1 whole batch",
        "Beside the samples 16 edits were ranked",
        "divide(1, 2)",
        "no test asks for it",
        "baseline",
        "judges",
        "raise",
        "0.93",
        "git -C /home/me/calc checkout " + "c" * 40,
        "reasoncli fix . --seed 7",
        "settings: samples",
    ):
        assert said in page.text, said
    classes = [attributes.get("class") for attributes in page.named("span")]
    assert classes.count("diff-add") == classes.count("diff-del") == len(full().candidates) + 1


def test_a_run_that_failed_says_why() -> None:
    assert "the disk is full" in Page(html_report(interrupted())).text


def test_the_values_of_the_chart_stand_in_a_table_as_well() -> None:
    page = Page(html_report(full()))
    assert len(page.named("circle")) == len(full().candidates) + 1  # 1, 2, 4, 8, 16, 32, 48 samples; and the key's
    assert "pass@k goes from 50.0 % to 100.0 %" in page.text


def test_what_is_hostile_is_shown_as_text() -> None:
    page = Page(html_report(hostile()))
    assert page.text.count("<script>alert(1)</script>") > 20
    assert "{{ 7*7 }}" in page.text
    assert "\ufffdgnp.exe" in page.text
    assert "owned" not in page.text  # an escape sequence goes as a whole


def test_the_policy_names_the_style_that_is_there() -> None:
    page = html_report(bare())
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in Page(page).policy


def test_a_run_of_thousands_stays_small_and_says_what_is_left_out() -> None:
    found = [
        Candidate(i, _patch(i), 1.0, -0.5, ("p",), candidates()[i % 7].verdict, drawn=((0, 1),)) for i in range(2_048)
    ]
    large = dataclasses.replace(
        full(),
        issue=Issue('"' * 200_000, '"' * 5_000, "x"),
        candidates=tuple(found),
        decision=decide(found, targets=2, samples=2_048),
        sampled=sampled(found, [2_048], 2),
        warnings=("'" * 10_000,) * 500,
    )
    page = html_report(large)
    assert len(page.encode()) < 2_000_000
    said = Page(page).text
    assert "2,048 in all, the first 1,000 are shown" in said
    assert "960 more stand in the table only" in said
    assert "more characters are not shown here" in said


def _patch(index: int) -> Patch:
    body = "".join(f'+    "{HOSTILE}" {i}\n' for i in range(200))
    diff = f"--- a/a.py\n+++ b/a.py\n@@ -1 +1,200 @@\n-x{index}\n{body}"
    return Patch((FileChange("a.py", b""),), diff, f"e{index}", f"v{index}", 201)


@pytest.mark.parametrize("end", [False, True])
def test_an_allowance_counts_what_stands_in_the_page(end: bool) -> None:
    allowance = Allowance(100)
    first = allowance.take("<" * 30, 60, end=end)
    assert (first.text, first.left_out) == ("<" * 15, 15)
    second = allowance.take("é" * 30, 1_000, end=end)
    assert (second.text, second.left_out) == ("é" * 20, 10)
    assert allowance.line("more") == "…"
    assert Allowance(100).take("abcdef", 3, end=end).text == ("def" if end else "abc")
