"""Bugs made in correct functions, with the edit that repairs each: what the grammar of changes gives backwards.

`python -m training.bugs --data DIR` measures on the mined fixes of the train split how often each operator and each
shape of hunk is used, which `make_bug` takes as weights, and prints for both splits what share the grammar holds.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reasoncli import python_source
from reasoncli.edits import Edit, Scope, enumerate_edits, minimal
from reasoncli.edits.unit import Statement, Unit
from reasoncli.python_source import INDENT
from training.mix import Shape, Weights

MOST_LINES = 5
"""Lines of a hunk, before and after."""

_TRIES = 12
_NEAR = 12  # lines above a hunk, of statements that an edit there may begin at
_LOOKED_AT = 10  # lines of a function; edits of all would cost more and add little choice
_SLACK = 0.01  # of the weight, so that nothing that the grammar knows is never made

_PAIRS = (
    ("drop-attribute", "add-attribute"), ("attribute-to-name", "name-to-attribute"), ("drop-call", "add-call"),
    ("drop-method-call", "add-method-call"), ("drop-index", "add-index"), ("name-to-literal", "literal-to-name"),
    ("function-to-method", "method-to-function"), ("change-none", "literal-to-none"), ("drop-minus", "add-minus"),
    ("drop-not", "add-not"), ("drop-clause", "add-clause"), ("drop-comparison", "add-clause"),
    ("comparison-to-truth", "truth-to-check"), ("truth-to-comparison", "comparison-to-truth"),
    ("truth-to-type", "comparison-to-truth"), ("drop-conditional", "add-conditional"), ("drop-operand", "add-operand"),
    ("index-to-slice", "slice-to-index"), ("index-to-get", "get-to-index"), ("drop-bound", "add-bound"),
    ("drop-element", "add-element"), ("drop-item", "add-item"), ("unwrap-display", "wrap-display"),
    ("drop-argument", "add-argument"), ("drop-keyword", "add-keyword"), ("unwrap-call", "wrap-call"),
    ("keyword-to-argument", "argument-to-keyword"), ("add-return", "return-to-call"), ("add-yield", "return-to-yield"),
    ("drop-assignment", "add-assignment"), ("add-await", "drop-await"), ("assign-to-return", "return-to-assign"),
    ("raise-to-return", "return-to-raise"), ("assign-to-augmented", "augmented-to-assign"),
    ("assign-to-append", "append-to-assign"), ("elif-to-if", "if-to-elif"), ("if-to-while", "while-to-if"),
    ("elif-to-else", "else-to-elif"), ("widen-except", "narrow-except"), ("drop-default", "add-default"),
    ("drop-parameter", "add-parameter"), ("drop-rest", "add-rest"), ("delete-guard", "insert-guard"),
    ("delete-statement", "insert-seen"), ("unwrap-block", "wrap-in-if"), ("unwrap-try", "wrap-in-try"),
    ("unwrap-else", "wrap-in-else"), ("delete-branch", "insert-else"), ("indent-statement", "dedent-statement"),
    ("target-to-attribute", "attribute-to-name"), ("within-to-equal", "equal-to-within"),
)  # fmt: skip
_ONE_WAY = {
    "add-none-check": "drop-clause", "add-range-check": "drop-clause", "add-type-check": "drop-clause",
    "add-seen-clause": "drop-clause", "keep-clause": "add-clause", "add-fallback": "drop-clause",
    "off-by-one": "drop-operand", "add-limit": "unwrap-call", "wrap-call-seen": "unwrap-call",
    "insert-default": "delete-guard", "insert-assignment": "delete-statement", "insert-step": "delete-statement",
    "insert-exit": "delete-statement", "insert-super": "delete-statement", "delete-to-pass": "insert-seen",
    "drop-return-value": "change-return", "change-name-to-global": "change-name",
    "change-function-to-variable": "change-name", "vary-clause": "drop-clause", "drop-arguments": "add-argument",
    "attribute-to-getattr": "unwrap-call", "attribute-to-index": "index-to-attribute",
}  # fmt: skip


@cache
def _inverses() -> dict[str, str]:
    both = dict(_PAIRS)
    for one, other in _PAIRS:
        both.setdefault(other, one)
    return both | _ONE_WAY


def undoing(operator: str) -> str:
    """The operator that undoes what one does; most undo themselves."""
    plain = operator.removesuffix("-everywhere")
    return _inverses().get(plain, plain) + operator[len(plain) :]


@dataclass(frozen=True, slots=True)
class Bug:
    """A broken function and its repair, in the form of a mined fix.

    Attributes:
        before: printed lines of the broken function.
        after: those of the correct one, `before[:start] + replacement + before[end:]`.
        operator: what the repair does, or `compound`.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    start: int
    end: int
    replacement: tuple[str, ...]
    operator: str

    def record(self) -> dict[str, Any]:
        """The fields that a line of `fixes.jsonl.gz` has for it, and the operator."""
        return {
            "before": list(self.before),
            "after": list(self.after),
            "start": self.start,
            "end": self.end,
            "replacement": list(self.replacement),
            "operator": self.operator,
        }


def make_bug(lines: Sequence[str], scope: Scope, rng: random.Random, weights: Weights) -> Bug | None:
    """One bug in a correct function, or `None` where none was found."""
    return next(make_bugs(lines, scope, rng, weights, 1), None)


def make_bugs(lines: Sequence[str], scope: Scope, rng: random.Random, weights: Weights, count: int) -> Iterator[Bug]:
    """Different bugs of one function; making several costs little more than one.

    First the shape of the repair is drawn, then its operator, then a line where it applies, then one of its edits.

    Args:
        lines: the correct function, printed.
        scope: its surroundings.
        rng: all that is drawn comes from here.
        weights: the mix to follow, as far as the function allows.
        count: bugs at most.
    """
    maker = _Maker(lines, scope, rng, weights)
    made: set[tuple[str, ...]] = set()
    for _ in range(count * 3):
        if len(made) >= count:
            return
        bug = maker.make()
        if bug is not None and bug.before not in made:
            made.add(bug.before)
            yield bug


class _Maker:
    def __init__(self, lines: Sequence[str], scope: Scope, rng: random.Random, weights: Weights) -> None:
        self.lines, self.rng, self.weights = tuple(lines), rng, weights
        self.unit = Unit.read(lines)
        self.edits: dict[Shape, dict[str, dict[int, list[Edit]]]] = {}
        self.of_line: dict[int, list[Edit]] = defaultdict(list)
        at = set(range(len(lines))) if len(lines) <= _LOOKED_AT else set(rng.sample(range(len(lines)), _LOOKED_AT))
        self.idle = _idle(lines)
        for edit in enumerate_edits(lines, scope, at):
            if edit.operator == "insert-super":  # or taking such a call away would be learned
                continue
            shape = (len(edit.replacement), edit.end - edit.start)
            repair = undoing(edit.operator)
            operators = self.edits.setdefault(shape, {})
            operators.setdefault(repair, defaultdict(list))[edit.start].append(edit)
            if shape == (1, 1):
                self.of_line[edit.start].append(edit)

    def make(self) -> Bug | None:
        for _ in range(_TRIES):
            shape = self._draw(self.weights.shapes, sorted({*self.weights.shapes, *self.edits}))
            plain = self.edits.get(shape)
            compound = (min(shape) > 0 and max(shape) > 1) or max(shape) > 2
            if plain and not (compound and self.rng.random() < 0.5):
                operator = self._draw(self.weights.operators, sorted(plain))
                at = self.rng.choice(sorted(plain[operator]))
                return self._bug(self.rng.choice(plain[operator][at]), operator)
            if compound:
                edit = self._compound(shape)
                if edit is not None:
                    return self._bug(edit, "compound")
        return None

    def _draw(self, weights: Mapping[Any, float], among: Sequence[Any]) -> Any:
        least = _SLACK * sum(weights.values()) / max(1, len(among)) or 1.0
        return self.rng.choices(among, [weights.get(key, 0.0) + least for key in among])[0]

    def _bug(self, edit: Edit, operator: str) -> Bug | None:
        repair = edit.inverse(self.lines, operator)
        before = tuple(edit.apply(self.lines))
        exact = minimal(before, repair.start, repair.end, repair.replacement, operator)
        if exact is None or _idle(before) > self.idle:
            return None
        return Bug(before, self.lines, exact.start, exact.end, exact.replacement, operator)

    def _compound(self, shape: Shape) -> Edit | None:
        """Several neighbouring lines at once; `shape` is that of the repair, so the bug goes the other way."""
        fewer, window = shape
        runs = self._runs(window)
        if not runs:
            return None
        run = self.rng.choice(runs)
        start, end = run[0].start, run[0].start + window
        if fewer == window and self.rng.random() < 0.4:
            replacement = self._renamed(start, end)
        else:
            replacement = self._changed(run, fewer)
        if replacement is None:
            return None
        edit = minimal(self.lines, start, end, replacement, "compound")
        if edit is None or max(edit.end - edit.start, len(edit.replacement)) > MOST_LINES:
            return None
        return edit if python_source.parse("\n".join(edit.apply(self.lines))) is not None else None

    def _runs(self, window: int) -> list[list[Statement]]:
        """Neighbouring statements of one block, one line each; one of them for a window of no line."""
        if self.unit is None:
            return []
        runs = []
        for first in self.unit.statements[1:]:
            run = [self.unit.of_node[node] for node in first.block[first.index : first.index + max(1, window)]]
            whole = len(run) == max(1, window) and all(one.end - one.start == 1 for one in run)
            if whole and not first.elif_branch:
                runs.append(run)
        return runs

    def _renamed(self, start: int, end: int) -> list[str] | None:
        """One name for another on all lines of a window."""
        old = dict(enumerate(self.lines[start:end], start))
        first = [edit for edit in self.of_line[start] if edit.operator in _RENAMES]
        if not first:
            return None
        chosen = self.rng.choice(first)
        words = _difference(old[start], chosen.replacement[0])
        if words is None:
            return None
        rest = [_exchanged(old[line], *words) for line in range(start + 1, end)]
        return None if rest and rest[-1] == old[end - 1] else [chosen.replacement[0], *rest]

    def _changed(self, run: list[Statement], count: int) -> list[str] | None:
        """Some lines of a window left out or put in, and others changed."""
        lines = [one.start for one in run]
        margin = INDENT * run[0].depth
        if count <= len(lines):
            kept = sorted(self.rng.sample(lines, count))
            texts = [self._edited(line, always=line in (lines[0], lines[-1])) for line in kept]
            if not texts and len(run[0].block) == len(run):
                return [margin + "pass"]
            return None if None in texts else [text for text in texts if text is not None]
        others = [line for line in self._simple() if line not in lines]
        if not others:
            return None
        texts = [self._edited(line, always=True) for line in lines]
        for _ in range(count - len(lines)):
            source = self.rng.choice(others)
            text = self._edited(source, always=False)
            if text is None:
                return None
            texts.insert(self.rng.randint(0, len(texts)), margin + text.strip())
        return None if None in texts else [text for text in texts if text is not None]

    def _simple(self) -> list[int]:
        if self.unit is None:
            return []
        return [one.start for one in self.unit.statements[1:] if one.end - one.start == 1 and not one.elif_branch]

    def _edited(self, line: int, *, always: bool) -> str | None:
        if not always and self.rng.random() < 0.5:
            return self.lines[line]
        edits: dict[str, list[Edit]] = defaultdict(list)
        for edit in self.of_line[line]:
            edits[undoing(edit.operator)].append(edit)
        if not edits:
            return None
        operator = self._draw(self.weights.operators, sorted(edits))
        return self.rng.choice(edits[operator]).replacement[0]


_RENAMES = {"change-name", "change-target", "change-function", "change-attribute", "change-method", "change-string"}


def _difference(old: str, new: str) -> tuple[str, str] | None:
    """The word that differs between two lines."""
    first, second = _words(old), _words(new)
    if len(first) != len(second):
        return None
    pairs = {(one, other) for one, other in zip(first, second, strict=True) if one != other}
    return pairs.pop() if len(pairs) == 1 else None


def _words(text: str) -> list[str]:
    words = [""]
    for character in text:
        if (character.isalnum() or character == "_") and (words[-1][-1:].isalnum() or words[-1][-1:] == "_"):
            words[-1] += character
        else:
            words.append(character)
    return words


def _exchanged(text: str, old: str, new: str) -> str:
    return "".join(new if word == old else word for word in _words(text))


def _idle(lines: Sequence[str]) -> int:
    """How many statements can't be reached, as others before them in their block leave it: nobody writes such bugs."""
    module = python_source.parse("\n".join(lines))
    leaving = (ast.Return, ast.Raise, ast.Continue, ast.Break)
    blocks = [
        block
        for node in (ast.walk(module) if module is not None else ())
        for name in ("body", "orelse", "finalbody")
        if isinstance(block := getattr(node, name, None), list)
    ]
    return sum(isinstance(each, leaving) for block in blocks for each in block[:-1])


def operator_of(fix: Mapping[str, Any]) -> str | None:
    """The operator by which the grammar holds a fix; `None` for one that it doesn't hold.

    Args:
        fix: a record in the form of `fixes.jsonl.gz`.
    """
    before = fix["before"]
    wanted = minimal(before, fix["start"], fix["end"], fix["replacement"], "")
    if wanted is None:
        return None
    key = (wanted.start, wanted.end, wanted.replacement)
    one_line = wanted.end - wanted.start == len(wanted.replacement) == 1
    at = range(wanted.start, wanted.end) if one_line else range(wanted.start - _NEAR, wanted.end + 2)
    for edit in enumerate_edits(before, Scope(), at):
        if (edit.start, edit.end, edit.replacement) == key:
            return edit.operator
    return None


def measure(fixes: Iterable[Mapping[str, Any]]) -> tuple[Weights, dict[Shape, Counter[str]]]:
    """Weights from fixes, and by shape how often which operator holds one (`""`: none does)."""
    shapes: Counter[Shape] = Counter()
    held: dict[Shape, Counter[str]] = defaultdict(Counter)
    operators: Counter[str] = Counter()
    for fix in fixes:
        shape = (fix["end"] - fix["start"], len(fix["replacement"]))
        shapes[shape] += 1
        operator = operator_of(fix) or ""
        held[shape][operator] += 1
        if operator:
            operators[operator] += 1
    return Weights(dict(shapes), dict(operators)), dict(held)


def read_fixes(data: Path, split: str) -> Iterator[dict[str, Any]]:
    """The mined fixes of one split, from `fixes.jsonl.gz` or the parts in `fixes/`."""
    for path in [data / "fixes.jsonl.gz"] if (data / "fixes.jsonl.gz").exists() else sorted(data.glob("fixes/*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                fix = json.loads(line)
                if fix.get("split") == split:  # what else is there is the file's head
                    yield fix


def main() -> None:
    """Measure the grammar on mined fixes and write the weights."""
    parser = argparse.ArgumentParser(description="measure the grammar of changes on mined fixes")
    parser.add_argument("--data", type=Path, required=True, help="folder with the mined fixes; weights.json goes there")
    parser.add_argument("--limit", type=int, default=20_000, help="fixes of each split to look at")
    arguments = parser.parse_args()
    for split in ("train", "dev"):
        fixes = list(read_fixes(arguments.data, split))
        random.Random(0).shuffle(fixes)
        fixes = fixes[: arguments.limit]
        weights, held = measure(fixes)
        if split == "train":
            weights.write(arguments.data / "weights.json")
        print(f"{split}: {len(fixes)} fixes")
        for shape, counts in sorted(held.items(), key=lambda item: -sum(item[1].values())):
            total = sum(counts.values())
            print(f"  {shape[0]}>{shape[1]}: {total} fixes, {(total - counts['']) / total:.1%} held")
    operators = sorted(weights.operators.items(), key=lambda item: -item[1])
    print("  ".join(f"{name} {count:g}" for name, count in operators))


if __name__ == "__main__":
    main()
