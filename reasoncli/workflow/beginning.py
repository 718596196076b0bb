"""What a run is made of: the snapshot, how its tests run, its sandboxes; and the moment at which all of it is known."""

from __future__ import annotations

import shutil
from pathlib import Path

from reasoncli.cluster.cluster import Cluster
from reasoncli.domain import Snapshot, Task, TestPlan
from reasoncli.errors import ConflictError
from reasoncli.events import Emitter, Warned
from reasoncli.models.interface import ModelInfo
from reasoncli.repository import Repository
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.manifest import Manifest, versions
from reasoncli.runs.record import RunRecord
from reasoncli.runs.request import FixRequest
from reasoncli.sandbox.interface import SandboxProvider
from reasoncli.settings.loading import as_text
from reasoncli.settings.values import Settings
from reasoncli.verification.detect import plan_tests
from reasoncli.workflow import preparation


def taken(repository: Repository, scratch: Path, earlier: RunRecord | None, emit: Emitter) -> Snapshot:
    """The work tree, copied.

    Raises:
        ConflictError: it is not what it was when the run began.
    """
    with emit.stage("snapshot") as stage:
        shutil.rmtree(scratch, ignore_errors=True)
        snapshot = repository.snapshot(scratch, lambda message: emit(Warned(message)))
        stage.summary = f"{len(snapshot.files)} files at {snapshot.commit[:12]}"
        if snapshot.dirty:
            stage.summary += ", with uncommitted changes"
    before = earlier.manifest if earlier else None
    if before is not None and before.tree_hash != snapshot.tree_hash:
        raise ConflictError(
            "the work tree is not what it was when the run began, so its results don't hold any more",
            hint="Bring it back to that state (git stash, git switch), or start a new run.",
        )
    return snapshot


def planned_tests(snapshot: Snapshot, request: FixRequest) -> TestPlan:
    """How the tests run, as it was asked for or is found out."""
    tests = request.settings.tests
    return plan_tests(
        snapshot,
        command=tests.test_command,
        selected=tests.tests,
        targets=request.targets,
        timeout=tests.test_timeout,
        junit=tests.junit,
        pass_marker=tests.pass_marker,
    )


def sandboxes(
    snapshot: Snapshot, settings: Settings, run: str, emit: Emitter, cluster: Cluster | None
) -> SandboxProvider:
    """Where the tests run, got ready.

    Raises:
        SandboxUnavailable: no engine, no permission, an image that doesn't build.
    """
    with emit.stage("sandbox", settings.sandbox.sandbox.value) as stage:
        lines = 0

        def progress(line: str) -> None:
            nonlocal lines
            lines += 1
            stage.progress(lines, None, line)

        provider = preparation.open_provider(snapshot, settings, run, progress, cluster)
        stage.summary = provider.description
    if not provider.isolated:
        emit(
            Warned(
                "the local sandbox does not isolate: tests and patches run as you, with your files and network",
                hint="Use it for code that you would run yourself.",
            )
        )
    return provider


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
