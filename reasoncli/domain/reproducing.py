"""Tests that a model wrote of an issue, and what became of them under patches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A file of tests that fails at the base as the issue complains of.

    Attributes:
        id: of its canonical form; equal tests have equal ids.
        path: where in the repository it is run.
        source: the file.
        votes: answers that are this test, by their canonical form.
        shows: what it says at the base, in one line.
        fails: ids of its tests that fail there.
        holds: ids of its tests that pass there.
    """

    id: str
    path: str
    source: str
    votes: int
    shows: str
    fails: tuple[str, ...]
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reproduced:
    """What became of such a file under a patch.

    Attributes:
        test: its id.
        votes: its votes.
        passed: all its tests pass.
        now: what it says otherwise, in one line.
    """

    test: str
    votes: int
    passed: bool
    now: str = ""
