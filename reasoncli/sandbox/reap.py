"""Cleaning up after runs that could not: containers and old images. What a live run holds is spared."""

from __future__ import annotations

import contextlib
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


def prune_images(client: Any, *, project: str | None = None, dry_run: bool = False) -> Reaped:
    """Remove images that we built, but for those in use.

    Args:
        client: of the engine.
        project: only those of one repository, by the name of its folder.
        dry_run: only say what would be removed; what is in use is named, too.

    Raises:
        SandboxUnavailable: the engine can't be asked.
    """
    with engine.preparing():
        found = client.images(filters={"label": labels.VERSION})
    ours = f"{image_name(project)}:" if project else PREFIX
    removed = []
    for tag in sorted(tag for image in found for tag in image["RepoTags"] or () if tag.startswith(ours)):
        with contextlib.suppress(*engine.ENGINE_ERRORS):  # in use by a live run: it stays
            if not dry_run:
                client.remove_image(tag)
            removed.append(tag)
    return Reaped(images=tuple(removed))
