"""Training that begins from the weights of a file says at first what the file says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="it is in the extra `training`: hundreds of MB that nothing else here needs"
)

from reasoncli.models.llama_cpp.bindings import llama_cpp
from training.export import export
from training.model import Model, Shape
from training.vocabulary import ALL_SPECIAL, BUG, CODE, FIX, KEEP, Vocabulary
from training.warm import main, read

SHIPPED = Path(__file__).parents[2] / "reasoncli" / "models" / "weights" / "repair.gguf"
TEXTS = ("def f(a, größe):\n    c = a - größe\n    return c", " c = a - größe")


def test_what_was_exported_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = Vocabulary.learn(["\n".join(TEXTS)] * 9, 400)
    torch.manual_seed(1)
    model: Model = Model(Shape(len(vocabulary), width=64, layers=2, head=32, hidden=96))
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.2)
    path = tmp_path / "model.gguf"
    export({"shape": model.shape.as_dict(), "model": model.state_dict()}, vocabulary, path, "F16")
    monkeypatch.setattr("sys.argv", ["warm", "--data", str(tmp_path), str(path)])
    main()
    state = torch.load(tmp_path / "checkpoint.pt")
    assert Shape(**state["shape"]) == model.shape
    for name, value in model.state_dict().items():
        assert torch.allclose(state["model"][name], value, atol=1e-3), name
    again = Vocabulary.load(tmp_path / "tokenizer.json")
    assert again.tokens() == vocabulary.tokens()
    assert again.encode([*TEXTS, "<keep>"]) == vocabulary.encode([*TEXTS, "<keep>"])
    with pytest.raises(SystemExit, match="would be lost"):
        main()


def test_the_shipped_weights_say_the_same_and_know_tokens_that_they_lacked() -> None:
    torch.set_num_threads(1)
    state, vocabulary = read(SHIPPED)
    assert tuple(vocabulary.tokens()[: len(ALL_SPECIAL)]) == ALL_SPECIAL
    model: Model = Model(Shape(**state["shape"]))
    model.load_state_dict(state["model"])
    model.eval()
    code, question = vocabulary.encode(TEXTS)
    ids = [CODE, *code, BUG, *question, FIX]
    mask = torch.zeros(1, 1, len(ids), len(ids)).masked_fill_(~torch.ones(len(ids), len(ids)).tril().bool(), -1e4)
    with torch.no_grad():
        logits = model(torch.tensor([ids]), torch.arange(len(ids))[None], mask, torch.tensor([len(ids) - 1]))
    ours = logits[0].log_softmax(-1).numpy()
    llama = llama_cpp.Llama(str(SHIPPED), n_ctx=128, logits_all=True, verbose=False)
    added = len(vocabulary) - llama.n_vocab()
    texts = [llama.tokenize(text.encode(), add_bos=False, special=False) for text in TEXTS]
    theirs_ids = [CODE, *texts[0], BUG, *texts[1], FIX]
    assert [each if each <= KEEP else each + added for each in theirs_ids] == ids
    llama.eval(theirs_ids)
    theirs = torch.tensor(np.array(llama.scores[len(ids) - 1])).log_softmax(-1).numpy()
    llama.close()
    known = [*range(KEEP + 1), *range(KEEP + 1 + added, len(vocabulary))]
    assert np.abs(np.exp(ours[known]) - np.exp(theirs)).max() < 0.02


def test_other_tokens_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.warm.ALL_SPECIAL", ("<other>", *ALL_SPECIAL))
    with pytest.raises(ValueError, match="other special tokens"):
        read(SHIPPED)
