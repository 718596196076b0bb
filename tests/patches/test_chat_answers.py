"""Chat answers made from real systems' patches: each becomes exactly the tree that the patch makes, or is turned away.

How they are made: `pool_patches.py` (what is known of the patches), `pool_trees.py` (what they are applied to),
`chat_answers.py` and `bad_answers.py` (how they are written).
"""

from __future__ import annotations

from collections import Counter

import pytest

from reasoncli.domain import ChatContent, Completion, Form, Patch, Prompt, Rejection
from reasoncli.models.thinking import split_unknown
from reasoncli.patches.completions import parse
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import MemoryTree
from tests.patches.bad_answers import bad_answers
from tests.patches.chat_answers import Answer, answers
from tests.patches.pool_patches import PoolPatch, load

PATCHES = load()
TIMES = 4


def parsed(answer: Answer) -> Patch | Rejection:
    thoughts, text = split_unknown(answer.text)
    assert bool(thoughts) == ("</think>" in answer.text)
    prompt = Prompt("p", Form.SEARCH_REPLACE, ChatContent(()), files=answer.shown)
    return parse(Completion("p", text, 1, (), 1, answer.finish), prompt, MemoryTree(answer.base), Policy())


def applied(base: dict[str, bytes], patch: Patch) -> dict[str, bytes]:
    changed = {change.path: change.content for change in patch.changes}
    return {path: data for path, data in (base | changed).items() if data is not None}


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_an_answer_becomes_the_tree_that_the_patch_makes(patch: PoolPatch) -> None:
    for answer in answers(patch, TIMES):
        result = parsed(answer)
        told = f"{answer.name} {answer.style}\n{answer.text}"
        assert isinstance(result, Patch), f"{result}\n{told}"
        assert applied(answer.base, result) == answer.expected, told
        assert set(result.dropped) == set(answer.dropped), told


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_an_answer_without_a_safe_reading_is_turned_away_with_the_reason(patch: PoolPatch) -> None:
    for answer in bad_answers(patch):
        result = parsed(answer)
        assert isinstance(result, Rejection), f"{answer.name}: applied\n{result.diff}\n{answer.text}"
        assert result.kind in answer.kinds, f"{result}\n{answer.name}\n{answer.text}"
        assert result.reason


def test_there_are_many_of_each_kind() -> None:
    good = [answer for patch in PATCHES for answer in answers(patch, TIMES)]
    assert len({answer.name.split()[0] for answer in good}) > 190  # patches
    assert len({answer.text for answer in good}) > 500
    styles = Counter(style for answer in good for style in answer.style)
    assert min(styles.values()) >= 5, styles.most_common()[-5:]
    slips = Counter(answer.style[0] for patch in PATCHES for answer in bad_answers(patch))
    assert len(slips) == 12
    assert min(slips.values()) >= 60, slips
