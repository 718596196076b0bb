"""Line repair prompts: a function as the embedded model was trained to read it, and what of its lines may be wrong.

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
from reasoncli.edits.answers import above, answer
from reasoncli.prompting.hints import Hint, called_hint
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
_QUESTION = 96  # tokens more that a question may have which asks for several lines
_STATEMENTS_AROUND = 12  # of module level code or a class body, on both sides of the suspect

# How often a fix of public histories takes so many lines away, beside one; insertions count for the line before.
_LINES_WRONG = (1.0, 0.12, 0.07, 0.05, 0.03)

Fits = Callable[[Sequence[Line]], bool]


@dataclass(frozen=True, slots=True)
class Asking:
    """What the model's form allows.

    Attributes:
        hunks: whether several lines may be asked for at once, and equal ones told apart.
        hints: what is told of the failure, as (special token, text).
    """

    hunks: bool = False
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A function (or a few statements outside any) with its suspicion.

    Attributes:
        lines: as printed; decorators of the function itself left out, as in training.
        score: of the function as a whole.
        clues: score by line number of the file; lines absent have no clue.
        measured: whether the clues come from coverage, so that lines without one were not run.
        related: hints of another function that this one calls.
    """

    path: str
    lines: tuple[Line, ...]
    score: float
    clues: dict[int, float]
    measured: bool
    related: tuple[Hint, ...] = ()


def repair_prompts(
    suspects: Sequence[Suspect],
    read: Read,
    *,
    count_tokens: CountTokens,
    context: int,
    options: PromptOptions,
    asking: Asking = Asking(),
) -> list[Prompt]:
    """One prompt for each line of the most suspect functions, most suspect first, shares summing to 1.

    A line's share is its score to the fourth, over the square root of its function's rank and of that function's
    number of lines: a fault is likelier in a longer function, but not in proportion. Where several lines may be asked
    for at once, the share of each place is that of its most suspect line, less the more lines it has.
    """
    prompts: list[Prompt] = []
    seen: set[tuple[Region, int]] = set()
    for rank, unit in enumerate(_units(suspects, read, options.functions)):
        places = [place for place in _places(unit, asking) if (_region(unit, place), len(place)) not in seen]
        spread = sqrt((rank + 1) * max(sum(len(place) == 1 for place in places), 1))
        room = context - _answer_tokens(asking, options) - _MARGIN
        told, shown = _shown(unit, count_tokens, room, options, asking)
        for place in places:
            text, index = shown.get(id(place[0]), ("", 0))
            if text.split("\n")[index : index + len(place)] != [line.printed for line in place]:
                continue
            share = max(_weight(unit, line) for line in place) * _LINES_WRONG[len(place) - 1] / spread
            made = _prompt(unit, place, text, index, share, options, asking, told)
            if _question(made) > _QUESTION and count_tokens(made) > room:
                continue
            seen.add((_region(unit, place), len(place)))
            prompts.append(made)
    prompts.sort(key=lambda each: -each.share)
    return shared_out(prompts[: options.repair_prompts])


def _places(unit: Unit, asking: Asking) -> Iterator[Sequence[Line]]:
    """Lines to ask about: each, and where that is possible several that follow each other."""
    for start, line in enumerate(unit.lines):
        if not _askable(line):
            continue
        yield (line,)
        for end in range(start + 2, start + (len(_LINES_WRONG) if asking.hunks else 1) + 1):
            some = unit.lines[start:end]
            if len(some) == end - start and _askable(some[-1]) and not any("\n" in each.text for each in some):
                yield some


def _prompt(
    unit: Unit,
    place: Sequence[Line],
    function: str,
    index: int,
    share: float,
    options: PromptOptions,
    asking: Asking,
    told: tuple[Hint, ...],
) -> Prompt:
    shown = function.split("\n")
    line = "\n".join([place[0].text, *(each.printed for each in place[1:])])
    more = above(shown, index, index + len(place)) if asking.hunks else 0
    return prompt(
        Form.LINE_REPAIR,
        RepairContent(function, line, index, answer(shown[index - more : index]).strip(), told),
        region=_region(unit, place),
        max_tokens=_answer_tokens(asking, options),
        share=share,
        files=(unit.path,),
    )


def _question(made: Prompt) -> int:
    """Bytes of the lines that a prompt asks about, which are no fewer than their tokens."""
    content = made.content
    return len(f"{content.above}{content.line}".encode()) if isinstance(content, RepairContent) else 0


def _answer_tokens(asking: Asking, options: PromptOptions) -> int:
    return options.repair_tokens * (2 if asking.hunks else 1)


def _askable(line: Line) -> bool:
    """Whether a line can be asked about: it has a place, and is one line (a long string may be printed as several)."""
    return line.span is not None and "\n" not in line.text


def _region(unit: Unit, place: Sequence[Line]) -> Region:
    first, last = place[0].span, place[-1].span
    return Region(unit.path, first.line, last.end_line) if first and last else Region(unit.path, 0, 0)


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
        score = max(suspect.score for suspect in group)
        yield Unit(path, lines, score, clues, measured, _related(*parsed, start, end) if parsed else ())


def _related(module: ast.Module, source: str, start: int, end: int) -> tuple[Hint, ...]:
    definition = _definition(module, start, end)
    return called_hint(module, source, definition) if definition else ()


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


def _shown(
    unit: Unit, count_tokens: CountTokens, budget: int, options: PromptOptions, asking: Asking
) -> tuple[tuple[Hint, ...], dict[int, tuple[str, int]]]:
    """What is told before a function, and the text to show with each of its lines.

    The whole function comes before another that it calls, and before a second check.
    """
    room = budget - (_QUESTION if asking.hunks else 0)

    def fits(lines: Sequence[Line], told: tuple[Hint, ...]) -> bool:
        at = max(range(len(lines)), key=lambda at: len(lines[at].text))
        place, index = lines[at : at + 1], _index(lines, lines[at])
        return count_tokens(_prompt(unit, place, _text(lines), index, 1.0, options, asking, told)) <= room

    first = asking.hints[: 2 if [kind for kind, _ in asking.hints[:2]] == ["test", "got"] else 1]
    told: tuple[Hint, ...] = ()
    for told in ((*asking.hints, *unit.related), asking.hints, first) if asking.hunks else ((),):
        if fits(unit.lines, told):
            return told, {id(line): (_text(unit.lines), _index(unit.lines, line)) for line in unit.lines}
    return told, _windows(unit.lines, lambda lines: fits(lines, told))


def _windows(lines: Sequence[Line], fits: Fits) -> dict[int, tuple[str, int]]:
    """The text to show with each line, and its index there, by its identity; lines that can't be shown are absent."""
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
