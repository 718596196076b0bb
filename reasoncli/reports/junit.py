"""JUnit XML of runs, a test case for each issue, as CI servers show it.

A verified patch passes. A weaker one, or none, is a failure with the reason. What ended without a decision is an error:
the tool or its surroundings failed, and nothing was said of the issue.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from reasoncli.domain import Status
from reasoncli.reports.summary import Summary
from reasoncli.reports.words import clip
from reasoncli.sources.text import printable

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold, not even as a reference."""

_LONGEST = 100_000
_NAME = 200


def to_junit(summaries: Sequence[Summary]) -> str:
    """The document; valid XML, whatever the texts hold."""
    outcomes = [outcome(each) for each in summaries]
    counts = {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
        "skipped": "0",
        "time": f"{sum(each.cost.total_seconds for each in summaries):.3f}",
    }
    root = ET.Element("testsuites", {"name": "reasoncli", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "reasoncli", **counts})
    for summary, what in zip(summaries, outcomes, strict=True):
        _case(suite, summary, what)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def outcome(summary: Summary) -> str:
    """`passed`, `failure` or `error`."""
    if summary.decision is None:
        return "error"
    verified = summary.decision.status is Status.VERIFIED and not summary.exit_code
    return "passed" if verified else "failure"


def _case(suite: ET.Element, summary: Summary, what: str) -> None:
    attributes = {
        "classname": f"reasoncli.{_one_line(summary.issue.source) or 'issue'}",
        "name": _one_line(summary.issue.title) or "issue",
        "time": f"{summary.cost.total_seconds:.3f}",
    }
    case = ET.SubElement(suite, "testcase", attributes)
    decision, chosen = summary.decision, summary.chosen
    if decision is None:
        why = summary.error or "the run ended before a decision"
        ET.SubElement(case, "error", {"type": "reasoncli", "message": _one_line(why)}).text = _text(why)
        return
    lines = [*decision.reasons, *summary.applied]
    if what == "failure":
        message = decision.reasons[0] if decision.reasons else f"no acceptable patch ({decision.status.value})"
        failure = ET.SubElement(case, "failure", {"type": decision.status.value, "message": _one_line(message)})
        failure.text = _text("\n".join([*lines, *([decision.stopped_early] if decision.stopped_early else [])]))
    diff = "" if chosen is None else f"\n\n{chosen.patch.diff}"
    ET.SubElement(case, "system-out").text = _text("\n".join(lines) + diff)


def _one_line(text: str) -> str:
    return clip(" ".join(_text(text).split()), _NAME)


def _text(text: str) -> str:
    return clip(_FORBIDDEN.sub("\ufffd", printable(text)), _LONGEST)
