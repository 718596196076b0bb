"""From a model's metadata to what it can be asked.

A chat template means conversations, fill-in-the-middle tokens mean infilling, our own form means line
repair. Tokens alone prove little for a chat model: whole families share one vocabulary, and only
their code models were trained to fill holes; so a chat model must also be one for code.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from reasoncli.models.gguf import GgufMetadata
from reasoncli.models.infill import InfillFormat, find_format
from reasoncli.models.interface import Ability

_REPAIR_FORMS: Final = MappingProxyType(
    {
        "line-repair-1": frozenset({Ability.LINE_REPAIR}),
        "line-repair-2": frozenset({Ability.LINE_REPAIR, Ability.HUNK_REPAIR}),
    }
)
_CODE_MODEL: Final = re.compile(r"cod(e|er|ing)\b|coder|star ?coder|codestral|code ?(llama|gemma)|granite|refact", re.I)


def infill_format(metadata: GgufMetadata) -> InfillFormat | None:
    """How the model fills holes, `None` if it doesn't."""
    if metadata.chat_template and not _CODE_MODEL.search(metadata.name.replace("-", " ").replace("_", " ")):
        return None
    return find_format(metadata.fim)


def abilities(metadata: GgufMetadata) -> frozenset[Ability]:
    """The prompt contents the model understands; empty for one that can only continue a text."""
    if metadata.prompt_form:
        return _REPAIR_FORMS.get(metadata.prompt_form, frozenset())
    found: set[Ability] = set()
    if metadata.chat_template:
        found.add(Ability.CHAT)
    if infill_format(metadata):
        found.add(Ability.INFILL)
    return frozenset(found)
