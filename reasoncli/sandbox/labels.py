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
    """Name of the machine, as others that share its engine would tell it apart."""
    return socket.gethostname()
