"""Thoughts are told from answers: in whole texts, and while the text is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.models.thinking import Channels, Tags, ThinkingStyle, find_style, split_unknown

TAGS = Tags()
CHANNELS = Channels()
PROMPT = "<|start|>user<|message|>Hi<|end|><|start|>assistant"
ANALYSIS = "<|channel|>analysis<|message|>"
FINAL = "<|channel|>final<|message|>"


@pytest.mark.parametrize(
    ("prompt", "text", "thoughts", "answer"),
    [
        ("assistant\n", "<think>\nhm\n</think>\n\nyes", "hm", "yes"),
        ("assistant\n", "\n<think>hm</think>yes", "hm", "yes"),
        ("assistant\n<think>\n", "hm\n</think>\n\nyes", "hm", "yes"),
        ("assistant\n<think>\n", "hm, <think> is a tag", "hm, <think> is a tag", ""),
        ("assistant\n<think>\n\n</think>\n\n", "yes", "", "yes"),
        ("assistant\n", "<think>never ends", "never ends", ""),
        ("assistant\n", "yes", "", "yes"),
        ("assistant\n", "x = '<think>'  # </think>", "", "x = '<think>'  # </think>"),
        ("assistant\n", "", "", ""),
        ("assistant\n<think>", "", "", ""),
        ("assistant\n", "<think>a</think>  indented\n", "a", "  indented\n"),
        ("assistant\n", "<think></think>yes </think>", "", "yes </think>"),
    ],
)
def test_tags_split(prompt: str, text: str, thoughts: str, answer: str) -> None:
    assert TAGS.split(text, TAGS.start(prompt)) == (thoughts, answer)


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        (f"{ANALYSIS}hm<|end|><|start|>assistant{FINAL}yes<|return|>", "hm", "yes"),
        (f"{ANALYSIS}hm<|end|><|start|>assistant{FINAL}yes", "hm", "yes"),
        (f"{ANALYSIS}never ends", "never ends", ""),
        (f"{FINAL}yes<|return|>", "", "yes"),
        (
            f"{ANALYSIS}a<|end|><|start|>assistant<|channel|>commentary to=x<|message|>b<|call|>"
            f"<|start|>assistant{FINAL}yes",
            "a\n\nb",
            "yes",
        ),
        ("yes", "", "yes"),
        ("<|channel|>analysis", "", ""),
        (f"{ANALYSIS}a{FINAL}yes", "a", "yes"),
    ],
)
def test_channels_split(text: str, thoughts: str, answer: str) -> None:
    assert CHANNELS.split(text, CHANNELS.start(PROMPT)) == (thoughts, answer)


WRITTEN = [
    (TAGS, "assistant\n", "<think>\nhm, </thin k\n</think>\n\nyes"),
    (TAGS, "assistant\n<think>\n", "hm\n</think>\n\nyes"),
    (TAGS, "assistant\n", "  <think>no end"),
    (TAGS, "assistant\n", "<thin ice> is no tag"),
    (Tags("[THINK]", "[/THINK]"), "[/INST]", "[THINK]a[b]c[/THINK]yes"),
    (CHANNELS, PROMPT, f"{ANALYSIS}hm<|end|><|start|>assistant{FINAL}yes<|return|>"),
    (CHANNELS, PROMPT, f"{ANALYSIS}no end"),
    (CHANNELS, PROMPT, f"{ANALYSIS}a{FINAL}yes"),
]


@pytest.mark.parametrize(("style", "prompt", "text"), WRITTEN)
@given(data=st.data())
def test_states_agree_with_the_split_wherever_the_pieces_end(
    style: ThinkingStyle, prompt: str, text: str, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1))))
    state = style.start(prompt)
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        state = state.advance(text[start:end])
    assert state.thinking == (style.split(text, style.start(prompt))[1] == "")


@pytest.mark.parametrize(("style", "prompt", "text"), WRITTEN)
def test_thoughts_can_be_closed_at_any_moment(style: ThinkingStyle, prompt: str, text: str) -> None:
    """Cut anywhere, closed by force, and gone on with: what follows is the answer and only that."""
    for cut in range(len(text)):
        state = style.start(prompt)
        for character in text[:cut]:
            state = state.advance(character)
        if not state.thinking:
            assert state.closing == ""
            continue
        closed = text[:cut] + state.closing
        assert not state.advance(state.closing).thinking, cut
        inside_a_token = isinstance(style, Channels) and "<" in text[max(0, cut - 12) : cut].rpartition(">")[2]
        if not inside_a_token:  # special tokens are whole, so this can't happen to real ones
            assert style.split(closed + "the answer", style.start(prompt))[1] == "the answer", cut


def test_states_are_values() -> None:
    state = TAGS.start("<think>")
    state.advance("</think>")
    assert state.thinking
    assert state == TAGS.start("x<think>\n")
    assert len({state, TAGS.start("<think>")}) == 1


@pytest.mark.parametrize(
    ("architecture", "template", "expected"),
    [
        ("gpt-oss", None, Channels()),
        ("other", "{{ '<|channel|>analysis' }}", Channels()),
        ("qwen3", "{% if '</think>' in content %}", Tags()),
        ("llama", "[THINK]", Tags("[THINK]", "[/THINK]")),
        ("llama", "{{ messages }}", None),
        ("llama", None, None),
    ],
)
def test_style_follows_from_the_template(architecture: str, template: str | None, expected: object) -> None:
    assert find_style(architecture, template) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thoughts\n</think>\n\nyes", ("thoughts", "yes")),
        ("<think>thoughts</think>yes", ("thoughts", "yes")),
        ("<think>thoughts", ("thoughts", "")),
        ("[THINK]a[/THINK]b", ("a", "b")),
        (f"{ANALYSIS}a<|end|><|start|>assistant{FINAL}b", ("a", "b")),
        ("plain", ("", "plain")),
        ("say <think> and </think> here", ("", "say <think> and </think> here")),
    ],
)
def test_texts_of_unknown_models(text: str, expected: tuple[str, str]) -> None:
    assert split_unknown(text) == expected
