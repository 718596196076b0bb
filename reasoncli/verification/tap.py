"""TAP -> test results: what Node, tape, Bats, prove and others print.

Names repeat in TAP (tape names each assertion, mostly by default), so a test point is known by the tests around it,
its own name, and its number among those of the same name. A stream tells by its plan how many points it has: without
one, or with another number, the run broke off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reasoncli.domain import Outcome, TestResult
from reasoncli.verification.outcomes import Names

_POINT = re.compile(r"^( *)(not )?ok (\d+)(?: -)? ?(.*?)(?: # (SKIP|TODO)\b.*)?(?: # time=\S+)?$", re.IGNORECASE)
_PLAN = re.compile(r"^1\.\.(\d+)\b")
_SUBTEST = re.compile(r"^( *)# Subtest:? ?(.*)$")
_COMMENT = re.compile(r"^# (?!(?:tests|pass|fail|skip|todo|suites|cancelled|skipped|duration_ms|time=?)\b)(.*\S)$")
_VERSION = re.compile(r"^TAP version \d+", re.MULTILINE)
_BLOCK_LINES = 100
_MESSAGE = re.compile(r"^ *(?:error|message): *['\"]?(.*?)['\"]?$")


@dataclass(slots=True)
class Tap:
    """What a stream says: results by id, and whether it came to its end."""

    results: dict[str, TestResult] = field(default_factory=dict)
    points: int = 0
    planned: int | None = None
    bailed: bool = False
    names: Names = field(default_factory=Names)

    @property
    def complete(self) -> bool:
        """Whether every planned point was there."""
        return self.planned == self.points and not self.bailed


def parse_tap(output: str) -> Tap:
    """Read what looks like TAP in an output; no results where nothing does."""
    lines = output.splitlines()
    found = Tap()
    around: dict[int, str] = {}  # indentation -> the test that is under way there
    named = bool(_VERSION.search(output)) and not any(map(_SUBTEST.match, lines))
    for number, line in enumerate(lines):
        if match := _POINT.match(line):
            _take(found, match, around, lines[number + 1 : number + 1 + _BLOCK_LINES])
        elif match := _SUBTEST.match(line):
            around = {depth: name for depth, name in around.items() if depth < len(match[1])}
            around[len(match[1])] = match[2]
        elif match := _PLAN.match(line):
            found.planned = (found.planned or 0) + int(match[1])
        elif line.startswith("Bail out!"):
            found.bailed = True
        elif named and (match := _COMMENT.match(line)):
            around[-1] = match[1]  # tape names its tests in comments before their assertions
    return found


def _take(found: Tap, match: re.Match[str], around: dict[int, str], after: Sequence[str]) -> None:
    depth = len(match[1])
    found.points += depth == 0
    parts = [name for level, name in sorted(around.items()) if level < depth]
    parts.append(match[4] or match[3])
    unique = found.names.unique(" ".join("::".join(parts).split()))
    outcome = Outcome.SKIPPED if match[5] else Outcome.FAILED if match[2] else Outcome.PASSED
    block = _block(after) if outcome is Outcome.FAILED else ()
    message = _message(block)
    found.results[unique] = TestResult(unique, outcome, message=message, traceback="\n".join(block))


def _message(block: Sequence[str]) -> str:
    for line, following in zip(block, [*block[1:], ""], strict=False):
        if said := _MESSAGE.match(line):
            return following.strip() if said[1] in ("|-", "|", ">-", ">") else said[1]
    return ""


def _block(lines: Sequence[str]) -> Sequence[str]:
    """The YAML behind a point, without its marks and without times, which differ from run to run."""
    if not lines or lines[0].strip() != "---":
        return ()
    end = next((number for number, line in enumerate(lines) if line.strip() == "..."), len(lines))
    return [line for line in lines[1:end] if not line.strip().startswith("duration_ms:")]
