"""A verifier and a journal for the loop's tests: verdicts by text, everything that happens kept."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence

from reasoncli.domain import ChatContent, Completion, FileChange, Form, Patch, Prompt, Rejection, Verdict, VerdictKind
from reasoncli.models.interface import Ability, ModelInfo
from reasoncli.models.recorded import RecordedSampler, Recording

INFO = ModelInfo("recorded:test", "", frozenset({Ability.CHAT}), 4096, False, "recording")


def prompt(name: str = "p", share: float = 1.0) -> Prompt:
    return Prompt(name, Form.SEARCH_REPLACE, ChatContent((("user", name),)), share=share)


def sampler(weights: Mapping[str, float]) -> RecordedSampler:
    return RecordedSampler(INFO, [Recording(text, weight, (-0.1,)) for text, weight in weights.items()])


def parse(completion: Completion) -> Patch | Rejection:
    """The text is the patch; `vote|bytes` gives a vote key of its own; texts that start with `!` are none."""
    text = completion.text
    if text.startswith("!"):
        return Rejection("unparsable", text)
    vote = text.partition("|")[0]
    key = hashlib.sha256(text.encode()).hexdigest()
    change = FileChange("a.py", text.encode())
    return Patch((change,), text, key, hashlib.sha256(vote.encode()).hexdigest(), len(text))


def patch(text: str) -> Patch:
    parsed = parse(Completion("p", text, 1, (), 1, "stop"))
    assert isinstance(parsed, Patch)
    return parsed


class ScriptedVerifier:
    """Verdict kinds by patch text; unknown ones have no effect. `clean` verdicts may differ from screened ones."""

    def __init__(
        self, kinds: Mapping[str, VerdictKind], clean: Mapping[str, VerdictKind] | None = None, delay: float = 0.0
    ) -> None:
        self.kinds, self.clean, self.delay = dict(kinds), dict(clean or {}), delay
        self.screened: list[str] = []
        self.confirmed: list[str] = []
        self.error: BaseException | None = None
        self._lock = threading.Lock()

    def screen(self, patch: Patch, cancel: threading.Event) -> Verdict:
        if self.error is not None:
            raise self.error
        with self._lock:
            self.screened.append(patch.diff)
        if self.delay:
            cancel.wait(self.delay)
        return verdict(self.kinds.get(patch.diff, VerdictKind.NO_EFFECT))

    def confirm(self, patch: Patch, cancel: threading.Event) -> Verdict:
        self.confirmed.append(patch.diff)
        kind = self.clean.get(patch.diff, self.kinds.get(patch.diff, VerdictKind.NO_EFFECT))
        return verdict(kind, clean=True)

    def interrupt(self, cancel: threading.Event | None = None) -> None:
        pass  # `screen` watches its `cancel`


class ListJournal:
    def __init__(self) -> None:
        self.batches: list[tuple[int, tuple[Completion, ...]]] = []
        self.verdicts: list[tuple[str, Verdict]] = []

    def completion_batch(self, index: int, completions: Sequence[Completion]) -> None:
        self.batches.append((index, tuple(completions)))

    def verdict(self, execution_key: str, verdict: Verdict) -> None:
        self.verdicts.append((execution_key, verdict))


def verdict(kind: VerdictKind, clean: bool = False) -> Verdict:
    fixes = kind is VerdictKind.FIXES
    return Verdict(
        kind,
        targets_passed=("t",) if fixes else (),
        targets_failed=() if fixes else ("t",),
        guards_broken=("g",) if kind is VerdictKind.REGRESSES else (),
        clean=clean,
        duration=0.01,
    )
