"""The end of a run: the diff alone on stdout, and why it won, what it cost and how to undo it on stderr."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from reasoncli.domain import Candidate, Status
from reasoncli.reports.console import Glyphs, glyphs, safe
from reasoncli.reports.explain import fates
from reasoncli.reports.pieces import diff_text, gist_text, guards_words, place, verdict_label
from reasoncli.reports.spending import spent_words
from reasoncli.reports.summary import Summary
from reasoncli.reports.words import count, duration, number, proposals
from reasoncli.voting.tiers import Tier

_HEADLINES = {
    Status.VERIFIED: ("good", "Verified"),
    Status.SUSPICIOUS: ("warn", "Suspicious"),
    Status.PARTIAL: ("warn", "Partial"),
    Status.UNVERIFIED: ("warn", "Unverified"),
    Status.NONE: ("bad", "No acceptable patch"),
}


def show_result(summary: Summary, out: Console, err: Console, *, explain: bool = False) -> None:
    """Print a run's result: the diff on `out`, all else on `err`; with `explain` how each candidate fared.

    Where `out` is no terminal the diff is written byte for byte, for `git apply`.
    """
    chosen = summary.chosen
    if chosen is not None:
        show_diff(chosen.patch.diff, out)
    if explain:
        err.print(fates(summary, glyphs(err), err.width))
    err.print(explanation(summary, glyphs(err), err.width))


def show_diff(diff: str, out: Console) -> None:
    """Print a diff: coloured and made safe on a terminal, as it is elsewhere."""
    if out.file.isatty():
        for line in diff_text(diff).split("\n"):
            out.print(Text("  ").append_text(line), soft_wrap=True)
        return
    out.file.flush()
    text = diff if diff.endswith("\n") else diff + "\n"
    buffer = getattr(out.file, "buffer", None)
    if buffer is None:
        out.file.write(text)
    else:
        buffer.write(text.encode("utf-8", "surrogateescape"))
    out.file.flush()


def explanation(summary: Summary, signs: Glyphs, width: int) -> RenderableType:
    """Why this patch, or why none: one block."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="quiet", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in facts(summary, width, signs):
        table.add_row(f"  {label}", value)
    return Group(Text(), _headline(summary, signs), Text(), table, Text())


def headline(summary: Summary) -> tuple[str, str]:
    """`good`, `warn` or `bad`, and how the run ended in a word or two."""
    if summary.decision is None:
        return "warn", "The run goes on" if summary.live else "The run ended before a decision"
    return _HEADLINES[summary.decision.status]


def _headline(summary: Summary, signs: Glyphs) -> Text:
    style, word = headline(summary)
    if summary.decision is None:
        return Text(f"  {signs.running if summary.live else signs.failed} {word}", style="warn.head")
    sign = {"good": signs.done, "warn": signs.partly, "bad": signs.failed}[style]
    text = Text(f"  {sign} {word}", style=f"{style}.head")
    chosen = summary.chosen
    if chosen is not None:
        text.append(f"  {_change(chosen)}", style="not bold default")
    return text


def _change(candidate: Candidate) -> str:
    lines = count(candidate.patch.size, "changed line")
    return f"{safe(place(candidate.patch)).plain}, {lines}"


def facts(summary: Summary, width: int, signs: Glyphs | None = None) -> list[tuple[str, Text]]:
    """All there is to say of the decision, as (label, words); a label that is empty goes on with the one before.

    Args:
        summary: the run.
        width: of the place where it is shown, in characters.
        signs: that can be shown there; all of them by default.
    """
    signs = Glyphs() if signs is None else signs
    rows: list[tuple[str, Text]] = []
    decision = summary.decision
    if decision is not None:
        rows += [("Why" if i == 0 else "", safe(reason)) for i, reason in enumerate(decision.reasons)]
        if decision.chosen is not None:
            rows.append(("Margin", Text(margin_words(summary))))
        if decision.confidence:  # runs of earlier versions have none
            rows.append(("Confidence", Text(f"{decision.confidence:.0%} that it is right")))
        runner_up = summary.leader(decision.clusters[1]) if len(decision.clusters) > 1 else None
        if runner_up is not None and decision.chosen is not None:
            words = Text(count(decision.clusters[1].votes, "vote") + ", ")
            words.append_text(verdict_label(runner_up.verdict, signs)).append("  ")
            rows.append(("Runner-up", words.append_text(gist_text(runner_up.patch, max(width - 40, 20)))))
        if decision.stopped_early:
            rows.append(("Stopped", safe(decision.stopped_early)))
    if summary.chosen is not None and summary.chosen.verdict is not None:
        suspicions = summary.chosen.verdict.suspicions
        rows += [("Suspicious" if i == 0 else "", safe(each, "warn")) for i, each in enumerate(suspicions)]
    baseline = summary.baseline
    if baseline is not None and (baseline.left_out or len(baseline.guards) < baseline.passing):
        rows.append(("Guards", Text(guards_words(baseline))))
    if summary.chosen is not None and summary.chosen.patch.dropped:
        left_out = ", ".join(summary.chosen.patch.dropped)
        rows.append(("Left out", safe(f"what it also wanted to change, but may not: {left_out}")))
    cost = summary.cost
    if cost.samples or cost.ranked:
        parts = [proposals(cost.samples, cost.ranked, given=summary.given)]
        parts += [] if summary.given else [count(cost.tokens, "token"), f"{duration(cost.model_seconds)} model"]
        parts += [f"{duration(cost.test_seconds)} tests", f"{duration(cost.total_seconds)} in all"]
        rows.append(("Cost", Text(", ".join([*parts, *spent_words(cost.spending)]))))
    rows += [("Applied" if i == 0 else "", safe(line)) for i, line in enumerate(summary.applied)]
    if summary.run:
        rows.append(("Run", Text(f"{summary.run}  ").append_text(safe(summary.stored, "quiet"))))
        if summary.undo:
            rows.append(("Undo", Text(f"reasoncli undo {summary.run}")))
        elif decision is None and not summary.live:
            rows.append(("Resume", Text(f"reasoncli runs resume {summary.run}")))
    return rows


def margin_words(summary: Summary) -> str:
    """By how much it won, in votes of its tier."""
    decision = summary.decision
    if decision is None or decision.chosen is None:
        return "none"
    first = decision.clusters[0]
    rivals = [each for each in decision.clusters[1:] if each.tier in (first.tier, Tier.UNJUDGED)]
    if not rivals:
        return f"{count(first.votes, 'vote')}, without a rival of equal outcome"
    total = first.votes + sum(each.votes for each in rivals)
    second = max(each.votes for each in rivals)
    words = f"{number(first.votes)} against {number(second)} of {count(total, 'vote')} ({decision.margin:.0%})"
    unjudged = sum(each.tier == Tier.UNJUDGED for each in rivals)
    words += f", {count(unjudged, 'form')} not judged" if unjudged else ""
    return f"{words}; a tie, decided by order of appearance" if decision.tie else words
