"""`--explain`: how every candidate fared, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reasoncli.domain import Candidate, ClaimFate, ClaimOutcome, Cluster, Reproduced, Verdict
from reasoncli.reports.console import Glyphs, safe
from reasoncli.reports.pieces import gist_text, place, verdict_label
from reasoncli.reports.summary import Summary
from reasoncli.reports.words import count, number
from reasoncli.voting.opinions import tally

_NAMED = 4
_PROPOSED = 20
_ID = 8  # digits that tell tests apart


def fates(summary: Summary, signs: Glyphs, width: int, *, everything: bool = False) -> RenderableType:
    """The clusters with their members, best first; then the proposals that were no patch.

    All that were given are told of, and of those that a model proposed the first, unless it shall be everything.
    """
    decision = summary.decision
    clusters = () if decision is None else decision.clusters
    limit = None if everything or summary.given else _PROPOSED
    parts: list[RenderableType] = []
    for rank, cluster in enumerate(clusters[:limit], start=1):
        parts += _cluster(rank, cluster, summary, signs, width)
    if limit is not None and len(clusters) > limit:
        more = f"\n  and {number(len(clusters) - limit)} more: `reasoncli runs show {summary.run} --explain --all`"
        parts.append(safe(more, "quiet"))
    parts += _reproductions(summary)
    parts += _refused(summary)
    return Group(*parts)


def _cluster(rank: int, cluster: Cluster, summary: Summary, signs: Glyphs, width: int) -> Iterator[RenderableType]:
    members = [each for index in cluster.members if (each := summary.candidate(index)) is not None]
    if not members:
        return
    decision = summary.decision
    leader = members[0]
    won = decision is not None and leader.index == decision.chosen
    head = Text(f"\n  {signs.leader if won else ' '} {rank}. ", style="accent" if won else "")
    head.append_text(verdict_label(leader.verdict, signs)).append(f", {count(cluster.votes, 'vote')}  ", style="quiet")
    yield head.append_text(gist_text(leader.patch, max(width - 40, 20)))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="quiet", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in fate(members, summary):
        table.add_row(f"       {label}", value)
    yield table


def fate(members: Sequence[Candidate], summary: Summary) -> Iterator[tuple[str, Text]]:
    """What became of a cluster, as (label, words); the member that stands for all comes first."""
    leader = members[0]
    yield from _judges(leader, summary)
    yield "changes", safe(f"{place(leader.patch)}, {count(leader.patch.size, 'line')}")
    origins = list(dict.fromkeys(name for each in members for name in summary.origins_of(each)))
    yield "from", safe(", ".join(origins) if summary.given else _listed(origins))
    forms = len({each.patch.vote_key for each in members})
    if forms > 1:
        yield "forms", safe(f"{forms} different patches that behave alike in all calls that were recorded")
    elif len(members) > 1:
        yield "forms", safe(f"{len(members)} texts that are the same program")
    verdict = leader.verdict
    if verdict is None:
        yield "tests", safe("not run: by its votes it could not be chosen any more", "quiet")
        return
    yield from _outcome(verdict)
    yield from _reproduced(next((each.reproduced for each in members if each.reproduced), ()))
    if leader.patch.dropped:
        yield "left out", safe(f"changes to {_listed(leader.patch.dropped)}, which a patch may not touch", "warn")


def _judges(leader: Candidate, summary: Summary) -> Iterator[tuple[str, Text]]:
    """What judges said of it beside the others that they saw."""
    decision = summary.decision
    places = {cluster.members[0]: place for place, cluster in enumerate(decision.clusters if decision else (), start=1)}
    for each in decision.comparisons if decision else ():
        if leader.index not in (each.one, each.other):
            continue
        other = each.other if leader.index == each.one else each.one
        beside = f"patch {places[other]}" if other in places else "another"
        yield "judges", safe(f"beside {beside}: {tally(each, leader.index)}")
    if leader.opinion:
        yield "", safe(f"for that {count(leader.opinion, 'vote')} of its cluster")


def _outcome(verdict: Verdict) -> Iterator[tuple[str, Text]]:
    passed, failed = verdict.targets_passed, verdict.targets_failed
    if passed or failed:
        words = f"{number(len(passed))} of {number(len(passed) + len(failed))} that were run are green"
        yield "targets", safe(words + (f"; red: {_listed(failed)}" if failed else ""))
    if verdict.guards_broken:
        yield "guards", safe(f"it breaks {_listed(verdict.guards_broken)}", "warn")
    elif verdict.guards_run:
        where = "in a fresh sandbox, " if verdict.clean else ""
        yield "guards", safe(f"{where}{number(verdict.guards_run)} of {number(verdict.guards_total)} were run and hold")
    for claim in verdict.claims:
        bad = claim.fate in (ClaimFate.REMAINS, ClaimFate.UNMET)
        yield ("you said" if claim.asked else "the issue"), safe(_claim(claim), "warn" if bad else "")
    for suspicion in verdict.suspicions:
        yield "suspicious", safe(suspicion, "warn")
    if verdict.reason and not (passed or failed or verdict.guards_run):
        yield "verdict", safe(verdict.reason)
    if verdict.reused:
        yield "", safe("an earlier run of the same base judged these files", "quiet")


def _reproduced(outcomes: Sequence[Reproduced]) -> Iterator[tuple[str, Text]]:
    if outcomes:
        passed = [each for each in outcomes if each.passed]
        votes = (
            f"{sum(each.votes for each in passed)} of {count(sum(each.votes for each in outcomes), 'vote')} of tests"
        )
        yield "reproduction", safe(f"passes {len(passed)} of {count(len(outcomes), 'test')} ({votes})")
    for failed in [each for each in outcomes if not each.passed][:_NAMED]:
        yield "", safe(f"fails {failed.test[:_ID]}: {failed.now}")


def _reproductions(summary: Summary) -> Iterator[RenderableType]:
    if not summary.reproductions:
        return
    yield Text("\n  Reproduction tests that fail at the base", style="strong")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(style="quiet", no_wrap=True)
    table.add_column(overflow="fold")
    for each in summary.reproductions:
        table.add_row(f"  {each.id[:_ID]}", count(each.votes, "vote"), safe(each.shows))
    yield table


def _claim(claim: ClaimOutcome) -> str:
    if claim.asked:
        so = "and it does" if claim.fate is ClaimFate.MET else f"and it {claim.now}"
        return f"`{claim.statement}` {claim.said}, {so}"
    match claim.fate:
        case ClaimFate.GONE:
            return f"`{claim.statement}` no longer gives {claim.said}, but {claim.now}"
        case ClaimFate.REMAINS:
            return f"`{claim.statement}` still gives {claim.said}"
        case ClaimFate.MET:
            return f"`{claim.statement}` gives {claim.said}, as the issue wants it"
        case ClaimFate.UNMET:
            return f"`{claim.statement}` gives {claim.now}, the issue wants {claim.said}"
        case ClaimFate.UNKNOWN:
            return f"`{claim.statement}` was not reached"


def _refused(summary: Summary) -> Iterator[RenderableType]:
    if not summary.refused:
        return
    yield Text("\n  No patch", style="strong")
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True, style="warn")
    table.add_column(overflow="fold")
    counted: dict[tuple[str, str, str], int] = {}
    for prompt, refused in summary.refused:
        key = (summary.origins.get(prompt, "?"), refused.kind, refused.reason)
        counted[key] = counted.get(key, 0) + 1
    for (origin, kind, reason), times in counted.items():
        table.add_row(
            Text("  ").append_text(safe(origin)), kind, safe(reason + (f" ({times} times)" if times > 1 else ""))
        )
    yield table
    more = sum(summary.rejected.values()) - len(summary.refused)
    if more > 0:
        yield Text(f"  and {number(more)} more", style="quiet")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
