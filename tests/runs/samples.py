"""A few values to record."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from reasoncli.domain import (
    Baseline,
    Candidate,
    ChatContent,
    Clue,
    Completion,
    Decision,
    Evidence,
    FileChange,
    Form,
    Issue,
    Patch,
    Prompt,
    Status,
    Suspect,
    Target,
    TestReport,
    Verdict,
    VerdictKind,
)
from reasoncli.runs.manifest import Manifest, versions

ISSUE = Issue("It breaks.\n\nOn Mondays.", "It breaks.", "issue.md")
PROMPT = Prompt("p0", Form.SEARCH_REPLACE, ChatContent((("user", "Fix it."),)))
REPORT = TestReport(MappingProxyType({}), Evidence.STRUCTURED, 1, 0.5)
BASELINE = Baseline(REPORT, REPORT, (Target("t::a", "named"),), ("g::a",), (), MappingProxyType({}), ())
SUSPECTS = (Suspect("a.py", 3, "f", 1, 9, 0.9, (Clue("spectrum", 0.9, "1 failing"),)),)
MANIFEST = Manifest(
    command=("reasoncli", "fix", "."),
    repository="/repo",
    commit="c" * 40,
    tree_hash="t" * 64,
    dirty=False,
    model="embedded",
    model_digest="d" * 64,
    device="CPU",
    sandbox="docker image@sha256:0",
    test_command="pytest",
    seed=7,
    samples=64,
    settings=MappingProxyType({"samples": "64"}),
    versions=versions(),
)
FIXES = Verdict(VerdictKind.FIXES, ("t::a",), duration=0.2)
CLEAN = Verdict(VerdictKind.FIXES, ("t::a",), clean=True, duration=1.0)


def batch(number: int, size: int = 4) -> list[Completion]:
    return [Completion("p0", f"text {number}.{i}", 2, (-0.5, -0.25), 9, "stop", batch=number) for i in range(size)]


def candidate(index: int, votes: float = 1.0) -> Candidate:
    patch = Patch((FileChange("a.py", b"x = 1\n"),), "--- a\n+++ b\n", f"exec{index}", f"vote{index}", 2)
    return Candidate(index, patch, votes, -0.5, ("p0",))


def decision(chosen: int | None = 0, reasons: Sequence[str] = ("because",)) -> Decision:
    return Decision(Status.VERIFIED, chosen, (), 1.0, False, tuple(reasons), 16, 2)
