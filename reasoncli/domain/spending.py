"""What a run takes, what that costs, and how much of it may be had."""

from __future__ import annotations

from dataclasses import dataclass, replace

_MILLION = 1e6
_JOULES_A_KWH = 3.6e6


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that one request to a server took, as the server counted them.

    Attributes:
        server, model: who answered.
        prompt: tokens read. cached: those of them that the server had read before.
        completion: tokens generated, thoughts and all answers to the request included.
        estimated: the server did not count, so that these are guessed by the lengths of the texts.
    """

    server: str
    model: str
    prompt: int
    cached: int
    completion: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Money:
    """An amount; `currency` in small letters, as `usd`."""

    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """What a server asks for a million tokens.

    Attributes:
        place: a server's address, one with `#` and a model's name, or a model's name; empty for all.
    """

    place: str
    prompt: float
    cached: float
    completion: float

    def of(self, usage: Usage) -> float:
        """The price of a request."""
        fresh = max(usage.prompt - usage.cached, 0)
        return (fresh * self.prompt + usage.cached * self.cached + usage.completion * self.completion) / _MILLION


@dataclass(frozen=True, slots=True)
class Prices:
    """All that has a price, in one currency.

    Attributes:
        currency: empty where nothing has a price.
        hour: of this machine. kwh: of the electric energy that is read.
    """

    currency: str = ""
    tokens: tuple[TokenPrice, ...] = ()
    hour: float | None = None
    kwh: float | None = None

    def of(self, server: str, model: str) -> TokenPrice | None:
        """What a server asks for a model's tokens, by the entry that says most of it."""
        entries = {each.place: each for each in self.tokens}
        places = (f"{server}#{model}", server, model, "")
        return next((entries[place] for place in places if place in entries), None)

    def of_machine(self, seconds: float, joules: float) -> float:
        """The price of so much time on this machine, and of so much energy."""
        return seconds / 3600 * (self.hour or 0.0) + joules / _JOULES_A_KWH * (self.kwh or 0.0)

    @property
    def lasting(self) -> bool:
        """Whether what goes on costs money, though no server is asked."""
        return bool(self.hour or self.kwh)


@dataclass(frozen=True, slots=True)
class Spending:
    """What was taken so far. `None` is not known, which is not nothing.

    Attributes:
        seconds: of wall-clock time, of all processes that worked on it one after another.
        tokens: generated, by whatever model.
        prompt_tokens, cached_tokens, completion_tokens: at servers, as `Usage` has them.
        estimated_tokens: read and generated ones among them that no server counted. unpriced_tokens: without a price.
        cpu_seconds: user and system time of the tool's own processes and of all that ran in its sandboxes.
        gpu_seconds: time in which a model worked that has layers on a GPU; `None` where there was none.
        joules: of the meters in `energy_of`, as far as they can be read. The machine's: others' work is in it.
        energy_of: what was read, for people, as `CPU package 0`.
        money: of tokens, time and energy as far as they have prices, in `currency`.
    """

    seconds: float = 0.0
    tokens: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    estimated_tokens: int = 0
    unpriced_tokens: int = 0
    cpu_seconds: float = 0.0
    gpu_seconds: float | None = None
    joules: float | None = None
    energy_of: tuple[str, ...] = ()
    money: float | None = None
    currency: str = ""

    def plus(self, other: Spending) -> Spending:
        """Both together.

        Raises:
            ValueError: they are in different currencies.
        """
        if self.currency and other.currency and self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} can't be added")
        return Spending(
            seconds=self.seconds + other.seconds,
            tokens=self.tokens + other.tokens,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            estimated_tokens=self.estimated_tokens + other.estimated_tokens,
            unpriced_tokens=self.unpriced_tokens + other.unpriced_tokens,
            cpu_seconds=self.cpu_seconds + other.cpu_seconds,
            gpu_seconds=_sum(self.gpu_seconds, other.gpu_seconds),
            joules=_sum(self.joules, other.joules),
            energy_of=tuple(dict.fromkeys([*self.energy_of, *other.energy_of])),
            money=_sum(self.money, other.money),
            currency=self.currency or other.currency,
        )

    def with_answer(self, tokens: int, usage: Usage | None, prices: Prices) -> Spending:
        """With one answer of a model more."""
        if usage is None:
            return replace(self, tokens=self.tokens + tokens)
        price = prices.of(usage.server, usage.model)
        took = usage.prompt + usage.completion
        return replace(
            self,
            tokens=self.tokens + tokens,
            prompt_tokens=self.prompt_tokens + usage.prompt,
            cached_tokens=self.cached_tokens + usage.cached,
            completion_tokens=self.completion_tokens + usage.completion,
            estimated_tokens=self.estimated_tokens + (took if usage.estimated else 0),
            unpriced_tokens=self.unpriced_tokens + (took if price is None else 0),
            money=self.money if price is None else (self.money or 0.0) + price.of(usage),
            currency=self.currency if price is None else prices.currency,
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent; `None` is no limit.

    Attributes:
        samples: proposals. tokens: generated. seconds: of wall-clock time; the others as in `Spending`.
    """

    samples: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    joules: float | None = None
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class UsedUp:
    """A budget that was used up.

    Attributes:
        reason: for people.
        working: nothing that was drawn may be judged any more but the leader, as work itself uses the budget; otherwise
            only the model is asked nothing more.
    """

    reason: str
    working: bool


SPENT = "the budget is used up"
"""How a `UsedUp.reason` begins."""


def used_up(budget: Budget, spent: Spending, prices: Prices) -> UsedUp | None:
    """What of a budget is used up by now; samples and wall-clock time are held by others."""
    of = "{}: {} of {}"
    if budget.cpu_seconds is not None and spent.cpu_seconds >= budget.cpu_seconds:
        words = of.format(SPENT, f"{spent.cpu_seconds:,.0f}", f"{budget.cpu_seconds:,.0f} CPU seconds")
        return UsedUp(words, working=True)
    if budget.joules is not None and (spent.joules or 0.0) >= budget.joules:
        return UsedUp(of.format(SPENT, f"{spent.joules or 0.0:,.0f}", f"{budget.joules:,.0f} joules"), working=True)
    if budget.money is not None and (spent.money or 0.0) >= budget.money.amount:
        words = of.format(SPENT, f"{spent.money or 0.0:.4g}", f"{budget.money.amount:.4g} {budget.money.currency}")
        return UsedUp(words, working=prices.lasting)
    if budget.tokens is not None and spent.tokens >= budget.tokens:
        return UsedUp(of.format(SPENT, f"{spent.tokens:,}", f"{budget.tokens:,} tokens"), working=False)
    return None


def _sum(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else one + other
