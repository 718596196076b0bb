"""The packaged example, with the embedded model as it comes: how likely its fix is among the samples."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from reasoncli.domain import Issue, Prompt, RepairContent, Task
from reasoncli.events import Emitter
from reasoncli.localization.combine import rank
from reasoncli.models.interface import SampleRequest
from reasoncli.models.open import open_sampler
from reasoncli.patches.policy import is_test_file
from reasoncli.patches.tree import SnapshotTree
from reasoncli.prompting.build import build_prompts
from reasoncli.repository import open_repository
from reasoncli.resources import demo_dir
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.local_sandbox import local_provider
from reasoncli.search.interface import View
from reasoncli.search.strategies.best_of_n import BestOfN
from reasoncli.settings.loading import load_settings
from reasoncli.verification.baseline import measure_baseline
from reasoncli.verification.detect import plan_tests
from reasoncli.workflow.demo import lay_out
from reasoncli.workflow.doubt import weigh_by_doubt
from reasoncli.workflow.preparation import drawing

_DRAWS = 4000


def test_the_fix_is_nearly_always_among_the_samples(tmp_path: Path) -> None:
    snapshot = open_repository(lay_out(tmp_path / "roomplan")).snapshot(tmp_path / "snapshot")
    issue = Issue((demo_dir() / "issue.md").read_text("utf-8"), "", "")
    task = Task(snapshot, issue, plan_tests(snapshot))
    baseline = measure_baseline(local_provider(snapshot, LocalConfig(python=sys.executable)), task, Emitter())
    tree, targets = SnapshotTree.of(snapshot), [target.id for target in baseline.targets]
    suspects = rank(tree, issue, is_test=is_test_file, report=baseline.first, targets=targets)
    settings = load_settings({}, repository=None, environ={}, user_file=tmp_path / "none.toml")
    sampler = open_sampler("embedded")
    try:
        prompts: list[Prompt] = build_prompts(
            sampler.info.abilities, issue, suspects, tree.read, [],
            count_tokens=sampler.count_tokens, context=sampler.info.context,
        )  # fmt: skip
        prompts = weigh_by_doubt(prompts, sampler)
        lines = {each.content.line: each for each in prompts if isinstance(each.content, RepairContent)}
        faulty = lines["if room.seats <= seats:"]
        law = drawing(settings, sampler.info)
        request = SampleRequest(faulty, _DRAWS, seed=1, temperature=law.temperature, top_p=law.top_p, min_p=law.min_p)
        right = sum(
            each.count
            for each in sampler.sample([request], threading.Event())
            if each.text.strip() == "if room.seats < seats:"
        )
    finally:
        sampler.close()
    samples = settings.search.samples
    requests = BestOfN(tuple(prompts), samples, seed=0, first=samples).propose(View(0, 0, (), 0))
    asked = sum(each.n for each in requests or () if each.prompt == faulty)
    assert 1 - (1 - right / _DRAWS) ** asked > 0.99
