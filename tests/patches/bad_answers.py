"""Answers that can't be meant as they stand: each made from a real patch by one slip that leaves no safe reading."""

from __future__ import annotations

import random
from collections.abc import Callable

from reasoncli.patches.elision import elides
from tests.patches.chat_answers import Answer
from tests.patches.pool_patches import FileEdit, PoolPatch
from tests.patches.pool_trees import PATHS_BESIDE, parts, text, tree

Slip = Callable[[list[str], list[str], random.Random], tuple[list[str], list[str]] | None]
"""Search and replace lines with the slip; `None` where there is no room for it."""


def bad_answers(patch: PoolPatch) -> list[Answer]:
    """Answers with one slip each, of every kind that the patch has room for."""
    edits = [file for file in patch.files if not file.created and file.path.endswith(".py")]
    if not edits:
        return []
    file, draw = edits[0], random.Random(patch.name)
    found = parts(file, 2)
    if not found:
        return []
    part = found[0]
    block = (part.old, part.new)
    made = [
        _answer(patch, "occurs twice", _written(file.path, *block), "ambiguous", twice=file),
        _answer(patch, "no such file", _written("missing/elsewhere.py", *block), "unappliable"),
        _answer(patch, "no divider", _written(file.path, *block, divider="-------"), "unparsable"),
        _answer(patch, "no marks", "```python\n" + "\n".join(part.new) + "\n```\n", "unparsable"),
        _answer(patch, "prose", f"The bug is in `{file.path}`: the value is lost.\n", "unparsable"),
        _cut(patch, "cut off at the limit", _written(file.path, *block), draw, "length"),
        _cut(patch, "cut off", _written(file.path, *block), draw, "stop"),
        _answer(patch, "diff, occurs twice", _diff(file), "ambiguous", twice=file),
        _cut(patch, "diff, cut off", _diff(file), draw, "length"),
    ]
    slips: dict[str, tuple[Slip, str]] = {
        "not in the file": (_misquoted, "unappliable"),
        "search left out": (_search_left_out, "unparsable"),
        "new code left out": (_new_left_out, "unparsable"),
    }
    for name, (slip, kind) in slips.items():
        changed = slip(part.old, part.new, draw)
        if changed is not None:
            made.append(_answer(patch, name, _written(file.path, *changed), kind))
    return made


def _answer(
    patch: PoolPatch, name: str, said: str, kind: str, *, twice: FileEdit | None = None, finish: str = "stop"
) -> Answer:
    base = tree(patch)
    if twice is not None:
        base[twice.path] += b"".join(
            text([line for sign, line in hunk if sign != "+"]) + b"    return done()\n" for hunk in twice.hunks
        )
    shown = tuple(path for path in base if path not in PATHS_BESIDE)
    return Answer(
        f"{patch.name}, {name}", [name], said, base, shown, None, finish=finish, kinds=frozenset(kind.split())
    )


def _written(path: str, search: list[str], replace: list[str], divider: str = "=======") -> str:
    lines = ["It is lost.", "", "```python", f"### {path}", "<<<<<<< SEARCH", *search, divider, *replace]
    return "\n".join([*lines, ">>>>>>> REPLACE", "```", ""])


def _diff(file: FileEdit) -> str:
    """A diff whose line numbers are far from any place."""
    lines = ["```diff", f"--- a/{file.path}", f"+++ b/{file.path}"]
    for hunk in file.hunks:
        lines += ["@@ -90000,7 +90000,9 @@", *(sign + line for sign, line in hunk)]
    return "\n".join([*lines, "```", ""])


def _cut(patch: PoolPatch, name: str, said: str, draw: random.Random, finish: str) -> Answer:
    """Anywhere between the first line that is quoted and the closing mark."""
    first = next(mark for mark in ("SEARCH\n", "@@\n") if mark in said)
    start, end = said.index(first) + len(first), said.rfind("\n>>>>>>> REPLACE")
    return _answer(
        patch, name, said[: draw.randint(start, end if end > 0 else len(said) - 5)], "unparsable", finish=finish
    )


def _misquoted(search: list[str], replace: list[str], draw: random.Random) -> tuple[list[str], list[str]] | None:
    at = draw.choice([at for at, line in enumerate(search) if line.strip()])
    return [*search[:at], search[at].rstrip() + "_other", *search[at + 1 :]], replace


def _search_left_out(search: list[str], replace: list[str], draw: random.Random) -> tuple[list[str], list[str]] | None:
    if len(search) < 3 or any(elides(line) for line in search):
        return None
    return [search[0], "    ...", search[-1]], replace


def _new_left_out(search: list[str], replace: list[str], draw: random.Random) -> tuple[list[str], list[str]] | None:
    return (search, [replace[0], "    # ... rest of the code unchanged"]) if replace else None
