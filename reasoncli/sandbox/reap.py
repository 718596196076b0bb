"""Cleaning up after runs that could not: containers and old images. What a live run holds is spared."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoncli.locks import is_held
from reasoncli.sandbox import engine, labels
from reasoncli.sandbox.images import PREFIX, image_name


@dataclass(frozen=True, slots=True)
class Reaped:
    """What was removed, by name."""

    containers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


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
