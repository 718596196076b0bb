"""Everything about a model that its file tells: metadata, abilities, prompts, thoughts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reasoncli.models.abilities import abilities, infill_format
from reasoncli.models.encoder import PromptEncoder
from reasoncli.models.gguf import GgufMetadata, read_metadata
from reasoncli.models.infill import InfillFormat
from reasoncli.models.interface import Ability
from reasoncli.models.thinking import ThinkingStyle, find_style


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """A GGUF model, known but not loaded.

    Attributes:
        infill: how it fills holes, `None` if it doesn't.
        thinking: how it marks its thoughts, `None` if it doesn't think.
    """

    metadata: GgufMetadata
    abilities: frozenset[Ability]
    infill: InfillFormat | None
    thinking: ThinkingStyle | None
    encoder: PromptEncoder

    @property
    def reasoning(self) -> bool:
        """Whether the model thinks before it answers."""
        return self.thinking is not None


def read_profile(path: Path) -> ModelProfile:
    """Read a GGUF file's profile.

    Raises:
        ModelFileError: see `read_metadata`.
    """
    metadata = read_metadata(path)
    found = abilities(metadata)
    infill = infill_format(metadata) if Ability.INFILL in found else None
    thinking = find_style(metadata.architecture, metadata.chat_template) if Ability.CHAT in found else None
    return ModelProfile(metadata, found, infill, thinking, PromptEncoder(metadata, infill))
