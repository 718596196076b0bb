"""The main job: a run from its request to its decision, begun or gone on with.

The steps, in order: snapshot, sandbox, baseline (while the model loads), localization, prompts, search,
decision, delivery. Each leaves its result in the journal; going on with a run takes from there
what an earlier process finished.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from reasoncli.domain import Baseline, Completion, Decision, Patch, Prompt, Rejection, Snapshot, Suspect, Task, TestPlan
from reasoncli.errors import ConflictError, DiskFullError, Interrupted, RepositoryError, StoreError
from reasoncli.events import BaselineReady, Decided, Emitter, Listener, RunStarted, SuspectsRanked, Warned
from reasoncli.localization.combine import rank
from reasoncli.models.interface import Ability, ModelInfo, Sampler
from reasoncli.models.resolve import EMBEDDED, resolve
from reasoncli.patches.completions import parse
from reasoncli.patches.policy import is_test_file
from reasoncli.patches.tree import SnapshotTree
from reasoncli.prompting.build import build_prompts
from reasoncli.reports.words import moment
from reasoncli.repository import Repository, open_repository, write_patch
from reasoncli.runs.journal import RunJournal, RunRecord, Totals
from reasoncli.runs.manifest import Manifest, versions
from reasoncli.runs.memory import Memory
from reasoncli.runs.request import FixRequest
from reasoncli.runs.store import Store
from reasoncli.sandbox.interface import SandboxProvider
from reasoncli.search.interface import Recorded
from reasoncli.search.loop import Search, SearchResult
from reasoncli.search.strategies.best_of_n import BestOfN
from reasoncli.settings.loading import as_text, worker_count
from reasoncli.verification.baseline import BaselineOptions
from reasoncli.verification.detect import plan_tests
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.rebuild import builds_sources
from reasoncli.verification.verifier import Verifier, VerifierOptions
from reasoncli.voting.ballot import decide
from reasoncli.workflow import preparation
from reasoncli.workflow.delivery import deliver, withheld
from reasoncli.workflow.doubt import weigh_by_doubt
from reasoncli.workflow.loading import Loading
from reasoncli.workflow.remembering import RememberingVerifier, baseline_key, recalled_baseline
from reasoncli.workflow.result import CHOSEN, FixResult
from reasoncli.workflow.upkeep import SCRATCH, clean_up

_EMBEDDED_LIMIT = Warned(
    "the embedded model is good for single-line Python bugs, and for nothing else",
    hint="`reasoncli models list` names larger models by the memory they need; --model takes one.",
)


def fix(request: FixRequest, store: Store, listeners: Sequence[Listener]) -> FixResult:
    """Begin a run and bring it to its decision.

    Raises:
        ReasoncliError: what stands in the way; what was done until then stays in the store.
    """
    _refuse(request)
    clean_up(request.settings, store)
    with store.create(request.issue, request.repository) as journal:
        journal.request(request)
        return _recorded(journal, lambda: _Run(journal, request, None, listeners, Memory(store.root)).go())


def resume(reference: str, store: Store, listeners: Sequence[Listener]) -> FixResult:
    """Go on with a run that was interrupted; one whose patch is where it should be is only shown again.

    Raises:
        UsageError: no such run. StoreError: it is live, or damaged.
        ConflictError: the work tree is not what the run began with.
    """
    with store.open(reference) as journal:
        record = journal.load()
        if record.request is None:
            raise StoreError(f"run {journal.id} ended before it began", hint="Start it again with `reasoncli fix`.")
        request = record.request
        if record.applied is not None and open_repository(request.repository).holds(record.applied):
            return FixResult(record, journal.folder, None, "")
        _refuse(request)
        clean_up(request.settings, store)
        journal.taken_up()
        return _recorded(journal, lambda: _Run(journal, request, record, listeners, Memory(store.root)).go())


def _refuse(request: FixRequest) -> None:
    """What can be known to be wrong before any work is done.

    Raises:
        ModelNotFoundError: no such model. RepositoryError: the branch that shall be made exists.
    """
    resolve(preparation.model_spec(request.settings))
    if request.delivery.branch is not None:
        open_repository(request.repository).check_branch(request.delivery.branch)


def _recorded(journal: RunJournal, work: Callable[[], FixResult]) -> FixResult:
    try:
        return work()
    except Interrupted as error:
        written = "Nothing was written to the repository."
        if journal.load().applied is not None:
            written = f"What it wrote to the repository is taken back by `reasoncli undo {journal.id}`."
        raise Interrupted(
            f"run {journal.id} was interrupted",
            hint=f"{written} `reasoncli runs resume {journal.id}` goes on from here.",
        ) from error
    except Exception:
        with suppress(DiskFullError, StoreError):  # perhaps what it failed by; that one is to be told
            journal.failed()
        raise


class _Run:
    """The steps of one run, in the order in which they stand."""

    def __init__(
        self,
        journal: RunJournal,
        request: FixRequest,
        earlier: RunRecord | None,
        listeners: Sequence[Listener],
        memory: Memory,
    ) -> None:
        self.journal = journal
        self.request = request
        self.settings = request.settings
        self.earlier = earlier
        self.memory = memory
        self.emit = Emitter((journal, *listeners))

    def go(self) -> FixResult:
        repository = open_repository(self.request.repository)
        self.emit(
            RunStarted(
                run=self.journal.id,
                repository=str(self.request.repository),
                issue=self.request.issue.title,
                model=preparation.model_spec(self.settings),
                sandbox=self.settings.sandbox.sandbox.value,
                samples=self.settings.search.samples,
                resumed=self.earlier is not None,
            )
        )
        scratch = self.journal.folder / SCRATCH
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, scratch, ignore_errors=True)
            snapshot = self.snapshot(repository, scratch)
            task = Task(snapshot, self.request.issue, self.plan(snapshot))
            loading = stack.enter_context(Loading(self.settings, self.emit))
            provider = self.provider(snapshot)
            stack.callback(provider.close)
            loading.check()
            pool = SandboxPool(provider, self.emit)
            stack.callback(pool.close)
            baseline = self.baseline(provider, task, pool)
            suspects = self.suspects(task, baseline)
            sampler = loading.result()
            self.begin(task, provider, sampler.info)
            policy = preparation.policy(self.settings)
            options = VerifierOptions(policy, compiles=not builds_sources(task.tests.command))
            judging = Verifier(provider, task, baseline, self.emit, options, pool)
            stack.callback(judging.close)
            judging.prepare(worker_count(self.settings))
            key = self.memory_key(provider, task)
            verifier = RememberingVerifier(judging, self.memory, key, task, baseline, self.settings)
            prompts = self.prompts(task, baseline, suspects, sampler)
            result = self.search(task, baseline, prompts, sampler, verifier)
            decision = self.decide(baseline, result)
            return self.deliver(repository, snapshot, decision, result, verifiable=bool(baseline.targets))

    def snapshot(self, repository: Repository, scratch: Path) -> Snapshot:
        with self.emit.stage("snapshot") as stage:
            shutil.rmtree(scratch, ignore_errors=True)
            snapshot = repository.snapshot(scratch, lambda message: self.emit(Warned(message)))
            stage.summary = f"{len(snapshot.files)} files at {snapshot.commit[:12]}"
            if snapshot.dirty:
                stage.summary += ", with uncommitted changes"
        before = self.earlier.manifest if self.earlier else None
        if before is not None and before.tree_hash != snapshot.tree_hash:
            raise ConflictError(
                "the work tree is not what it was when the run began, so its results don't hold any more",
                hint="Bring it back to that state (git stash, git switch), or start a new run.",
            )
        return snapshot

    def plan(self, snapshot: Snapshot) -> TestPlan:
        tests = self.settings.tests
        return plan_tests(
            snapshot,
            command=tests.test_command,
            selected=tests.tests,
            targets=self.request.targets,
            timeout=tests.test_timeout,
            junit=tests.junit,
            pass_marker=tests.pass_marker,
        )

    def provider(self, snapshot: Snapshot) -> SandboxProvider:
        with self.emit.stage("sandbox", self.settings.sandbox.sandbox.value) as stage:
            lines = 0

            def progress(line: str) -> None:
                nonlocal lines
                lines += 1
                stage.progress(lines, None, line)

            provider = preparation.open_provider(snapshot, self.settings, self.journal.id, progress)
            stage.summary = provider.description
        if not provider.isolated:
            self.emit(
                Warned(
                    "the local sandbox does not isolate: tests and patches run as you, with your files and network",
                    hint="Use it for code that you would run yourself.",
                )
            )
        return provider

    def baseline(self, provider: SandboxProvider, task: Task, pool: SandboxPool) -> Baseline:
        if self.earlier and self.earlier.baseline:
            baseline = self.earlier.baseline
        else:
            with self.emit.stage("baseline", task.tests.command) as stage:
                options = self.baseline_options()
                key = self.memory_key(provider, task)
                baseline = recalled_baseline(pool, task, self.emit, options, self.memory, key)
                stage.summary = f"{baseline.passing} pass, {len(baseline.targets)} to turn green"
                if baseline.reused is not None:
                    stage.summary += f", reused from {moment(baseline.reused)}"
            self.journal.baseline(baseline)
        self.emit(BaselineReady(baseline))
        return baseline

    def baseline_options(self) -> BaselineOptions:
        tests = self.settings.tests
        return BaselineOptions(timeout=tests.baseline_timeout, seed=self.request.seed, guards_seconds=tests.guards_time)

    def memory_key(self, provider: SandboxProvider, task: Task) -> str | None:
        """Under what earlier runs may have left something for this one; `None` if nothing shall be reused or kept."""
        if not self.settings.tests.reuse:
            return None
        return baseline_key(task, provider, self.settings, self.baseline_options())

    def suspects(self, task: Task, baseline: Baseline) -> tuple[Suspect, ...]:
        if self.earlier and self.earlier.suspects:
            suspects = self.earlier.suspects
        else:
            with self.emit.stage("localization") as stage:
                suspects = tuple(
                    rank(
                        SnapshotTree.of(task.snapshot),
                        task.issue,
                        is_test=is_test_file,
                        report=baseline.first,
                        targets=[target.id for target in baseline.targets],
                    )
                )
                stage.summary = f"{len(suspects)} suspect places"
            self.journal.suspects(suspects)
        self.emit(SuspectsRanked(suspects))
        return suspects

    def begin(self, task: Task, provider: SandboxProvider, info: ModelInfo) -> None:
        """Everything the run is made of is known now."""
        request, snapshot = self.request, task.snapshot
        self.journal.manifest(
            Manifest(
                command=request.command,
                repository=str(request.repository),
                commit=snapshot.commit,
                tree_hash=snapshot.tree_hash,
                dirty=snapshot.dirty,
                model=info.name,
                model_digest=info.digest,
                device=info.device,
                sandbox=provider.description,
                test_command=task.tests.command,
                seed=request.seed,
                samples=self.settings.search.samples,
                settings=as_text(self.settings),
                origins={
                    name: str(origin) for name, origin in self.settings.origins.items() if str(origin) != "default"
                },
                versions=versions(),
            )
        )
        before = self.earlier.manifest if self.earlier else None
        if before is not None and before.model_digest != info.digest:
            raise ConflictError(
                f"the model is not the one that the run began with ({before.model})",
                hint="Give it back its model, or start a new run.",
            )

    def prompts(
        self, task: Task, baseline: Baseline, suspects: Sequence[Suspect], sampler: Sampler
    ) -> tuple[Prompt, ...]:
        if self.earlier and self.earlier.prompts:
            return self.earlier.prompts
        info = sampler.info
        failures = [baseline.first.results[each.id] for each in baseline.targets if each.id in baseline.first.results]
        prompts = build_prompts(
            info.abilities,
            task.issue,
            suspects,
            SnapshotTree.of(task.snapshot).read,
            failures,
            count_tokens=sampler.count_tokens,
            context=info.context,
            options=preparation.prompt_options(self.settings, info),
        )
        if Ability.CHAT not in info.abilities and Ability.LINE_REPAIR in info.abilities:
            prompts = weigh_by_doubt(prompts, sampler)
        if not prompts:
            self.emit(_nothing_to_ask(suspects, info.context))
        self.journal.prompts(prompts)
        return tuple(prompts)

    def search(
        self, task: Task, baseline: Baseline, prompts: Sequence[Prompt], sampler: Sampler, verifier: RememberingVerifier
    ) -> SearchResult:
        tree = SnapshotTree.of(task.snapshot)
        policy = preparation.policy(self.settings)
        by_id = {prompt.id: prompt for prompt in prompts}

        def read(completion: Completion) -> Patch | Rejection:
            return parse(completion, by_id[completion.prompt], tree, policy)

        rules = preparation.rules(self.settings, len(baseline.targets))
        with self.emit.stage("search", f"{rules.samples} samples over {len(prompts)} prompts") as stage:
            result = Search(
                strategy=BestOfN(
                    tuple(prompts),
                    rules.samples,
                    self.request.seed,
                    preparation.drawing(self.settings, sampler.info),
                    first=self.settings.search.batch_size,
                ),
                sampler=sampler,
                parse=read,
                verifier=verifier,
                journal=self.journal,
                rules=rules,
                emit=self.emit,
                recorded=self.earlier.recorded if self.earlier else Recorded(),
            ).run()
            stage.summary = f"{result.samples} samples, {result.distinct} distinct"
            if verifier.reused:
                stage.summary += f", {verifier.reused} verdicts reused"
        return result

    def decide(self, baseline: Baseline, result: SearchResult) -> Decision:
        decision = decide(
            result.candidates,
            targets=len(baseline.targets),
            samples=result.samples,
            distinct=result.distinct,
            stopped_early=result.stopped_early,
        )
        totals = Totals(result.tokens, result.model_seconds, result.test_seconds, result.rejected)
        self.journal.decision(decision, result.candidates, totals)
        self.emit(Decided(decision))
        return decision

    def deliver(
        self,
        repository: Repository,
        snapshot: Snapshot,
        decision: Decision,
        result: SearchResult,
        *,
        verifiable: bool,
    ) -> FixResult:
        folder, request = self.journal.folder, self.request
        chosen = next((each for each in result.candidates if each.index == decision.chosen), None)
        reason = withheld(decision, chosen, self.settings.patches, verifiable=verifiable)
        if chosen is None:
            if preparation.model_spec(self.settings) == EMBEDDED:
                self.emit(_EMBEDDED_LIMIT)
            return FixResult(self.journal.load(), folder, None, reason)
        write_patch(folder / CHOSEN, chosen.patch.diff)
        if reason or request.delivery.dry_run:
            return FixResult(self.journal.load(), folder, None, reason or "--dry-run writes nothing")
        with self.emit.stage("apply"):
            try:
                applied, patch_file = deliver(
                    chosen,
                    snapshot,
                    request.issue,
                    repository=repository,
                    delivery=request.delivery,
                    trailer=self.settings.patches.trailer,
                    announce=self.journal.applied,
                )
            except (ConflictError, RepositoryError, DiskFullError) as error:
                hint = f"{error.hint} The patch is kept: git apply {shlex.quote(os.fspath(folder / CHOSEN))}".strip()
                raise type(error)(f"{error}; nothing was written", hint=hint) from error
        if applied is not None:
            self.journal.applied(applied)
        return FixResult(self.journal.load(), folder, patch_file, "")


def _nothing_to_ask(suspects: Sequence[Suspect], context: int) -> Warned:
    """Why there is no prompt."""
    if not suspects:
        return Warned("nothing in the repository looks suspect, so there is nothing to ask the model")
    return Warned(
        f"no suspect place can be shown to the model: a prompt and its answer have {context:,} tokens",
        hint="Name a larger --context if the model has it, or lower --max-tokens and --thinking-tokens.",
    )
