"""How a model is to be run; handed in by the settings."""

from __future__ import annotations

from dataclasses import dataclass

from reasoncli.models.interface import Ability


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Settings of all backends; each reads what concerns it.

    Attributes:
        threads: CPU threads for decoding, `None` for as many as the machine has cores.
        gpu_layers: layers to put on a GPU where the build has one; -1 means all.
        context: tokens one sequence may hold, `None` to follow from model and memory.
        slots: sequences decoded together, `None` to follow from model and memory.
        batch: tokens of one decoding step, `None` for the backend's default.
        memory: bytes that the model may take, `None` for what the machine has free.
        api_key_env: names of environment variables, of which the first that is set holds an endpoint's
            key; `OPENAI_API_KEY` is looked at besides, for OpenAI's own host alone.
        abilities: what a model at an endpoint takes, where its name doesn't tell; `None` to find out.
        endpoints: further servers of the model at an endpoint, named as it is.
        concurrency: requests in flight at an endpoint.
        retries: how often a failed request is repeated; with several servers, how often each may fail in a row.
        connect_timeout, read_timeout: seconds; reading waits for a whole batch of answers.
    """

    threads: int | None = None
    gpu_layers: int = -1
    context: int | None = None
    slots: int | None = None
    batch: int | None = None
    memory: int | None = None
    api_key_env: tuple[str, ...] = ("REASONCLI_API_KEY",)
    abilities: frozenset[Ability] | None = None
    endpoints: tuple[str, ...] = ()
    concurrency: int = 16
    retries: int = 6
    connect_timeout: float = 10.0
    read_timeout: float = 600.0
