"""Samplers over HTTP for the conformance suite: a real server process with the embedded weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reasoncli.models.interface import Ability, Sampler
from reasoncli.models.open import open_sampler
from reasoncli.models.options import ModelOptions
from reasoncli.resources import weights_path
from tests.models.servers import llama_server


@contextmanager
def http_sampler() -> Iterator[Sampler]:
    """The embedded model behind llama-cpp-python's server."""
    with llama_server(weights_path(), "--n_ctx", "512", "--logits_all", "true") as url, _opened(url) as sampler:
        yield sampler


@contextmanager
def http_pool_sampler() -> Iterator[Sampler]:
    """The same behind two servers, which share the work."""
    arguments = ("--n_ctx", "512", "--logits_all", "true")
    with (
        llama_server(weights_path(), *arguments) as first,
        llama_server(weights_path(), *arguments) as second,
        _opened(first, second) as sampler,
    ):
        yield sampler


@contextmanager
def _opened(url: str, *others: str) -> Iterator[Sampler]:
    options = ModelOptions(abilities=frozenset({Ability.LINE_REPAIR}), context=512, endpoints=others)
    sampler = open_sampler(url, options)
    try:
        yield sampler
    finally:
        sampler.close()
