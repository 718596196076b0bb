"""Judges as voters: a chat model compares the leading patches in pairs, each pair in both orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from reasoncli.domain import Candidate, Comparison, Completion, Issue, Prompt
from reasoncli.errors import ModelError
from reasoncli.events import Emitter, Warned
from reasoncli.prompting.judging import Call, Choice, judge_prompt, read_choice
from reasoncli.settings.values import Settings
from reasoncli.verification.watching import Watched
from reasoncli.voting.clusters import Group
from reasoncli.voting.opinions import comparable, with_opinions
from reasoncli.voting.wording import count
from reasoncli.workflow import preparation
from reasoncli.workflow.consulting import Consultant

_PURPOSE = "judges"
_WITHOUT = "The vote decides without them."


@dataclass(frozen=True, slots=True)
class _Pair:
    one: int
    other: int
    prompts: tuple[Prompt, Prompt]  # the one shown first, and shown second


def judging(
    consultant: Consultant | None, settings: Settings, issue: Issue, targets: int, emit: Emitter
) -> Judging | None:
    """The judges of a run; `None` where the settings want none."""
    if consultant is None or not settings.search.judges:
        return None
    return Judging(consultant, settings, issue, targets, emit)


class Judging:
    """Asks a model which of the leading patches is right."""

    def __init__(self, consultant: Consultant, settings: Settings, issue: Issue, targets: int, emit: Emitter) -> None:
        self._consultant = consultant
        self._settings = settings
        self._issue = issue
        self._targets = targets
        self._emit = emit

    def worthwhile(self, candidates: Sequence[Candidate]) -> bool:
        """Whether anything that judges can say may change the choice."""
        return len(self._finalists(candidates)) > 1

    def judged(
        self, candidates: Sequence[Candidate], watched: Watched | None
    ) -> tuple[tuple[Candidate, ...], tuple[Comparison, ...]]:
        """The candidates with the judges' votes, and what they said; nothing where the model fails."""
        groups = self._finalists(candidates)
        if len(groups) < 2:
            return tuple(candidates), ()
        asked = self._settings.search.judges
        with self._emit.stage("judges", f"{len(groups)} leading patches, in pairs") as stage:
            pairs = self._pairs(groups, watched)
            if pairs is None:
                context = f"a context of {self._consultant.info.context:,} tokens"
                self._emit(Warned(f"no judges: two of the patches don't fit {context}", hint=_WITHOUT))
                return tuple(candidates), ()
            try:
                drawn = self._consultant.ask(_PURPOSE, [each for pair in pairs for each in pair.prompts], asked)
            except ModelError as error:
                self._emit(Warned(f"no judges: {error}", hint=_WITHOUT))
                return tuple(candidates), ()
            comparisons = tuple(
                Comparison(
                    pair.one, pair.other, _for_first(drawn[2 * at]), asked - _for_first(drawn[2 * at + 1]), asked
                )
                for at, pair in enumerate(pairs)
            )
            said = [each for answers in drawn for each in answers]
            unread = sum(each.count for each in said if _choice(each) is None)
            stage.summary = f"{count(2 * asked * len(pairs), 'answer')} on {count(len(pairs), 'pair')}"
            if unread:
                stage.summary += f", {unread} of them not to be read"
        return with_opinions(candidates, comparisons), comparisons

    def _finalists(self, candidates: Sequence[Candidate]) -> list[Group]:
        return comparable(candidates, targets=self._targets)

    def _pairs(self, groups: Sequence[Group], watched: Watched | None) -> list[_Pair] | None:
        """Each pair, with the calls on which the two differ; `None` if one can't be shown: whoever stands in it would
        have no vote where the others have.
        """
        consultant = self._consultant
        info = consultant.info
        options = preparation.prompt_options(self._settings, info)
        pairs = []
        for one, other in combinations([group.leader for group in groups], 2):
            calls = _calls(one, other, watched)
            prompts = [
                judge_prompt(
                    self._issue,
                    first.patch.diff,
                    second.patch.diff,
                    shown,
                    count_tokens=consultant.count_tokens,
                    context=info.context,
                    options=options,
                )
                for first, second, shown in ((one, other, calls), (other, one, [each.swapped() for each in calls]))
            ]
            if prompts[0] is None or prompts[1] is None:
                return None
            pairs.append(_Pair(one.index, other.index, (prompts[0], prompts[1])))
        return pairs


def _calls(one: Candidate, other: Candidate, watched: Watched | None) -> list[Call]:
    if watched is None:
        return []
    differences = watched.differences(one.patch.execution_key, other.patch.execution_key)
    return [Call(each.call, watched.base_outcome(each.asked), each.one, each.other) for each in differences]


def _for_first(answers: Sequence[Completion]) -> float:
    """How many are for the patch shown first; one that says nothing that can be read is for neither."""
    return sum((_choice(each) or Choice.NEITHER).value * each.count for each in answers)


def _choice(answer: Completion) -> Choice | None:
    """What an answer says; one that was cut off ends with no verdict, whatever it quotes."""
    return None if answer.finish == "length" else read_choice(answer.text)
