"""What becomes of the chosen patch, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from reasoncli.domain import Candidate, Decision, Issue, Patch, Snapshot, Status
from reasoncli.errors import ConflictError, DiskFullError, RepositoryError, UsageError
from reasoncli.reports.words import clip
from reasoncli.repository import Applied, Repository, open_repository, staged_patch
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.request import Delivery
from reasoncli.settings.values import PatchSettings
from reasoncli.sources.text import printable
from reasoncli.voting.tiers import Tier

_SUBJECT = 120
"""Characters of an issue's title that a commit's subject may take."""


def withheld(decision: Decision, chosen: Candidate | None, settings: PatchSettings, *, verifiable: bool) -> str:
    """Why the chosen patch may not be delivered without consent, or an empty string.

    Args:
        decision: what was decided.
        chosen: the chosen candidate.
        settings: what the user consents to.
        verifiable: whether there was a test that had to turn green.
    """
    if decision.status is Status.NONE:
        return "there is no patch worth applying"
    if decision.confidence < settings.min_confidence:
        sure, wanted = decision.confidence, settings.min_confidence
        return f"it is right with a probability of {sure:.2f} only; --min-confidence asks for {wanted:g}"
    unverified = decision.status is Status.UNVERIFIED or (decision.status is Status.PARTIAL and not verifiable)
    if unverified and not settings.allow_unverified:
        why = "it was not judged in a fresh sandbox" if verifiable else "no failing test shows that it fixes the issue"
        return f"{why}; --allow-unverified applies it all the same"
    if chosen is not None and chosen.verdict and chosen.verdict.suspicions and not settings.allow_suspicious:
        return f"it is suspicious: {chosen.verdict.suspicions[0]}; --allow-suspicious applies it all the same"
    if decision.clusters and decision.clusters[0].tier == Tier.CONTESTED:
        why = "it breaks tests that the vote takes for outdated; --allow-regressions applies it all the same"
        return "" if settings.allow_regressions or settings.allow_partial else why
    if decision.status is Status.PARTIAL and not settings.allow_partial:
        return "it leaves a target red or breaks a test; --allow-partial applies it all the same"
    return ""


def deliver(
    candidate: Candidate,
    snapshot: Snapshot,
    issue: Issue,
    *,
    repository: Repository,
    delivery: Delivery,
    trailer: bool,
    announce: Callable[[Applied], None],
    withdraw: Callable[[], None],
) -> tuple[Applied | None, Path | None]:
    """Bring the patch to where it was asked for.

    `announce` is told what the repository is about to be changed by, and `withdraw` is called when that failed: what
    another run wrote instead, perhaps the same, is not for this one to take back.

    Returns:
        what was done to the repository, and the patch file that was written.

    Raises:
        ConflictError: a touched file changed meanwhile.
        RepositoryError, UsageError: the branch or the patch file can't be written.

        After any of them nothing was written, the patch file included.
    """
    title = clip(" ".join(printable(issue.title).split()), _SUBJECT)
    message = f"Fix: {title}" if title else None
    patch = candidate.patch
    with nullcontext() if delivery.patch is None else staged_patch(delivery.patch, patch.diff):
        try:
            applied = _written(patch, snapshot, message, repository, delivery, trailer, announce)
        except (ConflictError, RepositoryError, DiskFullError):
            withdraw()
            raise
    return applied, delivery.patch


def _written(
    patch: Patch,
    snapshot: Snapshot,
    message: str | None,
    repository: Repository,
    delivery: Delivery,
    trailer: bool,
    announce: Callable[[Applied], None],
) -> Applied | None:
    """What was done to the repository; all of it, or an error and nothing."""
    if delivery.branch is not None:
        return repository.apply_on_branch(patch, snapshot, delivery.branch, message, trailer=trailer, announce=announce)
    if delivery.commit:
        return repository.commit(patch, snapshot, message, trailer=trailer, announce=announce)
    return repository.apply(patch, snapshot, announce) if delivery.patch is None else None


def undo(journal: RunJournal) -> Applied:
    """Take back what a run wrote to the user's repository.

    Raises:
        UsageError: the run wrote nothing, or it was taken back already.
        ConflictError: what it wrote was changed since; nothing is touched.
    """
    record = journal.load()
    if record.applied is None:
        raise UsageError(
            f"run {journal.id} wrote nothing to the repository", hint="`reasoncli runs list` shows which runs did."
        )
    if record.head.undone is not None:
        raise UsageError(f"what run {journal.id} wrote was taken back already")
    open_repository(Path(record.applied.repository)).undo(record.applied)
    journal.undone()
    return record.applied
