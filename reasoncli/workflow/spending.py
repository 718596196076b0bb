"""What a run takes and what that costs: the meters that count it, and the budget that holds it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reasoncli.domain import Budget, Completion, Prices, Prompt
from reasoncli.errors import UsageError
from reasoncli.metering.energy import Energy, gpus, packages
from reasoncli.metering.meter import Meter
from reasoncli.models.interface import Choices, ModelInfo, Ranked, Ranking, Sampler, SampleRequest
from reasoncli.models.open import servers
from reasoncli.settings.costs import parse_budget, parse_prices
from reasoncli.settings.values import Settings
from reasoncli.workflow import preparation
from reasoncli.workflow.loading import Loaded


def budget_of(settings: Settings) -> Budget:
    """What the user lets be spent."""
    return parse_budget(settings.search.budget)


def prices_of(settings: Settings) -> Prices:
    """What things cost.

    Raises:
        UsageError: in several currencies.
    """
    prices = settings.prices
    try:
        return parse_prices(prices.price, prices.price_hour, prices.price_kwh)
    except ValueError as error:
        raise UsageError(str(error), hint="--price, --price-hour and --price-kwh, or the user's own file.") from error


def machine_energy() -> Energy:
    """All meters of this machine that can be read."""
    return Energy([*packages(), *gpus()])


def check_budget(
    settings: Settings, budget: Budget, energy: Energy, *, asked: bool, model: str | None = None
) -> Prices:
    """Refuse a budget that can't be held, and hand out the prices.

    Args:
        settings: the prices among them.
        budget: to be held.
        energy: what can be read.
        asked: whether a model is asked anything.
        model: its name, once its servers have told it.

    Raises:
        UsageError: a budget of energy that can't be read, or of money where what is asked has no price.
    """
    prices = prices_of(settings)
    energy.read()
    if budget.joules is not None and energy.joules is None:
        raise UsageError(
            "the energy that this machine takes can't be read, so no budget can hold it",
            hint="docs/costs.md says what can be read, and by whom; or leave the limit away.",
        )
    if budget.money is None:
        return prices
    places = servers(preparation.model_spec(settings), preparation.model_options(settings).endpoints) if asked else ()
    for server, named in places:
        known = model or named
        by_name = not known and any(each.place and "://" not in each.place for each in prices.tokens)
        by_server = not known and any(each.place.startswith(f"{server}#") for each in prices.tokens)
        if prices.of(server, known) is None and not by_name and not by_server:
            place = f"{server}#{known}" if known else server
            raise UsageError(
                f"a budget of money needs to know what {place} asks for its tokens",
                hint=f"--price '{place}=PROMPT/COMPLETION{budget.money.currency}', for a million tokens each; 0/0 is "
                "for nothing.",
            )
    if not places and not prices.lasting:
        raise UsageError(
            "a budget of money holds nothing here, as nothing has a price",
            hint=f"--price-hour 1.20{budget.money.currency} says what this machine costs; --max-seconds holds time.",
        )
    if prices.currency and prices.currency != budget.money.currency:
        raise UsageError(
            f"the budget is in {budget.money.currency}, the prices are in {prices.currency}",
            hint="Give both in one currency: nothing is converted.",
        )
    return prices


def narrowed(settings: Settings) -> Settings:
    """With no more samples than the budget has."""
    samples = min(settings.search.samples, budget_of(settings).samples or settings.search.samples)
    return replace(settings, search=replace(settings.search, samples=samples))


def check_model(settings: Settings, info: ModelInfo, budget: Budget | None = None) -> None:
    """The same for a budget of money, the settings' own if none is given, once the servers have told the model's name.

    Raises:
        UsageError: it has no price.
    """
    money = Budget(money=(budget or budget_of(settings)).money)
    if money.money is not None:
        check_budget(settings, money, Energy(()), asked=True, model=info.name.partition("#")[2])


class Metered:
    """A sampler that tells a meter what its answers take. See `Sampler` for the methods."""

    def __init__(self, sampler: Sampler, meter: Meter, *, here: bool) -> None:
        """`here`: it works in this process, and not for others as well."""
        self._sampler = sampler
        self._meter = meter
        self._on_gpu = here and sampler.info.on_gpu

    @property
    def info(self) -> ModelInfo:
        """See `Sampler`."""
        return self._sampler.info

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        """See `Sampler`."""
        with self._meter.model_works(on_gpu=self._on_gpu):
            for completion in self._sampler.sample(requests, cancel):
                self._meter.answered(completion.tokens, completion.usage)
                yield completion

    def score(self, prompt: Prompt, texts: Sequence[str]) -> list[float]:
        """See `Sampler`."""
        with self._meter.model_works(on_gpu=self._on_gpu):
            return self._sampler.score(prompt, texts)

    def rank(self, choices: Sequence[Choices]) -> Ranking:
        """See `Sampler`."""
        return _MeteredRanking(self._sampler.rank(choices), self._meter, self._on_gpu)

    def count_tokens(self, prompt: Prompt) -> int:
        """See `Sampler`."""
        return self._sampler.count_tokens(prompt)

    def close(self) -> None:
        """See `Sampler`."""
        self._sampler.close()


@dataclass(frozen=True, slots=True)
class _MeteredRanking:
    ranking: Ranking
    meter: Meter
    on_gpu: bool

    def take(self, most: int, cancel: threading.Event) -> Iterator[Ranked]:
        with self.meter.model_works(on_gpu=self.on_gpu):
            yield from self.ranking.take(most, cancel)


class MeteredLoading:
    """A model on its way into memory, whose answers are counted once it is there."""

    def __init__(self, loaded: Loaded, meter: Meter, settings: Settings, *, here: bool) -> None:
        """`here` as in `Metered`; its price must be known then, if the settings have a budget of money."""
        self._loaded = loaded
        self._meter = meter
        self._settings = settings
        self._here = here
        self._sampler: Metered | None = None

    def check(self) -> None:
        """See `Loaded`."""
        self._loaded.check()

    def result(self) -> Sampler:
        """See `Loaded`."""
        if self._sampler is None:
            sampler = self._loaded.result()
            if self._here:
                check_model(self._settings, sampler.info)
            self._sampler = Metered(sampler, self._meter, here=self._here)
        return self._sampler
