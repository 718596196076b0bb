"""Asking a chat model beside the proposals: for tests that show the issue, and which of two patches is right.

`fix` asks the model that proposes, `select`, which has none, one that is opened for it. No model is asked unless a
setting says so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack

from reasoncli.domain import Completion, Consultation, Prompt
from reasoncli.errors import UsageError
from reasoncli.events import Emitter
from reasoncli.models.interface import Ability, ModelInfo, SampleRequest
from reasoncli.models.open import abilities_of
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.record import RunRecord
from reasoncli.runs.request import FixRequest
from reasoncli.search.strategies.best_of_n import derive_seed
from reasoncli.settings.values import Settings
from reasoncli.workflow import preparation
from reasoncli.workflow.loading import Loaded, Loading


def asking_flag(settings: Settings) -> str:
    """The flag of the setting by which a chat model is asked something; an empty string where none does."""
    search = settings.search
    return "--reproduction-tests" if search.reproduction_tests else "--judges" if search.judges else ""


def refuse_silent(settings: Settings) -> bool:
    """Refuse a model that can't be asked what a setting wants to be asked, without loading it.

    Returns:
        whether that could be told; for a server it can't.

    Raises:
        UsageError: it takes no conversations.
        ModelNotFoundError, ModelFileError: see `open_sampler`.
    """
    if not asking_flag(settings):
        return True
    spec = preparation.model_spec(settings)
    abilities = abilities_of(spec, preparation.model_options(settings))
    if abilities is None:
        return False
    _check_chat(settings, spec, abilities)
    return True


def consultant(
    stack: ExitStack,
    request: FixRequest,
    proposing: Loaded,
    earlier: RunRecord | None,
    journal: RunJournal,
    emit: Emitter,
    metered: Callable[[Loaded], Loaded] = lambda loaded: loaded,
    check: Callable[[], None] = lambda: None,
) -> Consultant | None:
    """Whom to ask in this run; `None` where no setting asks anything.

    Args:
        stack: closes what is opened here.
        request: of the run.
        proposing: the run's own model, on its way still; patches that were given stand in its place.
        earlier: what an earlier process of this run left.
        journal: keeps the answers.
        emit: told of the model.
        metered: has the answers counted of a model that is opened here.
        check: raises where a model may be asked nothing more.

    Raises:
        UsageError: the model takes no conversations.
        ModelError, ModelNotFoundError: a server could not be asked for that.
    """
    settings = request.settings
    if not asking_flag(settings):
        return None
    loaded = metered(stack.enter_context(Loading(settings, emit))) if request.patches else proposing
    if not refuse_silent(settings):
        info = loaded.result().info  # a server answers soon, and nothing long has begun
        _check_chat(settings, info.name, info.abilities)
    known = earlier.consultations if earlier is not None else ()
    return Consultant(loaded, settings, request.seed, journal, known, check)


class Consultant:
    """A chat model that answers prompts apart from the proposals. What it said is kept and not asked again.

    For one thread, and never while a search draws from the same model.

    Attributes:
        seconds: spent in asking.
        tokens: of all answers, those of an earlier process among them.
    """

    def __init__(
        self,
        loaded: Loaded,
        settings: Settings,
        seed: int,
        journal: RunJournal,
        known: Sequence[Consultation],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._check = check
        self._loaded = loaded
        self._settings = settings
        self._seed = seed
        self._journal = journal
        self._known = {(each.purpose, each.prompt.id): each.answers for each in known}
        self.seconds = 0.0
        self.tokens = 0

    @property
    def info(self) -> ModelInfo:
        """What is known of the model; waits for it.

        Raises:
            ModelError, ModelNotFoundError: it can't be loaded.
        """
        return self._loaded.result().info

    def count_tokens(self, prompt: Prompt) -> int:
        """Length of a prompt in tokens."""
        return self._loaded.result().count_tokens(prompt)

    def ask(self, purpose: str, prompts: Sequence[Prompt], samples: int) -> list[tuple[Completion, ...]]:
        """Each prompt's answers, most frequent first; their counts add up to `samples`.

        Each prompt has a seed of its own, which follows from the run's, the purpose and the prompt.

        Raises:
            ModelError: the model failed, or a prompt doesn't fit its context.
            OutOfTime: it may not be asked any more.
        """
        began = time.monotonic()
        missing = {each.id: each for each in prompts if (purpose, each.id) not in self._known}
        if missing:
            self._check()
            self._draw(purpose, missing, samples)
        self.seconds += time.monotonic() - began
        found = [self._known[purpose, each.id] for each in prompts]
        self.tokens += sum(answer.tokens for answers in found for answer in answers)
        return found

    def _draw(self, purpose: str, prompts: dict[str, Prompt], samples: int) -> None:
        sampler = self._loaded.result()
        drawing = preparation.drawing(self._settings, sampler.info)
        requests = [
            SampleRequest(
                prompt=prompt,
                n=samples,
                seed=derive_seed(self._seed, f"{purpose}:{prompt.id}", 0),
                temperature=drawing.temperature,
                top_p=drawing.top_p,
                min_p=drawing.min_p,
                thinking_tokens=drawing.thinking_tokens,
            )
            for prompt in prompts.values()
        ]
        answers: dict[str, list[Completion]] = {each: [] for each in prompts}
        for completion in sampler.sample(requests, threading.Event()):
            drawn = answers[completion.prompt]
            drawn.append(completion)
            if sum(each.count for each in drawn) == samples:
                drawn.sort(key=lambda each: (-each.count, each.text))
                self._keep(Consultation(purpose, prompts[completion.prompt], tuple(drawn)))

    def _keep(self, consultation: Consultation) -> None:
        self._journal.consulted(consultation)
        self._known[consultation.purpose, consultation.prompt.id] = consultation.answers


def _check_chat(settings: Settings, name: str, abilities: Collection[Ability]) -> None:
    if Ability.CHAT not in abilities:
        raise UsageError(
            f"{asking_flag(settings)} needs a model that takes conversations, and {name} does not",
            hint="`reasoncli models list` names some by the memory they need; --model takes one.",
        )
