"""Requests to a model server: sent again where that may help, given up with a reason where not."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from reasoncli import __version__
from reasoncli.errors import EndpointError
from reasoncli.models.endpoint import Endpoint
from reasoncli.models.http_errors import error_body, is_temporary, refusal, retry_after, unwanted_fields
from reasoncli.models.options import ModelOptions

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_LONGEST_ASKED_WAIT: Final = 300.0
_MAX_REPLY: Final = 256 << 20
_MANY: Final = 1 << 30  # retries: as many as the settings allow


class UnwantedFieldsError(Exception):
    """The server refused optional fields of a request; it can be asked without them.

    Attributes:
        fields: their names.
    """

    def __init__(self, fields: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(fields)))
        self.fields = fields


class UnavailableError(EndpointError):
    """The server could not be used, however good the request was; another one might.

    Attributes:
        wait: seconds that the server asked to be left alone, `None` if it asked for nothing.
        retries: how often such a failure is worth another try.
    """

    def __init__(self, error: EndpointError, wait: float | None, retries: int) -> None:
        super().__init__(str(error), hint=error.hint)
        self.wait = wait
        self.retries = retries

    @property
    def final(self) -> bool:
        """Whether the server asked for more time than anyone waits."""
        return self.wait is not None and self.wait > _LONGEST_ASKED_WAIT

    def pause(self, attempt: int) -> float:
        """Seconds to wait before the next try.

        Args:
            attempt: how many have failed before this one.
        """
        if self.wait is not None:
            return min(self.wait, _LONGEST_ASKED_WAIT)
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempt, 30))
        return random.uniform(longest / 2, longest)  # noqa: S311


class EndpointClient:
    """JSON requests to one server. Used inside one event loop.

    Args:
        endpoint: where the server is.
        key: sent as a bearer token, to this server only.
        options: timeouts.
        retries: how often a request that failed by the server is sent again.
        pause: waits; replaced in tests.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        key: str | None,
        options: ModelOptions,
        *,
        retries: int,
        pause: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._has_key = key is not None
        self._retries = retries
        self._pause = pause
        self._seconds = options.read_timeout
        headers = {"User-Agent": f"reasoncli/{__version__}", "Accept": "application/json"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        # Proxies and certificates come from the environment, as httpx reads it.
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(options.read_timeout, connect=options.connect_timeout, pool=None),
            # One more than requests, so that a server whose answers don't come can be asked how it is.
            limits=httpx.Limits(max_connections=options.concurrency + 1, max_keepalive_connections=options.concurrency),
            follow_redirects=False,
        )

    async def get(self, path: str) -> dict[str, Any]:
        """Fetch a JSON object.

        Raises:
            UnavailableError: the server is out of reach or failed.
            EndpointError: it refused.
        """
        return await self._request("GET", path, {}, frozenset(), frozenset())

    async def post(
        self, path: str, body: Mapping[str, Any], *, extras: frozenset[str], standard: frozenset[str]
    ) -> dict[str, Any]:
        """Send a JSON object and return the one that comes back.

        Args:
            path: below the endpoint's address.
            body: what to send.
            extras: fields of the body that not every server knows.
            standard: fields that may be left out too, should the server refuse them by name.

        Raises:
            UnwantedFieldsError: the server refused some of them.
            UnavailableError: the server is out of reach, failed, or answered nonsense.
            EndpointError: it refused.
        """
        return await self._request("POST", path, body, extras, standard)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _request(
        self, method: str, path: str, body: Mapping[str, Any], extras: frozenset[str], standard: frozenset[str]
    ) -> dict[str, Any]:
        attempt = 0
        while True:
            outcome = await self._attempt(method, path, body, extras, standard)
            if isinstance(outcome, dict):
                return outcome
            if attempt >= min(outcome.retries, self._retries) or outcome.final:
                raise outcome
            await self._pause(outcome.pause(attempt))
            attempt += 1

    async def _attempt(
        self, method: str, path: str, body: Mapping[str, Any], extras: frozenset[str], standard: frozenset[str]
    ) -> dict[str, Any] | UnavailableError:
        """One request: its JSON object, or why the server could not be used."""
        url = self._endpoint.url
        try:
            async with self._client.stream(method, url + path, json=body or None) as response:
                text = await _text(response)
        except httpx.TimeoutException:
            # A server that answers nothing in ten minutes is not asked many times.
            return UnavailableError(self._silent(), None, 1)
        except (httpx.TransportError, httpx.DecodingError) as error:
            return UnavailableError(self._unreachable(error), None, _MANY)
        if response.is_success:
            try:
                reply = json.loads(text)
            except ValueError:
                reply = None
            if isinstance(reply, dict) and "choices" not in reply and isinstance(reply.get("error"), dict):
                # Some servers report errors with status 200.
                raise refusal(url, int(reply["error"].get("code") or 500), error_body(text), has_key=self._has_key)
            if isinstance(reply, dict):
                return reply
            nonsense = EndpointError(f"{url} answered something that is not JSON: {text[:200]!r}")
            return UnavailableError(nonsense, None, 2)
        error_said = error_body(text)
        if unwanted := unwanted_fields(response.status_code, error_said, extras, standard):
            raise UnwantedFieldsError(unwanted)
        refused = refusal(
            url,
            response.status_code,
            error_said,
            has_key=self._has_key,
            location=response.headers.get("location", ""),
        )
        if is_temporary(response.status_code, error_said):
            return UnavailableError(refused, retry_after(response.headers.get("retry-after")), _MANY)
        raise refused

    def _silent(self) -> EndpointError:
        return EndpointError(
            f"{self._endpoint.url} did not answer within {self._seconds:g} s",
            hint="Is the server overloaded, or the model still loading? The time is a setting.",
        )

    def _unreachable(self, error: Exception) -> EndpointError:
        said = str(error) or type(error).__name__
        return EndpointError(
            f"no usable connection to {self._endpoint.url}: {said}",
            hint="Is the server running, and the address right?",
        )


async def _text(response: httpx.Response) -> str:
    """A reply's text, cut off where no honest reply would still go on."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > _MAX_REPLY:
            raise httpx.ReadError(f"a reply of more than {_MAX_REPLY >> 20} MiB")
    return b"".join(chunks).decode("utf-8", "replace")
