"""The candidates of one search: equal patches merged, votes counted by whole batches."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from reasoncli.domain import Candidate, Completion, Patch, Rejection, Verdict

Parse = Callable[[Completion], Patch | Rejection]


class Pool:
    """Merges completions into candidates by execution key.

    Short completions finish first, so a batch cut short is a biased sample. Its votes therefore order
    the verification but don't count in `candidates()` until `close_batch` says that it is whole.

    Attributes:
        samples: independent ones so far.
        ranked: texts of a ranking so far.
        counted: proposals of whole batches, counted_ranked: those of them that were ranked.
        tokens: generated so far.
        rejections: proposals that were no patch, by kind; reasons: an example of each kind's reason.
    """

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._known: dict[str, Candidate] = {}  # execution key -> candidate, votes of all batches
        self._open: dict[int, list[tuple[str, Completion]]] = {}  # batch -> by execution key, "" for no patch
        self._votes: dict[str, float] = {}  # of whole batches, by execution key
        self._independent: Counter[str] = Counter()  # samples of whole batches, by execution key
        self._verdicts: dict[str, Verdict] = {}
        self.rejections: Counter[str] = Counter()
        self.reasons: dict[str, str] = {}
        self.samples = self.ranked = 0
        self.counted = self.counted_ranked = 0
        self.tokens = 0

    def add(self, completion: Completion) -> Candidate | None:
        """Take a completion in; the candidate it votes for, or `None` if it is no patch."""
        if completion.rank:
            self.ranked += completion.count
        else:
            self.samples += completion.count
        self.tokens += completion.tokens
        opened = self._open.setdefault(completion.batch, [])
        parsed = self._parse(completion)
        if isinstance(parsed, Rejection):
            self.rejections[parsed.kind] += completion.count
            self.reasons.setdefault(parsed.kind, parsed.reason)
            opened.append(("", completion))
            return None
        key = parsed.execution_key
        logprob = mean_logprob(completion)
        known = self._known.get(key)
        if known is None:
            known = Candidate(
                index=len(self._known),
                patch=parsed,
                votes=completion.votes,
                logprob=logprob,
                prompts=(completion.prompt,),
                verdict=self._verdicts.get(key),
            )
        else:
            prompts = known.prompts
            known = replace(
                known,
                votes=known.votes + completion.votes,
                logprob=max(known.logprob, logprob),
                prompts=prompts if completion.prompt in prompts else (*prompts, completion.prompt),
            )
        self._known[key] = known
        opened.append((key, completion))
        return known

    def close_batch(self, batch: int) -> None:
        """The batch is whole: its votes count from now on."""
        for key, completion in self._open.pop(batch, ()):
            self.counted += completion.count
            self.counted_ranked += completion.count if completion.rank else 0
            if key:
                self._votes[key] = self._votes.get(key, 0.0) + completion.votes
                self._independent[key] += 0 if completion.rank else completion.count

    def judge(self, key: str, verdict: Verdict) -> Candidate | None:
        """Keep a verdict; the candidate it belongs to, or `None` if no completion has led to it yet."""
        self._verdicts[key] = verdict
        known = self._known.get(key)
        if known is not None:
            known = self._known[key] = replace(known, verdict=verdict)
        return known

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
        return list(self._known.values())

    def candidates(self) -> list[Candidate]:
        """Candidates by the votes of whole batches; if those gave none, by what there is."""
        counted = [replace(each, votes=self._votes[key]) for key, each in self._known.items() if key in self._votes]
        return counted or self.provisional()

    def independent(self) -> dict[int, int]:
        """By the index of a candidate, the samples of whole batches that wrote it."""
        return {each.index: self._independent[key] for key, each in self._known.items()}


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
