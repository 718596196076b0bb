"""Patches that the tests don't tell apart, compared by what they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reasoncli.domain import Candidate, Comparison, Contrast, Decision
from reasoncli.events import CandidateFound, Emitter
from reasoncli.reports.words import moment
from reasoncli.search.interface import Journal
from reasoncli.verification.watching import Difference, Watched
from reasoncli.voting.clusters import Group, ranked
from reasoncli.voting.tiers import electable
from reasoncli.voting.wording import count
from reasoncli.workflow.asking import Ask, asked
from reasoncli.workflow.confirming import Confirming
from reasoncli.workflow.judging import Judging
from reasoncli.workflow.watching import Watching

_MOST = 16  # clusters compared
_SHOWN = 2  # calls in which two patches differ
_KEPT = 4  # of those, for each cluster


@dataclass(frozen=True, slots=True)
class Compared:
    """Candidates after the comparison, and what it found; nothing where there was nothing to compare."""

    candidates: tuple[Candidate, ...]
    watched: Watched | None = None
    comparisons: tuple[Comparison, ...] = ()

    def explained(self, decision: Decision) -> Decision:
        """The decision, with what the comparison has to say of it."""
        if self.watched is None or decision.chosen is None or not self.watched.calls:
            return decision
        return replace(
            decision,
            reasons=(*decision.reasons, *_sentences(self.watched, self.candidates, decision)),
            contrasts=tuple(_contrasts(self.watched, self.candidates, decision)),
        )


class Comparing:
    """Compares the leaders of a search, and sees to it that whoever leads then is judged clean."""

    def __init__(
        self,
        watching: Watching,
        targets: int,
        confirming: Confirming,
        journal: Journal,
        emit: Emitter,
    ) -> None:
        self._watching = watching
        self._targets = targets
        self._confirming = confirming
        self._journal = journal
        self._emit = emit

    def compare(
        self,
        candidates: Sequence[Candidate],
        *,
        thorough: bool,
        ask: Ask | None = None,
        judging: Judging | None = None,
    ) -> Compared:
        """Watch those of the best standing, and let those that behave alike vote together.

        Where one has more votes than all the others together, that can't change the choice, and is left out unless
        `thorough`, or there is somebody to ask, whose answers count for more than votes, or judges can turn the lead.

        Raises:
            SandboxUnavailable: sandboxes kept breaking.
        """
        equals = self._equals(candidates, thorough=thorough)
        clear = bool(equals) and 2 * equals[0].votes > sum(group.votes for group in equals)
        open_still = thorough or ask is not None or (judging is not None and judging.worthwhile(candidates))
        if len(equals) < 2 or (clear and not open_still):
            return Compared(tuple(candidates))
        with self._emit.stage("behaviour", f"{len(equals)} patches that the tests don't tell apart") as stage:
            watched = self._watching.watch([group.leader.patch for group in equals])
            known = {group.leader.index: watched.fingerprint(group.leader.patch.execution_key) for group in equals}
            found = [replace(each, behaviour=known.get(each.index, "")) for each in candidates]
            ways = len({way for way in known.values() if way})
            stage.summary = "no call of theirs can be compared"
            if watched.calls:
                calls = f"{len(watched.calls):,} of {count(watched.seen, 'call')} in {count(watched.tests, 'test')}"
                tried = f"{len(watched.tried):,} with other arguments"
                stage.summary = f"{count(ways, 'way', 'ways')} to behave, by {calls} and {tried}"
            if self._watching.reused is not None:
                stage.summary += f", reused from {moment(self._watching.reused)}"
            for each in found:
                if each.behaviour:
                    self._emit(CandidateFound(each))
        found = self._confirming.until_settled(found)
        if ask is not None:
            found = self._confirming.until_settled(self._answered(found, watched, ask))
        return self.judged(Compared(tuple(found), watched), judging)

    def judged(self, compared: Compared, judging: Judging | None) -> Compared:
        """With the judges' votes, where there are judges.

        Raises:
            SandboxUnavailable: sandboxes kept breaking.
        """
        if judging is None:
            return compared
        candidates, comparisons = judging.judged(compared.candidates, compared.watched)
        confirmed = self._confirming.until_settled(candidates) if comparisons else candidates
        return replace(compared, candidates=tuple(confirmed), comparisons=comparisons)

    def _answered(self, candidates: list[Candidate], watched: Watched, ask: Ask) -> list[Candidate]:
        answered = list(asked(candidates, watched, ask))
        for before, after in zip(candidates, answered, strict=True):
            if after.verdict is not None and after is not before:
                self._journal.verdict(after.patch.execution_key, after.verdict)
        return answered

    def _equals(self, candidates: Sequence[Candidate], *, thorough: bool) -> list[Group]:
        """Those of the best standing; without targets and `thorough` those that break guards as well, for whom votes
        may still speak (see `voting/clusters.py`).
        """
        groups = ranked(candidates)
        targets = self._targets
        if not groups or not electable(groups[0].standing.tier, targets):
            return []
        if thorough and not targets:
            return [group for group in groups if electable(group.standing.tier, targets)][:_MOST]
        return [group for group in groups if group.standing == groups[0].standing][:_MOST]


def _sentences(watched: Watched, candidates: Sequence[Candidate], decision: Decision) -> list[str]:
    """How many behave as the chosen patch does, where they do not as soon as other arguments are tried, and where the
    runner-up does not.
    """
    by_index = {each.index: each for each in candidates}
    members = [by_index[index] for index in decision.clusters[0].members]
    chosen = members[0]
    others = {each.patch.vote_key: each for each in members if each.patch.vote_key != chosen.patch.vote_key}
    sentences = []
    if others:
        calls = count(len(watched.calls), "recorded call")
        sentences.append(f"{len(others) + 1} different patches behave as it does, in {calls}; they vote together.")
    apart = [(each, found) for each in others.values() if (found := _differences(watched, chosen, each))]
    if apart:
        sentences.append(f"Not all of them do where no test asks: {_told(apart[0][1][0], 'in another')}.")
    leaders = (by_index[cluster.members[0]] for cluster in decision.clusters[1:])
    rival = next((each for each in leaders if each.behaviour), None)
    for difference in _differences(watched, chosen, rival)[:_SHOWN] if rival is not None else ():
        where = f"in {difference.test}" if difference.test else "no test asks for it"
        sentences.append(f"The runner-up differs: {_told(difference, 'there')} ({where}).")
    return sentences


def _contrasts(watched: Watched, candidates: Sequence[Candidate], decision: Decision) -> Iterator[Contrast]:
    """The first calls on which the leader of each other cluster differs from the chosen patch."""
    by_index = {each.index: each for each in candidates}
    chosen = by_index[decision.clusters[0].members[0]]
    for cluster in decision.clusters[1:]:
        other = by_index[cluster.members[0]]
        for each in _differences(watched, chosen, other)[:_KEPT]:
            yield Contrast(other.index, each.call, each.test, each.one, each.other)


def _differences(watched: Watched, one: Candidate, other: Candidate) -> Sequence[Difference]:
    return watched.differences(one.patch.execution_key, other.patch.execution_key)


def _told(difference: Difference, there: str) -> str:
    return f"`{difference.call}` {difference.one} here, {difference.other} {there}"
