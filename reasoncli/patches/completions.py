"""The room's door: completions and diffs become patches, or are turned away with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from reasoncli.domain import Completion, FileChange, Form, Patch, Prompt, Rejection, RepairContent
from reasoncli.patches.blocks import has_blocks, parse_blocks
from reasoncli.patches.build import build
from reasoncli.patches.canonical import read
from reasoncli.patches.diff_reader import looks_like_diff, read_diff
from reasoncli.patches.infill import apply_infill
from reasoncli.patches.line_repair import apply_repair
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.policy import Policy
from reasoncli.patches.search_replace import apply_blocks
from reasoncli.patches.tree import Tree
from reasoncli.patches.unified_diff import apply_diff

_MOST_PARTS = 256  # blocks, or files of a diff: more are no fix, and each costs a search

_Part = TypeVar("_Part")


def parse(completion: Completion, prompt: Prompt, tree: Tree, policy: Policy) -> Patch | Rejection:
    """Turn a completion into a patch, by the form its prompt asked for.

    A diff in the place of search/replace blocks is taken too, and the other way round; a file or function written
    anew without them is not, since what it leaves out can't be told from what it deletes. Parts that touch protected
    files are left out and named in `Patch.dropped`; a completion of nothing else is rejected as forbidden.

    Args:
        completion: its thinking already apart.
        prompt: what it answers.
        tree: the base.
        policy: what may be touched.
    """
    try:
        if len(completion.text.encode("utf-8", "surrogatepass")) > policy.max_patch_bytes:
            raise Rejected("forbidden", f"the answer is longer than {policy.max_patch_bytes} bytes")
        changes, dropped = _changes(completion, prompt, tree, policy)
    except Rejected as error:
        return error.rejection
    return _finish(changes, dropped, tree, policy)


def from_diff(diff: str, tree: Tree, policy: Policy) -> Patch | Rejection:
    """Turn a unified diff into a patch; see `parse`."""
    try:
        if len(diff) > policy.max_patch_bytes:
            raise Rejected("forbidden", f"the diff is longer than {policy.max_patch_bytes} bytes")
        changes, dropped = apply_diff(_few(read_diff(diff)), tree, policy.forbids)
    except Rejected as error:
        return error.rejection
    return _finish(changes, dropped, tree, policy)


def _changes(
    completion: Completion, prompt: Prompt, tree: Tree, policy: Policy
) -> tuple[Sequence[FileChange], tuple[str, ...]]:
    text, cut_off = completion.text, completion.finish == "length"
    match prompt.form:
        case Form.SEARCH_REPLACE | Form.UNIFIED_DIFF:
            return _edits(text, prompt, tree, policy, cut_off=cut_off)
        case Form.INFILL | Form.LINE_REPAIR:
            if cut_off:
                raise Rejected("unparsable", "the answer was cut off at the token limit")
            if prompt.region is None:
                raise Rejected("unappliable", "the prompt names no region")
            if isinstance(prompt.content, RepairContent):
                files = apply_repair(text, prompt.content, prompt.region, tree)
            else:
                files = apply_infill(_unfenced(text), prompt.region, tree)
            return _as_changes(files), ()
        case Form.TEST | Form.JUDGEMENT:
            raise Rejected("unparsable", f"a {prompt.form.value} was asked for, not a change")


def _edits(
    text: str, prompt: Prompt, tree: Tree, policy: Policy, *, cut_off: bool
) -> tuple[Sequence[FileChange], tuple[str, ...]]:
    if has_blocks(text):
        blocks = _few(parse_blocks(text, cut_off=cut_off))
        files, dropped = apply_blocks(blocks, tree, prompt.files, policy.forbids)
        return _as_changes(files), dropped
    if looks_like_diff(text):
        if cut_off:
            raise Rejected("unparsable", "the answer was cut off at the token limit")
        return apply_diff(_few(read_diff(_without_returns(text))), tree, policy.forbids)
    wanted = "search/replace block" if prompt.form is Form.SEARCH_REPLACE else "diff"
    raise Rejected("unparsable", f"the answer holds no {wanted}")


def _without_returns(text: str) -> str:
    """An answer that came with CRLF throughout: that is how it was sent, and nothing that it says of a file."""
    lines = text.split("\n")
    return text.replace("\r\n", "\n") if all(line.endswith("\r") for line in lines[:-1]) else text


def _as_changes(files: Mapping[str, bytes]) -> list[FileChange]:
    return [FileChange(path, content) for path, content in files.items()]


def _unfenced(text: str) -> str:
    """The text inside of a fence, if the fence holds all of it."""
    lines = text.strip().split("\n")
    fenced = len(lines) > 1 and lines[0].startswith("```") and lines[-1].strip() == "```"
    return "\n".join(lines[1:-1]) if fenced else text


def _few(parts: Sequence[_Part]) -> Sequence[_Part]:
    if len(parts) > _MOST_PARTS:
        raise Rejected("forbidden", f"it has {len(parts)} parts, {_MOST_PARTS} are allowed")
    return parts


def _finish(changes: Sequence[FileChange], dropped: Sequence[str], tree: Tree, policy: Policy) -> Patch | Rejection:
    if dropped and not changes:
        return Rejection("forbidden", f"{dropped[0]}: {policy.forbids(dropped[0])}")
    refused = policy.check(changes, tree) or _syntax(changes, tree)
    if refused is not None:
        return refused
    patch = build(changes, tree, dropped)
    if not patch.changes:
        return Rejection("no-change", "the files would stay as they are")
    return patch


def _syntax(changes: Sequence[FileChange], tree: Tree) -> Rejection | None:
    """Python that could be parsed and no longer can; what could not before is for the sandbox's interpreter to say."""
    for change in changes:
        if change.content is None or not change.path.endswith((".py", ".pyi", ".pyw")):
            continue
        base = tree.read(change.path)
        if base is None or read(base).error:
            continue
        error = read(change.content, base).error
        if error:
            return Rejection("syntax", f"{change.path}, {error}")
    return None
