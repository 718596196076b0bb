"""One model server: what it has, and samples from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from reasoncli.errors import ModelNotFoundError
from reasoncli.models.endpoint import Endpoint
from reasoncli.models.http_client import EndpointClient, UnwantedFieldsError
from reasoncli.models.http_replies import Answer, read_answers, read_usage
from reasoncli.models.http_requests import Body, Dialect
from reasoncli.models.infill import format_by_name
from reasoncli.models.interface import Ability, SampleRequest
from reasoncli.models.options import ModelOptions

_GROUP: Final = 8  # samples in one request: more would delay the first of them and help no server


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a server says of its model.

    Attributes:
        context: tokens; an assumption where the server doesn't tell.
    """

    dialect: Dialect
    abilities: frozenset[Ability]
    context: int


class Server:
    """A server, used inside one event loop.

    Args:
        endpoint: where it is.
        key: goes with every request.
        options: of the sampler.
        retries: how often a request that failed by the server is sent again.

    Attributes:
        group: samples that it gives in one request, as far as is known.
    """

    def __init__(self, endpoint: Endpoint, key: str | None, options: ModelOptions, *, retries: int) -> None:
        self._endpoint = endpoint
        self._abilities = options.abilities
        self._given_context = options.context
        self._client = EndpointClient(endpoint, key, options, retries=retries)
        self._dropped: dict[str, frozenset[str]] = {}
        self._dialect = Dialect(endpoint.model, "", None)
        self.group = _GROUP

    @property
    def url(self) -> str:
        """Its base address."""
        return self._endpoint.url

    async def introduce(self) -> Introduction:
        """Ask which model it has, and speak its dialect from now on.

        Raises:
            UnavailableError: it is out of reach or failed.
            EndpointError: it refused.
            ModelNotFoundError: it has no such model, or several and none was named.
        """
        listed = (await self._client.get("/models")).get("data")
        models = [model for model in listed if isinstance(model, dict)] if isinstance(listed, list) else []
        model = _choose(models, self._endpoint)
        name = str(model.get("id", self._endpoint.model))
        dialect = Dialect(name, str(model.get("owned_by", "")).lower(), format_by_name(name))
        abilities = self._abilities
        if abilities is None:
            abilities = frozenset({Ability.CHAT, Ability.INFILL} if dialect.takes_infill else {Ability.CHAT})
        self._dialect = dialect
        return Introduction(dialect, abilities, self._given_context or _context(model) or dialect.assumed_context)

    async def ask(self, request: SampleRequest, start: int, count: int) -> list[Answer]:
        """One request for up to `count` samples from the `start`-th on; at least one comes.

        Raises:
            UnavailableError: the server is out of reach or failed.
            EndpointError: it refused.
        """
        count = min(count, self.group)
        body, reply = await self._post(request, start, count)
        answers = read_answers(reply, chat=body.chat, url=self.url)
        usage = read_usage(reply, answers, request.prompt, self.url, self._dialect.model)
        answers = [replace(answers[0], usage=usage), *answers[1:count]]
        if len(answers) < count:
            self.group = min(self.group, len(answers))
        return answers

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _post(self, request: SampleRequest, start: int, count: int) -> tuple[Body, dict[str, Any]]:
        """Send the request, without the fields that turn out to be refused."""
        path = self._dialect.path(request.prompt)
        while True:
            body = self._dialect.body(request, start, count, self._dropped.get(path, frozenset()))
            try:
                reply = await self._client.post(path, body.fields, extras=body.extras, standard=body.standard)
            except UnwantedFieldsError as error:
                self._dropped[path] = self._dropped.get(path, frozenset()) | error.fields
            else:
                return body, reply


def _choose(models: Sequence[dict[str, Any]], endpoint: Endpoint) -> dict[str, Any]:
    """The entry of the model to use.

    Raises:
        ModelNotFoundError: the server has no such model, or several and none was named.
    """
    names = [str(model.get("id", "")) for model in models]
    if endpoint.model:
        for model, name in zip(models, names, strict=True):
            if name == endpoint.model:
                return model
        # llama.cpp's servers have one model and take any name for it.
        if not models or (len(models) == 1 and models[0].get("owned_by") in ("llamacpp", "me")):
            return {**(models[0] if models else {}), "id": endpoint.model}
        raise ModelNotFoundError(f"{endpoint.url} has no model {endpoint.model!r}", hint=_listing(names))
    if len(models) == 1:
        return models[0]
    if not models:
        raise ModelNotFoundError(
            f"{endpoint.url} lists no model", hint=f"Name the model after a #: {endpoint.url}#model."
        )
    raise ModelNotFoundError(
        f"{endpoint.url} has several models", hint=f"Name one after a #: {endpoint.url}#{names[0]}. {_listing(names)}"
    )


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:12])
    return f"It has: {shown}{', …' if len(names) > 12 else ''}."


def _context(model: dict[str, Any]) -> int | None:
    """The context length a list entry tells: vLLM and SGLang, or llama-server."""
    meta = model.get("meta")
    values = [model.get("max_model_len"), meta.get("n_ctx") if isinstance(meta, dict) else None]
    values += [model.get("context_length"), meta.get("n_ctx_train") if isinstance(meta, dict) else None]
    return next((value for value in values if isinstance(value, int) and value > 0), None)
