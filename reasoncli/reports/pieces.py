"""Parts that several reports share: verdicts, changes, diffs, baselines, as text for rich."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from reasoncli.domain import Baseline, Candidate, Cluster, Patch, Suspect, Verdict, VerdictKind
from reasoncli.reports.console import Glyphs
from reasoncli.reports.words import clip, count, moment, number
from reasoncli.sources.text import printable

_LABELS = {
    VerdictKind.FIXES: ("good", "fixes"),
    VerdictKind.PARTIAL: ("warn", "partial"),
    VerdictKind.NO_EFFECT: ("quiet", "no effect"),
    VerdictKind.REGRESSES: ("warn", "regresses"),
    VerdictKind.BROKEN: ("bad", "broken"),
    VerdictKind.TIMEOUT: ("bad", "timeout"),
    VerdictKind.FORBIDDEN: ("bad", "forbidden"),
    VerdictKind.UNAPPLIABLE: ("bad", "unappliable"),
    VerdictKind.NEEDS_REBUILD: ("quiet", "needs a rebuild"),
}

_NOTHING = "-"


def verdict_label(verdict: Verdict | None, signs: Glyphs) -> Text:
    """A verdict in a word; a tick for one judged clean."""
    if verdict is None:
        return Text("waiting", style="quiet")
    style, word = _LABELS[verdict.kind]
    confirmed = f" {signs.done}" if verdict.clean and verdict.kind is VerdictKind.FIXES else ""
    text = Text(word + confirmed, style=style)
    return text.append(", suspicious", style="warn") if verdict.suspicions else text


def targets_label(verdict: Verdict | None) -> Text:
    """`2/2` of the targets."""
    run = 0 if verdict is None else len(verdict.targets_passed) + len(verdict.targets_failed)
    if verdict is None or not run:
        return Text(_NOTHING, style="quiet")
    passed = len(verdict.targets_passed)
    return Text(f"{passed}/{run}", style="good" if passed == run else "")


def guards_label(verdict: Verdict | None) -> Text:
    """`141` guards held, or `139/141`."""
    if verdict is None or not verdict.guards_run:
        return Text(_NOTHING, style="quiet")
    broken = len(verdict.guards_broken)
    if not broken:
        return Text(str(verdict.guards_run))
    return Text(f"{verdict.guards_run - broken}/{verdict.guards_run}", style="warn")


def place(patch: Patch) -> str:
    """Where a patch begins to change something: `src/calc.py:17`, and how many files more."""
    path = patch.changes[0].path if patch.changes else ""
    line = _first_changed_line(patch.diff)
    more = len(patch.changes) - 1
    shown = f"{path}:{line}" if line else path
    return f"{shown} and {count(more, 'file')} more" if more > 0 else shown


def gist(patch: Patch) -> str:
    """The first line that a patch adds, or the first it removes, with its sign."""
    body = [text for text in patch.diff.splitlines() if text[:1] in ("+", "-") and text[:3] not in ("+++", "---")]
    added = next((text for text in body if text[0] == "+" and text[1:].strip()), None)
    chosen = added or (body[0] if body else "")
    return f"{chosen[:1]} {' '.join(chosen[1:].split())}" if chosen else ""


def gist_text(patch: Patch, limit: int) -> Text:
    """The same as text of at most so many characters."""
    line = clip(printable(gist(patch)), limit)
    return Text(line, style="diff.del" if line.startswith("-") else "diff.add")


def diff_text(diff: str) -> Text:
    """A diff with its lines coloured; control characters made visible."""
    text = Text(overflow="fold", end="")
    for line in printable(diff).split("\n"):
        text.append(line, style=diff_style(line))
        text.append("\n")
    text.rstrip()
    return text


def baseline_words(baseline: Baseline) -> str:
    """`2 targets, 141 guards, 1 flaky`; what a sample is of, and when it was measured, where that is not now."""
    parts = [count(len(baseline.targets), "target"), guards_words(baseline)]
    parts += [f"{len(baseline.flaky)} flaky"] if baseline.flaky else []
    parts += [f"{len(baseline.order_dependent)} order-dependent"] if baseline.order_dependent else []
    parts += [f"{len(baseline.environmental)} environmental"] if baseline.environmental else []
    parts += [f"{len(baseline.unrelated)} unrelated"] if baseline.unrelated else []
    parts += [f"{count(len(baseline.uncollected), 'module')} not importable"] if baseline.uncollected else []
    parts += [f"reused from {moment(baseline.reused)}"] if baseline.reused is not None else []
    return ", ".join(parts)


def guards_words(baseline: Baseline) -> str:
    """`141 guards`, `312 of 10,000 guards, sampled for time`, or `98 guards, sampled for time out of 10,000 tests`."""
    guards = count(len(baseline.guards), "guard")
    if baseline.left_out:
        return f"{guards}, sampled for time out of {number(baseline.left_out + len(baseline.first.results))} tests"
    if len(baseline.guards) < baseline.passing:
        return f"{number(len(baseline.guards))} of {count(baseline.passing, 'guard')}, sampled for time"
    return guards


def suspect_words(suspect: Suspect) -> str:
    """`src/calc.py:17 divide`."""
    where = suspect.path if suspect.line is None else f"{suspect.path}:{suspect.line}"
    return printable(f"{where} {suspect.function}".replace("\n", " "))


def merged(suspects: Sequence[Suspect]) -> list[tuple[str, Suspect]]:
    """Suspects in order, lines of one function with equal evidence as one place: `a.py:57-61,63 find_room`."""
    groups: dict[tuple[object, ...], list[Suspect]] = {}
    for suspect in suspects:
        groups.setdefault((suspect.path, suspect.function, suspect.score, suspect.clues), []).append(suspect)
    return [(_places(group), group[0]) for group in groups.values()]


def leaders(clusters: tuple[Cluster, ...], known: dict[int, Candidate]) -> Iterator[tuple[Cluster, Candidate]]:
    """Clusters with the candidate that stands for each."""
    for cluster in clusters:
        if cluster.members[0] in known:
            yield cluster, known[cluster.members[0]]


def _first_changed_line(diff: str) -> int:
    """The line, in the old file, at which the first hunk changes something; 0 where there is no hunk."""
    line = 0
    for text in diff.split("\n"):
        if not line and text.startswith("@@ -"):
            start = text.split()[1].lstrip("-").split(",")[0]
            line = max(int(start), 1) if start.isdigit() else 0
        elif line and not text.startswith(" "):
            break
        elif line:
            line += 1
    return line


def _places(group: Sequence[Suspect]) -> str:
    first = group[0]
    runs: list[list[int]] = []
    for line in sorted(each.line for each in group if each.line is not None):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    lines = ",".join(f"{start}" if start == end else f"{start}-{end}" for start, end in runs)
    return f"{first.path}:{lines} {first.function}" if lines else f"{first.path} {first.function}"


def diff_style(line: str) -> str:
    """The style of a line of a diff, empty for one that stays."""
    if line.startswith(("+++", "---", "diff ", "index ", "new file", "deleted file", "old mode", "new mode")):
        return "diff.file" if line.startswith(("+++", "---")) else "quiet"
    return {"+": "diff.add", "-": "diff.del", "@": "diff.hunk"}.get(line[:1], "")
