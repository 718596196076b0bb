"""The address of an OpenAI-compatible server, and the key that goes with it.

A key comes from the environment only. `REASONCLI_API_KEY` (or the variables the settings name) goes
to whatever endpoint the user configured; `OPENAI_API_KEY`, which other programs set for OpenAI, is
sent to OpenAI's own host and nowhere else. Redirects are not followed, so that a key never leaves
for another host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from reasoncli.errors import ModelNotFoundError, UsageError

_OPENAI_HOST: Final = "api.openai.com"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is.

    Attributes:
        url: base address without a trailing slash, as `http://localhost:8000/v1`.
        model: the name after `#`, or an empty string: then the server must have just one.
    """

    url: str
    model: str

    @property
    def host(self) -> str:
        """The server's host name."""
        return urlsplit(self.url).hostname or ""


def parse_endpoint(spec: str) -> Endpoint:
    """Read `http://host/v1` or `http://host/v1#model`.

    Raises:
        ModelNotFoundError: not such an address.
        UsageError: it holds a password.
    """
    try:
        parts = urlsplit(spec)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ModelNotFoundError(f"not an address: {error}", hint="Write http://host:port/v1.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ModelNotFoundError("not an address of a server", hint="Write http://host:port/v1.")
    if parts.username or parts.password:
        raise UsageError(
            "a key or password doesn't belong into an address", hint="Put it into the variable REASONCLI_API_KEY."
        )
    url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
    return Endpoint(url, unquote(parts.fragment))


def find_key(endpoint: Endpoint, names: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """The key for an endpoint from the environment, `None` if there is none."""
    if endpoint.host == _OPENAI_HOST:
        names = (*names, "OPENAI_API_KEY")
    return next((key for name in names if (key := environment.get(name, "").strip())), None)
