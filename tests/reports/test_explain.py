from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from reasoncli.reports.console import THEME, glyphs
from reasoncli.reports.explain import fates
from reasoncli.reports.summary import Summary
from reasoncli.voting.ballot import decide
from tests.reports.replay import candidates, summary


def many(count: int) -> Summary:
    first = candidates()[0]
    found = [
        dataclasses.replace(
            first, index=n, patch=dataclasses.replace(first.patch, vote_key=f"k{n}", execution_key=f"{n}")
        )
        for n in range(count)
    ]
    return dataclasses.replace(summary(), candidates=tuple(found), decision=decide(found, targets=2, samples=count))


def told(given: Summary, *, everything: bool = False) -> str:
    out = io.StringIO()
    to = Console(file=out, width=100, theme=THEME, markup=False, highlight=False)
    to.print(fates(given, glyphs(to), 100, everything=everything))
    return out.getvalue()


@pytest.mark.parametrize(("count", "listed"), [(3, 3), (20, 20), (37, 20)])
def test_of_what_a_model_proposed_the_best_are_told(count: int, listed: int) -> None:
    text = told(many(count))
    assert f" {listed}. " in text
    assert f" {listed + 1}. " not in text
    assert ("17 more" in text) is (count == 37)


def test_everything_is_told_where_it_is_asked_for_or_was_given() -> None:
    assert " 37. " in told(many(37), everything=True)
    assert " 37. " in told(dataclasses.replace(many(37), given=True))
