"""One whole `reasoncli fix` against the plain way: one sample at a time, a fresh container for each, the whole suite.

    python -m benchmarks.fix [--repository DIR --issue SOURCE] [--samples 64] [-- OPTIONS OF FIX]

Without a repository the packaged example is fixed. Both ways start with the image built and a baseline to measure, and
judge the same proposals: those that the fix made, in their order, equal samples as often as they were drawn. The plain
way knows no ranking: it draws as many samples with `Llama.create_completion` as there are proposals, for the time that
takes. Both decide by the same rule.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks.verification.bench import plain
from reasoncli.domain import Baseline, Candidate, Completion, Patch, Prompt, Task
from reasoncli.events import Emitter
from reasoncli.models.profile import read_profile
from reasoncli.patches.completions import parse
from reasoncli.patches.tree import SnapshotTree
from reasoncli.reports.words import proposals
from reasoncli.repository import open_repository
from reasoncli.resources import demo_dir, weights_path
from reasoncli.runs.record import RunRecord
from reasoncli.runs.request import FixRequest
from reasoncli.runs.store import Store
from reasoncli.search.pool import Pool
from reasoncli.verification.baseline import BaselineOptions, measure_baseline
from reasoncli.verification.detect import plan_tests
from reasoncli.voting.ballot import decide
from reasoncli.workflow import preparation
from reasoncli.workflow.demo import lay_out

GOAL = 8.0


def command(*arguments: object, state: Path) -> tuple[float, str]:
    """Run the tool; its wall-clock seconds and what it printed."""
    environment = {**os.environ, "REASONCLI_STATE_DIR": str(state)}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "reasoncli", *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(done.returncode)
    return time.perf_counter() - started, done.stdout


def drawn_one_by_one(prompts: list[Prompt], completions: list[Completion]) -> float:
    """Seconds that `Llama.create_completion` takes for as many samples of the same prompts, one after another."""
    from llama_cpp import Llama

    by_id = {prompt.id: prompt for prompt in prompts}
    encoder = read_profile(weights_path()).encoder
    model = Llama(str(weights_path()), n_ctx=512, verbose=False, n_threads=os.cpu_count())
    started = time.perf_counter()
    for completion in completions:
        prompt = by_id[completion.prompt]
        tokens: list[int] = []
        for text, special in encoder.segments(prompt):
            tokens += model.tokenize(text.encode(), add_bos=False, special=special)
        for _ in range(completion.count):
            model.create_completion(tokens, max_tokens=prompt.max_tokens, temperature=1.0, top_p=1.0, top_k=0)
    return time.perf_counter() - started


def judged_one_by_one(record: RunRecord, request: FixRequest) -> tuple[float, float, str]:
    """The plain way over the samples of a run: seconds for the baseline, for judging, and the diff it decides for."""
    settings = request.settings
    emit = Emitter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "tree"
        snapshot = open_repository(request.repository).snapshot(folder)
        task = Task(snapshot, request.issue, plan_tests(snapshot, command=settings.tests.test_command))
        provider = preparation.open_provider(snapshot, settings, "benchmark", lambda line: None)
        stack.callback(provider.close)
        started = time.perf_counter()
        baseline: Baseline = measure_baseline(provider, task, emit, BaselineOptions())
        measured = time.perf_counter()
        prompts = {prompt.id: prompt for prompt in record.prompts}
        tree, policy = SnapshotTree.of(snapshot), preparation.policy(settings)
        pool = Pool(lambda completion: parse(completion, prompts[completion.prompt], tree, policy))
        for single in singles(record):
            candidate = pool.add(single)
            if candidate is not None:
                verdict = plain(provider, task, baseline, candidate.patch)
                pool.judge(candidate.patch.execution_key, replace(verdict, clean=True))  # whole, in a new container
            pool.close_batch(single.batch)
        candidates: list[Candidate] = pool.candidates()
        decision = decide(candidates, targets=len(baseline.targets), samples=pool.samples, ranked=pool.ranked)
        ended = time.perf_counter()
        chosen: Patch | None = next((each.patch for each in candidates if each.index == decision.chosen), None)
    return measured - started, ended - measured, chosen.diff if chosen else ""


def singles(record: RunRecord) -> Iterator[Completion]:
    """The proposals of a run, each by itself."""
    for batch in record.recorded.batches:
        for completion in batch:
            for _ in range(completion.count):
                yield replace(completion, count=1)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repository", type=Path)
    parser.add_argument("--issue")
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("more", nargs="*", help="options for reasoncli fix, after --")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        repository = arguments.repository or lay_out(Path(folder) / "example")
        issue = arguments.issue or demo_dir() / "issue.md"
        options = ("--no-reuse", "--dry-run", "--samples", arguments.samples, "--seed", arguments.seed, "--json")
        command("fix", repository, "--issue", issue, "--samples", 1, "--dry-run", *arguments.more, state=state)
        ours, printed = command("fix", repository, "--issue", issue, *options, *arguments.more, state=state)
        result = json.loads(printed)
        record = Store(state).read(result["run"]["id"])
        if record.request is None:
            sys.exit("the run left no request")
        drawing = drawn_one_by_one(list(record.prompts), [each for batch in record.recorded.batches for each in batch])
        base, judging, diff = judged_one_by_one(record, record.request)
    made = proposals(record.head.samples, record.head.ranked)
    same = "the same" if diff == (result["patch"] or {}).get("diff", "") else "another"
    rows = [
        ("reasoncli fix, everything", ours, ours / ours),
        ("plain: baseline", base, base / ours),
        ("plain: drawing one by one", drawing, drawing / ours),
        ("plain: judging one by one", judging, judging / ours),
        ("plain, everything", base + drawing + judging, (base + drawing + judging) / ours),
    ]
    print(f"{made}; {len(record.candidates)} distinct patches, decision: {result['status']}")
    print(f"{'':<28}{'seconds':>9}{'times ours':>12}")
    for name, seconds, ratio in rows:
        print(f"{name:<28}{seconds:>9.1f}{ratio:>12.1f}")
    print(f"the plain way decides for {same} patch; goal: at least {GOAL:g} times, the same patch")


if __name__ == "__main__":
    main()
