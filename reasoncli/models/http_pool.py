"""Several servers of one model: the least busy is asked, one that fails is set aside, and others do its work.

A server alone sends failed requests again by itself. With others beside it none does: what failed goes to another
server at once, and the one that failed is asked for its list of models after pauses that grow, until it answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from reasoncli.errors import EndpointError, ReasoncliError, UsageError
from reasoncli.models.http_client import UnavailableError
from reasoncli.models.http_replies import Answer
from reasoncli.models.http_server import Introduction, Server
from reasoncli.models.interface import SampleRequest

_MEETING: Final = 30.0  # seconds for a list of models, where another server may work instead


@dataclass(eq=False, slots=True)
class _Place:
    """A server and how it stands.

    Attributes:
        requests, samples: in flight there.
        asked: samples ever asked for, so that servers as busy as each other take turns.
        failures: in a row; requests in flight together fail once.
        times: how often it was set aside: a failure of a request from before the last time is no other one.
    """

    server: Server
    requests: int = 0
    samples: int = 0
    asked: int = 0
    failures: int = 0
    times: int = 0
    away: bool = False
    error: UnavailableError | None = None


class ServerPool:
    """Hands requests to servers. Used inside one event loop.

    Args:
        servers: of one model; the first gives it its name.
        concurrency: requests in flight at each.
        retries: how often each may fail in a row, where all do.
    """

    def __init__(self, servers: Sequence[Server], *, concurrency: int, retries: int) -> None:
        self._places = [_Place(server) for server in servers]
        self._concurrency = concurrency
        self._retries = retries
        self._slots = asyncio.Semaphore(concurrency * len(servers))
        self._changed = asyncio.Event()
        self._returning: set[asyncio.Task[None]] = set()
        self._model: Introduction | None = None
        self._first = ""  # address of the server that was the first to tell it
        self._introduced = False

    @property
    def group(self) -> int:
        """Samples that every server gives in one request, as far as is known."""
        return min(place.server.group for place in self._places)

    async def introduce(self) -> Introduction:
        """What the servers have: the same model, with the context of the one that has least.

        One that is out of reach is waited for only where all are.

        Raises:
            UnavailableError: a server alone is out of reach or failed.
            EndpointError: all of several are, or one refused.
            ModelNotFoundError: one has no such model, or several and none was named.
            UsageError: they have different models.
        """
        if len(self._places) == 1:
            return await self._places[0].server.introduce()
        found = await asyncio.gather(*(self._meet(place) for place in self._places), return_exceptions=True)
        for place, each in zip(self._places, found, strict=True):
            if isinstance(each, UnavailableError):
                self._set_aside(place, place.times, each)
            elif isinstance(each, BaseException):
                raise each
        while self._model is None:
            self._check_patience()
            await self._change()
        self._introduced = True
        return self._model

    def renew_patience(self) -> None:
        """New work begins: what failed before counts no more."""
        for place in self._places:
            place.failures = 0

    async def ask(self, request: SampleRequest, start: int, count: int) -> list[Answer]:
        """One request for up to `count` samples from the `start`-th on; at least one comes.

        Raises:
            UnavailableError: a server alone is out of reach or failed, or this request fails everywhere.
            EndpointError: all of several are out of reach or failed, or one refused.
        """
        failures = 0
        async with self._slots:
            while True:
                place = await self._least_busy()
                times = place.times
                place.requests += 1
                place.samples += count
                place.asked += count
                try:
                    answers = await place.server.ask(request, start, count)
                except UnavailableError as error:
                    failures += 1
                    # Where others are answered all the while, it is this request that no server can bear.
                    if len(self._places) == 1 or failures > (self._retries + 1) * len(self._places):
                        raise
                    self._set_aside(place, times, error)
                else:
                    place.failures = 0
                    return answers
                finally:
                    place.requests -= 1
                    place.samples -= count
                    self._tell()

    async def close(self) -> None:
        """Close all connections."""
        for place in self._places:
            await place.server.close()

    async def _least_busy(self) -> _Place:
        while True:
            free = [place for place in self._places if not place.away and place.requests < self._concurrency]
            if free:
                return min(free, key=lambda place: (place.samples, place.asked))
            self._check_patience()
            await self._change()

    def _set_aside(self, place: _Place, times: int, error: UnavailableError) -> None:
        """A server failed when asked; `place.times` was `times` then."""
        if place.times != times:
            return
        place.times += 1
        place.away = True
        self._failed(place, error)
        task = asyncio.create_task(self._bring_back(place))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _bring_back(self, place: _Place) -> None:
        while place.away and place.error is not None:
            await asyncio.sleep(place.error.pause(max(place.failures - 1, 0)))
            try:
                await self._meet(place)
            except UnavailableError as error:
                self._failed(place, error)
            except ReasoncliError as error:
                # A server that starts may refuse or have another model: not a reason to end what others do.
                self._failed(place, UnavailableError(EndpointError(str(error), hint=error.hint), None, self._retries))
            else:
                place.away = False
                self._tell()

    def _failed(self, place: _Place, error: UnavailableError) -> None:
        place.failures += 1
        place.error = error
        self._tell()

    async def _meet(self, place: _Place) -> None:
        """Make sure that a server has the model.

        Raises:
            UnavailableError: it is out of reach or failed.
            EndpointError: it refused.
            UsageError: it has another model, or less context than prompts were made for.
        """
        server = place.server
        try:
            async with asyncio.timeout(_MEETING):
                found = await server.introduce()
        except TimeoutError:
            silent = EndpointError(f"{server.url} did not answer within {_MEETING:g} s")
            raise UnavailableError(silent, None, self._retries) from None
        if self._model is None:
            self._model, self._first = found, server.url
        # In the user's order, not that in which they answered.
        order = [each.server.url for each in self._places]
        pair = sorted([(self._first, self._model), (server.url, found)], key=lambda each: order.index(each[0]))
        _check_equal(*pair[0], *pair[1])
        if found.context < self._model.context:
            if self._introduced:
                raise UsageError(
                    f"{server.url} has {found.context:,} tokens of context, fewer than the {self._model.context:,} "
                    "that prompts are made for"
                )
            self._model = replace(self._model, context=found.context)

    def _check_patience(self) -> None:
        """Raise an error that names all servers, once every one of them has failed too often."""
        errors = [place.error for place in self._places if place.away and place.error is not None]
        patient = [
            place
            for place in self._places
            if not place.away
            or place.error is None
            or (place.failures <= min(self._retries, place.error.retries) and not place.error.final)
        ]
        if patient:
            return
        raise EndpointError(
            f"none of the {len(errors)} servers can be used: " + "; ".join(map(str, errors)), hint=errors[0].hint
        )

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self) -> None:
        await self._changed.wait()


def _check_equal(first: str, model: Introduction, url: str, other: Introduction) -> None:
    """Refuse servers of which the second doesn't have what the first has.

    Raises:
        UsageError: so it is.
    """
    if other.dialect.model != model.dialect.model:
        raise UsageError(
            f"{first} serves {model.dialect.model}, and {url} serves {other.dialect.model}",
            hint="Servers that share the work serve the same model under the same name; "
            "where they have several, name it after a #: http://host/v1#model.",
        )
    if other.abilities != model.abilities:
        taken, others = (", ".join(sorted(each.abilities)) for each in (model, other))
        raise UsageError(
            f"of {model.dialect.model}, {first} takes {taken}, and {url} takes {others}",
            hint="Say what the model takes with --endpoint-ability.",
        )
