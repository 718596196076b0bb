"""What was taken, in words, as rows and as JSON values; and what a whole batch may come to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reasoncli.domain import Spending
from reasoncli.reports.words import duration, number

MACHINE = "the machine's, others' work included"


def money(amount: float, currency: str) -> str:
    """`1.20 usd`, `0.00031 usd`."""
    return f"{amount:,.2f} {currency}" if amount >= 1 or not amount else f"{amount:.2g} {currency}"


def energy(joules: float) -> str:
    """`512 J`, `12.3 kJ`, `1.05 kWh`."""
    if joules < 1_000:
        return f"{joules:.0f} J"
    return f"{joules / 1e3:,.1f} kJ" if joules < 3.6e5 else f"{joules / 3.6e6:,.2f} kWh"


def spent_words(spent: Spending) -> list[str]:
    """What is known beside tokens and wall-clock time: `12 s CPU`, `3.1 kJ of the machine`, `0.031 usd`."""
    parts = [f"{duration(spent.cpu_seconds)} CPU"] if spent.cpu_seconds else []
    parts += [f"{duration(spent.gpu_seconds)} GPU"] if spent.gpu_seconds is not None else []
    parts += [f"{energy(spent.joules)} of the machine"] if spent.joules is not None else []
    return [*parts, *([paid] if (paid := money_words(spent)) else [])]


def money_words(spent: Spending) -> str:
    """The money, and what is missing from it; empty where nothing has a price."""
    if spent.money is None:
        return ""
    told = "about " if spent.estimated_tokens else ""
    lacks = f" without {number(spent.unpriced_tokens)} unpriced tokens" if spent.unpriced_tokens else ""
    return f"{told}{money(spent.money, spent.currency)}{lacks}"


def spending_rows(spent: Spending) -> list[tuple[str, str, str]]:
    """(what, how much, what that means), of all that is known."""
    rows = []
    if spent.seconds:
        rows.append(("time", duration(spent.seconds), "of all processes that worked on it, one after another"))
    rows.append(("tokens", number(spent.tokens), "generated"))
    if spent.prompt_tokens:
        rows.append(("tokens read", number(spent.prompt_tokens), "by servers, which count them"))
        rows.append(("tokens read from a cache", number(spent.cached_tokens), "those of them that a server had read"))
    if spent.estimated_tokens:
        rows.append(("tokens not counted", number(spent.estimated_tokens), "estimated, as a server did not count"))
    if spent.cpu_seconds:
        what = "user and system time of the tool's processes and its sandboxes, building images left out"
        rows.append(("CPU", duration(spent.cpu_seconds), what))
    if spent.gpu_seconds is not None:
        rows.append(("GPU", duration(spent.gpu_seconds), "in which a model worked that has layers on a GPU"))
    if spent.joules is not None:
        rows.append(("energy", energy(spent.joules), f"of {', '.join(spent.energy_of)}; {MACHINE}"))
    if spent.money is not None:
        rows.append(("money", money_words(spent), "by the prices in the settings"))
    return rows


def spending_object(spent: Spending) -> dict[str, object]:
    """As JSON values; what is not known is null."""
    return {
        "seconds": spent.seconds,
        "tokens": spent.tokens,
        "prompt_tokens": spent.prompt_tokens,
        "cached_tokens": spent.cached_tokens,
        "completion_tokens": spent.completion_tokens,
        "estimated_tokens": spent.estimated_tokens,
        "unpriced_tokens": spent.unpriced_tokens,
        "cpu_seconds": spent.cpu_seconds,
        "gpu_seconds": spent.gpu_seconds,
        "joules": spent.joules,
        "energy_of": list(spent.energy_of),
        "money": spent.money,
        "currency": spent.currency or None,
    }


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a whole batch may come to take; `None` is not known."""

    tokens: float
    joules: float | None
    money: float | None
    currency: str


def outlook(total: Spending, ended: Sequence[Spending], running: Sequence[Spending], issues: int) -> Outlook | None:
    """By the mean of the issues that ended; `None` while none has.

    What each run counts for itself (tokens and their price) is taken to be the same again for each of the others. What
    is counted for all together (energy, the machine's hours) goes by how much is done, an issue at work for a half.

    Args:
        total: of the list.
        ended: of each issue that is over.
        running: of each at work.
        issues: how many there are.
    """
    if not ended:
        return None
    each = issues / len(ended)
    all_told = issues / (len(ended) + len(running) / 2)
    paid = None
    if total.money is not None:
        own = sum(spent.money or 0.0 for spent in ended)
        shared = max(total.money - own - sum(spent.money or 0.0 for spent in running), 0.0)
        paid = max(own * each + shared * all_told, total.money)
    return Outlook(
        tokens=max(sum(spent.tokens for spent in ended) * each, total.tokens),
        joules=None if total.joules is None else max(total.joules * all_told, total.joules),
        money=paid,
        currency=total.currency,
    )


def outlook_words(total: Spending, expected: Outlook | None) -> str:
    """`0.31 usd spent, about 1.4 usd expected`; by money, else energy, else tokens."""
    if total.money is not None:
        spent, whole = money(total.money, total.currency), expected and money(expected.money or 0.0, total.currency)
    elif total.joules is not None:
        spent, whole = energy(total.joules), expected and energy(expected.joules or 0.0)
    else:
        spent, whole = f"{number(total.tokens)} tokens", expected and f"{number(round(expected.tokens))} tokens"
    return f"{spent} spent, about {whole} expected" if whole else f"at least {spent}"


def outlook_object(expected: Outlook | None) -> dict[str, object] | None:
    """As JSON values; null while no issue has ended."""
    if expected is None:
        return None
    return {
        "tokens": round(expected.tokens),
        "joules": expected.joules,
        "money": expected.money,
        "currency": expected.currency or None,
    }
