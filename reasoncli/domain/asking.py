"""What a person is asked where patches that lead differ."""

from __future__ import annotations

from dataclasses import dataclass

from reasoncli.domain.patching import Patch


@dataclass(frozen=True, slots=True)
class Way:
    """What some patches make of a call.

    Attributes:
        outcome: in words, as `returns 3`.
        votes: of those patches.
        patch: the best of them.
    """

    outcome: str
    votes: float
    patch: Patch


@dataclass(frozen=True, slots=True)
class Question:
    """A call on which the leading patches differ.

    Attributes:
        call: in words, as `f(1)`.
        test: in which it happens; empty where no test makes it.
        ways: the leader's first.
        base: what the unchanged code makes of it.
    """

    call: str
    test: str
    ways: tuple[Way, ...]
    base: str


NEITHER = -1
"""The answer that none of the ways is right."""
