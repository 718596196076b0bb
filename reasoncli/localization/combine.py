"""One ranked list of lines and functions out of spectrum, tracebacks and words.

A line's score is the weighted mean of its Ochiai coefficient, the strength of the tracebacks through it, and its
function's BM25 score (relative to the best function's); clues of a kind that the run could not give (no failing test,
no coverage) drop out of the mean. Lines that are seldom the fault (imports, `def` heads, docstrings) count for less. A
function scores as its best line does, and by its words where no line of it is suspect. Everything is deterministic:
ties go by path and line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from reasoncli.domain import Clue, Issue, Suspect, TestReport
from reasoncli.localization import lexical, spectrum, traceback
from reasoncli.localization.code import Code, Reader
from reasoncli.localization.functions import Function
from reasoncli.localization.spectrum import Spectrum
from reasoncli.localization.traceback import Mark

_SELDOM = frozenset(
    ("import", "importfrom", "functiondef", "asyncfunctiondef", "classdef", "docstring", "pass", "global", "nonlocal")
)
_WORD_ONLY_FUNCTIONS = 10


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of clue counts for; chosen on one-line bugs planted in public packages.

    Attributes:
        seldom: factor for lines that are seldom the fault.
        guard: factor at which a condition or loop takes over the suspicion of what it decides on.
        raised: factor for a `raise` below a condition, which takes over its suspicion as a whole.
        parsed_files: how many of a large repository's files are parsed, those first that match the issue's words.
    """

    spectrum: float = 0.65
    traceback: float = 0.25
    lexical: float = 0.1
    seldom: float = 0.3
    guard: float = 0.9
    raised: float = 0.5
    parsed_files: int = 200


Place = tuple[str, int]
"""A path and a line."""

_DEFAULT = Weights()


def rank(
    tree: Reader,
    issue: Issue,
    *,
    is_test: Callable[[str], bool],
    report: TestReport | None = None,
    targets: Collection[str] = (),
    lines: int = 300,
    functions: int = 50,
    weights: Weights = _DEFAULT,
) -> list[Suspect]:
    """Rank the places that may hold the fault, most suspicious first.

    Args:
        tree: the snapshot's files.
        issue: its text is searched for words, tracebacks and `file:line` mentions.
        is_test: whether a path can't hold the fault.
        report: a run at the base; its coverage gives the spectrum, its targets' frames the tracebacks.
        targets: ids of the tests that must turn green.
        lines: how many lines at most.
        functions: how many functions at most.
        weights: what each kind of clue counts for.
    """
    code = Code(tree, is_test)
    failures = [report.results[target] for target in targets if target in report.results] if report else []
    spectra = spectrum.spectra(report, targets, code.excluded) if report else {}
    marks = [
        *traceback.from_failures(failures, code.excluded),
        *traceback.from_text(issue.text, code.texts, code.excluded),
    ]
    wanted = lexical.query(issue.text, [text for failure in failures for text in (failure.id, failure.message)])
    code.parse(wanted, {path for path, _ in spectra} | {mark.path for mark in marks}, weights.parsed_files)
    scoring = _Scoring(code, weights, spectra, marks)
    found = scoring.lines()
    return sorted(
        [*sorted(found, key=_order)[:lines], *sorted(scoring.functions(found), key=_order)[:functions]], key=_order
    )


def _order(suspect: Suspect) -> tuple[float, str, int, int]:
    return -suspect.score, suspect.path, suspect.line or suspect.start, suspect.end


class _Scoring:
    """The weighted mean, over the kinds of clues that this run has."""

    def __init__(
        self, code: Code, weights: Weights, spectra: Mapping[tuple[str, int], Spectrum], marks: Sequence[Mark]
    ) -> None:
        self._code = code
        self._weights = weights
        self._spectra = _by_line(code, weights, _spectrum_clues(code, spectra))
        self._marks = _by_line(code, weights, _traceback_clues(code, marks))
        self._total = weights.lexical + (weights.spectrum if spectra else 0.0) + (weights.traceback if marks else 0.0)

    def lines(self) -> list[Suspect]:
        """Every line that the spectrum or a traceback names; without any, the statements of the best functions."""
        places = self._spectra.keys() | self._marks.keys() or self._word_places()
        return [self._line(path, line) for path, line in places]

    def functions(self, lines: Sequence[Suspect]) -> list[Suspect]:
        """Every function that holds a suspect line or matches the words."""
        best: dict[tuple[str, Function], Suspect] = {}
        for suspect in lines:
            place = suspect.path, self._code.outlines[suspect.path].function_at(suspect.line or suspect.start)
            if place not in best or best[place].score < suspect.score:
                best[place] = suspect
        found = []
        for place in best.keys() | self._code.match.keys():
            path, function = place
            line = best.get(place)
            words = self._lexical(path, function)
            score = line.score if line else self._mean(0.0, 0.0, words.score if words else 0.0)
            clues = line.clues if line else (words,) if words else ()
            found.append(Suspect(path, None, function.name, function.start, function.end, score, clues))
        return found

    def _line(self, path: str, line: int) -> Suspect:
        parsed = self._code.outlines[path]
        function = parsed.function_at(line)
        clues = (self._spectra.get((path, line)), self._marks.get((path, line)), self._lexical(path, function))
        score = self._mean(*(clue.score if clue else 0.0 for clue in clues))
        statement = parsed.statement_at(line)
        if statement and statement.kind in _SELDOM:
            score *= self._weights.seldom
        given = tuple(clue for clue in clues if clue)
        return Suspect(path, line, function.name, function.start, function.end, score, given)

    def _mean(self, spectrum_score: float, traceback_score: float, lexical_score: float) -> float:
        weights = self._weights
        total = (
            weights.spectrum * spectrum_score + weights.traceback * traceback_score + weights.lexical * lexical_score
        )
        return total / self._total

    def _lexical(self, path: str, function: Function) -> Clue | None:
        score = self._code.match.get((path, function), 0.0)
        return Clue("lexical", score, "shares words with the issue") if score else None

    def _word_places(self) -> set[tuple[str, int]]:
        match = self._code.match
        best = sorted(match, key=lambda place: (-match[place], place[0], place[1].start))[:_WORD_ONLY_FUNCTIONS]
        return {
            (path, statement.start)
            for path, function in best
            for statement in self._code.outlines[path].statements
            if self._code.outlines[path].function_at(statement.start) == function
        }


def _spectrum_clues(code: Code, spectra: Mapping[Place, Spectrum]) -> dict[Place, Clue]:
    """The spectra of physical lines: a statement over several lines is executed as one, tracers name only some."""
    clues: dict[Place, Clue] = {}
    for (path, line), seen in spectra.items():
        detail = f"executed by {seen.failing} failing and {seen.passing} passing tests"
        clue = Clue("spectrum", seen.score, detail)
        statement = code.outlines[path].statement_at(line)
        for each in range(statement.start, statement.end + 1) if statement else (line,):
            if (path, each) in spectra and each != line:
                continue
            known = clues.get((path, each))
            if known is None or known.score < clue.score:
                clues[path, each] = clue
    return clues


def _traceback_clues(code: Code, marks: Sequence[Mark]) -> dict[Place, Clue]:
    """The strongest mark of each line; lines past a file's end are of another version of it."""
    clues: dict[Place, Clue] = {}
    for mark in marks:
        place = mark.path, mark.line
        if mark.line <= code.outlines[mark.path].functions[0].end and (
            place not in clues or clues[place].score < mark.score
        ):
            clues[place] = Clue("traceback", mark.score, mark.detail)
    return clues


def _by_line(code: Code, weights: Weights, clues: dict[Place, Clue]) -> dict[Place, Clue]:
    """The clues, with those of conditions and loops raised to what they decide on.

    A wrong condition is executed by passing tests as well; the lines that only a failing test then reaches are not. And
    a `raise` does what it should: the fault is in what led there.
    """
    found = dict(clues)
    for path, line in sorted(clues, reverse=True):  # what is inside comes after its head
        statement = code.outlines[path].statement_at(line)
        if statement is None or statement.guard is None or (path, statement.guard) not in found:
            continue
        clue, guard = found[path, line], (path, statement.guard)
        on_purpose = statement.kind == "raise"
        handed_on = clue.score if on_purpose else weights.guard * clue.score
        if found[guard].score < handed_on:
            found[guard] = Clue(clue.kind, handed_on, f"decides on line {line}: {clue.detail}")
        if on_purpose:
            found[path, line] = Clue(clue.kind, weights.raised * clue.score, clue.detail)
    return found
