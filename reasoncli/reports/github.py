"""What GitHub Actions shows of a run: a job summary in Markdown, and annotations at the lines of the patch.

A step's summary may have 1 MiB, or all of it is refused; a comment or the text of a pull request 65,536 characters. We
stay far below both, and cut between parts. Of each kind of annotation a step may have ten.

The runner reads commands (`::name::`) from both streams of a step, wherever a line begins with one. While we print what
issues, patches and tests say, it is told to read none (`quiet`).
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TextIO

from reasoncli.domain import Candidate, Status
from reasoncli.reports.junit import outcome
from reasoncli.reports.markdown import block, code, prose
from reasoncli.reports.pieces import baseline_words, gist, place
from reasoncli.reports.result import margin_words
from reasoncli.reports.spending import spent_words
from reasoncli.reports.summary import Summary
from reasoncli.reports.words import count, duration, proposals
from reasoncli.sources.text import printable

SUMMARY_BYTES = 256 << 10
"""Of a job summary: a quarter of what a step may write, as others may write in the same step."""

COMMENT_BYTES = 60_000
"""Of a comment or the text of a pull request, with room for what is put around it."""

_ANNOTATIONS = 10
_DIFF_LINES = 400
_NAMED = 5
_LISTED = 50
_CUT_BYTES = 120

_HEADLINES = {
    Status.VERIFIED: "✅ Verified",
    Status.SUSPICIOUS: "⚠️ Suspicious",
    Status.PARTIAL: "⚠️ Partial",
    Status.UNVERIFIED: "⚠️ Unverified",
    Status.NONE: "❌ No acceptable patch",
}


def in_actions(environ: Mapping[str, str]) -> bool:
    """Whether this process is a step of GitHub Actions."""
    return environ.get("GITHUB_ACTIONS") == "true"


def append_summary(text: str, environ: Mapping[str, str]) -> None:
    """Append to the step's summary, where it has one.

    Raises:
        OSError: it can't be written.
    """
    name = environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    with Path(name).open("ab") as file:
        file.write(f"{text}\n".encode())


@contextlib.contextmanager
def quiet(stream: TextIO, *, wanted: bool) -> Iterator[None]:
    """Have the runner read no commands while untrusted text is printed; nothing is done unless `wanted`."""
    if not wanted:
        yield
        return
    token = f"reasoncli-{secrets.token_hex(16)}"
    _line(stream, f"::stop-commands::{token}")
    try:
        yield
    finally:
        _line(stream, f"::{token}::")


def annotate(summaries: Sequence[Summary], stream: TextIO) -> None:
    """Write annotations."""
    for each in workflow_commands(summaries):
        _line(stream, each)


def workflow_commands(summaries: Sequence[Summary]) -> list[str]:
    """A workflow command for each run, no more of a kind than GitHub shows; the last says how many are missing."""
    kinds: dict[str, list[str]] = {}
    for summary in summaries:
        kind, command = _annotation(summary)
        kinds.setdefault(kind, []).append(command)
    lines = []
    for kind, commands in kinds.items():
        kept = commands if len(commands) <= _ANNOTATIONS else commands[: _ANNOTATIONS - 1]
        lines += kept
        if len(kept) < len(commands):
            lines.append(_command(kind, {"title": "reasoncli"}, f"and {len(commands) - len(kept):,} more"))
    return lines


def _annotation(summary: Summary) -> tuple[str, str]:
    decision, chosen = summary.decision, summary.chosen
    title = summary.issue.title
    if decision is None:
        why = summary.error or "the run ended before a decision"
        return "error", _command("error", {"title": "reasoncli failed"}, f"{title}: {why}")
    kind = "notice" if outcome(summary) == "passed" else "warning"
    words = decision.reasons[0] if decision.reasons else ""
    if chosen is None:
        return kind, _command(kind, {"title": "reasoncli: no acceptable patch"}, f"{title}: {words}")
    where, _, line = place(chosen.patch).partition(" and ")[0].rpartition(":")
    properties = {"file": where or line, "title": f"reasoncli: {decision.status.value} patch"}
    if where and line.isdigit():
        properties["line"] = line
    return kind, _command(kind, properties, f"{title}: {words}\n{gist(chosen.patch)}")


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    """A workflow command on one line, as the runner unescapes it."""
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return printable(text)[:4000].replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(summaries: Sequence[Summary], *, limit: int = SUMMARY_BYTES, heading: bool = True) -> str:
    """Runs as Markdown, of at most `limit` bytes.

    Args:
        summaries: one is told in full; of several there is a list first.
        limit: it ends before the first part that doesn't fit, and says so.
        heading: begin with what came of it as a heading.
    """
    several = len(summaries) > 1
    room = limit - _CUT_BYTES
    kept: list[str] = []
    for number, summary in enumerate(summaries, start=1):
        first = _list(summaries) if several and number == 1 else ()
        for part in chain(first, _parts(summary, heading=heading or several)):
            room -= len(part.encode("utf-8", "replace")) + 2
            if room < 0:
                where = f" (from issue {number:,} of {len(summaries):,} on)" if several else ""
                kept.append(f"*The rest of this report{where} is left out here, for its length.*")
                return "\n\n".join(kept) + "\n"
            kept.append(part)
    return "\n\n".join(kept) + "\n"


def _list(summaries: Sequence[Summary]) -> Iterator[str]:
    passed = sum(outcome(each) == "passed" for each in summaries)
    failed = sum(outcome(each) == "error" for each in summaries)
    yield f"## {passed:,} of {count(len(summaries), 'issue')} verified{f', {failed:,} failed by us' if failed else ''}"
    for start in range(0, len(summaries), _LISTED):
        yield "\n".join(f"- {_headline(each)}: {code(each.issue.title, 100)}" for each in summaries[start:][:_LISTED])


def _headline(summary: Summary) -> str:
    if summary.decision is None:
        return "🟡 Goes on" if summary.live else "💥 Failed"
    return _HEADLINES[summary.decision.status]


def _parts(summary: Summary, *, heading: bool) -> Iterator[str]:
    chosen = summary.chosen
    title = code(summary.issue.title, 120)
    if heading:
        yield f"## {_headline(summary)}: {title}"
    yield "\n".join(f"- **{label}** {words}" for label, words in _rows(summary))
    if chosen is not None:
        yield block(chosen.patch.diff, "diff", lines=_DIFF_LINES)
        yield _undo(summary)
    rival = _runner_up(summary)
    if rival is not None:
        diff = block(rival.patch.diff, "diff", lines=_DIFF_LINES)
        yield f"<details><summary>The runner-up</summary>\n\n{diff}\n\n</details>"


def _rows(summary: Summary) -> Iterator[tuple[str, str]]:
    decision, chosen = summary.decision, summary.chosen
    if decision is None:
        yield "Why", prose(summary.error or "the run ended before a decision")
        return
    for index, reason in enumerate(decision.reasons):
        yield ("Why" if not index else "and"), prose(reason)
    if chosen is not None:
        yield "Where", f"{code(place(chosen.patch))}, {count(chosen.patch.size, 'changed line')}"
        yield from _evidence(chosen)
        yield "Margin", prose(margin_words(summary))
        if decision.confidence:
            yield "Confidence", f"{decision.confidence:.0%} that it is right"
    if decision.stopped_early:
        yield "Stopped", prose(decision.stopped_early)
    if summary.baseline is not None:
        yield "Base", prose(baseline_words(summary.baseline))
    cost = summary.cost
    made = proposals(cost.samples, cost.ranked, given=summary.given)
    parts = [f"{duration(cost.test_seconds)} of tests", f"{duration(cost.total_seconds)} in all"]
    yield "Cost", prose(", ".join([made, *parts, *spent_words(cost.spending)]))
    for each in summary.applied:
        yield "Applied", prose(each)
    for each in summary.warnings[:_NAMED]:
        yield "Warning", prose(each)


def _evidence(chosen: Candidate) -> Iterator[tuple[str, str]]:
    verdict = chosen.verdict
    if verdict is None:
        return
    if verdict.targets_passed:
        yield "Now green", _named(verdict.targets_passed)
    if verdict.targets_failed:
        yield "Still red", _named(verdict.targets_failed)
    if verdict.guards_broken:
        yield "Breaks", _named(verdict.guards_broken)
    where = " in a fresh sandbox" if verdict.clean else ""
    yield "Guards", f"{verdict.guards_run:,} of {verdict.guards_total:,} were run{where}"
    for each in verdict.suspicions:
        yield "Suspicious", prose(each)


def _undo(summary: Summary) -> str:
    if summary.undo and summary.run:
        return f"To take it back: `reasoncli undo {summary.run}`, or `git apply -R` with this patch."
    return "It is applied with `git apply`, and taken back with `git apply -R`."


def _runner_up(summary: Summary) -> Candidate | None:
    decision = summary.decision
    if decision is None or decision.chosen is None or len(decision.clusters) < 2:
        return None
    return summary.leader(decision.clusters[1])


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(code(each) for each in names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _line(stream: TextIO, text: str) -> None:
    """One line, in one piece, whatever the stream's encoding."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.flush()
    stream.write(text.encode(encoding, "replace").decode(encoding, "replace") + "\n")
    stream.flush()
