"""Cleaning up after runs that could not, and making room."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from reasoncli.errors import StoreError
from reasoncli.runs.lock import live_lock
from reasoncli.runs.store import Store
from reasoncli.sandbox.folders import reap_folders
from reasoncli.settings.kinds import EngineKind, SandboxKind
from reasoncli.settings.values import Settings

SCRATCH = "snapshot"
"""A live run's private copy of the work tree, in the run's folder."""


def clean_up(settings: Settings, store: Store) -> None:
    """Remove what dead runs left: containers, folders of local sandboxes, private copies. Live runs are spared."""
    for entry in store.entries():
        scratch = store.folder(entry.id) / SCRATCH
        if scratch.exists():
            with suppress(StoreError, OSError), live_lock(scratch.parent):  # held by us, no process can take it up
                shutil.rmtree(scratch, ignore_errors=True)
    reap_folders()
    if settings.sandbox.sandbox is SandboxKind.DOCKER and settings.sandbox.engine is EngineKind.THREADS:
        from reasoncli.sandbox import engine, reap

        client = engine.connect()
        try:
            reap.reap_containers(client)
        finally:
            client.close()


def prune_images(repository: Path | None, *, dry_run: bool) -> tuple[str, ...]:
    """Remove the images that were built for projects, but for those in use; the next run builds what it needs.

    Args:
        repository: only those of this one.
        dry_run: only say what would be removed.

    Raises:
        SandboxUnavailable: there is no engine to ask.
    """
    from reasoncli.sandbox import engine, reap

    client = engine.connect()
    try:
        project = None if repository is None else repository.name
        return reap.prune_images(client, project=project, dry_run=dry_run).images
    finally:
        client.close()
