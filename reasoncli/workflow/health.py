"""What a run would rest on, looked at one by one."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from reasoncli import __version__
from reasoncli.errors import EnvironmentFailure, UsageError
from reasoncli.reports.health import Finding
from reasoncli.settings.kinds import EngineKind, SandboxKind
from reasoncli.settings.loading import state_folder
from reasoncli.settings.values import Settings
from reasoncli.workflow import preparation

_LITTLE_SPACE = 2 << 30


def examine(settings: Settings, *, load_model: bool) -> list[Finding]:
    """Look at everything; what can't be looked at is a finding, never an error."""
    steps: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python,
        _git,
        lambda: _sandbox(settings),
        lambda: _cluster(settings),
        lambda: _store(settings),
        _devices,
        _energy,
        lambda: _model(settings, load=load_model),
    )
    return [finding for step in steps for finding in step()]


def _python() -> Iterator[Finding]:
    yield Finding("reasoncli", True, f"{__version__} on Python {platform.python_version()}, {platform.platform()}")


def _git() -> Iterator[Finding]:
    path = shutil.which("git")
    yield Finding("git", path is not None, path or "not found", "Install git.", fatal=path is None)


def _sandbox(settings: Settings) -> Iterator[Finding]:
    from reasoncli.sandbox import engine

    docker = settings.sandbox.sandbox is SandboxKind.DOCKER
    here = settings.sandbox.engine is EngineKind.THREADS  # nodes of a cluster have engines of their own
    try:
        client = engine.connect(timeout=10.0)
    except (UsageError, EnvironmentFailure) as error:
        yield Finding("Docker", False, str(error), error.hint, fatal=docker and here)
    else:
        version = client.version()
        client.close()
        yield Finding("Docker", True, f"engine {version.get('Version', '?')}, API {version.get('ApiVersion', '?')}")
    if not docker:
        yield Finding("sandbox", False, "local: tests and patches run as you, unprotected", "Take --sandbox docker.")


def _cluster(settings: Settings) -> Iterator[Finding]:
    from reasoncli.workflow.host import opened_cluster

    warnings: list[str] = []
    try:
        with opened_cluster(settings, warnings.append) as cluster:
            if cluster is None:
                return
            detail = f"{cluster.size} nodes of the cluster take part, {cluster.slots} sandboxes at once"
    except (UsageError, EnvironmentFailure) as error:
        yield Finding("Ray", False, str(error), error.hint, fatal=True)
        return
    yield Finding("Ray", not warnings, detail, " ".join(warnings))


def _store(settings: Settings) -> Iterator[Finding]:
    folder = state_folder(settings)
    there: Path = next(each for each in (folder, *folder.parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield Finding("run store", False, f"{folder} can't be written", "Name another with --state-dir.", fatal=True)
        return
    free = shutil.disk_usage(there).free
    detail = f"{folder}, {free / 1e9:.1f} GB free"
    yield Finding("run store", free > _LITTLE_SPACE, detail, "`reasoncli runs prune` makes room.")


def _devices() -> Iterator[Finding]:
    from reasoncli.models.devices import check_devices

    try:
        report = check_devices()
    except (UsageError, EnvironmentFailure) as error:
        yield Finding("llama.cpp", False, str(error), error.hint, fatal=True)
        return
    if report.used:
        yield Finding("GPU", True, f"used by llama.cpp: {', '.join(report.used)}")
    elif report.idle:
        names = ", ".join(gpu.name for gpu in report.idle)
        hint = f"A build that uses it, with {report.needs}: {report.command}"
        yield Finding("GPU", False, f"{names} stands idle: this build of llama.cpp has no GPU support", hint)
    else:
        yield Finding("GPU", True, "none found; models run on the CPU")


def _energy() -> Iterator[Finding]:
    from reasoncli.workflow.spending import machine_energy

    energy = machine_energy()
    energy.read()
    yield Finding("energy", True, f"read from {', '.join(energy.of)}" if energy.of else "joules can't be read here")


def _model(settings: Settings, *, load: bool) -> Iterator[Finding]:
    from reasoncli.models.open import open_sampler

    spec = preparation.model_spec(settings)
    if not load:
        yield Finding("model", True, f"{spec}, not loaded")
        return
    try:
        sampler = open_sampler(spec, preparation.model_options(settings))
    except (UsageError, EnvironmentFailure) as error:
        yield Finding("model", False, str(error), error.hint, fatal=True)
        return
    info = sampler.info
    sampler.close()
    takes = ", ".join(sorted(ability.value for ability in info.abilities))
    yield Finding("model", True, f"{info.name} on {info.device}; takes {takes}; {info.context:,} tokens of context")
    if spec == "embedded":
        yield from _next_step()


def _next_step() -> Iterator[Finding]:
    """The embedded model is good for single-line Python bugs; name what this machine could run instead."""
    from reasoncli.machine import free_memory
    from reasoncli.models.catalogue import suggest

    entry = suggest(free_memory())
    if entry is not None:
        yield Finding(
            "next step",
            True,
            f"for more than single-line Python bugs: reasoncli models pull {entry.name} "
            f"({entry.size / 1e9:.1f} GB), then --model {entry.name}",
        )
