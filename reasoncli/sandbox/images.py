"""Images: found, or built from a definition and cached by content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reasoncli.domain import Snapshot
from reasoncli.errors import SandboxUnavailable
from reasoncli.sandbox import engine
from reasoncli.sandbox.config import DockerConfig

WORKSPACE = "/workspace"


@dataclass(frozen=True, slots=True)
class Image:
    """An image to run.

    Attributes:
        name: as people know it.
        id: the engine's digest of it.
        workdir: where the repository lies inside.
    """

    name: str
    id: str
    workdir: str


def prepare(client: Any, snapshot: Snapshot, config: DockerConfig, run: str, progress: Callable[[str], None]) -> Image:
    """Find or build the image."""
    if config.image is None:
        raise SandboxUnavailable("no image")
    with engine.preparing():
        try:
            found = client.inspect_image(config.image)
        except engine.ENGINE_ERRORS as error:
            if not engine.not_found(error):
                raise
            raise SandboxUnavailable(
                f"There is no image {config.image}.", hint=f"docker pull {config.image}"
            ) from error
    workdir = config.workdir or found["Config"].get("WorkingDir") or "/"
    return Image(config.image, found["Id"], WORKSPACE if workdir == "/" else workdir)
