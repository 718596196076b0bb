"""Infill prompts: a hole at a suspect statement, or at the body of a suspect function.

The prefix ends and the suffix begins at a line's edge: the model writes the indentation itself. What surrounds the
hole is cut, where it must be, between top-level definitions, nearest ones kept.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from math import sqrt

from reasoncli import python_source
from reasoncli.domain import Form, InfillContent, Issue, Prompt, Region, Suspect, TestResult
from reasoncli.prompting.excerpts import Excerpt, Files, suspect_functions
from reasoncli.prompting.options import CountTokens, PromptOptions, Read
from reasoncli.prompting.prompts import prompt, shared_out
from reasoncli.prompting.prose import plain, shortened

_BODIES = 0.3  # part of the samples that rewrite a whole body
_NOTE = 2_000  # characters of the issue and the failure that go along
_LONGEST_BODY = 40  # lines of a body to rewrite


def infill_prompts(
    issue: Issue,
    suspects: Sequence[Suspect],
    read: Read,
    failures: Sequence[TestResult],
    *,
    count_tokens: CountTokens,
    context: int,
    options: PromptOptions,
) -> list[Prompt]:
    """Prompts for the most suspect statements and function bodies; shares sum to 1."""
    files = Files(read)
    budget = context - options.infill_tokens
    note = _note(issue, failures)
    lines = _line_holes(suspects, files)[: options.infill_prompts]
    bodies = _body_holes(suspect_functions(suspects, files, options.functions), files)
    bodies = bodies[: max(1, options.infill_prompts // 4)]
    prompts: list[Prompt] = []
    for holes, part in ((lines, 1.0 - _BODIES if bodies else 1.0), (bodies, _BODIES if lines else 1.0)):
        total = sum(weight for _, weight in holes) or 1.0
        for region, weight in holes:
            made = _fitting(region, note, files, part * weight / total, count_tokens, budget, options)
            if made is not None:
                prompts.append(made)
    return shared_out(prompts)


def _note(issue: Issue, failures: Sequence[TestResult]) -> tuple[tuple[str, str], ...]:
    """What is wrong, as a file beside the code: models trained on files take it up."""
    told = shortened(plain(issue.text).strip(), _NOTE)
    if failures:
        told += "\n\nFailing test: " + failures[0].id + "\n" + shortened(plain(failures[0].message), _NOTE // 4)
    return (("ISSUE.md", told + "\n"),)


def _line_holes(suspects: Sequence[Suspect], files: Files) -> list[tuple[Region, float]]:
    holes: dict[Region, float] = {}
    for suspect in sorted(suspects, key=lambda suspect: -suspect.score):
        if suspect.line is None:
            continue
        region = _statement(suspect.path, suspect.line, files)
        if region is not None:
            holes.setdefault(region, max(suspect.score, 0.01))
    return [(region, weight / sqrt(rank + 1)) for rank, (region, weight) in enumerate(holes.items())]


def _statement(path: str, line: int, files: Files) -> Region | None:
    """The whole lines of the innermost statement, or head of one, at a line."""
    module, text = files.module(path), files.text(path)
    if module is None or text is None:
        return None
    spans = [printed.span for printed in python_source.unit_lines(module.body, text) if printed.span]
    holding = [span for span in spans if span.line <= line <= span.end_line]
    if not holding:
        return None
    best = min(holding, key=lambda span: span.end_line - span.line)
    return Region(path, best.line, best.end_line)


def _body_holes(functions: Sequence[Excerpt], files: Files) -> list[tuple[Region, float]]:
    holes: list[tuple[Region, float]] = []
    for rank, excerpt in enumerate(functions):
        module = files.module(excerpt.path)
        for _, node in python_source.definitions(module) if module else ():
            if (python_source.first_line(node), node.end_lineno) != (excerpt.start, excerpt.end):
                continue
            body = node.body[1:] if python_source.is_docstring(node.body[0]) else node.body
            last_before = node.body[0].end_lineno if body is not node.body else _head_end(node)
            if body and last_before and body[0].lineno > last_before and _short(body[0].lineno, node.end_lineno):
                region = Region(excerpt.path, body[0].lineno, node.end_lineno or body[0].lineno)
                holes.append((region, 1.0 / sqrt(rank + 1)))
    return holes


def _head_end(node: python_source.Definition) -> int:
    """The last line of a `def` with its arguments."""
    parts = [node.returns, *(argument for argument in (node.args.vararg, node.args.kwarg) if argument)]
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *node.args.defaults, *parts]
    return max((part.end_lineno or 0 for part in every if part is not None), default=node.lineno)


def _short(start: int, end: int | None) -> bool:
    return end is not None and end - start < _LONGEST_BODY


def _fitting(
    region: Region,
    note: tuple[tuple[str, str], ...],
    files: Files,
    share: float,
    count_tokens: CountTokens,
    budget: int,
    options: PromptOptions,
) -> Prompt | None:
    """The prompt with as many of the definitions around the hole as fit."""
    lines = files.lines(region.path)
    edges = _edges(region, files, len(lines))
    reach = max(len(edges[0]), len(edges[1]))
    low, high = 0, reach - 1

    def made(steps: int) -> Prompt:
        first = edges[0][min(steps, len(edges[0]) - 1)]
        last = edges[1][min(steps, len(edges[1]) - 1)]
        prefix = "".join(line + "\n" for line in lines[first - 1 : region.start - 1])
        suffix = "\n".join(lines[region.end : last])
        return prompt(
            Form.INFILL,
            InfillContent(prefix, suffix, region.path, note),
            region=region,
            max_tokens=options.infill_tokens,
            share=share,
            files=(region.path,),
        )

    if count_tokens(made(0)) > budget:
        return None
    while low < high:
        middle = (low + high + 1) // 2
        if count_tokens(made(middle)) <= budget:
            low = middle
        else:
            high = middle - 1
    return made(low)


def _edges(region: Region, files: Files, length: int) -> tuple[list[int], list[int]]:
    """First lines and last lines that the shown part may have, nearest to the hole first."""
    module = files.module(region.path)
    starts, ends = [1], [length]
    if module is not None:
        for node in module.body:
            first = node.lineno
            if isinstance(node, python_source.Definition | ast.ClassDef):
                first = python_source.first_line(node)
            if first <= region.start:
                starts.append(first)
            if (node.end_lineno or 0) >= region.end:
                ends.append(node.end_lineno or length)
    return sorted(set(starts), reverse=True), sorted(set(ends))
