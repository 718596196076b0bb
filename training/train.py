"""Train on prepared shards: on one GPU, or on CPU cores with a process for each. Resumable at any time.

    python -m training.train --data DIR [--minutes M] [--steps N] [--decay] [--width D --layers N --hidden H]

Every run goes on from DIR/checkpoint.pt where there is one, and writes it every few minutes and at its end. With
`--decay` the learning rate goes down to nothing over the minutes, and the result is DIR/trained.pt beside the
checkpoint, which stays as it was: train on from that, decay again later.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed
from torch.nn import functional

from training.batches import Batch, collate
from training.examples import Example
from training.grouping import batched, next_group, turns
from training.model import Model, Shape
from training.optimizer import Optimizer

_WARM_UP = 60  # steps
_SAVE = 300.0  # seconds
_SAY = 20  # steps
_LAST = 0.02  # of the learning rate, at the end of its decay


@dataclass(slots=True)
class Sums:
    """What was seen since the last line of the log: losses in nats."""

    values: torch.Tensor = field(default_factory=lambda: torch.zeros(6, dtype=torch.float64))

    def add(self, batch: Batch, losses: torch.Tensor, hits: torch.Tensor) -> None:
        """Take a batch in."""
        a, f = batch.answers, ~batch.answers
        self.values += torch.tensor(
            [losses[a].sum(), a.sum(), losses[f].sum(), f.sum(), hits[a].sum(), batch.tokens], dtype=torch.float64
        )

    def words(self) -> str:
        """Answer loss and accuracy by token, loss over functions."""
        answer, answers, fluency, fluents, hits, _ = self.values.tolist()
        loss, hit, code = answer / max(answers, 1), hits / max(answers, 1), fluency / max(fluents, 1)
        return f"answers {loss:.4f} hit {hit:.4f} code {code:.4f}"


@dataclass(slots=True)
class Seen:
    """How far training has come: shards done in this epoch, those at work, their batches, tokens and steps of all."""

    epoch: int = 0
    done: list[str] = field(default_factory=list)
    group: list[str] = field(default_factory=list)
    batches: int = 0
    tokens: int = 0
    steps: int = 0


class Trainer:
    """One process of a training run."""

    def __init__(self, arguments: argparse.Namespace, rank: int, world: int) -> None:
        self._arguments = arguments
        self._rank, self._world = rank, world
        self._data: Path = arguments.data
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._seen = Seen()
        torch.manual_seed(arguments.seed)
        vocabulary = len(json.loads((self._data / "tokenizer.json").read_text())["model"]["vocab"])
        shape = Shape(vocabulary, arguments.width, arguments.layers, arguments.head, arguments.hidden)
        known = self._data / "checkpoint.pt"
        state: dict[str, Any] | None = torch.load(known, map_location="cpu") if known.exists() else None
        self.model = Model(Shape(**state["shape"]) if state else shape)
        if state:
            self.model.load_state_dict(state["model"])
            self._seen = Seen(**state["seen"])
        self.model.to(self._device).train()
        self._optimizer = Optimizer(self.model)
        if state:
            self._optimizer.restore(state["optimizer"])

    def run(self) -> None:
        """Train for the minutes, and save."""
        arguments, seen = self._arguments, self._seen
        rng = np.random.default_rng((arguments.seed, self._rank, seen.steps))
        began = saved = time.time()
        sums, said = Sums(), began
        self._say(f"{sum(p.numel() for p in self.model.parameters()):,} parameters, {self.model.shape}, from {seen}")
        gathered, start = 0, seen.steps
        for examples in self._batches():
            batch = collate(examples, rng).to(self._device)
            logits = self.model(batch.ids, batch.positions, batch.mask, batch.selected).float()
            losses = functional.cross_entropy(logits, batch.targets, reduction="none")
            ((losses * batch.weights).sum() / batch.weights.sum() / arguments.gather).backward()
            sums.add(batch, losses.detach(), logits.argmax(-1) == batch.targets)
            gathered += 1
            if gathered % arguments.gather:
                continue
            over = (time.time() - began) / 60 / arguments.minutes
            part = self._average(max(over, (seen.steps - start) / arguments.steps))
            warm = min(1.0, (seen.steps + 1) / _WARM_UP)
            self._optimizer.step(warm * (max(_LAST, 1 - part) if arguments.decay else 1.0))
            seen.steps += 1
            if seen.steps % _SAY == 0:
                values = self._sum(sums.values)
                seen.tokens += int(values[5])
                pace = values[5] / (time.time() - said)
                self._say(f"step {seen.steps} tokens {seen.tokens:,} ({pace:.0f}/s) {Sums(values).words()}")
                sums, said = Sums(), time.time()
            if part >= 1:
                break
            if not arguments.decay and time.time() - saved > _SAVE:
                saved = time.time()
                self._save("checkpoint.pt")
        self._save("trained.pt" if arguments.decay else "checkpoint.pt")

    def _batches(self) -> Iterator[list[Example]]:
        """The share of this process, from where the last run left off, epoch after epoch.

        Shards may be added while it goes on; they are seen in the epoch at work.
        """
        seen = self._seen
        while True:
            shards = self._data / "shards"
            group = self._agreed([path for name in seen.group if (path := shards / name).exists()])
            if not group or len(group) < len(seen.group):  # nothing is at work, or no longer there
                seen.batches = 0
                group = self._agreed(next_group(list(shards.glob("*.npz")), seen.done, seen.epoch))
            seen.group = [path.name for path in group]
            if not group and not seen.done:
                raise SystemExit(f"no shards in {self._data}: python -m training.prepare makes them")
            batches = batched(group, self._arguments.batch, seen.epoch) if group else []
            for number in turns(len(batches), seen.batches, self._rank, self._world):
                seen.batches = number - self._rank + self._world
                yield batches[number % len(batches)]
            seen.done += [path.name for path in group]
            seen.batches, seen.group = 0, []
            if not group:
                seen.epoch, seen.done = seen.epoch + 1, []

    def _agreed(self, group: list[Path]) -> list[Path]:
        """The first process's group: the others may have looked a moment later, when there were more shards."""
        if self._world > 1:
            shared = [group]
            torch.distributed.broadcast_object_list(shared)
            return shared[0]
        return group

    def _average(self, part: float) -> float:
        """Average gradients over the processes, and the part of the time that is over."""
        if self._world == 1:
            return part
        parameters = [p.grad for p in self.model.parameters() if p.grad is not None]
        flat = torch.cat([*(gradient.flatten() for gradient in parameters), torch.tensor([part])])
        torch.distributed.all_reduce(flat)
        flat /= self._world
        start = 0
        for gradient in parameters:
            gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
            start += gradient.numel()
        return float(flat[-1])

    def _sum(self, values: torch.Tensor) -> torch.Tensor:
        if self._world > 1:
            torch.distributed.all_reduce(values)
        return values

    def _say(self, line: str) -> None:
        if self._rank == 0:
            print(line, flush=True)
            with (self._data / "train.log").open("a") as log:
                log.write(line + "\n")

    def _save(self, name: str) -> None:
        if self._rank:
            return
        state = {
            "shape": self.model.shape.as_dict(),
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state(),
            "seen": asdict(self._seen),
        }
        partial = self._data / f"{name}.partial"
        torch.save(state, partial)
        partial.replace(self._data / name)


def _worker(rank: int, arguments: argparse.Namespace, world: int, meeting: str) -> None:
    if not torch.cuda.is_available():
        torch.set_num_threads(1)
    if world > 1:
        torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)
    Trainer(arguments, rank, world).run()
    if world > 1:
        torch.distributed.destroy_process_group()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--steps", type=int, default=sys.maxsize, help="end after so many, though there be time")
    parser.add_argument("--decay", action="store_true")
    parser.add_argument("--batch", type=int, default=4096, help="padded tokens of a batch in one process")
    parser.add_argument("--gather", type=int, default=2, help="batches of a step in one process")
    parser.add_argument("--seed", type=int, default=0)
    for name in ("width", "layers", "head", "hidden"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Shape(), name))
    arguments = parser.parse_args()
    world = 1 if torch.cuda.is_available() else len(os.sched_getaffinity(0))
    if world == 1:
        _worker(0, arguments, 1, "")
    else:
        with tempfile.TemporaryDirectory() as folder:
            meeting = str(Path(folder) / "meeting")
            torch.multiprocessing.spawn(_worker, args=(arguments, world, meeting), nprocs=world)


if __name__ == "__main__":
    main()
