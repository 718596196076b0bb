"""A model asked about one function: what it doubts, what it writes, and how it ranks edits."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from random import Random

from benchmarks.repair.functions import Lines, answered, joined
from reasoncli.domain import Completion, Form, Prompt, Region, RepairContent, Suspect
from reasoncli.edits import Edit
from reasoncli.edits.answers import anchored, answer, by_place
from reasoncli.models.interface import KEEP, Choices, SampleRequest
from reasoncli.models.llama_cpp.sampler import LlamaSampler, open_llama_sampler
from reasoncli.models.options import ModelOptions
from reasoncli.models.profile import read_profile
from reasoncli.models.resolve import resolve
from reasoncli.prompting.options import PromptOptions
from reasoncli.prompting.prompts import prompt, reweigh
from reasoncli.prompting.repair import repair_prompts
from reasoncli.search.strategies.best_of_n import derive_seed

ONE_LINE = "line-repair-1"
_PATH = "function.py"


class Model:
    """Weights that repair lines.

    Attributes:
        name: for the table.
        form: in which they are asked.
    """

    def __init__(self, name: str, spec: str) -> None:
        path = resolve(spec).path
        if path is None:
            raise ValueError(f"{spec} is no file")
        self.name = name
        self.path: Path = path
        self.form = read_profile(path).metadata.prompt_form
        self.sampler: LlamaSampler = open_llama_sampler(path, ModelOptions())

    def takes(self, edit: Edit, lines: Lines) -> bool:
        """Whether an edit can be said in the model's form: the first ones answer for one line only."""
        start, end, _ = anchored(lines, edit.start, edit.end, edit.replacement)
        return end - start == 1 or (self.form != ONE_LINE and end > start)


@dataclass(frozen=True, slots=True)
class Draw:
    """Samples in the order in which they are drawn: functions, or `None` for what is none or changes nothing."""

    texts: tuple[str | None, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Functions, most probable first."""

    texts: tuple[str, ...]
    seconds: float


class Asked:
    """A model and a function; what was found out once is kept."""

    def __init__(self, model: Model, lines: Lines, seed: int) -> None:
        self._model = model
        self._lines = lines
        self._seed = seed

    @cached_property
    def _prompts(self) -> dict[int, Prompt]:
        """By index of the line, a prompt for it as the tool makes them, without any clue."""
        text = joined(self._lines)
        suspect = Suspect(_PATH, None, "function", 1, text.count("\n") + 1, 1.0)
        sampler = self._model.sampler
        prompts = repair_prompts(
            [suspect],
            lambda path: (text + "\n").encode("utf-8", "surrogatepass") if path == _PATH else None,
            count_tokens=sampler.count_tokens,
            context=sampler.info.context,
            options=PromptOptions(functions=1),
        )
        first = {1: 0}  # index of a printed line by the number of its first physical line
        number = 1
        for index, line in enumerate(self._lines):
            first[number] = index
            number += line.count("\n") + 1
        return {first[each.region.start]: each for each in prompts if each.region and each.region.start in first}

    @cached_property
    def _keeps(self) -> tuple[dict[int, float], float]:
        """By index, the probability that a line should stay; and the seconds it took to ask."""
        started = time.perf_counter()
        score = self._model.sampler.score
        kept = {index: math.exp(score(self._prompts[index], [KEEP])[0]) for index in sorted(self._prompts)}
        return kept, time.perf_counter() - started

    def drawn(self, n: int, told: tuple[int, int] | None) -> Draw:
        """Draw `n` samples: of the wrong lines if they are told, else by the model's doubt about the lines."""
        asked, seconds = self._asked(told)
        if not asked:
            return Draw((), seconds)
        started = time.perf_counter()
        order = _turns([each.share for each, _ in asked], n)
        counts = Counter(order)
        requests = [
            SampleRequest(each, counts[at], derive_seed(self._seed, each.id, 0))
            for at, (each, _) in enumerate(asked)
            if counts[at]
        ]
        places = {each.id: place for each, place in asked}
        texts: dict[str, list[str | None]] = {each.prompt.id: [] for each in requests}
        for completion in self._model.sampler.sample(requests, threading.Event()):
            result = self._result(completion, places[completion.prompt])
            texts[completion.prompt] += [result] * completion.count
        seconds += time.perf_counter() - started
        for request in requests:  # equal ones come together, and the order should be that of independent samples
            texts[request.prompt.id].sort(key=str)
            Random(request.seed).shuffle(texts[request.prompt.id])
        return Draw(tuple(texts[asked[at][0].id].pop() for at in order), seconds)

    def _asked(self, told: tuple[int, int] | None) -> tuple[list[tuple[Prompt, tuple[int, int]]], float]:
        """Prompts with shares, the lines that each asks about, and the seconds that the shares took."""
        if told is not None:
            one_line = self._model.form == ONE_LINE
            places = [(index, index + 1) for index in range(*told)] if one_line else [told]
            asked = [(self._prompt(*place), place) for place in places]
            return [(each, place) for each, place in asked if each is not None], 0.0
        kept, seconds = self._keeps
        indices = {each.id: index for index, each in self._prompts.items()}
        prompts = reweigh(list(self._prompts.values()), [kept[index] for index in self._prompts])
        return [(each, (indices[each.id], indices[each.id] + 1)) for each in prompts], seconds

    def _prompt(self, start: int, end: int) -> Prompt | None:
        """A prompt for lines that follow each other, with the share 1; `None` where they can't be asked about."""
        one = self._prompts.get(start)
        if one is None or not isinstance(one.content, RepairContent):
            return None
        text = answer(self._lines[start:end]).strip()
        content = RepairContent(one.content.function, text, one.content.index)
        return prompt(Form.LINE_REPAIR, content, region=Region(_PATH, start + 1, end), max_tokens=one.max_tokens)

    def _result(self, completion: Completion, place: tuple[int, int]) -> str | None:
        lines = None if completion.finish == "length" else answered(self._lines, *place, completion.text)
        return None if lines is None else joined(lines)

    def ranked(self, edits: Sequence[Edit], most: int, told: tuple[int, int] | None) -> Ranking:
        """Edits, most probable first: by P(fix | line), and the square of the doubt about the line, as the search does.

        Args:
            edits: those that the model's form can say.
            most: how many are wanted.
            told: where the wrong lines are, if that is told: only edits that start there count.
        """
        kept, seconds = self._keeps
        if told is not None:
            seconds = 0.0
        choices: list[Choices] = []
        meant: list[dict[str, Edit]] = []
        started = time.perf_counter()
        for place, said in by_place(edits, self._lines).items():
            inside = place[0] in kept and (told is None or told[0] <= place[0] < told[1])
            asked = self._prompt(*place) if inside else None
            if asked is not None:
                choices.append(Choices(asked, partial(tuple, said), 2 * math.log(max(1 - kept[place[0]], 1e-9))))
                meant.append(said)
        best = self._model.sampler.rank(choices).take(most, threading.Event())
        texts = tuple(joined(meant[each.choice][each.text].apply(self._lines)) for each in best)
        return Ranking(texts, seconds + time.perf_counter() - started)


def _turns(shares: Sequence[float], n: int) -> list[int]:
    """Whose turn each of n samples is, so that every beginning is shared out evenly, as the search does it."""
    whole = sum(shares)
    owed = [0.0] * len(shares)
    turns = []
    for _ in range(n):
        owed = [debt + share / whole for debt, share in zip(owed, shares, strict=True)]
        leader = max(range(len(owed)), key=owed.__getitem__)
        owed[leader] -= 1.0
        turns.append(leader)
    return turns
