"""Whoever leads after the search is judged in a fresh sandbox: only that may select."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from reasoncli.domain import Candidate
from reasoncli.events import CandidateJudged, Emitter
from reasoncli.search.interface import Journal, PatchVerifier
from reasoncli.voting.stopping import finalists
from reasoncli.workflow.asking import carried

ROUNDS = 4
"""Of leaders that something brought up after the search."""


class Confirming:
    """Judges leaders clean; a verdict may bring up the next."""

    def __init__(self, verifier: PatchVerifier, journal: Journal, emit: Emitter, targets: int) -> None:
        """Take what judges, and how many tests must turn green."""
        self._verifier = verifier
        self._journal = journal
        self._emit = emit
        self._targets = targets

    def leader(self, candidates: Sequence[Candidate]) -> list[Candidate] | None:
        """The candidates, whoever leads judged clean; `None` where the choice stands on clean verdicts already.

        Raises:
            SandboxUnavailable: sandboxes kept breaking.
        """
        leaders = finalists(candidates, targets=self._targets)
        if not leaders:
            return None
        leader = next(each for each in candidates if each.index == leaders[0])
        verdict = carried(leader.verdict, self._verifier.confirm(leader.patch, threading.Event()))
        self._journal.verdict(leader.patch.execution_key, verdict)
        self._emit(CandidateJudged(leader.index, verdict, sum(each.verdict is not None for each in candidates)))
        return [replace(each, verdict=verdict) if each is leader else each for each in candidates]

    def until_settled(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Judge leaders until one stands, or there were enough of them."""
        found = list(candidates)
        for _ in range(ROUNDS):
            judged = self.leader(found)
            if judged is None:
                break
            found = judged
        return found
