from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from reasoncli.domain import Decision, Issue, Patch
from reasoncli.errors import Interrupted, ReasoncliError, StoreError
from reasoncli.reports.console import THEME, console
from reasoncli.reports.failure import error_json, show_error
from reasoncli.reports.picture import picture
from reasoncli.reports.result import show_diff, show_result
from reasoncli.reports.show import RunLine, show_list, show_run
from reasoncli.reports.summary import Summary
from reasoncli.reports.words import duration, number, proposals
from reasoncli.voting.ballot import decide
from tests.reports.replay import candidates, patch, summary


def shown(given: Summary, width: int = 100) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    show_result(given, console(out), Console(file=err, width=width, theme=THEME, markup=False, highlight=False))
    return out.getvalue(), err.getvalue()


def none_found() -> Summary:
    found = candidates()[3:4]
    decision = decide(found, targets=2, samples=64)
    return dataclasses.replace(summary(), decision=decision, candidates=tuple(found), applied=(), undo=False)


def test_stdout_is_the_diff_alone_byte_for_byte() -> None:
    out, _ = shown(summary())
    assert out == candidates()[0].patch.diff


def test_a_diff_with_bytes_that_are_no_text_survives_the_pipe() -> None:
    code = (
        "import sys; from reasoncli.reports.console import console; from reasoncli.reports.result import show_diff;"
        "show_diff('--- a\\n+++ b\\n+caf\\udce9 \\x1b[31m\\r\\n', console(sys.stdout))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"--- a\n+++ b\n+caf\xe9 \x1b[31m\r\n"


def test_on_a_terminal_the_diff_is_made_safe() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    show_diff(
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a[/red]\n+b\x1b]0;owned\x07\u202e" + "x" * 200,
        Console(file=out, theme=THEME, width=80, color_system=None),
    )
    text = out.getvalue()
    assert "-a[/red]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "x" * 200 in text  # lines are not cut


def test_the_confidence_is_told_but_not_of_a_run_that_has_none() -> None:
    decision = summary().decision
    assert decision is not None
    for confidence, words in ((0.87, "87% that it is right"), (0.0, None)):
        _, err = shown(dataclasses.replace(summary(), decision=dataclasses.replace(decision, confidence=confidence)))
        assert ("Confidence" in err) is (words is not None)
        assert words is None or words in err


def test_what_was_left_out_of_a_patch_is_told() -> None:
    first, *others = candidates()
    cut = dataclasses.replace(first, patch=dataclasses.replace(first.patch, dropped=("tests/test_calc.py",)))
    _, err = shown(dataclasses.replace(summary(), candidates=(cut, *others)))
    assert "Left out" in err
    assert "tests/test_calc.py" in err
    assert "Left out" not in shown(summary())[1]


def test_stderr_says_why() -> None:
    _, err = shown(summary())
    for expected in (
        "✔ Verified  src/calc.py:17, 2 changed lines",
        "It has the most votes: 18 against 6 for the runner-up.",
        "18 against 6 of 24 votes (50%)",
        "6 votes, fixes  + return (a + 0.0) / b",
        "44 samples, 1,672 tokens, 4.1 s model, 8 s tests, 14 s in all",
        "src/calc.py in the work tree, uncommitted",
        "reasoncli undo 261122-134305-k3f",
        "18 votes against 6 settle it",
    ):
        assert expected in err


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    _, err = shown(summary(), width)
    assert max(map(len, err.splitlines())) <= width


def test_none_is_told_with_the_evidence() -> None:
    out, err = shown(none_found())
    assert out == ""
    assert "✘ No acceptable patch" in err
    assert "None of 1 judged patch turns any of 2 targets green." in err
    assert "Margin" not in err


def test_a_run_without_a_decision_says_how_to_go_on() -> None:
    left = dataclasses.replace(summary(), decision=None, applied=(), undo=False, exit_code=None)
    assert "reasoncli runs resume 261122-134305-k3f" in shown(left)[1]
    assert "goes on" in shown(dataclasses.replace(left, live=True))[1]


def test_a_tie_is_named() -> None:
    decision = summary().decision
    assert isinstance(decision, Decision)
    _, err = shown(dataclasses.replace(summary(), decision=dataclasses.replace(decision, tie=True)))
    assert "a tie, decided by order of appearance" in err


HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold red]x[/bold red]\u202eevil\r\n:smile: [link=file:///etc]y[/link]"


def hostile() -> Summary:
    first, *rest = candidates()
    verdict = first.verdict
    assert verdict is not None
    bad = Patch(
        (dataclasses.replace(patch(0, "x").changes[0], path=f"src/{HOSTILE}.py"),),
        f"--- a/{HOSTILE}\n+++ b/{HOSTILE}\n@@ -1 +1 @@\n-{HOSTILE}\n+{HOSTILE}\n",
        "e",
        "v",
        2,
        dropped=(HOSTILE,),
    )
    first = dataclasses.replace(first, patch=bad, verdict=dataclasses.replace(verdict, reason=HOSTILE))
    found = (first, *rest)
    base = summary()
    assert base.baseline is not None
    target = dataclasses.replace(base.baseline.targets[0], id=HOSTILE, why=HOSTILE)
    suspect = dataclasses.replace(base.suspects[0], path=HOSTILE, function=HOSTILE)
    return dataclasses.replace(
        base,
        issue=Issue(HOSTILE, HOSTILE, HOSTILE),
        candidates=found,
        decision=dataclasses.replace(decide(found, targets=2, samples=64), reasons=(HOSTILE,), stopped_early=HOSTILE),
        baseline=dataclasses.replace(
            base.baseline, targets=(target,), flaky=(HOSTILE,), environmental={HOSTILE: HOSTILE}
        ),
        suspects=(suspect,),
        applied=(HOSTILE,),
        warnings=(HOSTILE,),
        stored=HOSTILE,
        stages=((HOSTILE, 1.0, HOSTILE),),
        rejected={HOSTILE: 3},
        manifest={"model": HOSTILE},
    )


def test_no_text_of_a_run_reaches_the_terminal_as_markup_or_escape() -> None:
    err = io.StringIO()
    target = Console(file=err, width=100, theme=THEME, markup=False, emoji=False, highlight=False, color_system=None)
    show_result(hostile(), console(io.StringIO()), target)
    show_run(hostile(), target, everything=True)
    show_list([RunLine(HOSTILE, 1.0, HOSTILE, HOSTILE, HOSTILE, 3, HOSTILE)], target, everywhere=True)
    show_error(StoreError(HOSTILE, hint=HOSTILE), target)
    text = err.getvalue()
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(text)
    assert "[bold red]" in text
    assert ":smile:" in text


def test_runs_show_says_what_a_run_was_made_of() -> None:
    out = io.StringIO()
    made_of = {"commit": "c0ffee", "model": "./m.gguf", "seed": 1234567, "device": ""}
    given = dataclasses.replace(summary(), manifest=made_of)
    show_run(given, Console(file=out, width=140, theme=THEME, markup=False, color_system=None))
    assert all(part in out.getvalue() for part in ("Made of", "c0ffee", "./m.gguf", "1234567"))
    assert "device" not in out.getvalue()


def test_runs_show_has_the_evidence_for_each_suspect() -> None:
    out = io.StringIO()
    show_run(summary(), Console(file=out, width=140, theme=THEME, markup=False, color_system=None))
    text = out.getvalue()
    assert "src/calc.py:17 divide  spectrum 0.93 covered by 2 failing, 3 passing tests; lexical 0.40" in text
    assert "the issue names divide, which it covers" in text
    assert "no network in the sandbox" in text
    assert "3 unparsable, 1 no-change" in text
    assert "+ return round(a / b)" in text


def test_runs_list_fits_and_keeps_ids_whole() -> None:
    out = io.StringIO()
    rows = [
        RunLine("261122-134305-k3f", 1.8e9, "verified", "a long issue title " * 5, "/home/me/calc", 64, "applied"),
        RunLine("261121-134305-abc", 0.0, "damaged", "cut short", "", 0),
    ]
    target = Console(file=out, width=80, theme=THEME, markup=False, color_system=None)
    show_list(rows, target, everywhere=True)
    assert "261122-134305-k3f" in out.getvalue()
    assert "verified, applied" in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 80
    show_list([], target, everywhere=False)
    assert "no runs yet" in out.getvalue()


def test_an_error_says_what_to_do() -> None:
    out = io.StringIO()
    target = Console(file=out, width=40, theme=THEME, markup=False, color_system=None)
    show_error(StoreError("it is broken", hint="Mend it."), target)
    show_error(Interrupted("stopped"), target)
    show_error(KeyError(), target)
    assert out.getvalue() == "Error: it is broken\nMend it.\nInterrupted: stopped\nError: KeyError\n"


def test_an_error_as_json() -> None:
    import json

    assert json.loads(error_json(StoreError("broken", hint="mend"))) == {
        "schema_version": 1,
        "exit_code": 3,
        "error": {"kind": "StoreError", "message": "broken", "hint": "mend"},
    }
    assert json.loads(error_json(ReasoncliError("x")))["exit_code"] == 70
    assert json.loads(error_json(ValueError("x")))["exit_code"] == 70


def test_a_stream_that_can_t_hold_a_sign_gets_an_escape() -> None:
    code = (
        "from reasoncli.reports.console import console, safe; import sys; console().print(safe('caf\\u00e9 \\u4f60'))"
    )
    environ = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environ)
    assert done.stderr.strip() == b"caf\\xe9 \\u4f60"


def test_the_picture_loads_nothing_from_elsewhere() -> None:
    svg = picture(summary(), "reasoncli", "reasoncli fix . --issue issue.md")
    assert svg.startswith("<svg")
    assert "@font-face" not in svg
    assert "url(http" not in svg.replace("url(#", "")
    assert "Verified" in svg


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "40 ms"),
        (0.25, "0.2 s"),
        (3.0, "3 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (3599.9, "1 h 00 min"),
        (7980, "2 h 13 min"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_numbers() -> None:
    assert (number(1024), number(2.5)) == ("1,024", "2.5")
    assert (number(0.04), number(0.0), number(0.06)) == ("<0.1", "0", "0.1")


def test_ranked_proposals_are_told_apart_from_samples() -> None:
    assert proposals(64, 0) == "64 samples"
    assert proposals(32, 32) == "64 proposals: 32 ranked, 32 sampled"
    cost = dataclasses.replace(summary().cost, samples=40, ranked=24)
    found = [dataclasses.replace(each, votes=each.votes + 0.25) for each in candidates()]
    decision = decide(found, targets=2, samples=40, ranked=24)
    _, err = shown(dataclasses.replace(summary(), cost=cost, decision=decision, candidates=tuple(found)))
    assert "64 proposals: 24 ranked, 40 sampled, 1,672 tokens" in err
    assert "It has the most votes: 18.2 against 6.2 for the runner-up." in err
    assert "samples" not in err
