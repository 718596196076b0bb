"""A scripted run: the events of a whole `fix`, for tests and for looking at the display.

python -m tests.reports.replay [--speed 1.0]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from types import MappingProxyType

from reasoncli.domain import (
    Baseline,
    Candidate,
    Clue,
    Evidence,
    FileChange,
    Issue,
    Outcome,
    Patch,
    Suspect,
    Target,
    TestReport,
    TestResult,
    Verdict,
    VerdictKind,
)
from reasoncli.events import (
    BaselineReady,
    CandidateFound,
    CandidateJudged,
    Decided,
    Event,
    RunStarted,
    SamplesDrawn,
    StageFinished,
    StageProgress,
    StageStarted,
    SuspectsRanked,
    Warned,
)
from reasoncli.reports.summary import Cost, Summary
from reasoncli.voting.ballot import decide

TARGETS = ("tests/test_calc.py::test_divide_rounds", "tests/test_calc.py::test_mean_of_odd_numbers")
ISSUE = Issue("divide() rounds down\n\nIt should return a float.", "divide() rounds down", "issue.md")
RUN = "261122-134305-k3f"


def report() -> TestReport:
    results = {name: TestResult(name, Outcome.FAILED, 0.01, "AssertionError: 3 != 3.5") for name in TARGETS}
    coverage = {TARGETS[0]: {"src/calc.py": frozenset({15, 16, 17})}}
    return TestReport(MappingProxyType(results), Evidence.STRUCTURED, 1, 1.5, coverage=MappingProxyType(coverage))


BASELINE = Baseline(
    first=report(),
    second=report(),
    targets=tuple(Target(name, "the issue names divide, which it covers") for name in TARGETS),
    guards=tuple(f"tests/test_calc.py::test_{n}" for n in range(141)),
    flaky=("tests/test_clock.py::test_now",),
    environmental=MappingProxyType({"tests/test_web.py::test_get": "no network in the sandbox"}),
    unrelated=(),
)

SUSPECTS = tuple(
    Suspect(
        "src/calc.py",
        line,
        function,
        15,
        19,
        score,
        (Clue("spectrum", score, "covered by 2 failing, 3 passing tests"), Clue("lexical", 0.4, "divide, rounds")),
    )
    for line, function, score in [(17, "divide", 0.93), (24, "mean", 0.61), (9, "floor", 0.2)]
)

CHANGES = (
    "return a / b",
    "return float(a) // b",
    "return (a + 0.0) / b",
    "return divmod(a, b)[0]",
    "return a // b + 0.5",
    "return round(a / b)",
    "return a",
)


def patch(index: int, line: str) -> Patch:
    diff = (
        "diff --git a/src/calc.py b/src/calc.py\n--- a/src/calc.py\n+++ b/src/calc.py\n"
        "@@ -14,6 +14,6 @@ def divide(a, b):\n"
        '     """Divide."""\n     if not b:\n         raise ZeroDivisionError\n'
        f"-    return a // b\n+    {line}\n \n \n"
    )
    return Patch(
        (FileChange("src/calc.py", line.encode("utf-8", "surrogateescape")),),
        diff,
        f"exec{index:03}",
        f"vote{index:03}",
        2,
    )


def verdicts() -> list[Verdict]:
    def verdict(kind: VerdictKind, passed: int, broken: int = 0, reason: str = "") -> Verdict:
        guards = tuple(f"tests/test_calc.py::test_{n}" for n in range(broken))
        return Verdict(kind, TARGETS[:passed], TARGETS[passed:], guards, 141, 141, duration=0.4, reason=reason)

    return [
        verdict(VerdictKind.FIXES, 2),
        verdict(VerdictKind.NO_EFFECT, 0, reason="no target passes"),
        verdict(VerdictKind.FIXES, 2),
        verdict(VerdictKind.NO_EFFECT, 0),
        verdict(VerdictKind.PARTIAL, 1),
        verdict(VerdictKind.REGRESSES, 1, 3, "breaks 3 guards"),
        verdict(VerdictKind.BROKEN, 0, reason="the module can't be imported"),
    ]


def candidates() -> list[Candidate]:
    votes = (18, 9, 6, 5, 3, 2, 1)
    judged = verdicts()
    judged[0] = Verdict(VerdictKind.FIXES, TARGETS, (), (), 141, 141, clean=True, duration=2.1)
    return [Candidate(i, patch(i, line), votes[i], -0.4 - i / 10, ("p0",), judged[i]) for i, line in enumerate(CHANGES)]


def decision_of(found: list[Candidate]) -> Decided:
    stopped = "18 votes against 6 settle it: the full budget would choose differently with probability at most 0.02"
    return Decided(decide(found, targets=2, samples=44, stopped_early=stopped))


def events() -> Iterator[tuple[float, Event]]:
    """The run, with the seconds to wait before each event."""
    yield 0.0, RunStarted(RUN, "/home/me/calc", ISSUE.title, "embedded", "docker python:3.12-slim", 64, False)
    yield 0.0, StageStarted("snapshot")
    yield 0.2, StageFinished("snapshot", 0.2, "214 files")
    yield 0.0, StageStarted("sandbox")
    yield 1.1, StageFinished("sandbox", 1.1, "image reused")
    yield 0.0, StageStarted("baseline")
    for done in range(0, 290, 29):
        yield 0.3, StageProgress("baseline", done, 290)
    yield 0.0, BaselineReady(BASELINE)
    yield 0.0, StageFinished("baseline", 3.2)
    yield 0.0, StageStarted("localization")
    yield 0.0, SuspectsRanked(SUSPECTS)
    yield 0.1, StageFinished("localization", 0.1)
    yield 0.0, StageStarted("model")
    yield 0.6, StageFinished("model", 0.6, "embedded, CPU, 64 slots")
    yield 0.0, Warned("the embedded model repairs single lines only", "Name a larger one with --model.")
    yield 0.0, StageStarted("search")
    found = candidates()
    votes, samples, verified = [0] * len(found), 0, 0
    shown: list[Verdict | None] = [None] * len(found)
    for step, index in enumerate([0, 0, 1, 2, 0, 3, 0, 1, 4, 0, 5, 2, 6, 0, 1, 3, 0, 2]):
        votes[index] += 2
        samples += 2
        rejected = step // 4
        distinct = sum(v > 0 for v in votes)
        yield 0.25, SamplesDrawn(2, samples + rejected, distinct, rejected, samples * 38)
        candidate = found[index]
        yield 0.0, CandidateFound(Candidate(index, candidate.patch, votes[index], candidate.logprob, ("p0",)))
        if shown[index] is None:
            shown[index] = verdicts()[index]
            verified += 1
            yield 0.15, CandidateJudged(index, verdicts()[index], verified)
    judged = found[0].verdict
    assert judged is not None
    yield 1.2, CandidateJudged(0, judged, verified)
    yield 0.0, StageFinished("search", 8.4, "44 samples, 7 distinct")
    yield 0.0, decision_of(found)


def summary() -> Summary:
    """The same run, as it is reported in the end."""
    found = candidates()
    return Summary(
        run=RUN,
        stored=f"~/.local/state/reasoncli/runs/{RUN}",
        issue=ISSUE,
        decision=decision_of(found).decision,
        candidates=tuple(found),
        baseline=BASELINE,
        suspects=SUSPECTS,
        exit_code=0,
        cost=Cost(44, 1672, 4.1, 8.0, 14.3),
        rejected=MappingProxyType({"unparsable": 3, "no-change": 1}),
        stages=(("snapshot", 0.2, "214 files"), ("baseline", 3.2, ""), ("search", 8.4, "44 samples, 7 distinct")),
        applied=("src/calc.py in the work tree, uncommitted",),
        undo=True,
        manifest=MappingProxyType({"seed": 7, "model": "embedded"}),
    )


def main() -> None:
    from reasoncli.reports.console import console
    from reasoncli.reports.result import show_result
    from reasoncli.reports.terminal import display

    parser = argparse.ArgumentParser()
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--until", type=int, default=None)
    arguments = parser.parse_args()
    err, out = console(), console(sys.stdout)
    with display(err) as shown:
        for number, (wait, event) in enumerate(events()):
            time.sleep(wait / arguments.speed)
            shown(event)
            if number == arguments.until:
                time.sleep(60)
    show_result(summary(), out, err)


if __name__ == "__main__":
    main()
