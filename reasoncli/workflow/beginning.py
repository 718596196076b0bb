"""The moment at which everything that a run is made of is known."""

from __future__ import annotations

from reasoncli.domain import Task
from reasoncli.errors import ConflictError
from reasoncli.models.interface import ModelInfo
from reasoncli.runs.journal import RunJournal, RunRecord
from reasoncli.runs.manifest import Manifest, versions
from reasoncli.runs.request import FixRequest
from reasoncli.sandbox.interface import SandboxProvider
from reasoncli.settings.loading import as_text


def begin(
    journal: RunJournal,
    request: FixRequest,
    earlier: RunRecord | None,
    task: Task,
    provider: SandboxProvider,
    info: ModelInfo,
    adviser: ModelInfo | None = None,
) -> None:
    """Write the run's manifest.

    Args:
        journal: of the run.
        request: what it was asked for.
        earlier: what an earlier process of it left.
        task: the snapshot among it.
        provider: of its sandboxes.
        info: of what proposes.
        adviser: of what is asked beside, if anything is.

    Raises:
        ConflictError: it began with another model; its manifest stays.
    """
    before = earlier.manifest if earlier else None
    asked, asked_digest = ("", "") if adviser is None else (adviser.name, adviser.digest)
    if before is not None and (before.model_digest, before.adviser_digest) != (info.digest, asked_digest):
        model = before.model if before.model_digest != info.digest else before.adviser
        raise ConflictError(
            f"the model is not the one that the run began with ({model})",
            hint="Give it back its model, or start a new run.",
        )
    snapshot, settings = task.snapshot, request.settings
    journal.manifest(
        Manifest(
            command=request.command,
            repository=str(request.repository),
            commit=snapshot.commit,
            tree_hash=snapshot.tree_hash,
            dirty=snapshot.dirty,
            model=info.name,
            model_digest=info.digest,
            device=info.device,
            adviser=asked,
            adviser_digest=asked_digest,
            sandbox=provider.description,
            test_command=task.tests.command,
            seed=request.seed,
            samples=len(request.patches) or settings.search.samples,
            settings=as_text(settings),
            origins={name: str(origin) for name, origin in settings.origins.items() if str(origin) != "default"},
            versions=versions(),
        )
    )
