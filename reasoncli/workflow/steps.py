"""The steps of one run, from the snapshot of the repository to the delivery of the patch."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TypeVar

from reasoncli.claims.running import Issued
from reasoncli.domain import (
    Baseline,
    Completion,
    Decision,
    Patch,
    Rejection,
    Reproduction,
    Snapshot,
    Task,
    Verdict,
)
from reasoncli.errors import ConflictError, DiskFullError, OutOfTime, RepositoryError
from reasoncli.events import BaselineReady, Decided, Emitter, RunStarted, Warned
from reasoncli.metering.meter import Meter
from reasoncli.models.interface import Sampler
from reasoncli.patches.completions import parse
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import SnapshotTree
from reasoncli.reports.words import moment, proposals
from reasoncli.repository import Repository, open_repository, write_patch
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.memory import Memory
from reasoncli.runs.record import RunRecord, Totals
from reasoncli.runs.request import FixRequest
from reasoncli.sandbox.interface import SandboxProvider
from reasoncli.search.interface import PatchVerifier, Recorded
from reasoncli.search.loop import TIME_IS_UP, Search, SearchResult
from reasoncli.search.strategies.rationed import Rationed
from reasoncli.settings.loading import worker_count
from reasoncli.verification.baseline import BaselineOptions
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.rebuild import builds_sources
from reasoncli.verification.verifier import Verifier, VerifierOptions
from reasoncli.voting.ballot import decide
from reasoncli.workflow import preparation
from reasoncli.workflow.asking import Ask
from reasoncli.workflow.beginning import begin, planned_tests, sandboxes, taken
from reasoncli.workflow.claiming import ClaimingVerifier, issued
from reasoncli.workflow.comparing import Compared, Comparing
from reasoncli.workflow.confirming import Confirming
from reasoncli.workflow.consulting import Consultant, consultant
from reasoncli.workflow.delivery import deliver, withheld
from reasoncli.workflow.host import Host
from reasoncli.workflow.judging import Judging, judging
from reasoncli.workflow.keeping_reproduced import with_tests
from reasoncli.workflow.limit import TimeLimit
from reasoncli.workflow.proposing import Plan, proposing
from reasoncli.workflow.remembering import RememberingVerifier, baseline_key, recalled_baseline
from reasoncli.workflow.reproducing import Reproducing
from reasoncli.workflow.result import CHOSEN, FixResult
from reasoncli.workflow.spending import MeteredLoading
from reasoncli.workflow.upkeep import SCRATCH
from reasoncli.workflow.watching import Watching

_T = TypeVar("_T")


class Steps:
    """The steps of one run, in the order in which they are taken. Each leaves its result in the journal."""

    def __init__(
        self,
        journal: RunJournal,
        request: FixRequest,
        earlier: RunRecord | None,
        emit: Emitter,
        memory: Memory,
        ask: Ask | None,
        host: Host,
        limit: TimeLimit,
        meter: Meter,
    ) -> None:
        self._journal = journal
        self._host = host
        self._meter = meter
        self._request = request
        self._settings = request.settings
        self._earlier = earlier
        self._memory = memory
        self._ask = ask
        self._limit = limit
        self._told = False  # that the time was too short
        self._emit = emit
        self._proposing = proposing(request, earlier, journal, self._emit, self._host)

    def go(self) -> FixResult:
        """Take them all, but for those that an earlier process finished; raises what they raise."""
        repository = open_repository(self._request.repository)
        self._emit(
            RunStarted(
                run=self._journal.id,
                repository=str(self._request.repository),
                issue=self._request.issue.title,
                model=self._proposing.name,
                sandbox=self._settings.sandbox.sandbox.value,
                samples=self._proposing.proposals,
                resumed=self._earlier is not None,
            )
        )
        scratch = self._journal.folder / SCRATCH
        metered = partial(MeteredLoading, meter=self._meter, settings=self._settings, here=not self._host.shared_model)
        with ExitStack() as stack:
            stack.callback(self._memory.trim)
            stack.callback(shutil.rmtree, scratch, ignore_errors=True)
            with self._limit.guard():
                snapshot = taken(repository, scratch, self._earlier, self._emit)
                task = Task(snapshot, self._request.issue, planned_tests(snapshot, self._request))
                loading = metered(stack.enter_context(self._proposing.ready()))
                consulted = consultant(
                    stack,
                    self._request,
                    loading,
                    self._earlier,
                    self._journal,
                    self._emit,
                    metered,
                    self._limit.check_asking,
                )
                cluster = stack.enter_context(self._host.cluster(self._settings, self._emit))
                if cluster is not None:
                    search = replace(self._settings.search, workers=cluster.slots)
                    self._settings = replace(self._settings, search=search)
                provider = sandboxes(snapshot, self._settings, self._journal.id, self._emit, cluster)
                stack.callback(provider.close)
                self._meter.count_beside(lambda: provider.cpu_seconds)
                loading.check()
                pool = SandboxPool(provider, self._emit, self._host.slot)
                stack.callback(pool.close)
                baseline = self._baseline(provider, task, pool)
                issue = self._issue(task, pool, isolated=provider.isolated)
                suspects = self._proposing.localize(task, baseline)
                sampler = loading.result()
                adviser = consulted.info if consulted is not None else None
                begin(self._journal, self._request, self._earlier, task, provider, sampler.info, adviser)
                plan = self._proposing.plan(task, baseline, sampler)
                thorough, isolated = plan.exhaustive, provider.isolated
                reproducing = Reproducing(task, baseline, suspects, pool, self._settings, self._journal, self._emit)
                tests = reproducing.tests(consulted, self._earlier, baseline, isolated=isolated, thorough=thorough)
                plan = replace(plan, exhaustive=thorough or bool(tests))  # votes alone don't settle the choice any more
                recorded = self._earlier.recorded if self._earlier else Recorded()
            verifier, result = self._judged(stack, provider, task, baseline, pool, issue, plan, sampler, recorded)
            verdicts = [each.verdict for each in result.candidates if each.verdict is not None]
            if thorough and in_vain(baseline, verdicts) and not self._limit.over:
                baseline = self._without_targets(baseline)
                asked = partial(reproducing.tests, consulted, self._earlier, baseline)
                tests = self._in_time(lambda: asked(isolated=isolated, thorough=thorough), ())
                recorded = replace(self._journal.load().recorded, verdicts=())
                verifier, result = self._judged(stack, provider, task, baseline, pool, issue, plan, sampler, recorded)
            confirming = Confirming(verifier, self._journal, self._emit, len(baseline.targets))
            if tests and not self._hurried(result):
                judged = partial(reproducing.judged, result.candidates, tests, confirming, len(baseline.targets))
                result = replace(result, candidates=self._in_time(judged, result.candidates))
            willing = None if self._limit.used_up is not None else consulted
            judges = judging(willing, self._settings, task.issue, len(baseline.targets), self._emit)
            key = self._memory_key(provider, task)
            watching = Watching(task, baseline, pool, worker_count(self._settings), self._memory, key)
            targets = len(baseline.targets)
            compare = partial(self._compare, watching, targets, confirming, result, judges, thorough=thorough)
            compared = self._in_time(compare, Compared(result.candidates))
            result = replace(result, candidates=compared.candidates)
            decision = self._decided(baseline, result, compared)
            if self._settings.patches.keep_test and decision.chosen is not None:
                keep = partial(self._with_kept_tests, decision.chosen, result, task, pool, tests, reproducing)
                result = self._in_time(keep, result)
            self._record(decision, result, consulted)
            return self._deliver(repository, snapshot, decision, result, verifiable=bool(baseline.targets))

    def _in_time(self, work: Callable[[], _T], otherwise: _T) -> _T:
        """What comes of work that the decision can do without; `otherwise` where the time ends first."""
        try:
            with self._limit.guard():
                return work()
        except OutOfTime:
            if not self._told:
                self._told = True
                spent = self._limit.used_up
                why = TIME_IS_UP if spent is None else spent.reason
                self._emit(Warned(f"{why}: it is decided by what was judged until now"))
            return otherwise

    def _hurried(self, result: SearchResult) -> bool:
        """Whether nothing long is to follow."""
        return out_of_time(result) or self._limit.over

    def _judged(
        self,
        stack: ExitStack,
        provider: SandboxProvider,
        task: Task,
        baseline: Baseline,
        pool: SandboxPool,
        issue: Issued | None,
        plan: Plan,
        sampler: Sampler,
        recorded: Recorded,
    ) -> tuple[PatchVerifier, SearchResult]:
        """All proposals, judged by this baseline, and what judged them."""
        options = VerifierOptions(preparation.policy(self._settings), compiles=not builds_sources(task.tests.command))
        judging = Verifier(provider, task, baseline, self._emit, options, pool)
        stack.callback(judging.close)
        judging.prepare(worker_count(self._settings))
        key = self._memory_key(provider, task)
        remembering = RememberingVerifier(judging, self._memory, key, task, baseline, self._settings)
        verifier: PatchVerifier = remembering
        if issue is not None and issue.claims:
            verifier = ClaimingVerifier(remembering, issue, len(baseline.targets))
        reused = lambda: remembering.reused  # noqa: E731
        return verifier, self._search(task, baseline, plan, sampler, verifier, judging.policy, reused, recorded)

    def _without_targets(self, baseline: Baseline) -> Baseline:
        """No patch turns any of them green, and nothing else says that they are the issue's."""
        names = [target.id for target in baseline.targets]
        what = f"{names[0]} fails" if len(names) == 1 else f"{len(names)} tests fail"
        message = f"{what} with every patch as without: taken for unrelated to the issue, and all are judged without"
        self._emit(Warned(message, hint="--target TESTID says that a test must turn green."))
        baseline = replace(baseline, targets=(), unrelated=(*baseline.unrelated, *names))
        self._journal.baseline(baseline)
        self._emit(BaselineReady(baseline))
        return baseline

    def _baseline(self, provider: SandboxProvider, task: Task, pool: SandboxPool) -> Baseline:
        if self._earlier and self._earlier.baseline:
            baseline = self._earlier.baseline
        else:
            with self._emit.stage("baseline", task.tests.command) as stage:
                options = self._baseline_options()
                key = self._memory_key(provider, task)
                baseline = recalled_baseline(
                    pool, task, self._emit, options, self._memory, key, isolated=provider.isolated
                )
                stage.summary = f"{baseline.passing} pass, {len(baseline.targets)} to turn green"
                if baseline.reused is not None:
                    stage.summary += f", reused from {moment(baseline.reused)}"
            self._journal.baseline(baseline)
        self._emit(BaselineReady(baseline))
        return baseline

    def _issue(self, task: Task, pool: SandboxPool, *, isolated: bool) -> Issued | None:
        """The issue's examples, unless they are not to be run here."""
        wanted = self._settings.tests.issue_examples
        return issued(task, pool, self._emit) if (isolated if wanted is None else wanted) else None

    def _baseline_options(self) -> BaselineOptions:
        tests = self._settings.tests
        return BaselineOptions(
            timeout=tests.baseline_timeout,
            seed=self._request.seed,
            seconds=tests.baseline_time,
            guards_seconds=tests.guards_time,
        )

    def _memory_key(self, provider: SandboxProvider, task: Task) -> str | None:
        """Under what earlier runs may have left something for this one; `None` if nothing shall be reused or kept."""
        if not self._settings.tests.reuse:
            return None
        return baseline_key(task, provider, self._settings, self._baseline_options())

    def _search(
        self,
        task: Task,
        baseline: Baseline,
        plan: Plan,
        sampler: Sampler,
        verifier: PatchVerifier,
        policy: Policy,
        reused: Callable[[], int],
        recorded: Recorded,
    ) -> SearchResult:
        tree = SnapshotTree.of(task.snapshot)
        by_id = {prompt.id: prompt for prompt in plan.prompts}

        def read(completion: Completion) -> Patch | Rejection:
            return parse(completion, by_id[completion.prompt], tree, policy)

        rules = preparation.rules(
            self._settings,
            len(baseline.targets),
            plan.proposals,
            self._limit.shorter(self._settings.search.timeout),
            ranked_only=plan.ranked_only,
            exhaustive=plan.exhaustive,
            used_up=self._meter.look_back,
        )
        self._journal.search_begins()
        with self._emit.stage("search", f"{rules.samples} proposals over {len(plan.prompts)} prompts") as stage:
            result = Search(
                strategy=Rationed(plan.strategy, self._host.ration),
                sampler=sampler,
                parse=read,
                verifier=verifier,
                journal=self._journal,
                rules=rules,
                emit=self._emit,
                recorded=recorded,
            ).run()
            made = proposals(result.samples, result.ranked, given=bool(self._request.patches))
            stage.summary = f"{made}, {result.distinct} distinct"
            if reused():
                stage.summary += f", {reused()} verdicts reused"
        return result

    def _compare(
        self,
        watching: Watching,
        targets: int,
        confirming: Confirming,
        result: SearchResult,
        judges: Judging | None,
        *,
        thorough: bool,
    ) -> Compared:
        """What patches of equal outcome do, and what judges say, as far as wanted, unless there is no time left."""
        if self._hurried(result):
            return Compared(result.candidates)
        comparing = Comparing(watching, targets, confirming, self._journal, self._emit)
        if not self._settings.search.behaviour:
            return comparing.judged(Compared(result.candidates), judges)
        return comparing.compare(result.candidates, thorough=thorough, ask=self._ask, judging=judges)

    def _decided(self, baseline: Baseline, result: SearchResult, compared: Compared) -> Decision:
        decision = decide(
            result.candidates,
            targets=len(baseline.targets),
            samples=result.samples,
            ranked=result.ranked,
            distinct=result.distinct,
            stopped_early=result.stopped_early,
            comparisons=compared.comparisons,
        )
        return compared.explained(decision)

    def _with_kept_tests(
        self,
        chosen: int,
        result: SearchResult,
        task: Task,
        pool: SandboxPool,
        tests: Sequence[Reproduction],
        reproducing: Reproducing,
    ) -> SearchResult:
        candidates = {each.index: each for each in result.candidates}
        with self._emit.stage("keep-test") as stage:
            kept, stage.summary = with_tests(candidates[chosen], result.candidates, tests, reproducing, task, pool)
        candidates[chosen] = kept
        if kept.verdict is not None:
            self._journal.verdict(kept.patch.execution_key, kept.verdict)
        return replace(result, candidates=tuple(candidates.values()))

    def _record(self, decision: Decision, result: SearchResult, consulted: Consultant | None) -> None:
        tokens = result.tokens + (consulted.tokens if consulted is not None else 0)
        seconds = result.model_seconds + (consulted.seconds if consulted is not None else 0.0)
        totals = Totals(tokens, seconds, result.test_seconds, result.rejected, result.refused)
        self._journal.decision(decision, result.candidates, totals)
        self._journal.spending(self._meter.spent)
        self._emit(Decided(decision))

    def _deliver(
        self,
        repository: Repository,
        snapshot: Snapshot,
        decision: Decision,
        result: SearchResult,
        *,
        verifiable: bool,
    ) -> FixResult:
        folder, request = self._journal.folder, self._request
        chosen = next((each for each in result.candidates if each.index == decision.chosen), None)
        reason = withheld(decision, chosen, self._settings.patches, verifiable=verifiable)
        if chosen is None:
            self._proposing.in_vain()
            return FixResult(self._journal.load(), folder, None, reason)
        write_patch(folder / CHOSEN, chosen.patch.diff)
        if reason and self._ask is not None and not request.delivery.dry_run and self._ask.consents(chosen, reason):
            reason = ""
        if reason or request.delivery.dry_run:
            return FixResult(self._journal.load(), folder, None, reason or "--dry-run writes nothing")
        with self._emit.stage("apply"):
            try:
                applied, patch_file = deliver(
                    chosen,
                    snapshot,
                    request.issue,
                    repository=repository,
                    delivery=request.delivery,
                    trailer=self._settings.patches.trailer,
                    announce=self._journal.applied,
                    withdraw=self._journal.withdrawn,
                )
            except (ConflictError, RepositoryError, DiskFullError) as error:
                hint = f"{error.hint} The patch is kept: git apply {shlex.quote(os.fspath(folder / CHOSEN))}".strip()
                raise type(error)(f"{error}; nothing was written", hint=hint) from error
        if applied is not None:
            self._journal.applied(applied)
        return FixResult(self._journal.load(), folder, patch_file, "")


def out_of_time(result: SearchResult) -> bool:
    """Whether the search ended with its time, so that nothing long is to follow."""
    return result.stopped_early.startswith(TIME_IS_UP)


def in_vain(baseline: Baseline, verdicts: Iterable[Verdict]) -> bool:
    """Whether no patch turns a target green, of which none is known to be the issue's."""
    doubtful = bool(baseline.targets) and not any(target.certain for target in baseline.targets)
    return doubtful and not any(verdict.targets_passed for verdict in verdicts)
