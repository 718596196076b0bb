"""The labels that every container and image of ours carries."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from reasoncli import __version__

RUN = "reasoncli.run"
LOCK = "reasoncli.lock"
PID = "reasoncli.pid"
HOST = "reasoncli.host"
VERSION = "reasoncli.version"
SOURCES = "reasoncli.sources"  # paths in the build context, compressed
STAGE = "reasoncli.stage"


def of_run(run: str, lock: Path) -> dict[str, str]:
    """Labels of something that must not outlive its run."""
    return {RUN: run, LOCK: str(lock), PID: str(os.getpid()), HOST: host(), VERSION: __version__}


def host() -> str:
    """Name of the machine and of its root folder, as others that share its engine would tell them apart.

    A container or a chroot may have the machine's name and not its files: neither could look at the other's locks.
    """
    root = Path("/").stat()
    return f"{socket.gethostname()}:{root.st_dev:x}:{root.st_ino:x}"
