"""What the two kinds of sandbox can be told."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import platformdirs

from reasoncli.sandbox.interface import Limits


def default_state_dir() -> Path:
    """Where locks of runs lie, unless told otherwise."""
    return Path(platformdirs.user_state_dir("reasoncli"))


class BuildNetwork(StrEnum):
    """The network that building an image may use; running a sandbox never has any."""

    DEFAULT = "default"
    HOST = "host"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """How Docker sandboxes are made. At most one of `image` and `dockerfile` is set; neither means our own image."""

    image: str | None = None
    """An image to take as it is; the project's dependencies are in it."""
    dockerfile: Path | None = None
    """A definition to build; its context is the snapshot."""
    base_image: str | None = None
    """What our own definition starts from; `None` chooses `python:X.Y-slim` after the project's `requires-python`."""
    packages: tuple[str, ...] = ()
    """Debian packages that building the project needs, such as `gcc`; for our own definition."""
    workdir: str | None = None
    """Where the repository lies inside; `None` means the image's working directory, or `/workspace`."""
    python: str | None = None
    """The interpreter inside; `None` means the first `python3` or `python` on the image's PATH."""
    build_network: BuildNetwork = BuildNetwork.DEFAULT
    """What network a build may use."""
    build_timeout: float = 1800.0
    """Seconds after which a build that says nothing is given up."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The host's environment as far as building may use it: proxies, certificates, indexes. Never seen inside."""
    limits: Limits = field(default_factory=Limits)
    """What one sandbox may use."""
    state_dir: Path = field(default_factory=default_state_dir)
    """Where the run's lock lies; it tells leftovers of dead runs from sandboxes of live ones."""
    heartbeat: float = 3.0
    """Seconds between signs of life; a container that misses seven of them ends by itself."""


@dataclass(frozen=True, slots=True)
class LocalConfig:
    """How local sandboxes are made: copies of the tree, run as the user, protected from mistakes only."""

    python: str = sys.executable
    """The interpreter that has the project's dependencies."""
    path: str = "/usr/local/bin:/usr/bin:/bin"
    """Search path for programs; the interpreter's own folder comes before it."""
    limits: Limits = field(default_factory=Limits)
    """Memory limits each process by itself, disk each file; the number of processes is not limited."""
    temporary: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    """Folder in which the copies are made."""
