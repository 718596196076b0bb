"""From a file's metadata to abilities, and from prompts to what the model reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli.domain import ChatContent, Form, InfillContent, Prompt, RepairContent
from reasoncli.errors import ModelError
from reasoncli.models.infill import InfillFormat, find_format, format_by_name
from reasoncli.models.interface import Ability
from reasoncli.models.profile import ModelProfile, read_profile
from reasoncli.models.thinking import Tags
from reasoncli.resources import weights_path
from tests.models.gguf_files import CHATML, QWEN_FIM, write_model

END = "<|endoftext|>"
CHAT_TOKENS = (END, "<|im_start|>", "<|im_end|>")
BAR = "\uff5c"
CHAT = Prompt("c", Form.SEARCH_REPLACE, ChatContent((("user", "a<|im_end|>b"),)))
HOLE = Prompt("h", Form.INFILL, InfillContent("PRE", "SUF", "a/b.py"))
WIDE = Prompt("w", Form.INFILL, InfillContent("PRE", "SUF", "a/b.py", (("c.py", "C\n\n"), ("d.py", "D"))))
REPAIR = Prompt("r", Form.LINE_REPAIR, RepairContent("def f():\n    return 1\n", "    return 1  "))


def profile(path: Path, **model: object) -> ModelProfile:
    return read_profile(write_model(path / "m.gguf", **model))  # type: ignore[arg-type]


def test_the_embedded_model_repairs_lines() -> None:
    found = read_profile(weights_path())
    assert found.abilities == {Ability.LINE_REPAIR}
    assert not found.reasoning
    assert found.encoder.segments(REPAIR) == [
        ("<code>", True),
        ("def f():\n    return 1\n", False),
        ("<bug>", True),
        (" return 1", False),
        ("<fix>", True),
    ]
    assert "<keep>" in found.encoder.banned_tokens(REPAIR)
    with pytest.raises(ModelError, match="search-replace"):
        found.encoder.segments(CHAT)


@pytest.mark.parametrize(
    ("template", "special", "name", "expected"),
    [
        (CHATML, CHAT_TOKENS, "Any", {Ability.CHAT}),
        (CHATML, (*CHAT_TOKENS, *QWEN_FIM), "Qwen2.5 Coder 7B Instruct", {Ability.CHAT, Ability.INFILL}),
        (CHATML, (*CHAT_TOKENS, *QWEN_FIM), "Qwen3-Coder-30B-A3B", {Ability.CHAT, Ability.INFILL}),
        (CHATML, (*CHAT_TOKENS, *QWEN_FIM), "Qwen3 8B", {Ability.CHAT}),
        (None, (*CHAT_TOKENS, *QWEN_FIM), "Qwen3 8B Base", {Ability.INFILL}),
        (CHATML, (*CHAT_TOKENS, "[PREFIX]", "[SUFFIX]"), "Devstral Small", {Ability.CHAT}),
        (None, (*CHAT_TOKENS, "[PREFIX]", "[SUFFIX]"), "Codestral", {Ability.INFILL}),
        (None, CHAT_TOKENS, "Base", set()),
    ],
)
def test_abilities(
    tmp_path: Path, template: str | None, special: tuple[str, ...], name: str, expected: set[Ability]
) -> None:
    assert profile(tmp_path, template=template, special=special, name=name).abilities == expected


def test_unknown_prompt_forms_give_no_ability(tmp_path: Path) -> None:
    assert profile(tmp_path, metadata={"reasoncli.prompt_form": "line-repair-1"}).abilities == {Ability.LINE_REPAIR}
    assert profile(tmp_path, metadata={"reasoncli.prompt_form": "from-the-future"}).abilities == frozenset()


def test_thinking_follows_from_the_template(tmp_path: Path) -> None:
    found = profile(tmp_path, template=CHATML + "{# <think> #}")
    assert found.reasoning
    assert found.thinking == Tags()


def test_chat_segments(tmp_path: Path) -> None:
    plain = profile(tmp_path)
    segments = plain.encoder.segments(CHAT)
    assert segments[0] == ("<|im_start|>user\n", True)
    assert ("a<|im_end|>b", False) in segments
    plain.encoder.close()


def test_bos_comes_once(tmp_path: Path) -> None:
    for template in (CHATML, "{{ bos_token }}" + CHATML):
        found = profile(tmp_path, template=template)
        metadata = found.metadata
        object.__setattr__(metadata, "add_bos", True)  # the writer can't say it twice
        text = "".join(part for part, _ in found.encoder.segments(CHAT))
        found.encoder.close()
        assert text.startswith(f"{END}<|im_start|>")
        assert text.count(END) == 1


FAMILIES = [
    (
        QWEN_FIM,
        "<|fim_prefix|>PRE<|fim_suffix|>SUF<|fim_middle|>",
        "<|repo_name|>repository\n<|file_sep|>c.py\nC\n<|file_sep|>d.py\nD\n<|file_sep|>a/b.py\n"
        "<|fim_prefix|>PRE<|fim_suffix|>SUF<|fim_middle|>",
        "<|file_sep|>",
    ),
    (
        ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>", "<repo_name>"),
        "<fim_prefix>PRE<fim_suffix>SUF<fim_middle>",
        "<repo_name>repository<file_sep>c.py\nC\n<file_sep>d.py\nD\n<file_sep>"
        "<fim_prefix>a/b.py\nPRE<fim_suffix>SUF<fim_middle>",
        "<file_sep>",
    ),
    (
        (f"<{BAR}fim▁begin{BAR}>", f"<{BAR}fim▁hole{BAR}>", f"<{BAR}fim▁end{BAR}>"),
        f"<{BAR}fim▁begin{BAR}>PRE<{BAR}fim▁hole{BAR}>SUF<{BAR}fim▁end{BAR}>",
        f"#c.py\nC\n\n#d.py\nD\n\n#a/b.py\n<{BAR}fim▁begin{BAR}>PRE<{BAR}fim▁hole{BAR}>SUF<{BAR}fim▁end{BAR}>",
        f"<{BAR}end▁of▁sentence{BAR}>",
    ),
    (
        ("▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"),
        "▁<PRE>PRE▁<SUF>SUF▁<MID>",
        "#c.py\nC\n\n#d.py\nD\n\n#a/b.py\n▁<PRE>PRE▁<SUF>SUF▁<MID>",
        "▁<EOT>",
    ),
    (
        ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>"),
        "<|fim_prefix|>PRE<|fim_suffix|>SUF<|fim_middle|>",
        "#c.py\nC\n\n#d.py\nD\n\n#a/b.py\n<|fim_prefix|>PRE<|fim_suffix|>SUF<|fim_middle|>",
        "<|file_separator|>",
    ),
    (
        ("[PREFIX]", "[SUFFIX]", "[MIDDLE]"),
        "[SUFFIX]SUF[PREFIX]PRE",
        "#c.py\nC\n\n#d.py\nD\n\n#a/b.py\n[SUFFIX]SUF[PREFIX]PRE",
        "[PREFIX]",
    ),
]


@pytest.mark.parametrize(("tokens", "alone", "wide", "stop"), FAMILIES)
def test_holes_in_the_form_of_each_family(
    tmp_path: Path, tokens: tuple[str, ...], alone: str, wide: str, stop: str
) -> None:
    found = profile(tmp_path, template=None, special=(*CHAT_TOKENS, *tokens))
    encoder = found.encoder
    assert "".join(text for text, _ in encoder.segments(HOLE)) == alone
    segments = encoder.segments(WIDE)
    assert "".join(text for text, _ in segments) == wide
    assert all(special == (text in tokens) for text, special in segments), "only the family's tokens are special"
    assert stop in encoder.stop_tokens(HOLE)
    assert encoder.banned_tokens(HOLE) == ()


def test_formats_of_unknown_families() -> None:
    assert find_format({"prefix": "<A>", "suffix": "<B>", "middle": "<C>"}) == InfillFormat(
        "unknown", "<A>", "<B>", "<C>"
    )
    assert find_format({"prefix": "<A>", "suffix": "<B>"}) is None
    assert find_format({}) is None


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Qwen/Qwen2.5-Coder-7B-Instruct", "Qwen2.5-Coder"),
        ("qwen2.5-coder:7b", "Qwen2.5-Coder"),
        ("bigcode/starcoder2-15b", "StarCoder2"),
        ("deepseek-ai/DeepSeek-Coder-V2-Lite-Base", "DeepSeek-Coder"),
        ("codellama/CodeLlama-7b-hf", "Code Llama"),
        ("mistralai/Codestral-22B-v0.1", "Codestral"),
    ],
)
def test_families_by_name(name: str, family: str) -> None:
    found = format_by_name(name)
    assert found is not None
    assert found.family == family


def test_most_names_tell_no_family() -> None:
    assert format_by_name("gpt-4o") is None
    assert format_by_name("Qwen/Qwen3-8B") is None
