from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
import threading
import time

import pytest
from rich.console import Console

from reasoncli.domain import Verdict, VerdictKind
from reasoncli.events import (
    CandidateFound,
    CandidateJudged,
    Emitter,
    RunStarted,
    SamplesDrawn,
    StageFinished,
    StageProgress,
    StageStarted,
    Warned,
)
from reasoncli.reports.console import ASCII, THEME, Glyphs, console
from reasoncli.reports.live import LiveDisplay, render
from reasoncli.reports.state import RunView
from reasoncli.reports.terminal import display
from tests.reports.replay import candidates, events


def frame(view: RunView, width: int, signs: Glyphs | None = None) -> str:
    out = io.StringIO()
    target = Console(file=out, width=width, theme=THEME, markup=False, highlight=False, color_system=None)
    target.print(render(view, width, signs or Glyphs()))
    return out.getvalue()


def seen(count: int | None = None) -> RunView:
    view = RunView(clock=lambda: 100.0)
    for _, event in list(events())[:count]:
        view.observe(event)
    return view


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_frame_is_wider_than_the_terminal(width: int) -> None:
    view = RunView()
    for _, event in events():
        view.observe(event)
        assert max(len(line) for line in frame(view, width).splitlines()) <= width


@pytest.mark.parametrize("width", [60, 80, 120])
def test_long_details_are_cut_and_push_nothing_aside(width: int) -> None:
    view = seen()
    view.observe(StageFinished("sandbox", 125.0, "docker an/image:tag (sha256:" + "0123456789abcdef" * 8 + ")"))
    view.observe(StageStarted("apply"))
    view.observe(StageProgress("apply", 1, 3, "a very long word of what is going on " * 5))
    lines = frame(view, width).splitlines()
    (sandbox,) = [line for line in lines if "sandbox" in line]
    assert sandbox.startswith("  ✔  sandbox        2 min 05 s  docker an/image")
    assert sandbox.endswith("…")
    assert len([line for line in lines if "apply" in line or "going on" in line]) == 1
    assert max(map(len, lines)) <= width


def test_the_display_says_what_matters() -> None:
    text = frame(seen(), 100)
    for expected in (
        "divide() rounds down",
        "261122-134305-k3f",
        "embedded · docker python:3.12-slim",
        "2 targets, 141 guards, 1 flaky, 1 environmental",
        "src/calc.py:17 divide",
        "7 distinct · 4 no patch · 7 verified",
        "+ return a / b",
        "fixes ✔",
        "138/141",
        "and 2 more",
    ):
        assert expected in text


def test_ranked_proposals_are_counted_beside_the_samples() -> None:
    view = seen()
    view.observe(SamplesDrawn(1, 40, 33, 2, 1672, ranked=8))
    text = frame(view, 100)
    assert "8 ranked · 40 samples · 33 distinct" in text
    view.observe(StageStarted("search"))
    assert "48/64" in frame(view, 100)


def test_leaders_come_in_the_order_of_the_vote() -> None:
    lines = [line for line in frame(seen(), 100).splitlines() if " return " in line]
    assert [line.split("return ")[1].strip() for line in lines[:2]] == ["a / b", "(a + 0.0) / b"]
    assert lines[0].strip().startswith("▸")


def test_time_left_is_an_upper_estimate_from_the_pace() -> None:
    now = [0.0]
    view = RunView(clock=lambda: now[0])
    view.observe(RunStarted("r", "/r", "i", "m", "s", 100, False))
    view.observe(StageStarted("search"))
    assert view.seconds_left() is None
    now[0] = 10.0
    view.observe(SamplesDrawn(25, 25, 2, 0, 9))
    assert view.seconds_left() == pytest.approx(30.0)
    for found in candidates()[:4]:
        view.observe(CandidateFound(found))
    view.observe(CandidateJudged(0, Verdict(VerdictKind.FIXES), 1))
    assert view.seconds_left() == pytest.approx(10.0 * (3 + 3 * 4))  # verifying is behind
    view.observe(StageStarted("baseline"))
    view.observe(StageProgress("baseline", 0, 50))
    assert view.seconds_left() is None
    now[0] = 20.0
    view.observe(StageProgress("baseline", 10, 50))
    assert view.seconds_left() == pytest.approx(40.0)


def test_only_sampling_takes_at_most_so_long() -> None:
    now = [0.0]
    view = RunView(clock=lambda: now[0])
    view.observe(RunStarted("r", "/r", "i", "m", "s", 100, False))
    view.observe(StageStarted("baseline"))
    now[0] = 10.0
    view.observe(StageProgress("baseline", 10, 50))
    assert "about 40 s left" in frame(view, 100)
    view.observe(StageFinished("baseline", 10.0))
    view.observe(StageStarted("search"))
    now[0] = 20.0
    view.observe(SamplesDrawn(25, 25, 2, 0, 9))
    assert "at most 30 s left" in frame(view, 100)


def test_a_verdict_is_kept_when_more_votes_come() -> None:
    view = RunView()
    first = candidates()[0]
    view.observe(CandidateFound(first))
    view.observe(CandidateFound(type(first)(0, first.patch, 99.0, -0.1, ())))
    assert view.candidates[0].verdict == first.verdict
    assert view.groups[0].votes == 99.0


def test_signs_for_terminals_without_unicode() -> None:
    text = frame(seen(), 80, ASCII)
    assert "▸" not in text
    assert "✔" not in text


def test_warnings_are_printed_where_they_stay() -> None:
    out = io.StringIO()
    shown = LiveDisplay(Console(file=out, width=80, force_terminal=True, theme=THEME, markup=False))
    with shown:
        shown(Warned("the [bold]model\x1b[31m is small", "take a larger one"))
    assert "the [bold]model is small" in out.getvalue()
    assert "take a larger one" in out.getvalue()


def test_events_from_many_threads() -> None:
    out = io.StringIO()
    with LiveDisplay(Console(file=out, width=80, force_terminal=True, theme=THEME)) as shown:
        emit = Emitter((shown,))

        def work() -> None:
            for _, event in events():
                emit(event)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert frame(shown.view, 80).count("fixes ✔") == frame(seen(), 80).count("fixes ✔") > 0
    assert "261122-134305-k3f" in out.getvalue()


def test_a_frame_of_a_large_run_is_quick() -> None:
    view = seen(12)
    for index in range(1024):
        found = candidates()[index % 7]
        view.observe(CandidateFound(type(found)(index, found.patch, 1.0, -1.0, ())))
    began = time.thread_time()
    frame(view, 100)
    assert time.thread_time() - began < 1.0


class TestWhichDisplay:
    def test_plain_lines_without_a_terminal(self) -> None:
        with display(console(io.StringIO())) as shown:
            assert type(shown).__name__ == "LineDisplay"

    def test_colour_that_is_forced_moves_no_cursor(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        with display(console(io.StringIO())) as shown:
            assert type(shown).__name__ == "LineDisplay"

    @pytest.mark.parametrize(
        ("environ", "verbosity", "live", "coloured"),
        [
            ({}, "NORMAL", True, True),
            ({"NO_COLOR": "1"}, "NORMAL", True, False),
            ({"TERM": "dumb"}, "NORMAL", False, False),
            ({}, "QUIET", False, True),
        ],
    )
    def test_on_a_real_terminal(self, environ: dict[str, str], verbosity: str, live: bool, coloured: bool) -> None:
        code = (
            "from reasoncli.reports.console import console; from reasoncli.reports.terminal import *;"
            "from tests.reports.replay import events\n"
            f"with display(console(), Verbosity.{verbosity}) as shown:\n"
            "    for _, event in events(): shown(event)\n"
        )
        inherited = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM")}
        text = on_a_terminal([sys.executable, "-c", code], {**inherited, "TERM": "xterm", **environ})
        assert ("\x1b[?25l" in text) is live  # the cursor is hidden while a live display moves it
        assert (re.search(r"\x1b\[[0-9;]*3[0-9]m", text) is not None) is coloured


def on_a_terminal(command: list[str], environ: dict[str, str]) -> str:
    """Run a program whose stderr is a terminal of its own; what it wrote there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave, stdin=slave, env=environ)
    os.close(slave)
    chunks = []
    while True:
        ready, _, _ = select.select([master], [], [], 30)
        try:
            chunk = os.read(master, 65536) if ready else b""
        except OSError:  # the other side is closed
            chunk = b""
        if not chunk:
            break
        chunks.append(chunk)
    os.close(master)
    assert process.wait(30) == 0
    return b"".join(chunks).decode()
