from __future__ import annotations

import io

import pytest

from reasoncli.events import CandidateJudged, SamplesDrawn, SandboxReplaced, StageProgress, StageStarted, Warned
from reasoncli.reports.console import console
from reasoncli.reports.lines import LineDisplay
from tests.reports.replay import events, verdicts


def lines(**options: bool) -> list[str]:
    out = io.StringIO()
    shown = LineDisplay(console(out), **options)
    with shown:
        for _, event in events():
            shown(event)
        shown(SandboxReplaced("the engine went away"))
    return out.getvalue().splitlines()


def test_one_line_for_what_matters() -> None:
    assert lines() == [
        "run 261122-134305-k3f starts: divide() rounds down "
        "(/home/me/calc; embedded; docker python:3.12-slim; 64 proposals)",
        "snapshot: 0.2 s, 214 files",
        "sandbox: 1.1 s, image reused",
        "baseline: 2 targets, 141 guards, 1 flaky, 1 environmental",
        "baseline: 3.2 s",
        "suspects: src/calc.py:17 divide, src/calc.py:24 mean, src/calc.py:9 floor",
        "localization: 0.1 s",
        "model: 0.6 s, embedded, CPU, 64 slots",
        "warning: the embedded model repairs single lines only (Name a larger one with --model.)",
        "candidate 0: confirmed, fixes",
        "search: 8.4 s, 44 samples, 7 distinct",
    ]


def test_quiet_says_nothing_but_warnings() -> None:
    assert lines(quiet=True) == [
        "warning: the embedded model repairs single lines only (Name a larger one with --model.)"
    ]


def test_verbose_names_every_verdict() -> None:
    text = lines(verbose=True)
    assert "candidate 5: judged, regresses (breaks 3 guards)" in text
    assert "a sandbox was replaced: the engine went away" in text
    assert "search: begins" in text


def test_a_long_search_says_how_far_it_is_now_and_then() -> None:
    out = io.StringIO()
    shown = LineDisplay(console(out))
    now = [0.0]
    shown.view.clock = lambda: now[0]
    for _, event in list(events())[:-3]:
        shown(event)
    shown._spoke = 0.0
    out.truncate(0)
    for second in range(35):
        now[0] = float(second)
        shown(SamplesDrawn(1, 40 + second, 7, 1, 9))
        shown(CandidateJudged(0, verdicts()[0], 3))
    said = [line for line in out.getvalue().replace("\0", "").splitlines() if "samples" in line]
    assert len(said) == 3
    assert "leader" in said[0]
    assert "fixes" in said[0]


@pytest.mark.parametrize("quiet", [True, False])
def test_untrusted_text_stays_on_its_line(quiet: bool) -> None:
    out = io.StringIO()
    LineDisplay(console(out), quiet=quiet)(Warned("one\r\ntwo \x1b]0;owned\x07\x1b[2J[red]three[/red]\u202e"))
    assert out.getvalue() == "warning: one two [red]three[/red]\ufffd\n"


def test_a_long_baseline_says_how_far_it_is_now_and_then() -> None:
    out = io.StringIO()
    shown = LineDisplay(console(out))
    now = [1e9]
    shown.view.clock = lambda: now[0]
    shown(StageStarted("baseline", "pytest"))
    for second, (done, total) in enumerate([(0, None), (0, 20_000), (900, 20_000), (5_000, 20_000), (6_000, 20_000)]):
        now[0] = 1e9 + 5.0 * second
        shown(StageProgress("baseline", done, total, "10,000 tests, each twice"))
    assert out.getvalue().splitlines() == [
        "baseline: 0/20,000 (10,000 tests, each twice)",
        "baseline: 5,000/20,000 (10,000 tests, each twice), about 45 s left",
    ], "every ten seconds at most"
