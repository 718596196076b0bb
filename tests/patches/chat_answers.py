"""Answers as chat models write them, made from real patches: how each is written is drawn by its number.

What must become of an answer follows from the patch alone, never from the code under test.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reasoncli.patches.policy import Policy
from tests.patches.pool_patches import PoolPatch
from tests.patches.pool_trees import PATHS_BESIDE, before, outcome, parts, tree

Block = tuple[str, list[str], list[str]]
"""Path, search lines, replace lines."""


@dataclass
class Answer:
    """A completion and what is to come of it.

    Attributes:
        style: how it was written, for whoever reads a failure.
        text: as the model wrote it, thoughts included.
        shown: the files that the prompt showed.
        expected: the whole tree; `None` for one that must be turned away.
        dropped: paths of tests that it touches as well.
        finish: why the model stopped.
    """

    name: str
    style: list[str]
    text: str
    base: dict[str, bytes]
    shown: tuple[str, ...]
    expected: dict[str, bytes] | None
    dropped: tuple[str, ...] = ()
    finish: str = "stop"
    kinds: frozenset[str] = field(default=frozenset())


def answers(patch: PoolPatch, times: int) -> list[Answer]:
    """So many answers that say what the patch does, each in another way; none where its places can't be told apart."""
    made = (answer(patch, number) for number in range(times))
    return [each for each in made if each is not None]


def answer(patch: PoolPatch, number: int) -> Answer | None:
    draw = random.Random(f"{patch.name} {number}")
    style: list[str] = []

    def choose(options: dict[str, float]) -> str:
        [chosen] = draw.choices(list(options), list(options.values()))
        style.append(chosen)
        return chosen

    kept = tuple(file for file in patch.files if not Policy().forbids(file.path))
    base, expected = tree(patch), outcome(patch, kept)
    if choose({"blocks": 0.8, "diff": 0.2}) == "diff":
        if any(not file.created and parts(file, 99) is None for file in patch.files):
            return None
        text = _diff(patch, choose)
    else:
        blocks = _blocks(patch, choose)
        if blocks is None:
            return None
        text = _written(blocks, choose, draw, tuple(base))
        for file in kept:
            if file.created:  # blank lines at the ends of a new file are nobody's
                content = expected[file.path].strip(b"\n")
                expected[file.path] = content and content + b"\n"
    text = _thought(_talked(text, choose), choose)
    match choose({"LF": 0.8, "CRLF answer": 0.1, "CRLF files": 0.1}):
        case "CRLF answer":
            text = text.replace("\n", "\r\n")
        case "CRLF files":
            base = {path: data.replace(b"\n", b"\r\n") for path, data in base.items()}
            new = {file.path for file in patch.files if file.created}
            expected = {path: data if path in new else data.replace(b"\n", b"\r\n") for path, data in expected.items()}
    dropped = tuple(file.path for file in patch.files if file not in kept)
    shown = tuple(path for path in base if path not in PATHS_BESIDE)
    return Answer(f"{patch.name} {number}", style, text, base, shown, expected, dropped)


# ---------------------------------------------------------------- search/replace blocks

Choose = Callable[[dict[str, float]], str]


def _blocks(patch: PoolPatch, choose: Choose) -> list[Block] | None:
    context = {"no context": 0, "a line of context": 1, "three lines of context": 3, "whole hunks": 99}
    around = context[
        choose({"no context": 0.2, "a line of context": 0.3, "three lines of context": 0.3, "whole hunks": 0.2})
    ]
    blocks: list[Block] = []
    if any("." not in file.path.strip(".") for file in patch.files):
        return None  # `.coveragerc`: a word like others, where no diff says that it is a file
    for file in patch.files:
        if file.created:
            blocks.append((file.path, [], [text for _, text in file.hunks[0]]))
            continue
        found = parts(file, around)
        if found is None:
            return None
        blocks += [(part.path, part.old, part.new) for part in found]
    distort = {
        "exact": 0.4,
        "all to the left": 0.1,
        "all to the right": 0.07,
        "first line to the left": 0.07,
        "spaces at the ends": 0.08,
        "blank lines around": 0.07,
        "line numbers": 0.06,
        "said twice": 0.05,
        "dots in the middle": 0.1,
    }
    distortion = choose(distort)
    if distortion == "said twice":
        return blocks + blocks[-1:]
    bases = {file.path: before(file) for file in patch.files}
    return [_DISTORTIONS.get(distortion, _exact)(block, bases[block[0]]) for block in blocks]


def _exact(block: Block, base: Sequence[str]) -> Block:
    return block


def _left(block: Block, base: Sequence[str]) -> Block:
    path, search, replace = block
    common = min((_indent(line) for line in search + replace if line.strip()), default=0)
    if not search or _odd_blanks(search + replace):
        return block
    return path, [line[common:] for line in search], [line[common:] for line in replace]


def _right(block: Block, base: Sequence[str]) -> Block:
    path, search, replace = block
    if not search or _odd_blanks(search + replace):
        return block
    return path, [line and "    " + line for line in search], [line and "    " + line for line in replace]


def _first_left(block: Block, base: Sequence[str]) -> Block:
    path, search, replace = block
    flush = any(line.strip() and not _indent(line) for line in search + replace)
    if len(search) < 2 or flush or _odd_blanks(search + replace) or not search[0].strip() or not replace:
        return block
    if _indent(search[0]) != _indent(replace[0]):  # then the answer doesn't tell any more what is meant
        return block
    return path, [search[0].lstrip(), *search[1:]], [replace[0].lstrip(), *replace[1:]]


def _loose_ends(block: Block, base: Sequence[str]) -> Block:
    path, search, replace = block
    same = next((at for at, pair in enumerate(zip(search, replace, strict=False)) if pair[0] != pair[1]), 0)
    loose = [line + "  " for line in search[:same]]  # of lines that stay: in a new one they would be what it says
    return path, loose + search[same:], loose + replace[same:]


def _padded(block: Block, base: Sequence[str]) -> Block:
    path, search, replace = block
    ends = [side[at].strip() for side in (search, replace) if side for at in (0, -1)]
    return (path, ["", *search, ""], ["", *replace, ""]) if len(ends) == 4 and all(ends) else block


def _numbered(block: Block, base: Sequence[str]) -> Block:
    path, search, replace = block
    if not search:
        return block
    first = next(at for at in range(len(base)) if list(base[at : at + len(search)]) == search) + 1
    width = len(str(first + len(search)))
    number = lambda lines: [f"{first + at:>{width}} | {line}" for at, line in enumerate(lines)]  # noqa: E731
    return path, number(search), number(replace)


def _dotted(block: Block, base: Sequence[str]) -> Block:
    """Lines that stay at the end are left out on both sides, all but the first and the last of them."""
    path, search, replace = block
    same = 0
    while same < min(len(search), len(replace)) and search[-1 - same] == replace[-1 - same]:
        same += 1
    bare = [line.strip() for line in base]
    head, last = search[: len(search) - same + 1], search[-1:]
    once = all(
        sum(bare[at : at + len(piece)] == [line.strip() for line in piece] for at in range(len(bare))) == 1
        for piece in (head, last)
    )
    if same < 3 or not once or len(head) < 2 or not last[0].strip():
        return block
    rest = [" " * _indent(last[0]) + "...", *last]
    return path, head + rest, replace[: len(replace) - same + 1] + rest


_DISTORTIONS: dict[str, Callable[[Block, Sequence[str]], Block]] = {
    "all to the left": _left,
    "all to the right": _right,
    "first line to the left": _first_left,
    "spaces at the ends": _loose_ends,
    "blank lines around": _padded,
    "line numbers": _numbered,
    "dots in the middle": _dotted,
}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _odd_blanks(lines: Sequence[str]) -> bool:
    """Tabs, or blank lines that aren't empty: what a shift makes of them is not told by the patch."""
    return any("\t" in line or (line and not line.strip()) for line in lines)


_PATHS: dict[str, Callable[[str], str]] = {
    "### path": lambda path: f"### {path}",
    "**path**": lambda path: f"**{path}**",
    "**`path`**:": lambda path: f"**`{path}`**:",
    "`path`": lambda path: f"`{path}`",
    "path:": lambda path: f"{path}:",
    "# path": lambda path: f"# {path}",
    "#### `path`": lambda path: f"#### `{path}`",
    "File: path": lambda path: f"File: {path}",
    "**File: `path`**": lambda path: f"**File: `{path}`**",
    "In `path`:": lambda path: f"In `{path}`:",
    "1. **path**": lambda path: f"1. **{path}**",
    "sentence": lambda path: f"Next comes the change to `{path}`, where `__init__` is called:",
    "a/path": lambda path: f"### a/{path}",
    "./path": lambda path: f"### ./{path}",
    "/testbed/path": lambda path: f"### /testbed/{path}",
    "checkout/path": lambda path: f"### checkout/{path}",
    "<path>": lambda path: f"<{path}>",
    "### path (edit)": lambda path: f"### {path} (modified)",
}
_FENCES = {"```python": 0.5, "```": 0.15, "```py": 0.1, "````python": 0.05, "~~~python": 0.05, "no fence": 0.15}
_MARKS = {
    "plain": ("<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"),
    "other words": ("<<<<<<< ORIGINAL", "=======", ">>>>>>> UPDATED"),
    "other lengths": ("<<<<<< SEARCH", "========", ">>>>>> REPLACE"),
    "lower case": ("<<<<<<< search", "=======", ">>>>>>> replace"),
    "spaces": ("<<<<<<< SEARCH ", "======= ", ">>>>>>> REPLACE "),
}


def _written(blocks: list[Block], choose: Choose, draw: random.Random, known: tuple[str, ...]) -> str:
    fence = choose(_FENCES)
    head, divider, tail = _MARKS[
        choose({"plain": 0.8, "other words": 0.04, "other lengths": 0.06, "lower case": 0.04, "spaces": 0.06})
    ]
    place = choose({"path in the fence": 0.5, "path above": 0.3, "path on the fence": 0.1, "path beside the mark": 0.1})
    form = _PATHS[choose(dict.fromkeys(_PATHS, 1.0))]
    if any(path not in known for path, _, _ in blocks) and form in (_PATHS["/testbed/path"], _PATHS["checkout/path"]):
        form = _PATHS["### path"]  # what is to be new has no place that could be recognized
    together = choose({"a fence each": 0.7, "one fence": 0.3}) == "one fence"
    closing = choose({"closed": 0.9, "no closing mark": 0.1})
    if fence == "no fence" and place == "path on the fence":
        place = "path above"
    open_fence, close_fence = ("", "") if fence == "no fence" else (fence, fence.rstrip("python"))
    out: list[str] = []
    for number, (path, search, replace) in enumerate(blocks):
        first, last = number == 0 or not together, number == len(blocks) - 1 or not together
        inside = place == "path in the fence" or (not first and place != "path beside the mark")
        if first and place == "path above":
            out += [form(path), ""] if draw.random() < 0.5 else [form(path)]
        if first and open_fence:
            out.append(open_fence + (f":{path}" if place == "path on the fence" else ""))
        if inside:
            out.append(form(path))
        out.append(f"{head} {path}" if place == "path beside the mark" else head)
        out += [*search, divider, *replace]
        if closing == "closed" or not last or not close_fence:
            out.append(tail)
        if last and close_fence:
            out.append(close_fence)
        if number < len(blocks) - 1:
            out += ["", "And further:", ""] if last and draw.random() < 0.3 else [""]
    return "\n".join(out) + "\n"


# ---------------------------------------------------------------- diffs


def _diff(patch: PoolPatch, choose: Choose) -> str:
    names = choose({"a/ b/": 0.7, "bare names": 0.3})
    counts = choose({"right counts": 0.3, "wrong counts": 0.4, "no counts": 0.2, "one wrong count": 0.1})
    blanks = choose({"blank context": 0.7, "blank context lost": 0.3})
    git = choose({"diff --git": 0.5, "plain diff": 0.5}) == "diff --git"
    fence = choose({"```diff": 0.8, "```": 0.1, "```patch": 0.1})
    a, b = ("a/", "b/") if names == "a/ b/" else ("", "")
    out = [fence]
    for file in patch.files:
        if git:
            out.append(f"diff --git a/{file.path} b/{file.path}")
            out += ["new file mode 100644"] if file.created else []
        out += ["--- /dev/null" if file.created else f"--- {a}{file.path}", f"+++ {b}{file.path}"]
        for hunk in file.hunks:
            old, new = sum(sign != "+" for sign, _ in hunk), sum(sign != "-" for sign, _ in hunk)
            wrong = {"right counts": 0, "one wrong count": 1, "wrong counts": 3}.get(counts)
            start = 0 if file.created else 41
            out.append(
                "@@ ... @@" if wrong is None else f"@@ -{start},{old + wrong} +{start or 1},{new + wrong // 3} @@"
            )
            lost = blanks == "blank context lost"
            out += ["" if lost and sign == " " and not text else sign + text for sign, text in hunk]
    return "\n".join([*out, "```", ""])


# ---------------------------------------------------------------- around

_WRONG = "The guard comes too late, so that the value of `name` is lost; see `setup.py` for how it is called."
_THOUGHT = """Let me look. A first try would be

```python
### setup.py
<<<<<<< SEARCH
# beside
=======
# not this
>>>>>>> REPLACE
```

but that is not where it goes wrong."""


def _talked(text: str, choose: Choose) -> str:
    match choose({"explained": 0.5, "nothing said": 0.15, "said after": 0.15, "code quoted": 0.2}):
        case "explained":
            return f"{_WRONG}\n\n{text}"
        case "said after":
            return f"{_WRONG}\n\n{text}\nThis keeps all callers as they are. Run `python -m pytest tests/` to see it.\n"
        case "code quoted":
            return f"{_WRONG}\n\nAt present it reads\n\n```python\nprepare(values)\n```\n\n## Fix\n\n{text}"
        case _:
            return text


def _thought(text: str, choose: Choose) -> str:
    match choose({"no thoughts": 0.8, "thoughts": 0.1, "thoughts opened by the template": 0.1}):
        case "thoughts":
            return f"<think>\n{_THOUGHT}\n</think>\n\n{text}"
        case "thoughts opened by the template":
            return f"{_THOUGHT}\n</think>\n\n{text}"
        case _:
            return text
