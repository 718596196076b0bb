"""What a run was made of: enough to run it again."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from types import MappingProxyType

import reasoncli

_LIBRARIES = ("docker", "gitpython", "httpx", "huggingface-hub", "jinja2", "llama-cpp-python", "numpy", "pydantic")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The ingredients of one run. Prompts are kept beside it, under the hashes that are their ids.

    Attributes:
        command: the command line, program name included.
        repository, commit, tree_hash, dirty: what was to be repaired.
        model, model_digest, device: which weights (sha256) ran where.
        adviser, adviser_digest: the model that is asked beside the proposals; empty where none is.
        sandbox: kind, image and its digest, as the provider describes itself.
        test_command: as it ran inside.
        seed: of the run; each batch's follows from it, the prompt and its index.
        settings: every setting by its name, as text.
        origins: where each setting that isn't a default came from.
        versions: of this tool, Python, the platform and the libraries.
    """

    command: tuple[str, ...]
    repository: str
    commit: str
    tree_hash: str
    dirty: bool
    model: str
    model_digest: str
    device: str
    sandbox: str
    test_command: str
    seed: int
    samples: int
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    adviser: str = ""
    adviser_digest: str = ""


def versions() -> Mapping[str, str]:
    """Versions of everything that could make two runs differ."""
    found = {
        "reasoncli": reasoncli.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    for library in _LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            found[library] = "not installed"
    return MappingProxyType(found)
