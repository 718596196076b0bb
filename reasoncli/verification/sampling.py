"""Tests for which there is time where all of them take longer: those that must be among them, a sample of the rest.

The sample is stratified. Files take turns, in an order that the seed gives; inside a file, picks are spread over its
tests as sorted by duration (van der Corput's sequence), so that slow and quick ones are drawn alike and no file is
left out before every file had its turn. A test that no longer fits into the time is passed over for a quicker one.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence

from reasoncli.domain import TestResult
from reasoncli.verification.outcomes import holder

_LEAST = 1e-4  # seconds that a test counts for, though it took less: reporting it costs that


def sample_tests(
    tests: Sequence[TestResult], always: Collection[str], seconds: float, seed: int
) -> tuple[TestResult, ...]:
    """The tests to run, in the order of the suite.

    Args:
        tests: all that could be run, with what they take, in seconds.
        always: ids that are taken, though they take longer than allowed.
        seconds: what the tests may take together.
        seed: of the draw; the same one draws the same.
    """
    taken = {result.id for result in tests if result.id in always}
    left = seconds - sum(_cost(result) for result in tests if result.id in taken)
    strata: dict[str, list[TestResult]] = {}
    for result in tests:
        if result.id not in taken:
            strata.setdefault(holder(result.id), []).append(result)
    turns = [_spread(sorted(stratum, key=_cost)) for stratum in strata.values()]
    random.Random(seed).shuffle(turns)  # noqa: S311 - a sample, no secret
    while turns and left > 0:
        going = []
        for turn in turns:
            for result in turn:
                going.append(turn)
                if _cost(result) <= left:
                    left -= _cost(result)
                    taken.add(result.id)
                break
        turns = going
    return tuple(result for result in tests if result.id in taken)


def _cost(result: TestResult) -> float:
    return max(result.duration, _LEAST)


def _spread(tests: Sequence[TestResult]) -> Iterator[TestResult]:
    """All of them, the middle first, then the quarters, and so on: bits of the index in reverse."""
    bits = max(1, (len(tests) - 1).bit_length())
    order = sorted(range(1 << bits), key=lambda place: int(f"{place:0{bits}b}"[::-1], 2))
    half = (1 << bits) // 2
    for place in order:
        at = (place + half) % (1 << bits)
        if at < len(tests):
            yield tests[at]
