"""Verified traces of runs as training data: what passed the tests is kept, what did not is rejected.

    python -m training.traces --data DIR --state STATE [--copies N]

Reads the runs of a state folder of reasoncli, of models that repair lines, and writes DIR/traces.jsonl.gz (what was
seen, for people) and DIR/shards/traces-*.npz, which the next `python -m training.train` mixes with the other shards;
those of an earlier call go.
The reward is the tests': a patch that turns every target green and breaks no guard is an answer to the lines that it
changes; lines at which only patches failed are lines to keep. What no corpus may hold is left out, as
`training.collect` leaves it out (`exclusions.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoncli import python_source
from reasoncli.domain import Candidate, Prompt, RepairContent, VerdictKind
from reasoncli.runs.record import RunRecord
from reasoncli.runs.store import Store
from training import exclusions
from training.bugs import MOST_LINES
from training.collect import likeness
from training.collect import store as files
from training.examples import LONGEST, Example, Hint, make_example
from training.hunk import Hunk
from training.shards import SHARD, write_shard
from training.vocabulary import SPECIAL, Vocabulary

_NAME = re.compile(r"\s*(?:async )?def (\w+)")
_RIGHT = 3  # answers of a run that are learned, those with the most votes


@dataclass(frozen=True, slots=True)
class Trace:
    """What a run showed of one function.

    Attributes:
        run: its id.
        path: file of the function.
        lines: the function as the model was shown it.
        hints: what stood before it, as (special token without brackets, text).
        right: what passes, with the most votes first.
        wrong: places, as (start, end), at which patches were tried and none passed.
    """

    run: str
    path: str
    lines: tuple[str, ...]
    hints: tuple[tuple[str, str], ...]
    right: tuple[Hunk, ...]
    wrong: tuple[tuple[int, int], ...]

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        right = [[hunk.start, hunk.end, list(hunk.replacement)] for hunk in self.right]
        return {
            "run": self.run,
            "path": self.path,
            "lines": list(self.lines),
            "hints": [list(hint) for hint in self.hints],
            "right": right,
            "wrong": [list(place) for place in self.wrong],
        }


def traces(record: RunRecord) -> Iterator[Trace]:
    """The functions of a run in which a patch passed; of a run without one nothing can be learned."""
    prompts = {prompt.id: prompt for prompt in record.prompts}
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[Candidate, Hunk]]] = {}
    hints: dict[tuple[str, tuple[str, ...]], tuple[tuple[str, str], ...]] = {}
    for candidate in sorted(record.candidates, key=lambda each: -each.votes):
        prompt = next((prompts[each] for each in candidate.prompts if each in prompts), None)
        if candidate.verdict is None or prompt is None or not isinstance(prompt.content, RepairContent):
            continue
        lines = tuple(prompt.content.function.split("\n"))
        hunk = _hunk(candidate, prompt, lines)
        if hunk is not None:
            function = prompt.region.path if prompt.region else "", lines
            groups.setdefault(function, []).append((candidate, hunk))
            hints[function] = prompt.content.hints
    for (path, lines), tried in groups.items():
        right = [hunk for candidate, hunk in tried if _passes(candidate)]
        if not right:
            continue
        touched = {index for hunk in right for index in range(hunk.start, max(hunk.end, hunk.start + 1))}
        places = {(hunk.start, hunk.end) for _, hunk in tried if hunk.start < hunk.end}
        wrong = sorted(place for place in places if touched.isdisjoint(range(*place)))
        told = hints[path, lines]
        yield Trace(record.head.id, path, lines, told, tuple(dict.fromkeys(right))[:_RIGHT], tuple(wrong))


def why_excluded(trace: Trace, references: exclusions.References) -> str | None:
    """Why nothing may be learned of a function, by any of the filters but that of sources; `None` if it may."""
    named = _NAME.match(trace.lines[0])
    return (
        exclusions.excluded_path(trace.path)
        or exclusions.excluded_name(named[1] if named else "")
        or references.why(trace.lines, likeness.tokens(trace.lines))
    )


def _passes(candidate: Candidate) -> bool:
    verdict = candidate.verdict
    return verdict is not None and verdict.kind is VerdictKind.FIXES and not verdict.suspicions


def _hunk(candidate: Candidate, prompt: Prompt, lines: Sequence[str]) -> Hunk | None:
    """What a patch changes in the function as it was shown; `None` where that can't be said in a few lines."""
    region = prompt.region
    content = next((each.content for each in candidate.patch.changes if region and each.path == region.path), None)
    if region is None or content is None:
        return None
    module, source = python_source.parse(content), python_source.decode(content)
    if module is None or source is None:
        return None
    for _, definition in python_source.definitions(module):
        if definition.lineno <= region.start <= (definition.end_lineno or 0):
            printed = python_source.unit_lines(definition, source)[len(definition.decorator_list) :]
            hunk = Hunk.between(lines, [line.printed for line in printed])
            if 0 < max(hunk.end - hunk.start, len(hunk.replacement)) <= MOST_LINES:
                return hunk
    return None


def examples(trace: Trace, vocabulary: Vocabulary, rng: random.Random) -> Iterator[Example]:
    """Questions of a trace: each answer that passed, beside lines to keep that the search had doubted."""
    hints: list[Hint] = [(SPECIAL.index(f"<{kind}>"), text) for kind, text in trace.hints if f"<{kind}>" in SPECIAL]
    changed = {index for hunk in trace.right for index in range(hunk.start, max(hunk.end, hunk.start + 1))}
    for hunk in trace.right:
        example = make_example(
            trace.lines, [hunk], hints, vocabulary, rng, LONGEST, doubted=trace.wrong, spared=changed
        )
        if example is not None:
            yield example


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True, help="state folder of reasoncli, as its --state-dir")
    parser.add_argument("--copies", type=int, default=1, help="how often each example stands in the shards")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    data: Path = arguments.data
    runs = Store(arguments.state)
    entries = [entry for entry in runs.entries() if entry.head is not None]
    references = exclusions.References.load(data)
    every = [trace for entry in entries for trace in traces(runs.read(entry.id))]
    found = [trace for trace in every if why_excluded(trace, references) is None]
    files.write(data / "traces.jsonl.gz", (trace.as_json() for trace in found))
    vocabulary, rng = Vocabulary.load(data / "tokenizer.json"), random.Random(arguments.seed)
    made = [each for _ in range(arguments.copies) for trace in found for each in examples(trace, vocabulary, rng)]
    rng.shuffle(made)
    for old in (data / "shards").glob("traces-*.npz"):
        old.unlink()
    of = hashlib.sha256(" ".join(sorted(trace.run for trace in found)).encode()).hexdigest()[:8]
    for number, start in enumerate(range(0, len(made), SHARD)):  # a name of their own: training knows shards by it
        write_shard(data / "shards" / f"traces-{of}-{number:04}.npz", made[start : start + SHARD])
    solved, rejected = len({trace.run for trace in found}), sum(len(trace.wrong) for trace in found)
    print(
        f"{len(entries)} runs, {solved} of them with a patch that passes: {sum(len(each.right) for each in found)} "
        f"answers to learn, {rejected} places to keep, {len(made)} examples; {len(every) - len(found)} functions "
        "kept out"
    )


if __name__ == "__main__":
    main()
