"""The candidates of one search: equal patches merged, votes counted by whole batches."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from reasoncli.domain import Candidate, Completion, Patch, Rejection, TieBreakers, Verdict

Parse = Callable[[Completion], Patch | Rejection]

_REFUSED_KEPT = 1_000


@dataclass(slots=True)
class _Tally:
    """What counts in the vote.

    Attributes:
        sampled: how many samples there are, ranked: how many ranked texts, those that are no patch included.
        mass: probability of all ranked texts together; least: of the least likely one.
        samples: how many there are, by execution key; probability: of ranked texts, by execution key.
    """

    sampled: int = 0
    ranked: int = 0
    mass: float = 0.0
    least: float = math.inf
    samples: Counter[str] = field(default_factory=Counter)
    probability: dict[str, float] = field(default_factory=dict)

    def add(self, key: str | None, completion: Completion) -> None:
        """Count a completion; without a key it is no patch."""
        if completion.rank:
            probability = math.exp(completion.score)
            self.ranked += completion.count
            self.mass += probability
            self.least = min(self.least, probability)
            if key is not None:
                self.probability[key] = self.probability.get(key, 0.0) + probability
        else:
            self.sampled += completion.count
            if key is not None:
                self.samples[key] += completion.count

    def votes(self, key: str) -> float:
        """Samples, and the part of as many votes as texts were ranked that falls to it by its probability."""
        part = self.probability.get(key, 0.0) / self.mass if self.mass else 0.0
        return self.samples[key] + self.ranked * part

    def __contains__(self, key: str) -> bool:
        return key in self.samples or key in self.probability


class Pool:
    """Merges completions into candidates by execution key.

    Short completions finish first, so a batch cut short is a biased sample. Its votes therefore order
    the verification but don't count in `candidates()` until `close_batch` says that it is whole.

    Attributes:
        tokens: generated so far.
        rejections: proposals that were no patch, by kind; reasons: an example of each kind's reason.
        refused: the first of them, each with the id of its prompt.
    """

    def __init__(self, parse: Parse, tie_breakers: TieBreakers | None = None) -> None:
        self._parse = parse
        self._tie_breakers = tie_breakers or TieBreakers()
        self._known: dict[str, Candidate] = {}  # by execution key; their votes are in the tallies
        self._all = _Tally()
        self._whole = _Tally()  # of whole batches
        self._open: dict[int, list[tuple[str | None, Completion]]] = {}
        self._verdicts: dict[str, Verdict] = {}
        self.rejections: Counter[str] = Counter()
        self.reasons: dict[str, str] = {}
        self.refused: list[tuple[str, Rejection]] = []
        self.tokens = 0

    def add(self, completion: Completion) -> Candidate | None:
        """Take a completion in; the candidate it votes for, or `None` if it is no patch."""
        self.tokens += completion.tokens
        parsed = self._parse(completion)
        if isinstance(parsed, Rejection):
            self._count(None, completion)
            self.rejections[parsed.kind] += completion.count
            self.reasons.setdefault(parsed.kind, parsed.reason)
            if len(self.refused) < _REFUSED_KEPT:
                self.refused.append((completion.prompt, parsed))
            return None
        key = parsed.execution_key
        self._count(key, completion)
        logprob = mean_logprob(completion)
        known = self._known.get(key)
        if known is None:
            known = Candidate(
                index=len(self._known),
                patch=parsed,
                votes=0.0,
                logprob=logprob,
                prompts=(completion.prompt,),
                verdict=self._verdicts.get(key),
                tie_breakers=self._tie_breakers,
                drawn=_drawn((), completion),
                rank=completion.rank,
            )
        else:
            prompts = known.prompts
            known = replace(
                known,
                logprob=max(known.logprob, logprob),
                prompts=prompts if completion.prompt in prompts else (*prompts, completion.prompt),
                drawn=_drawn(known.drawn or (), completion),
                rank=min(known.rank or completion.rank, completion.rank or known.rank),
            )
        self._known[key] = known
        return replace(known, votes=self._all.votes(key))

    def close_batch(self, batch: int) -> None:
        """The batch is whole: its votes count from now on."""
        for key, completion in self._open.pop(batch, ()):
            self._whole.add(key, completion)

    def judge(self, key: str, verdict: Verdict) -> Candidate | None:
        """Keep a verdict; the candidate it belongs to, or `None` if no completion has led to it yet."""
        self._verdicts[key] = verdict
        known = self._known.get(key)
        if known is None:
            return None
        known = self._known[key] = replace(known, verdict=verdict)
        return replace(known, votes=self._all.votes(key))

    @property
    def samples(self) -> int:
        """Independent samples so far."""
        return self._all.sampled

    @property
    def ranked(self) -> int:
        """Ranked texts so far."""
        return self._all.ranked

    @property
    def counted_samples(self) -> int:
        """Independent samples of whole batches."""
        return self._whole.sampled

    @property
    def counted_ranked(self) -> int:
        """Ranked texts of whole batches."""
        return self._whole.ranked

    @property
    def counted(self) -> int:
        """Proposals of whole batches."""
        return self.counted_samples + self.counted_ranked

    @property
    def rejected(self) -> int:
        """Proposals that were no patch."""
        return self.rejections.total()

    @property
    def distinct(self) -> int:
        """Different patches, unfinished batches included."""
        return len(self._known)

    def provisional(self) -> list[Candidate]:
        """All candidates with the votes of unfinished batches."""
        return self._voted(self._all)

    def candidates(self) -> list[Candidate]:
        """Candidates by the votes of whole batches; if those gave none, by what there is."""
        return self._voted(self._whole) or self.provisional()

    def tried(self) -> list[Candidate]:
        """As `candidates`, and those of a batch cut short that were judged; they have no vote, only their verdict."""
        counted = self.candidates()
        indices = {each.index for each in counted}
        late = (each for each in self._known.values() if each.verdict is not None and each.index not in indices)
        return [*counted, *late]

    @property
    def uncounted(self) -> int:
        """Proposals that `candidates` leaves out of the vote, as their batch was cut short."""
        return self.samples + self.ranked - self.counted if self._voted(self._whole) else 0

    def by_rank(self) -> list[Candidate]:
        """Those whose votes change with each text that is ranked, as `provisional` has them."""
        return [each for each in self.provisional() if each.patch.execution_key in self._all.probability]

    def independent(self) -> dict[int, int]:
        """By the index of a candidate, the samples of whole batches that wrote it."""
        return {each.index: self._whole.samples[key] for key, each in self._known.items()}

    def least(self) -> float:
        """Votes of the least likely ranked text of whole batches; 1 before there is any."""
        tally = self._whole
        return tally.ranked * tally.least / tally.mass if tally.mass else 1.0

    def _count(self, key: str | None, completion: Completion) -> None:
        self._all.add(key, completion)
        self._open.setdefault(completion.batch, []).append((key, completion))

    def _voted(self, tally: _Tally) -> list[Candidate]:
        return [replace(each, votes=tally.votes(key)) for key, each in self._known.items() if key in tally]


def _drawn(known: tuple[tuple[int, int], ...], completion: Completion) -> tuple[tuple[int, int], ...]:
    """`Candidate.drawn` with one more completion; a ranked text is no sample."""
    if completion.rank:
        return known
    counts = dict(known)
    counts[completion.batch] = counts.get(completion.batch, 0) + completion.count
    return tuple(sorted(counts.items()))


def mean_logprob(completion: Completion) -> float:
    """Mean log-probability a token, `-inf` where the backend told none."""
    return sum(completion.logprobs) / len(completion.logprobs) if completion.logprobs else -math.inf


def replay(pool: Pool, batches: Iterable[Iterable[Completion]]) -> int:
    """Take the whole batches of an earlier part of the run in; how many there were."""
    count = 0
    for index, batch in enumerate(batches):
        for completion in batch:
            pool.add(completion)
        pool.close_batch(index)
        count += 1
    return count
