"""Shared by all tests: what happens where no Docker engine answers, and which image the Docker tests run."""

from __future__ import annotations

import functools
import os

import pytest
from hypothesis import HealthCheck, settings

# A busy machine takes ten times as long for an example as an idle one: that is no failure.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")


@functools.cache
def engine_trouble() -> str | None:
    """Why no Docker engine can be used; `None` if one answers."""
    from reasoncli.errors import SandboxUnavailable
    from reasoncli.sandbox import engine

    try:
        client = engine.connect()
    except SandboxUnavailable as error:
        return str(error)
    client.close()
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Docker tests are skipped where there is no engine, but on CI that is a failure: nobody would notice the gap."""
    if item.get_closest_marker("docker") is None:
        return
    trouble = engine_trouble()
    if trouble is not None:
        message = f"needs a Docker engine: {trouble}"
        if os.environ.get("CI"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)


@pytest.fixture(scope="session")
def base_image() -> str:
    """A small image with Python that is on the engine already; `make test` sees to it."""
    return os.environ.get("REASONCLI_BASE_IMAGE", "reasoncli-base:bookworm")
