"""Where a run's proposals come from: a model that is asked about the places that look suspect, or given patches."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from reasoncli.domain import Baseline, Prompt, Suspect, Task
from reasoncli.events import Emitter, SuspectsRanked, Warned
from reasoncli.localization.combine import rank
from reasoncli.localization.excerpts import excerpts
from reasoncli.models.given import GivenSampler, given_name, given_prompts
from reasoncli.models.interface import Ability, Choices, ModelInfo, Sampler
from reasoncli.models.resolve import EMBEDDED
from reasoncli.patches.policy import is_test_file
from reasoncli.patches.tree import SnapshotTree
from reasoncli.prompting.build import build_prompts
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.record import RunRecord
from reasoncli.runs.request import FixRequest
from reasoncli.search.choices import repair_choices
from reasoncli.search.interface import Strategy
from reasoncli.search.strategies.each_once import EachOnce
from reasoncli.workflow import preparation
from reasoncli.workflow.consulting import asking_flag
from reasoncli.workflow.doubt import weigh_by_doubt
from reasoncli.workflow.host import Host
from reasoncli.workflow.loading import Loaded

_EMBEDDED_LIMIT = Warned(
    "the embedded model is good for single-line Python bugs, and for nothing else",
    hint="`reasoncli models list` names larger models by the memory they need; --model takes one.",
)


_NOTHING_TO_RANK = Warned(
    "no edits are ranked: all proposals are samples",
    hint="Ranking takes a model in a GGUF file that repairs lines, and a Python function to edit.",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a search asks, and how.

    Attributes:
        prompts: all that may be asked.
        proposals: to make at most.
        ranked_only: no samples are drawn.
        exhaustive: all of them are judged and compared, as somebody has them already and wants to know.
    """

    prompts: tuple[Prompt, ...]
    strategy: Strategy
    proposals: int
    ranked_only: bool = False
    exhaustive: bool = False


class Proposing(Protocol):
    """The proposals of one run. The steps come in the order in which they stand here."""

    name: str
    proposals: int

    def ready(self) -> AbstractContextManager[Loaded]:
        """Begin to get ready; what must be closed is closed at the end."""
        ...

    def localize(self, task: Task, baseline: Baseline) -> Sequence[Suspect]:
        """Find out where to look; nowhere, where nobody is told."""
        ...

    def plan(self, task: Task, baseline: Baseline, sampler: Sampler) -> Plan:
        """What to ask."""
        ...

    def in_vain(self) -> None:
        """Say what a user should know when no patch was chosen."""
        ...


def proposing(
    request: FixRequest, earlier: RunRecord | None, journal: RunJournal, emit: Emitter, host: Host
) -> Proposing:
    """As the request has it: given patches, or a model's answers."""
    if request.patches:
        return FromPatches(request, earlier, journal, emit)
    return FromModel(request, earlier, journal, emit, host)


def localized(
    task: Task, baseline: Baseline, earlier: RunRecord | None, journal: RunJournal, emit: Emitter
) -> Sequence[Suspect]:
    """Suspect places, ranked now or by an earlier process of this run."""
    if earlier and earlier.suspects:
        suspects = earlier.suspects
    else:
        with emit.stage("localization") as stage:
            suspects = tuple(
                rank(
                    SnapshotTree.of(task.snapshot),
                    task.issue,
                    is_test=is_test_file,
                    report=baseline.first,
                    targets=[target.id for target in baseline.targets],
                )
            )
            stage.summary = f"{len(suspects)} suspect places"
        journal.suspects(suspects, excerpts(suspects, SnapshotTree.of(task.snapshot).read))
    emit(SuspectsRanked(suspects))
    return suspects


class FromModel:
    """A model is asked about the most suspect places."""

    def __init__(
        self, request: FixRequest, earlier: RunRecord | None, journal: RunJournal, emit: Emitter, host: Host
    ) -> None:
        self._host = host
        self._request = request
        self._settings = request.settings
        self._earlier = earlier
        self._journal = journal
        self._emit = emit
        self._suspects: Sequence[Suspect] = ()
        self.name = preparation.model_spec(request.settings)
        self.proposals = request.settings.search.samples

    def ready(self) -> AbstractContextManager[Loaded]:
        """See `Proposing`: the model is loaded meanwhile."""
        return self._host.model(self._settings, self._emit)

    def localize(self, task: Task, baseline: Baseline) -> Sequence[Suspect]:
        """See `Proposing`."""
        self._suspects = localized(task, baseline, self._earlier, self._journal, self._emit)
        return self._suspects

    def plan(self, task: Task, baseline: Baseline, sampler: Sampler) -> Plan:
        """See `Proposing`."""
        info = sampler.info
        prompts = self._prompts(task, baseline, sampler)
        choices = self._choices(prompts, SnapshotTree.of(task.snapshot), info)
        return Plan(
            prompts,
            preparation.strategy(self._settings, info, prompts, self._request.seed, choices),
            self.proposals,
            exhaustive=self._settings.search.exhaustive,
            ranked_only=bool(choices) and preparation.ranked_share(self._settings, info) == 1,
        )

    def in_vain(self) -> None:
        """See `Proposing`."""
        if self.name == EMBEDDED:
            self._emit(_EMBEDDED_LIMIT)

    def _prompts(self, task: Task, baseline: Baseline, sampler: Sampler) -> tuple[Prompt, ...]:
        if self._earlier and self._earlier.prompts:
            return self._earlier.prompts
        info = sampler.info
        failures = [baseline.first.results[each.id] for each in baseline.targets if each.id in baseline.first.results]
        prompts = build_prompts(
            info.abilities,
            task.issue,
            self._suspects,
            SnapshotTree.of(task.snapshot).read,
            failures,
            count_tokens=sampler.count_tokens,
            context=info.context,
            options=preparation.prompt_options(self._settings, info),
        )
        if Ability.CHAT not in info.abilities and Ability.LINE_REPAIR in info.abilities and info.ranks:
            prompts = weigh_by_doubt(prompts, sampler)
        if not prompts:
            self._emit(_nothing_to_ask(self._suspects, info))
        self._journal.prompts(prompts)
        return tuple(prompts)

    def _choices(self, prompts: Sequence[Prompt], tree: SnapshotTree, info: ModelInfo) -> tuple[Choices, ...]:
        """What is ranked beside the samples; nothing where no share is."""
        share = preparation.ranked_share(self._settings, info)
        choices = repair_choices(prompts, tree.read) if share else ()
        if self._settings.sampling.ranked_share and prompts and not choices:
            self._emit(_NOTHING_TO_RANK)
        return choices


class FromPatches:
    """Patches that somebody else wrote, each an attempt with one vote."""

    def __init__(self, request: FixRequest, earlier: RunRecord | None, journal: RunJournal, emit: Emitter) -> None:
        self._request = request
        self._earlier = earlier
        self._patches = request.patches
        self._journal = journal
        self._emit = emit
        self.name = given_name(len(request.patches))
        self.proposals = len(request.patches)

    def ready(self) -> AbstractContextManager[Loaded]:
        """See `Proposing`."""
        return nullcontext(_Given(GivenSampler(self._patches)))

    def localize(self, task: Task, baseline: Baseline) -> Sequence[Suspect]:
        """See `Proposing`: the patches say by themselves where they change something, a model has to be told."""
        if not asking_flag(self._request.settings):
            return ()
        return localized(task, baseline, self._earlier, self._journal, self._emit)

    def plan(self, task: Task, baseline: Baseline, sampler: Sampler) -> Plan:
        """See `Proposing`."""
        prompts = given_prompts(self._patches)
        self._journal.prompts(prompts)
        return Plan(prompts, EachOnce(prompts), self.proposals, exhaustive=True)

    def in_vain(self) -> None:
        """See `Proposing`: the report says how each fared."""


@dataclass(frozen=True, slots=True)
class _Given:
    sampler: GivenSampler

    def check(self) -> None:
        """There is nothing to load that could be broken."""

    def result(self) -> Sampler:
        return self.sampler


def _nothing_to_ask(suspects: Sequence[Suspect], info: ModelInfo) -> Warned:
    """Why there is no prompt."""
    if not suspects:
        return Warned("nothing in the repository looks suspect, so there is nothing to ask the model")
    if Ability.CHAT not in info.abilities and not any(suspect.path.endswith(".py") for suspect in suspects):
        return Warned(
            f"{info.name} can be asked about Python only: it fills in or repairs lines, and no suspect place is Python",
            hint="Name a model that takes chat; `reasoncli models list` names some by the memory they need.",
        )
    return Warned(
        f"no suspect place can be shown to the model: a prompt and its answer have {info.context:,} tokens",
        hint="Name a larger --context if the model has it, or lower --max-tokens and --thinking-tokens.",
    )
