"""Shared by all tests: what happens where no Docker engine answers, and which image the Docker tests run."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.turns import turn

# A busy machine takes ten times as long for an example as an idle one: that is no failure.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")


LONG = ("cluster", "end_to_end", "security", "training", "verification", "benchmarks", "contract", "batch", "runner")
NO_RAY = ".no-ray"
"""The mark that scripts/setup.sh leaves in an environment whose interpreter Ray has no wheel for."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


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


@functools.cache
def browser() -> str | None:
    """The browser on the PATH that pages are tried in; `None` where there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name)) is not None), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no worker is left with one at the end, while the others idle."""
    folders = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: folders.get(item.path.parent.name, len(folders)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@functools.cache
def ray_trouble() -> str | None:
    """Why nothing can be tried on a Ray cluster; `None` if Ray is installed."""
    return None if importlib.util.find_spec("ray") else "Ray is not installed (scripts/setup.sh does, if it can)"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests that lack an engine or a browser are skipped, but on CI they fail: nobody would notice the gap."""
    message = None
    if item.get_closest_marker("docker") is not None and (trouble := engine_trouble()) is not None:
        message = f"needs a Docker engine: {trouble}"
    elif item.get_closest_marker("browser") is not None and browser() is None:
        message = f"needs a browser: none of {', '.join(BROWSERS)} is on the PATH (scripts/browser.sh installs one)"
    elif item.get_closest_marker("ray") is not None and (trouble := ray_trouble()) is not None:
        if Path(sys.prefix, NO_RAY).exists():
            pytest.skip("there is no wheel of Ray for this interpreter")
        message = f"needs Ray: {trouble}"
    if message is not None:
        if os.environ.get("CI"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)


@pytest.fixture(scope="session")
def base_image() -> str:
    """A small image with Python that is on the engine already; `make test` sees to it."""
    return os.environ.get("REASONCLI_BASE_IMAGE", "reasoncli-base:bookworm")
