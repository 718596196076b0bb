"""Settings that are one of a few words."""

from __future__ import annotations

from enum import StrEnum


class SandboxKind(StrEnum):
    """Where tests run."""

    DOCKER = "docker"
    LOCAL = "local"


class EngineKind(StrEnum):
    """What spreads sandboxes over cores and machines."""

    THREADS = "threads"
    RAY = "ray"


class EndpointAbility(StrEnum):
    """The kind of prompt that a model at an endpoint takes."""

    CHAT = "chat"
    INFILL = "infill"
    LINE_REPAIR = "line-repair"


class BuildNetwork(StrEnum):
    """The network that building an image may use."""

    NONE = "none"
    DEFAULT = "default"
    HOST = "host"
