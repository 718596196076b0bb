"""A model asked about one function: what it doubts, what it writes, and how it ranks edits."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from random import Random

from benchmarks.repair.functions import Lines, answered, joined
from reasoncli.domain import Completion, Prompt, RepairContent, Suspect
from reasoncli.edits import Edit
from reasoncli.edits.answers import Place, by_place
from reasoncli.models.interface import KEEP, Ability, Choices, SampleRequest
from reasoncli.models.llama_cpp.sampler import LlamaSampler, open_llama_sampler
from reasoncli.models.options import ModelOptions
from reasoncli.models.resolve import resolve
from reasoncli.prompting.hints import Hint
from reasoncli.prompting.options import PromptOptions
from reasoncli.prompting.repair import Asking, repair_prompts
from reasoncli.search.strategies.best_of_n import derive_seed
from reasoncli.workflow.doubt import weigh_by_doubt

_PATH = "function.py"


class Model:
    """Weights that repair lines.

    Attributes:
        name: for the table.
    """

    def __init__(self, name: str, spec: str) -> None:
        path = resolve(spec).path
        if path is None:
            raise ValueError(f"{spec} is no file")
        self.name = name
        self.path: Path = path
        self.sampler: LlamaSampler = open_llama_sampler(path, ModelOptions())


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

    def __init__(self, model: Model, lines: Lines, seed: int, hints: tuple[Hint, ...] = ()) -> None:
        self._model = model
        self._lines = lines
        self._seed = seed
        self._hints = hints

    def keeps(self) -> dict[Place, float]:
        """P(keep) of each line, as one that is asked about alone."""
        alone = [(each, place) for each, place in self._placed if place[1] == place[0] + 1]
        return {place: math.exp(self._model.sampler.score(each, [KEEP])[0]) for each, place in alone}

    @cached_property
    def _placed(self) -> list[tuple[Prompt, Place]]:
        """Prompts, and the lines that each asks about."""
        text = joined(self._lines)
        suspect = Suspect(_PATH, None, "function", 1, text.count("\n") + 1, 1.0)
        sampler = self._model.sampler
        prompts = repair_prompts(
            [suspect],
            lambda path: (text + "\n").encode("utf-8", "surrogatepass") if path == _PATH else None,
            count_tokens=sampler.count_tokens,
            context=sampler.info.context,
            options=PromptOptions(functions=1),
            asking=Asking(hunks=Ability.HUNK_REPAIR in sampler.info.abilities, hints=self._hints),
        )
        first = {1: 0}  # index of a printed line by the number of its first physical line
        number = 1
        for index, line in enumerate(self._lines):
            first[number] = index
            number += line.count("\n") + 1
        places: dict[str, Place] = {}
        for each in prompts:
            if each.region is not None and isinstance(each.content, RepairContent) and each.region.start in first:
                start = first[each.region.start]
                places[each.id] = (start, start + each.content.line.count("\n") + 1)
        return [(each, places[each.id]) for each in prompts if each.id in places]

    @cached_property
    def _weighed(self) -> tuple[list[tuple[Prompt, Place]], float]:
        """Prompts with the shares that the tool gives them without any clue, the lines that each asks about, and the
        seconds that the model's doubt took.
        """
        places = {each.id: place for each, place in self._placed}
        started = time.perf_counter()
        weighed = weigh_by_doubt([each for each, _ in self._placed], self._model.sampler)
        return [(each, places[each.id]) for each in weighed], time.perf_counter() - started

    def drawn(self, n: int, told: Place | None) -> Draw:
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

    def _asked(self, told: Place | None) -> tuple[list[tuple[Prompt, Place]], float]:
        """Prompts, the lines that each asks about, and the seconds that their shares took."""
        weighed, seconds = self._weighed
        if told is None:
            return weighed, seconds
        whole = [(each, place) for each, place in weighed if place == told]
        parts = [(replace(each, share=1.0), (s, e)) for each, (s, e) in weighed if told[0] <= s < e <= told[1]]
        return whole or [(each, place) for each, place in parts if place[1] == place[0] + 1], 0.0

    def _result(self, completion: Completion, place: Place) -> str | None:
        lines = None if completion.finish == "length" else answered(self._lines, *place, completion.text)
        return None if lines is None else joined(lines)

    def says(self, edits: Sequence[Edit]) -> list[Edit]:
        """Those of the edits that can be said as an answer to one of the prompts."""
        places = {place for _, place in self._weighed[0]}
        return [
            edit for place, said in by_place(edits, self._lines).items() if place in places for edit in said.values()
        ]

    def ranked(self, edits: Sequence[Edit], most: int, told: Place | None) -> Ranking:
        """Edits, most probable first: by P(fix | lines) and the share of the prompt for these lines.

        Args:
            edits: those that the model can say.
            most: how many are wanted.
            told: where the wrong lines are, if that is told: only edits that start there count.
        """
        weighed, seconds = self._weighed
        asked = {place: each for each, place in weighed}
        choices: list[Choices] = []
        meant: list[dict[str, Edit]] = []
        started = time.perf_counter()
        for place, said in by_place(edits, self._lines).items():
            if place in asked and (told is None or told[0] <= place[0] < told[1]):
                choices.append(Choices(asked[place], partial(tuple, said), math.log(asked[place].share)))
                meant.append(said)
        best = self._model.sampler.rank(choices).take(most, threading.Event())
        texts = tuple(joined(meant[each.choice][each.text].apply(self._lines)) for each in best)
        return Ranking(texts, (seconds if told is None else 0.0) + time.perf_counter() - started)


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
