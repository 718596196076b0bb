"""Line repairs as choices: for each prompt the grammar's edits of its line, in the words of an answer."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from reasoncli import python_source
from reasoncli.domain import Prompt, RepairContent
from reasoncli.edits import Answers, Scope
from reasoncli.edits.answers import Place
from reasoncli.models.interface import Choices
from reasoncli.python_source import Definition, Line

MOST_PROMPTS = 40
"""Of which edits are ranked: the fault is hardly ever in a line with a smaller share, and each takes time."""

Read = Callable[[str], bytes | None]


def repair_choices(prompts: Sequence[Prompt], read: Read, most: int = MOST_PROMPTS) -> tuple[Choices, ...]:
    """What could answer line repairs, each prompt weighed by its share.

    The edits are those of the whole function, though a window of it be shown. Outside any function there are none.

    Args:
        prompts: of any form; only line repairs have choices.
        read: bytes of a file of the base by path.
        most: prompts at most.

    Returns:
        one for each of the prompts with the largest shares whose line is found again; the texts are made when they are
        asked for.
    """
    functions: dict[tuple[str, int], Answers] = {}
    files: dict[str, _File | None] = {}
    choices: list[Choices] = []
    for prompt in sorted(prompts, key=lambda each: -each.share)[:most]:
        if not isinstance(prompt.content, RepairContent) or prompt.region is None or prompt.share <= 0:
            continue
        path = prompt.region.path
        if path not in files:
            files[path] = _File.read(path, read)
        file = files[path]
        found = file.find(prompt, prompt.content) if file is not None else None
        if file is None or found is None:
            continue
        definition, place = found
        key = (path, definition.lineno)
        if key not in functions:
            lines = tuple(line.printed for line in file.printed(definition))
            functions[key] = Answers(lines, Scope.around(file.module, definition))
        choices.append(Choices(prompt, partial(functions[key].to, place), math.log(prompt.share)))
    return tuple(choices)


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    module: ast.Module
    source: str
    prints: dict[Definition, Sequence[Line]]

    @classmethod
    def read(cls, path: str, read: Read) -> _File | None:
        data = read(path)
        module = None if data is None else python_source.parse(data)
        source = None if data is None else python_source.decode(data)
        return None if module is None or source is None else cls(module, source, {})

    def printed(self, definition: Definition) -> Sequence[Line]:
        """A function as it is shown: without its own decorators."""
        if definition not in self.prints:
            lines = python_source.unit_lines(definition, self.source)
            self.prints[definition] = lines[len(definition.decorator_list) :]
        return self.prints[definition]

    def find(self, prompt: Prompt, content: RepairContent) -> tuple[Definition, Place] | None:
        """The function that a prompt shows, whole or in part, and where the lines that it asks about are printed."""
        region = prompt.region
        asked = [line.strip() for line in content.line.split("\n")]
        for _, definition in python_source.definitions(self.module):
            if region is None or not definition.lineno <= region.start <= (definition.end_lineno or 0):
                continue
            lines = self.printed(definition)
            if not lines or not content.function.startswith(lines[0].printed):
                continue
            for start in range(len(lines) - len(asked) + 1):
                some = lines[start : start + len(asked)]
                first, last = some[0].span, some[-1].span
                inside = first and last and (first.line, last.end_line) == (region.start, region.end)
                if inside and [line.text for line in some] == asked:
                    return definition, (start, start + len(asked))
        return None
