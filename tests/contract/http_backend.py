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
    with llama_server(weights_path(), "--n_ctx", "512", "--logits_all", "true") as url:
        sampler = open_sampler(url, ModelOptions(abilities=frozenset({Ability.LINE_REPAIR}), context=512))
        try:
            yield sampler
        finally:
            sampler.close()
