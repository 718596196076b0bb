"""What the search loop is handed: a strategy, a verifier, a journal. None of them knows the loop."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reasoncli.domain import Candidate, Completion, Patch, Verdict
from reasoncli.models.interface import Request


@dataclass(frozen=True, slots=True)
class View:
    """What a strategy sees when it is asked for the next batch.

    Attributes:
        batches: how many were proposed so far.
        asked: proposals so far: samples asked for, and ranked texts that came.
        ranked: how many of them were ranked; fewer than were asked for once there are no more.
        candidates: all of them, with the verdicts known by now.
        pending: candidates without a verdict yet.
    """

    batches: int
    asked: int
    candidates: tuple[Candidate, ...]
    pending: int
    ranked: int = 0


class Strategy(Protocol):
    """Decides what to ask the model next. Deterministic, so that a resumed run proposes the same again."""

    def propose(self, view: View) -> Sequence[Request] | None:
        """The next batch; an empty one when there is nothing more to ask; `None` to be asked again after a verdict."""
        ...


class PatchVerifier(Protocol):
    """Judges patches by the project's tests. `screen` is called from several threads at once."""

    def screen(self, patch: Patch, cancel: threading.Event) -> Verdict:
        """Judge quickly: targets first, then what the patch touches."""
        ...

    def confirm(self, patch: Patch, cancel: threading.Event) -> Verdict:
        """Judge in a fresh sandbox by the whole suite; the verdict is `clean`."""
        ...

    def interrupt(self, cancel: threading.Event | None = None) -> None:
        """End what runs at this moment, or the call with this `cancel`: if it is set, `Interrupted` is raised soon."""
        ...


class Journal(Protocol):
    """Where results become durable. A call returns once what it was given is on disk."""

    def completion_batch(self, index: int, completions: Sequence[Completion]) -> None:
        """A whole batch was drawn."""
        ...

    def verdict(self, execution_key: str, verdict: Verdict) -> None:
        """A candidate was judged."""
        ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an earlier part of the same run left: whole batches, and verdicts by execution key."""

    batches: tuple[tuple[Completion, ...], ...] = ()
    verdicts: tuple[tuple[str, Verdict], ...] = ()
