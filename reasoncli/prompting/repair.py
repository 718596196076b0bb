"""Line repair prompts: a function as the embedded model was trained to read it, and one of its lines.

All lines of a function share the function's text, so a sampler reads it once. A function that doesn't fit the
context is shown through overlapping windows under its first line.

How the samples are shared out: let q be the probability that the fault is in a line, and f(k) that k samples there
hold the fix. The best shares maximise the sum of q f(n x) under a sum of x of 1, so that q f'(n x) is the same for
all lines that get any. Over bugs of all difficulties f grows about like the logarithm of k (a factor more samples
finds about as many more fixes, whatever the factor starts from), and then the best x is q itself, whatever n is.
q is fitted as a power law of the line's score, of its function's rank, and of the model's own doubt (`reweigh`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from reasoncli import python_source
from reasoncli.domain import Form, Prompt, Region, RepairContent, Suspect
from reasoncli.prompting.options import CountTokens, PromptOptions, Read
from reasoncli.prompting.prompts import prompt, shared_out
from reasoncli.python_source import Definition, Line

# Fitted on 35 one-line bugs planted in 4 public packages, by the likelihood of the faulty line. On 34 in 5 others the
# fix is then among 64 samples in 34 % and among 256 in 46 %; with shares of functions, linear in scores, 22 % and 40 %.
_SHARPNESS = 4  # power of the score
_UNTOLD = 0.5  # score of a line that no clue names, relative to its function's
_UNTOUCHED = 0.1  # of one that no failing test ran, where it is known what ran
_HEADER = 0.3  # factor of a `def` line: signatures are seldom the fault
_MARGIN = 8  # tokens of the markers around function, line and answer
_STATEMENTS_AROUND = 12  # of module level code or a class body, on both sides of the suspect

Fits = Callable[[Sequence[Line]], bool]


@dataclass(frozen=True, slots=True)
class Unit:
    """A function (or a few statements outside any) with its suspicion.

    Attributes:
        lines: as printed; decorators of the function itself left out, as in training.
        score: of the function as a whole.
        clues: score by line number of the file; lines absent have no clue.
        measured: whether the clues come from coverage, so that lines without one were not run.
    """

    path: str
    lines: tuple[Line, ...]
    score: float
    clues: dict[int, float]
    measured: bool


def repair_prompts(
    suspects: Sequence[Suspect], read: Read, *, count_tokens: CountTokens, context: int, options: PromptOptions
) -> list[Prompt]:
    """One prompt for each line of the most suspect functions, most suspect first, shares summing to 1.

    A line's share is its score to the fourth, over the square root of its function's rank and of that function's
    number of lines: a fault is likelier in a longer function, but not in proportion.
    """
    prompts: list[Prompt] = []
    seen: set[Region] = set()
    for rank, unit in enumerate(_units(suspects, read, options.functions)):
        lines = [line for line in unit.lines if _askable(line) and _region(unit, line) not in seen]
        spread = sqrt((rank + 1) * max(len(lines), 1))
        shown = _windows(unit, count_tokens, context - options.repair_tokens - _MARGIN, options)
        for line in lines:
            text = shown.get(id(line))
            if text is None:
                continue
            seen.add(_region(unit, line))
            prompts.append(_prompt(unit, line, *text, _weight(unit, line) / spread, options))
    prompts.sort(key=lambda each: -each.share)
    return shared_out(prompts[: options.repair_prompts])


def _prompt(unit: Unit, line: Line, function: str, index: int, share: float, options: PromptOptions) -> Prompt:
    return prompt(
        Form.LINE_REPAIR,
        RepairContent(function, line.text, index),
        region=_region(unit, line),
        max_tokens=options.repair_tokens,
        share=share,
        files=(unit.path,),
    )


def _askable(line: Line) -> bool:
    """Whether a line can be asked about: it has a place, and is one line (a long string may be printed as several)."""
    return line.span is not None and "\n" not in line.text


def _region(unit: Unit, line: Line) -> Region:
    span = line.span
    return Region(unit.path, span.line, span.end_line) if span else Region(unit.path, 0, 0)


def _weight(unit: Unit, line: Line) -> float:
    """How likely the fault is in a line, in no particular unit."""
    span = line.span
    told = () if span is None else range(span.line, span.end_line + 1)
    clue = max((unit.clues.get(at, 0.0) for at in told), default=0.0)
    score = clue or unit.score * (_UNTOUCHED if unit.measured else _UNTOLD)
    header = line.text.startswith(("def ", "async def ", "class ", "@"))
    return float(max(score, 0.01) ** _SHARPNESS) * (_HEADER if header else 1.0)


def _units(suspects: Sequence[Suspect], read: Read, most: int) -> Iterator[Unit]:
    groups: dict[tuple[str, int, int], list[Suspect]] = {}
    for suspect in suspects:
        groups.setdefault((suspect.path, suspect.start, suspect.end), []).append(suspect)
    ranked = sorted(groups.items(), key=lambda item: -max(suspect.score for suspect in item[1]))
    modules: dict[str, tuple[ast.Module, str] | None] = {}
    given = 0
    for (path, start, end), group in ranked:
        if given == most:
            return
        if path not in modules:
            modules[path] = _module(path, read)
        parsed = modules[path]
        lines = _print(*parsed, start, end, group) if parsed else ()
        if not lines:
            continue
        clues = {suspect.line: suspect.score for suspect in group if suspect.line is not None}
        measured = any(clue.kind == "spectrum" for s in group if s.line is not None for clue in s.clues)
        given += 1
        yield Unit(path, lines, max(suspect.score for suspect in group), clues, measured)


def _module(path: str, read: Read) -> tuple[ast.Module, str] | None:
    data = read(path)
    if data is None or not path.endswith(".py"):
        return None
    module = python_source.parse(data)
    text = python_source.decode(data)
    return None if module is None or text is None else (module, text)


def _print(module: ast.Module, source: str, start: int, end: int, group: Sequence[Suspect]) -> tuple[Line, ...]:
    definition = _definition(module, start, end)
    if definition is not None:
        lines = python_source.unit_lines(definition, source)
        return tuple(lines[len(definition.decorator_list) :])
    wanted = [suspect.line for suspect in group if suspect.line is not None]
    statements = _loose(module, start, end)
    near = [at for at, node in enumerate(statements) if any(node.lineno <= w <= (node.end_lineno or 0) for w in wanted)]
    if not near:
        return ()
    first, last = max(0, near[0] - _STATEMENTS_AROUND), near[0] + _STATEMENTS_AROUND + 1
    return tuple(python_source.unit_lines(statements[first:last], source))


def _definition(module: ast.Module, start: int, end: int) -> Definition | None:
    for _, node in python_source.definitions(module):
        if python_source.first_line(node) == start and node.end_lineno == end:
            return node
    return None


def _loose(module: ast.Module, start: int, end: int) -> list[ast.stmt]:
    """The statements of a class body, or of the module, that define nothing."""
    body = module.body
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and python_source.first_line(node) == start and node.end_lineno == end:
            body = node.body
    return [
        node
        for node in body
        if not isinstance(node, Definition | ast.ClassDef) and not python_source.is_docstring(node)
    ]


def _windows(unit: Unit, count_tokens: CountTokens, budget: int, options: PromptOptions) -> dict[int, tuple[str, int]]:
    """The text to show with each line, and its index there, by its identity; lines that can't be shown are absent."""

    def fits(lines: Sequence[Line]) -> bool:
        longest = max(lines, key=lambda line: len(line.text))
        return count_tokens(_prompt(unit, longest, _text(lines), -1, 1.0, options)) <= budget

    lines = unit.lines
    if fits(lines):
        return {id(line): (_text(lines), _index(lines, line)) for line in lines}
    head = lines[:1]
    shown: dict[int, tuple[str, int]] = {}
    centred: dict[int, int] = {}
    start = 1
    while start < len(lines):
        stop = _longest(head, lines, start, fits)
        if stop == start:  # this line alone is too long
            start += 1
            continue
        window = lines[start:stop]
        text = _text((*head, *window))
        for at, line in enumerate(window):
            distance = min(at, len(window) - 1 - at)
            if distance > centred.get(id(line), -1):
                centred[id(line)] = distance
                shown[id(line)] = text, _index((*head, *window), line)
        shown.setdefault(id(head[0]), (text, 0))
        if stop == len(lines):
            break
        start = max(start + 1, start + (stop - start) // 2)
    return shown


def _longest(head: Sequence[Line], lines: Sequence[Line], start: int, fits: Fits) -> int:
    low, high = start, len(lines)
    while low < high:
        middle = (low + high + 1) // 2
        if fits((*head, *lines[start:middle])):
            low = middle
        else:
            high = middle - 1
    return low


def _index(lines: Sequence[Line], line: Line) -> int:
    """Of a line in the text of these: a printed line may be several there."""
    at = next(at for at, each in enumerate(lines) if each is line)
    return sum(each.text.count("\n") + 1 for each in lines[:at])


def _text(lines: Sequence[Line]) -> str:
    return "\n".join(line.printed for line in lines)
