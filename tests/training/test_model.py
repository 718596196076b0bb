"""The network learns, goes on after an interruption, and says the same through llama.cpp."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="it is in the extra `training`: hundreds of MB that nothing else here needs"
)

from torch import Tensor

from reasoncli.models.llama_cpp.bindings import llama_cpp
from training.batches import collate
from training.examples import Example, make_example
from training.export import export
from training.grouping import batched
from training.hunk import Hunk
from training.model import Model, Shape
from training.shards import write_shard
from training.train import Trainer
from training.vocabulary import BUG, CODE, FIX, Vocabulary

LINES = ("def f(a, b):", "    c = a + b", "    return c")
SIZES = {"width": 64, "layers": 2, "head": 32, "hidden": 96}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)  # two that wait for each other take many times as long on a busy machine


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a vocabulary and shards: `a - b` should be `a + b`."""
    vocabulary = Vocabulary.learn(["\n".join(LINES)] * 9, 400)
    vocabulary.save(tmp_path / "tokenizer.json")
    broken = (LINES[0], "    c = a - b", LINES[2])
    made = [make_example(broken, [Hunk(1, 2, (LINES[1],))], [], vocabulary, random.Random(n), 400) for n in range(64)]
    (tmp_path / "shards").mkdir()
    for number in range(2):
        write_shard(tmp_path / "shards" / f"{number}.npz", [each for each in made if each is not None])
    return tmp_path


def trainer(data: Path, steps: int, decay: bool = False) -> Trainer:
    options = {"minutes": 10, "steps": steps, "decay": decay, "batch": 512, "gather": 1, "seed": 0, "data": data}
    return Trainer(argparse.Namespace(**options, **SIZES), 0, 1)


def model_for(data: Path) -> Model:
    """With weights that make every part matter."""
    torch.manual_seed(1)
    model: Model = Model(Shape(vocabulary=len(Vocabulary.load(data / "tokenizer.json")), context=128, **SIZES))
    model.attention.data.normal_(0, 0.2)
    model.mlp.data.normal_(0, 0.2)
    model.eval()
    return model


def answer_loss(model: Model, examples: list[Example]) -> float:
    batch = collate(examples, np.random.default_rng(0))
    with torch.no_grad():
        logits = model.eval()(batch.ids, batch.positions, batch.mask.float(), batch.selected).float()
    losses = torch.nn.functional.cross_entropy(logits, batch.targets, reduction="none")
    return float(losses[batch.answers].mean())


def test_it_learns_and_goes_on_where_it_stopped(data: Path) -> None:
    examples = batched([data / "shards" / "0.npz"], 512, 0)[0]
    first = trainer(data, 120)
    before = answer_loss(first.model, examples)
    first.model.train()
    first.run()
    middle = answer_loss(first.model, examples)
    assert middle < before / 2
    second = trainer(data, 120, decay=True)
    assert answer_loss(second.model, examples) == pytest.approx(middle, rel=1e-3), "the same weights"
    second.model.train()
    second.run()
    assert answer_loss(second.model, examples) < 0.3
    assert (data / "trained.pt").exists()
    lines = (data / "train.log").read_text().splitlines()
    assert "steps=0" in lines[0]
    assert any("steps=0" not in line and "parameters" in line for line in lines)


def test_a_question_reads_its_function_and_nothing_of_the_others(data: Path) -> None:
    [example, *_] = batched([data / "shards" / "0.npz"], 512, 0)[0]
    model = model_for(data)
    last = Example(example.code, example.fluent, example.questions[-1:])
    together, alone = answer_loss_of_last(model, example), answer_loss_of_last(model, last)
    assert together == pytest.approx(alone, rel=1e-4)


def answer_loss_of_last(model: Model, example: Example) -> float:
    batch = collate([example], np.random.default_rng(0))
    with torch.no_grad():
        logits = model.eval()(batch.ids, batch.positions, batch.mask.float(), batch.selected).float()
    count = len(example.questions[-1][1])
    return float(torch.nn.functional.cross_entropy(logits[-count:], batch.targets[-count:]))


def plain_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """As it is defined, in single precision."""
    assert q.dtype == k.dtype == v.dtype == mask.dtype == torch.float32, "a CPU works in single precision"
    return (q @ k.mT * q.shape[-1] ** -0.5 + mask).softmax(-1) @ v


def test_it_says_and_learns_what_plain_attention_would(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = batched([data / "shards" / "0.npz"], 512, 0)[0]
    assert len(examples) > 1, "some of them with padding"
    batch = collate(examples, np.random.default_rng(0))
    model = model_for(data).train()
    calls = []

    def counted(*args: Tensor) -> Tensor:
        calls.append(1)
        return plain_attention(*args)

    def learned() -> tuple[Tensor, list[Tensor]]:
        logits = model(batch.ids, batch.positions, batch.mask, batch.selected)
        loss = torch.nn.functional.cross_entropy(logits, batch.targets)
        return logits.detach(), list(torch.autograd.grad(loss, list(model.parameters())))

    logits, gradients = learned()
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", counted)
    plain, theirs = learned()
    assert len(calls) == model.shape.layers
    torch.testing.assert_close(logits, plain, rtol=1e-4, atol=1e-4)
    for one, other in zip(gradients, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("kind", "near"), [("F16", 0.01), ("Q8_0", 0.2)])
def test_llama_cpp_reads_the_same_tokens_and_says_the_same(data: Path, kind: str, near: float) -> None:
    model = model_for(data)
    vocabulary = Vocabulary.load(data / "tokenizer.json")
    path = data / "model.gguf"
    export({"shape": model.shape.as_dict(), "model": model.state_dict()}, vocabulary, path, kind)
    code, question = vocabulary.encode(["\n".join(LINES), " c = a - b"])
    ids = [CODE, *code, BUG, *question, FIX]
    n = len(ids)
    mask = torch.zeros(1, 1, n, n).masked_fill_(~torch.ones(n, n).tril().bool(), -1e4)
    with torch.no_grad():
        ours = model(torch.tensor([ids]), torch.arange(n)[None], mask, torch.arange(n)).log_softmax(-1).numpy()
    llama = llama_cpp.Llama(str(path), n_ctx=128, logits_all=True, verbose=False)
    texts = [llama.tokenize(text.encode(), add_bos=False, special=False) for text in ("\n".join(LINES), " c = a - b")]
    assert [CODE, *texts[0], BUG, *texts[1], FIX] == ids
    llama.eval(ids)
    theirs = torch.tensor(np.array(llama.scores[:n])).log_softmax(-1).numpy()
    llama.close()
    assert np.abs(theirs - ours).mean() < near
