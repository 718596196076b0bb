"""Cleaning up after runs that could not: containers, folders, old images. What a live run holds is spared."""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoncli.sandbox import engine, keeper, labels
from reasoncli.sandbox.images import PREFIX, image_name
from reasoncli.sandbox.local_sandbox import PREFIX as LOCAL_PREFIX
from reasoncli.sandbox.locks import folder_lock_path, is_held

_YOUNG = 60.0  # seconds in which a folder may have been made and not locked yet


@dataclass(frozen=True, slots=True)
class Reaped:
    """What was removed, by name."""

    containers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def reap_containers(client: Any) -> Reaped:
    """Remove containers of dead runs of this machine. An engine may serve several machines; theirs end by themselves.

    Raises:
        SandboxUnavailable: the engine can't be asked.
    """
    removed = []
    with engine.preparing():
        found = client.containers(all=True, filters={"label": [labels.RUN, f"{labels.HOST}={labels.host()}"]})
    for container in found:
        lock = container["Labels"].get(labels.LOCK, "")
        if lock and not is_held(Path(lock)):
            with contextlib.suppress(*engine.ENGINE_ERRORS):  # on its way out already, or another start was faster
                client.remove_container(container["Id"], force=True, v=True)
                removed.append(container["Id"])
    return Reaped(containers=tuple(removed))


def reap_folders(temporary: Path | None = None) -> Reaped:
    """Remove folders of dead local sandboxes."""
    removed = []
    for folder in (temporary or Path(tempfile.gettempdir())).glob(f"{LOCAL_PREFIX}*"):
        with contextlib.suppress(OSError):  # somebody else's, or just gone
            lock = folder_lock_path(folder)
            started = lock.exists() or time.time() - folder.stat().st_mtime > _YOUNG
            if folder.is_dir() and started and not is_held(lock):
                keeper.remove(str(folder))
                removed.append(str(folder))
    return Reaped(folders=tuple(removed))


def prune_images(client: Any, *, keep: int = 0, older_than: float = 0.0, project: str | None = None) -> Reaped:
    """Remove images that we built: all but the newest `keep` of each project, if older than so many seconds.

    `project` limits it to one repository's, by the name of its folder.

    Raises:
        SandboxUnavailable: the engine can't be asked.
    """
    with engine.preparing():
        found = client.images(filters={"label": labels.VERSION})
    projects: dict[str, list[tuple[float, str]]] = {}
    for image in found:
        for tag in image["RepoTags"] or ():
            if tag.startswith(f"{image_name(project)}:" if project else PREFIX):
                projects.setdefault(tag.rpartition(":")[0], []).append((float(image["Created"]), tag))
    removed = []
    for images in projects.values():
        for created, tag in sorted(images, reverse=True)[keep:]:
            if time.time() - created >= older_than:
                with contextlib.suppress(*engine.ENGINE_ERRORS):  # in use by a live run: it stays
                    client.remove_image(tag)
                    removed.append(tag)
    return Reaped(images=tuple(removed))
