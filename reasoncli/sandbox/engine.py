"""The Docker engine: connecting to it, and its errors told apart.

`docker` is imported here and nowhere above. The low-level client is used throughout: it gives the raw
sockets that half-closing stdin and capping output need.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from typing import Any

import docker
import docker.errors
import docker.utils.socket
import requests.exceptions

from reasoncli.errors import SandboxFailure, SandboxUnavailable

MINIMUM_API = "1.40"

_START = (
    "Start Docker (Linux: `sudo systemctl start docker`; macOS, Windows: open Docker Desktop), or point DOCKER_HOST "
    "at a rootless Podman (`unix://$XDG_RUNTIME_DIR/podman/podman.sock`). Without any engine: `--sandbox local`."
)
_GROUP = (
    "Add yourself to the `docker` group (`sudo usermod -aG docker $USER`, then log in again), or use rootless Podman."
)


def connect(timeout: float = 120.0) -> Any:
    """A client of the engine that DOCKER_HOST or the default socket names; one for each thread that talks to it.

    Raises:
        SandboxUnavailable: nobody answers, the socket is closed to us, or the engine is too old.
    """
    try:
        client = docker.APIClient(**docker.utils.kwargs_from_env(), version="auto", timeout=timeout)
        version = str(client.api_version)
        if docker.utils.version_lt(version, MINIMUM_API):
            client.close()
            raise _too_old(f"its API is {version}")
    except docker.errors.InvalidVersion as error:
        raise _too_old(str(error)) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise unavailable(error) from error
    return client


def _too_old(detail: str) -> SandboxUnavailable:
    return SandboxUnavailable(
        f"The Docker engine is too old: {detail}; needed is API {MINIMUM_API}.",
        hint="Update Docker to 19.03 or later.",
    )


def unavailable(error: BaseException) -> SandboxUnavailable:
    """What the user is told when the engine can't be used."""
    text = str(error)
    if "Permission denied" in text:
        return SandboxUnavailable("The Docker engine is there, but you may not use it.", hint=_GROUP)
    if isinstance(error, docker.errors.APIError):
        return SandboxUnavailable(f"The Docker engine refused: {error.explanation or error}", hint="")
    return SandboxUnavailable(f"No Docker engine answers: {_innermost(error)}", hint=_START)


@contextmanager
def preparing() -> Iterator[None]:
    """Engine errors inside become `SandboxUnavailable`: nothing was judged yet."""
    try:
        yield
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise unavailable(error) from error


@contextmanager
def judging() -> Iterator[None]:
    """Engine errors inside become `SandboxFailure`: a candidate was at work and is not to blame."""
    try:
        yield
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise SandboxFailure(f"the engine failed: {_innermost(error)}") from error


def not_found(error: BaseException) -> bool:
    """Whether the engine said that there is no such thing."""
    return isinstance(error, docker.errors.NotFound)


ENGINE_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)


def raw_socket(stream: Any) -> socket.socket:
    """The socket below what the client hands out for attach and exec."""
    return getattr(stream, "_sock", stream)  # type: ignore[no-any-return]


def already_read(stream: Any) -> bytes:
    """What a program said so early that it was read together with the reply that it has begun.

    The client hands out the socket below that reply's buffer, and forgets what is in there.
    """
    reply = getattr(getattr(getattr(stream, "_response", None), "raw", None), "_fp", None)
    buffer = getattr(reply, "fp", None)
    if not isinstance(buffer, BufferedReader):
        return b""
    connection = raw_socket(stream)
    patience = connection.gettimeout()
    connection.settimeout(0.0)
    try:
        return bytes(buffer.peek())
    finally:
        connection.settimeout(patience)


def wake(stream: Any) -> None:
    """Have whoever waits on a connection, in any thread, see its end. Never raises."""
    with suppress(OSError, AttributeError):
        raw_socket(stream).shutdown(socket.SHUT_RDWR)


def hang_up(stream: Any) -> None:
    """Close the HTTP response that a connection came from, then what lies below it. Never raises."""
    wake(stream)  # closing alone does not wake another thread
    for part in (getattr(stream, "_response", None), stream, raw_socket(stream)):
        if part is not None:
            with suppress(OSError):
                part.close()


def half_close(connection: Any) -> None:
    """Tell the other side that stdin has ended while its output is still read."""
    if hasattr(connection, "shutdown"):
        connection.shutdown(socket.SHUT_WR)
    elif hasattr(connection, "shutdown_write"):
        connection.shutdown_write()


def _innermost(error: BaseException) -> str:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error)
