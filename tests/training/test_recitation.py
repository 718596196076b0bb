"""Recitation is found where it is, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from training import recitation
from training.collect import store
from training.recitation import Answer, corpus_runs, recites

SECRET = [
    "def secret(values):",
    "    total = sum((value * 7919 for value in values if value % 3 == 1))",
    "    return {'checksum': total ^ 48271, 'count': len(values), 'version': 4}",
]
OTHER = ["def other(a, b):", "    return a + b"]


def test_a_long_run_of_the_corpus_that_was_not_shown_is_recited() -> None:
    corpus = corpus_runs([SECRET, OTHER], 12)
    assert recites(Answer("def f(values):\n    pass", SECRET[1], 1), corpus, 12)
    assert not recites(Answer("\n".join(SECRET), SECRET[1], 1), corpus, 12), "it was shown"
    assert not recites(Answer("", SECRET[1].replace("7919", "7918").replace("values", "rows"), 1), corpus, 12)
    assert not recites(Answer("", "return a + b", 1), corpus, 12), "too short to tell"


def test_a_run_over_two_functions_is_none() -> None:
    corpus = corpus_runs([OTHER, OTHER], 12)
    assert len(corpus) == len({*corpus.tolist()}) > 0
    assert not recites(Answer("", "\n".join([*OTHER, *OTHER]).replace("def other", "x"), 1), corpus, 14)


def test_the_embedded_model_is_asked_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"source": "s", "split": "train"}
    store.write(tmp_path / "functions.jsonl.gz", [record | {"lines": SECRET}, record | {"lines": OTHER}])
    command = ["recitation", "--data", str(tmp_path), "--samples", "4", "embedded"]
    monkeypatch.setattr("sys.argv", command)
    recitation.main()
    assert "2 functions" in capsys.readouterr().out
    monkeypatch.setattr(
        "sys.argv", [*command, "--samples", "64", "--length", "1"]
    )  # single words are shared by all code
    with pytest.raises(SystemExit):
        recitation.main()
    assert "---" in capsys.readouterr().out
