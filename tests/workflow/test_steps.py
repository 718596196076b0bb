"""Single steps of a run, on a real journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import pytest

from reasoncli.domain import Baseline, Evidence, Form, Snapshot, Suspect, Task, TestPlan, TestReport
from reasoncli.errors import ConflictError
from reasoncli.events import Emitter
from reasoncli.models.interface import Ability, ModelInfo
from reasoncli.models.recorded import RecordedSampler, Recording
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.manifest import Manifest
from reasoncli.runs.request import FixRequest
from reasoncli.runs.store import Store
from reasoncli.settings.loading import load_settings
from reasoncli.workflow.beginning import begin
from reasoncli.workflow.host import Alone
from reasoncli.workflow.proposing import FromModel
from tests.runs.samples import ISSUE

PROVIDER = SimpleNamespace(description="local")
REPORT = TestReport(MappingProxyType({}), Evidence.STRUCTURED, 1, 0.1)
BASELINE = Baseline(REPORT, REPORT, (), (), (), MappingProxyType({}), ())
REPAIRS = ModelInfo("m.gguf", "a" * 64, frozenset({Ability.LINE_REPAIR}), 4096, False, "CPU")
CHATS = ModelInfo("c.gguf", "c" * 64, frozenset({Ability.CHAT}), 4096, False, "CPU")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[RunJournal]:
    with Store(tmp_path / "store").create(ISSUE, tmp_path) as run:
        yield run


@pytest.fixture
def task(tmp_path: Path) -> Task:
    (tmp_path / "m.py").write_text("def f(a, b):\n    return a - b\n")
    return Task(Snapshot(tmp_path, tmp_path, "c" * 40, "t" * 64, False, {"m.py": ""}), ISSUE, TestPlan("pytest"))


def request(task: Task) -> FixRequest:
    return FixRequest(task.snapshot.repository, ISSUE, load_settings({}, repository=None), 1)


def begun(journal: RunJournal, task: Task, info: ModelInfo, adviser: ModelInfo | None = None) -> Manifest | None:
    record = journal.load()
    begin(journal, request(task), record if record.manifest else None, task, PROVIDER, info, adviser)  # type: ignore[arg-type]
    return journal.load().manifest


def test_a_run_goes_on_with_no_other_model_however_often_it_is_tried(journal: RunJournal, task: Task) -> None:
    first = begun(journal, task, REPAIRS, CHATS)
    for other, adviser in ((replace(REPAIRS, digest="b" * 64), CHATS), (REPAIRS, None), (REPAIRS, REPAIRS)):
        for _ in range(2):
            with pytest.raises(ConflictError, match="model"):
                begun(journal, task, other, adviser)
            assert journal.load().manifest == first
    assert begun(journal, task, REPAIRS, CHATS) == first


def test_a_model_that_can_not_score_is_not_asked_for_its_doubt(journal: RunJournal, task: Task) -> None:
    sampler = RecordedSampler(REPAIRS, [Recording(" return a + b")])
    journal.suspects([Suspect("m.py", 2, "f", 1, 2, 0.9)])
    proposing = FromModel(request(task), journal.load(), journal, Emitter(()), Alone())
    proposing.localize(task, BASELINE)
    plan = proposing.plan(task, BASELINE, sampler)
    assert {each.form for each in plan.prompts} == {Form.LINE_REPAIR}
    assert journal.load().prompts == plan.prompts
