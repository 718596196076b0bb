"""The surroundings of a run that shares model, budget and places to test in with others of its batch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from reasoncli.batch.channel import ASK, END, ITEM, Call, Channel
from reasoncli.batch.ledger import Standing
from reasoncli.cluster.cluster import Cluster, join
from reasoncli.domain import Completion, Prompt, Spending, UsedUp
from reasoncli.errors import Interrupted, ModelError
from reasoncli.events import Emitter, Warned
from reasoncli.metering.meter import Meter
from reasoncli.models.interface import Choices, ModelInfo, Ranked, Ranking, Sampler, SampleRequest
from reasoncli.search.interface import View
from reasoncli.settings.values import Settings
from reasoncli.voting import tiers
from reasoncli.workflow.loading import Loaded
from reasoncli.workflow.spending import prices_of

_LOOK = 0.1
"""Seconds after which a thread that waits looks whether it still should."""

_TELL = 1.0
"""Seconds between two words on what was spent."""


class Guest:
    """A `Host` at the other end of a channel."""

    shared_model = True

    def __init__(self, channel: Channel, settings: Settings) -> None:
        self._channel = channel
        self._samples = settings.search.samples
        self._first = settings.search.batch_size

    def model(self, settings: Settings, emit: Emitter) -> AbstractContextManager[Loaded]:
        """See `Host`."""
        return nullcontext(_Shared(self._channel, emit))

    @contextmanager
    def cluster(self, settings: Settings, emit: Emitter) -> Iterator[Cluster | None]:
        """See `Host`; the batch's, whose nodes all its runs share."""
        place = self._channel.call("cluster")
        if place is None:
            yield None
            return
        cluster = join(place, lambda text: emit(Warned(text)))
        try:
            yield cluster
        finally:
            cluster.close()

    @contextmanager
    def slot(self, stopped: Callable[[], bool]) -> Iterator[None]:
        """See `Host`."""
        call = self._channel.open("slot")
        try:
            while call.next(_LOOK) is None and not stopped():
                pass
            yield
        finally:
            call.say("free")
            self._channel.close(call)

    def ration(self, view: View) -> bool:
        """See `Host`."""
        wanted = min(view.asked or self._first, self._samples - view.asked)
        return wanted <= 0 or bool(self._channel.call("ration", (standing(view), wanted)))

    def seconds(self) -> float | None:
        """See `Host`."""
        left: float | None = self._channel.call("seconds")
        return left

    def meter(self, settings: Settings, earlier: Spending | None, keep: Callable[[Spending], None]) -> Meter:
        """See `Host`: the list's budget holds; the machine's hours and energy, and the model's work, are the list's."""
        prices = replace(prices_of(settings), hour=None, kwh=None)
        return Meter(prices=prices, earlier=earlier, keep=keep, elsewhere=self._tell_spent, every=_TELL)

    def _tell_spent(self, spent: Spending) -> UsedUp | None:
        try:
            used_up: UsedUp | None = self._channel.call("spent", spent)
        except Interrupted:  # the run is interrupted, too
            return None
        return used_up


def standing(view: View) -> Standing:
    """What the ledger wants to know of a search."""
    verdicts = [each.verdict for each in view.candidates if each.verdict is not None]
    return Standing(
        proposals=view.asked,
        patches=len(view.candidates),
        once=sum(each.votes <= 1 for each in view.candidates),
        judged=len(verdicts),
        fixes=sum(
            tiers.unsurpassed(tiers.standing(each), len(each.targets_passed + each.targets_failed)) for each in verdicts
        ),
    )


@dataclass(slots=True)
class _Shared:
    """The batch's model, on its way or there."""

    channel: Channel
    emit: Emitter
    sampler: Sampler | None = None

    def check(self) -> None:
        """A model that can't be loaded ends the whole batch."""

    def result(self) -> Sampler:
        if self.sampler is None:
            with self.emit.stage("model", "shared") as stage:
                self.sampler = RemoteSampler(self.channel, self.channel.call("model"))
                stage.summary = f"{self.sampler.info.name} on {self.sampler.info.device}"
        return self.sampler


class RemoteSampler:
    """Implements `Sampler` by asking the process that has the model."""

    def __init__(self, channel: Channel, info: ModelInfo) -> None:
        self._channel = channel
        self._info = info
        self._closed = False

    @property
    def info(self) -> ModelInfo:
        """See `Sampler.info`."""
        return self._info

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        """See `Sampler.sample`; drawn together with what other runs ask for at this moment."""
        yield from self._items("sample", tuple(requests), cancel, ())

    def score(self, prompt: Prompt, texts: Sequence[str]) -> list[float]:
        """See `Sampler.score`."""
        scores: list[float] = self._call("score", (prompt, tuple(texts)))
        return scores

    def rank(self, choices: Sequence[Choices]) -> Ranking:
        """See `Sampler.rank`."""
        number: int = self._call("rank", tuple((each.prompt, each.offset) for each in choices))
        return _RemoteRanking(self, number, choices)

    def count_tokens(self, prompt: Prompt) -> int:
        """See `Sampler.count_tokens`."""
        length: int = self._call("tokens", prompt)
        return length

    def close(self) -> None:
        """See `Sampler.close`; the model itself is not this run's to free."""
        self._closed = True

    def take(self, ranking: int, choices: Sequence[Choices], most: int, cancel: threading.Event) -> Iterator[Ranked]:
        """The next texts of a ranking."""
        yield from self._items("take", (ranking, most), cancel, choices)

    def _items(self, what: str, value: object, cancel: threading.Event, choices: Sequence[Choices]) -> Iterator[Any]:
        if cancel.is_set():
            return
        call = self._open(what, value)
        ended = False
        try:
            while not cancel.is_set() and not ended:
                kind, item = call.next(_LOOK) or (None, None)
                if kind == ITEM:
                    yield item
                ended = self._answered(call, kind, item, choices)
        finally:
            call.say("cancel")
            while choices and not ended:  # a ranking that goes on later must not lack the texts it asked for
                kind, item = call.next(_LOOK) or (None, None)
                ended = self._answered(call, kind, item, choices)
            self._channel.close(call)

    def _answered(self, call: Call, kind: str | None, item: Any, choices: Sequence[Choices]) -> bool:
        """Give the texts that are asked for; whether the call has ended."""
        if kind == ASK:
            call.say("texts", tuple(choices[item].texts()))
        return kind == END

    def _open(self, what: str, value: object) -> Call:
        if self._closed:
            raise ModelError(f"{self._info.name} is closed")
        return self._channel.open(what, value)

    def _call(self, what: str, value: object) -> Any:
        if self._closed:
            raise ModelError(f"{self._info.name} is closed")
        return self._channel.call(what, value)


@dataclass(frozen=True, slots=True)
class _RemoteRanking:
    sampler: RemoteSampler
    number: int
    choices: Sequence[Choices]

    def take(self, most: int, cancel: threading.Event) -> Iterator[Ranked]:
        return self.sampler.take(self.number, self.choices, most, cancel)
