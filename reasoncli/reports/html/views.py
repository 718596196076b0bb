"""What the page shows of a run, cut to its allowance: values for the template, without markup."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reasoncli.domain import Cluster, Contrast, Excerpt, Suspect
from reasoncli.reports.console import Glyphs
from reasoncli.reports.explain import fate
from reasoncli.reports.html.allowance import Allowance, Shown
from reasoncli.reports.pieces import diff_style, gist, guards_label, merged, place, targets_label, verdict_label
from reasoncli.reports.result import facts
from reasoncli.reports.summary import Summary
from reasoncli.reports.words import clip, number

MOST_ROWS = 1_000  # clusters in the table
MOST_DETAILS = 40  # of them with all that is known
_DIFF = 40_000  # bytes of the chosen patch
_OTHER_DIFF = 8_000
_OUTPUT = 4_000
_LIST = 30
_HEATS = 9  # shades
_SIGNS = Glyphs()

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """Lines of a diff, each with the class of its colour, and how many characters are not shown."""

    lines: tuple[tuple[str, str], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Line:
    """A cluster in the table; `detail` is the name of its part of the page, empty where it has none."""

    rank: int
    won: bool
    votes: str
    verdict: str
    style: str
    targets: str
    guards: str
    change: str
    detail: str


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is known of a cluster."""

    name: str
    title: str
    rows: Rows
    contrasts: tuple[Contrast, ...]
    diff: Diff
    output: Shown


@dataclass(frozen=True, slots=True)
class Candidates:
    """The clusters, best first; `total` counts those that are not shown, too."""

    lines: tuple[Line, ...]
    details: tuple[Detail, ...]
    total: int


@dataclass(frozen=True, slots=True)
class HeatLine:
    """A line of source: its number, its shade from 0 to 9, its score in words, its text, and why it is suspect."""

    number: int
    heat: int
    score: str
    text: str
    clues: str


@dataclass(frozen=True, slots=True)
class Heat:
    """A stretch of source with its suspect lines."""

    title: str
    lines: tuple[HeatLine, ...]


def decision_rows(summary: Summary, allowance: Allowance) -> Rows:
    """Why, how sure, what became of it."""
    return tuple((label, allowance.line(words.plain, 2_000)) for label, words in facts(summary, 120)[: 3 * _LIST])


def diff_view(diff: str, allowance: Allowance, most: int = _DIFF) -> Diff:
    """A diff, line by line."""
    shown = allowance.take(diff, most)
    lines = shown.text.rstrip("\n").split("\n") if shown.text else []
    return Diff(tuple((diff_style(line).replace(".", "-"), line) for line in lines), shown.left_out)


def candidates_view(summary: Summary, allowance: Allowance) -> Candidates:
    """The table first, so that what is long can't crowd it out."""
    decision = summary.decision
    if decision is None:
        return Candidates((), (), 0)
    known = {each.index: each for each in summary.candidates}
    clusters = [each for each in decision.clusters if each.members and each.members[0] in known]
    contrasts: dict[int, list[Contrast]] = {}
    for contrast in decision.contrasts:
        contrasts.setdefault(contrast.other, []).append(contrast)
    lines = tuple(_line(rank, each, summary, allowance) for rank, each in enumerate(clusters[:MOST_ROWS], start=1))
    details = tuple(
        _detail(rank, each, summary, contrasts, allowance) for rank, each in enumerate(clusters[:MOST_DETAILS], start=1)
    )
    return Candidates(lines, details, len(clusters))


def heat_views(summary: Summary, allowance: Allowance) -> tuple[Heat, ...]:
    """The source around suspects, as far as the run kept it."""
    return tuple(_heat(each, summary.suspects, allowance) for each in summary.excerpts)


def suspect_rows(summary: Summary, allowance: Allowance) -> tuple[tuple[tuple[str, str, str], ...], int]:
    """(score, place, clues) of the first suspect places, and how many there are."""
    places = merged(summary.suspects)
    shown = tuple(
        (f"{each.score:.2f}", allowance.line(where), allowance.line(_clues(each))) for where, each in places[:_LIST]
    )
    return shown, len(places)


def again(manifest: Mapping[str, object]) -> str:
    """The commands that do it again; empty where the manifest doesn't tell."""
    command = manifest.get("command")
    if not isinstance(command, list | tuple) or not command:
        return ""
    words = [str(each) for each in command]
    if not any(each == "--seed" or each.startswith("--seed=") for each in words) and "seed" in manifest:
        words += ["--seed", str(manifest["seed"])]
    repository, commit = str(manifest.get("repository", "")), str(manifest.get("commit", ""))
    there = f"git -C {shlex.quote(repository)} checkout {commit}\n" if repository and commit else ""
    return there + shlex.join(words)


def made_of(manifest: Mapping[str, object], allowance: Allowance) -> Rows:
    """The manifest's values, one level deep."""
    return tuple(_flat(manifest, allowance))


def _flat(manifest: Mapping[str, object], allowance: Allowance) -> Iterator[tuple[str, str]]:
    for name, value in manifest.items():
        if isinstance(value, Mapping):
            for inner, each in value.items():
                yield allowance.line(f"{name}: {inner}", 200), allowance.line(str(each))
        elif name == "prompts" and isinstance(value, list):
            yield name, f"{number(len(value))}, kept with the run"
        elif value not in (None, "") and name != "command":
            yield allowance.line(name.replace("_", " "), 200), allowance.line(str(value))


def _line(rank: int, cluster: Cluster, summary: Summary, allowance: Allowance) -> Line:
    leader = summary.leader(cluster)
    assert leader is not None  # noqa: S101 - the caller looked
    decision = summary.decision
    label = verdict_label(leader.verdict, _SIGNS)
    return Line(
        rank=rank,
        won=decision is not None and leader.index == decision.chosen,
        votes=number(cluster.votes),
        verdict=label.plain if leader.verdict is not None else "not judged",
        style=str(label.style),
        targets=targets_label(leader.verdict).plain,
        guards=guards_label(leader.verdict).plain,
        change=allowance.line(f"{place(leader.patch)}  {clip(gist(leader.patch), 90)}", 300),
        detail=f"patch-{rank}" if rank <= MOST_DETAILS else "",
    )


def _detail(
    rank: int, cluster: Cluster, summary: Summary, contrasts: Mapping[int, list[Contrast]], allowance: Allowance
) -> Detail:
    members = [each for index in cluster.members if (each := summary.candidate(index)) is not None]
    leader = members[0]
    verdict = leader.verdict
    rows = [(label, allowance.line(words.plain, 600)) for label, words in fate(members, summary)]
    return Detail(
        name=f"patch-{rank}",
        title=allowance.line(f"{rank}. {number(cluster.votes)} votes, {clip(gist(leader.patch), 90)}", 300),
        rows=tuple(rows[:_LIST]),
        contrasts=tuple(
            Contrast(
                each.other,
                allowance.line(each.call),
                allowance.line(each.test),
                allowance.line(each.ours),
                allowance.line(each.theirs),
            )
            for each in contrasts.get(leader.index, ())
        ),
        diff=diff_view(leader.patch.diff, allowance, _OTHER_DIFF),
        output=allowance.take(verdict.output if verdict is not None else "", _OUTPUT, end=True),
    )


def _heat(excerpt: Excerpt, suspects: Sequence[Suspect], allowance: Allowance) -> Heat:
    last = excerpt.start + len(excerpt.lines) - 1
    here = [each for each in suspects if each.path == excerpt.path]
    best: dict[int, Suspect] = {}
    for each in here:
        line = each.line if each.line is not None else each.start
        if excerpt.start <= line <= last and (line not in best or each.score > best[line].score):
            best[line] = each
    lines, before = [], ""
    for at, text in enumerate(excerpt.lines, start=excerpt.start):
        suspect = best.get(at)
        clues = "" if suspect is None else _clues(suspect)
        lines.append(
            HeatLine(
                number=at,
                heat=0 if suspect is None else max(1, min(_HEATS, round(suspect.score * _HEATS))),
                score="" if suspect is None else f"{suspect.score:.2f}",
                text=allowance.take(text, 400).text,
                clues="as above" if clues and clues == before else allowance.line(clues, 300),
            )
        )
        before = clues or before
    return Heat(allowance.line(f"{excerpt.path}, lines {excerpt.start} to {last}"), tuple(lines))


def _clues(suspect: Suspect) -> str:
    return "; ".join(f"{clue.kind} {clue.score:.2f}: {clue.detail}" for clue in suspect.clues)
