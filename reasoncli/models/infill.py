"""Fill in the middle: how each family of models wants the two halves of a file to be shown.

Orders and tokens are those of the families' own documentation: Qwen2.5-Coder, StarCoder2,
DeepSeek-Coder, Code Llama, CodeGemma, Codestral, Granite, GLM-4, Seed-Coder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from reasoncli.domain import InfillContent


@dataclass(frozen=True, slots=True)
class InfillFormat:
    """How a family is asked to fill a hole.

    Attributes:
        family: its name, for people.
        prefix, suffix, middle: tokens before each part; `middle` may be empty.
        suffix_first: the suffix stands before the prefix (SPM order).
        repository, file: tokens that begin a repository's and a file's text, where the family has them.
        path_inside: the hole's own path stands after the prefix token, not before it (StarCoder2).
        ends: tokens that end the answer, beside the vocabulary's own.
    """

    family: str
    prefix: str
    suffix: str
    middle: str
    suffix_first: bool = False
    repository: str = ""
    file: str = ""
    path_inside: bool = False
    ends: tuple[str, ...] = ()

    def segments(self, content: InfillContent) -> list[tuple[str, bool]]:
        """The prompt as (text, may hold special tokens) pairs, without BOS."""
        parts = self._context(content)
        before = content.prefix
        if not self.file and content.context:
            parts.append((f"#{content.path}\n", False))
        if self.path_inside and content.context:
            before = f"{content.path}\n{before}"
        first, second = [(self.prefix, True), (before, False)], [(self.suffix, True), (content.suffix, False)]
        halves = second + first if self.suffix_first else first + second
        return [part for part in (*parts, *halves, (self.middle, True)) if part[0]]

    def _context(self, content: InfillContent) -> list[tuple[str, bool]]:
        """Other files of the repository, in the family's own form or as commented sections."""
        if not content.context:
            return []
        if not self.file:
            return [(f"#{path}\n{text.rstrip()}\n\n", False) for path, text in content.context]
        parts: list[tuple[str, bool]] = []
        if self.repository:
            parts += [(self.repository, True), ("repository" if self.path_inside else "repository\n", False)]
        for path, text in content.context:
            parts += [(self.file, True), (f"{path}\n{text.rstrip()}\n", False)]
        parts.append((self.file, True))
        if not self.path_inside:
            parts.append((f"{content.path}\n", False))
        return parts


_BAR: Final = "\uff5c"
_QWEN_ENDS: Final = ("<|endoftext|>", "<|fim_pad|>", "<|file_sep|>", "<|repo_name|>", "<|im_end|>", "<|cursor|>")

# By name. Families that share their tokens are told apart by the one that begins a file.
_FAMILIES: Final[Mapping[str, InfillFormat]] = MappingProxyType(
    {
        each.family: each
        for each in (
            InfillFormat(
                "Qwen2.5-Coder",
                "<|fim_prefix|>",
                "<|fim_suffix|>",
                "<|fim_middle|>",
                repository="<|repo_name|>",
                file="<|file_sep|>",
                ends=_QWEN_ENDS,
            ),
            InfillFormat(
                "CodeGemma",
                "<|fim_prefix|>",
                "<|fim_suffix|>",
                "<|fim_middle|>",
                ends=("<|file_separator|>", "<eos>"),
            ),
            InfillFormat(
                "StarCoder2",
                "<fim_prefix>",
                "<fim_suffix>",
                "<fim_middle>",
                repository="<repo_name>",
                file="<file_sep>",
                path_inside=True,
                ends=("<|endoftext|>", "<file_sep>", "<repo_name>", "<fim_pad>"),
            ),
            InfillFormat("StarCoder", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", ends=("<|endoftext|>",)),
            InfillFormat("Granite", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", ends=("<|end_of_text|>",)),
            InfillFormat("SmolLM", "<fim-prefix>", "<fim-suffix>", "<fim-middle>", ends=("<|endoftext|>",)),
            InfillFormat(
                "DeepSeek-Coder",
                f"<{_BAR}fim▁begin{_BAR}>",
                f"<{_BAR}fim▁hole{_BAR}>",
                f"<{_BAR}fim▁end{_BAR}>",
                ends=(f"<{_BAR}end▁of▁sentence{_BAR}>",),
            ),
            InfillFormat("Code Llama", "▁<PRE>", "▁<SUF>", "▁<MID>", ends=("▁<EOT>",)),
            InfillFormat("Codestral", "[PREFIX]", "[SUFFIX]", "", suffix_first=True),
            InfillFormat("GLM-4", "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>", ends=("<|endoftext|>",)),
            InfillFormat("Seed-Coder", "<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>", suffix_first=True),
        )
    }
)
_BY_NAME: Final = (
    ("codegemma", "CodeGemma"),
    ("starcoder2", "StarCoder2"),
    ("starcoder", "StarCoder"),
    ("codestral", "Codestral"),
    ("codellama", "Code Llama"),
    ("code-llama", "Code Llama"),
    ("deepseek-coder", "DeepSeek-Coder"),
    ("seed-coder", "Seed-Coder"),
    ("granite", "Granite"),
    ("qwen2.5-coder", "Qwen2.5-Coder"),
    ("qwen3-coder", "Qwen2.5-Coder"),
)


def find_format(tokens: Mapping[str, str]) -> InfillFormat | None:
    """The format of a model with these fill-in-the-middle tokens, `None` if it has none.

    Args:
        tokens: texts by part, as in `GgufMetadata.fim`.
    """
    prefix, suffix = tokens.get("prefix", ""), tokens.get("suffix", "")
    middle, file = tokens.get("middle", ""), tokens.get("file", "")
    if not prefix or not suffix:
        return None
    alike = [each for each in _FAMILIES.values() if each.prefix == prefix and each.suffix == suffix]
    for each in alike:
        if each.file == file or (not each.file and file in each.ends):
            return each
    if alike:
        return next((each for each in alike if not each.file), alike[0])
    if not middle:
        return None
    return InfillFormat("unknown", prefix, suffix, middle)


def format_by_name(model: str) -> InfillFormat | None:
    """The format of a model that is known by its name only (an endpoint's)."""
    name = model.lower().replace("_", "-")
    return next((_FAMILIES[family] for part, family in _BY_NAME if part in name), None)
