"""Prompts as values: identity and shares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from reasoncli.domain import ChatContent, Form, InfillContent, Prompt, Region, RepairContent


def prompt(
    form: Form,
    content: ChatContent | InfillContent | RepairContent,
    *,
    region: Region | None = None,
    stop: tuple[str, ...] = (),
    max_tokens: int,
    share: float = 1.0,
    files: tuple[str, ...] = (),
    warmth: float = 1.0,
) -> Prompt:
    """A prompt with its id: the first 16 hex digits of sha256 over form, content, region and warmth."""
    identity: list[object] = [form.value, type(content).__name__, asdict(content), asdict(region) if region else None]
    if warmth != 1.0:
        identity.append(warmth)
    encoded = json.dumps(identity, sort_keys=True, ensure_ascii=True).encode("ascii")
    return Prompt(
        id=hashlib.sha256(encoded).hexdigest()[:16],
        form=form,
        content=content,
        region=region,
        stop=stop,
        max_tokens=max_tokens,
        share=share,
        files=files,
        warmth=warmth,
    )


def shared_out(prompts: Sequence[Prompt]) -> list[Prompt]:
    """Equal prompts merged, those without a share left out, shares scaled to a sum of 1; in the order given."""
    merged: dict[str, Prompt] = {}
    for each in prompts:
        known = merged.get(each.id)
        merged[each.id] = replace(known, share=known.share + each.share) if known else each
    total = sum(each.share for each in merged.values())
    if total <= 0:
        return []
    return [replace(each, share=each.share / total) for each in merged.values() if each.share > 0]


def reweigh(prompts: Sequence[Prompt], keep: Sequence[float | None]) -> list[Prompt]:
    """Shares of line repairs multiplied by the square of the model's own doubt about the line, 1 - P(keep).

    The model is trained with a faulty line in every function, and still gives most lines a chance of some tenths to
    be it. Squared, its doubt tells the lines apart about as well as it can (fitted as in `repair`).

    Args:
        prompts: as built.
        keep: for each of them the probability that the line should stay, in [0, 1]; `None` where it isn't known
            (the share then counts as for the mean factor of the others).

    Returns:
        the prompts, largest share first, shares summing to 1.
    """
    doubts = [None if probability is None else max(1.0 - probability, 0.0) ** 2 for probability in keep]
    known = [doubt for doubt in doubts if doubt is not None]
    mean = sum(known) / len(known) if known else 1.0
    weighed = [
        replace(each, share=each.share * (mean if doubt is None else doubt))
        for each, doubt in zip(prompts, doubts, strict=True)
    ]
    if not any(each.share > 0 for each in weighed):
        return shared_out(prompts)
    return sorted(shared_out(weighed), key=lambda each: -each.share)
