"""`--json`: one object with everything that a program may want of a run.

    schema_version  1; raised when a field changes its meaning or goes away, not when one is added
    status          verified, suspicious, partial, unverified, none; null for a run without a decision
    exit_code       of the process; null for a run that didn't end
    run             {id, stored}
    issue           {title, source, url}
    decision        {chosen, confidence, margin, tie, reasons, samples, ranked, distinct, stopped_early, comparisons,
                    contrasts} or null; confidence: probability that the chosen patch is right;
                    comparisons: what judges said, {one, other, first, second, asked}: of `asked` answers in each
                    order those for the candidate `one`, shown first and shown second; contrasts: calls on which the
                    chosen patch and the candidate `other` differ, {other, call, test, ours, theirs}
    patch           {diff, files, dropped, size, execution_key, vote_key} of the chosen candidate, or null
    clusters        best first: {key, votes, opinion, tier, agreement, members: [{index, votes, origins, logprob, size,
                    diff, verdict, reproduced: [{test, votes, passed, now}]}]}; origins: whose patches they are, or
                    which places a model was asked about; opinion: how many of the votes are judges'; agreement: votes
                    of the patches that pass the same reproduction tests, times 1 + the votes of these, 0 where there
                    are none; reproduced: what became of each
    reproductions   {id, votes, shows, source}: tests that the model wrote and that show the issue at the base
    baseline        {targets: [{id, why}], guards, flaky, environmental, unrelated, passing, left_out,
                    order_dependent, quarantine, uncollected, ordered, reused} or null. guards: how many are used;
                    passing: how many could be; left_out: tests that the base's time left unrun; quarantine: why a test
                    counts as flaky or order-dependent; uncollected: modules that can't be imported, and why; ordered:
                    the suite as a whole depends on its order, and runs in that only; reused: seconds since the epoch
                    at which an earlier run measured this, or null
    suspects        {path, line, function, score, clues: [{kind, score, detail}]}
    cost            {samples, ranked, tokens, model_seconds, test_seconds, total_seconds, spending}; spending: what it
                    took in all its processes, {seconds, tokens, prompt_tokens, cached_tokens, completion_tokens,
                    estimated_tokens, unpriced_tokens, cpu_seconds, gpu_seconds, joules, energy_of, money, currency},
                    null where it is not known (docs/costs.md says what each is); samples: independent ones
                    drawn; ranked: small edits proposed by their probability. Votes of samples are whole, those of
                    ranked ones parts: how often each would be drawn in as many samples
    rejected        kind -> proposals that were no patch
    refused         {origin, kind, reason} of the first thousand of them
    stages          {stage, seconds, detail} in the order in which they ended
    applied         sentences on what was written where
    warnings        sentences
    manifest        what the run was made of

Numbers that JSON can't hold (an unknown log-probability) are null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict

from reasoncli.domain import Baseline, Candidate, Cluster, Decision, Suspect, Verdict
from reasoncli.reports.spending import spending_object
from reasoncli.reports.summary import Summary
from reasoncli.voting.tiers import Tier

SCHEMA_VERSION = 1


def to_json(summary: Summary) -> str:
    """The object as text, ASCII only, so that every terminal and pipe can take it."""
    return json.dumps(to_object(summary), indent=2, allow_nan=False)


def to_object(summary: Summary) -> dict[str, object]:
    """The object."""
    decision = summary.decision
    return {
        "schema_version": SCHEMA_VERSION,
        "status": None if decision is None else decision.status.value,
        "exit_code": summary.exit_code,
        "run": {"id": summary.run, "stored": summary.stored},
        "issue": {"title": summary.issue.title, "source": summary.issue.source, "url": summary.issue.url},
        "decision": None if decision is None else decision_object(decision),
        "patch": None if summary.chosen is None else _patch(summary.chosen),
        "clusters": [_cluster(each, summary) for each in (() if decision is None else decision.clusters)],
        "reproductions": [
            {"id": each.id, "votes": each.votes, "shows": each.shows, "source": each.source}
            for each in summary.reproductions
        ],
        "baseline": None if summary.baseline is None else baseline_object(summary.baseline),
        "suspects": [suspect_object(each) for each in summary.suspects],
        "cost": {
            "samples": summary.cost.samples,
            "ranked": summary.cost.ranked,
            "tokens": summary.cost.tokens,
            "model_seconds": summary.cost.model_seconds,
            "test_seconds": summary.cost.test_seconds,
            "total_seconds": summary.cost.total_seconds,
            "spending": spending_object(summary.cost.spending),
        },
        "rejected": dict(summary.rejected),
        "refused": [
            {"origin": summary.origins.get(prompt, "?"), "kind": refused.kind, "reason": refused.reason}
            for prompt, refused in summary.refused
        ],
        "stages": [{"stage": name, "seconds": seconds, "detail": detail} for name, seconds, detail in summary.stages],
        "applied": list(summary.applied),
        "warnings": list(summary.warnings),
        "manifest": dict(summary.manifest),
    }


def decision_object(decision: Decision) -> Mapping[str, object]:
    """A decision without its clusters."""
    return {
        "chosen": decision.chosen,
        "confidence": decision.confidence,
        "margin": decision.margin,
        "tie": decision.tie,
        "reasons": list(decision.reasons),
        "samples": decision.samples,
        "ranked": decision.ranked,
        "distinct": decision.distinct,
        "stopped_early": decision.stopped_early,
        "comparisons": [asdict(each) for each in decision.comparisons],
        "contrasts": [asdict(each) for each in decision.contrasts],
    }


def _patch(candidate: Candidate) -> Mapping[str, object]:
    patch = candidate.patch
    return {
        "diff": patch.diff,
        "files": [change.path for change in patch.changes],
        "dropped": list(patch.dropped),
        "size": patch.size,
        "execution_key": patch.execution_key,
        "vote_key": patch.vote_key,
    }


def _cluster(cluster: Cluster, summary: Summary) -> Mapping[str, object]:
    members = [summary.candidate(index) for index in cluster.members]
    return {
        "key": cluster.key,
        "votes": cluster.votes,
        "opinion": cluster.opinion,
        "tier": Tier(cluster.tier).name.lower(),
        "agreement": cluster.agreement,
        "members": [_member(each, summary) for each in members if each is not None],
    }


def _member(candidate: Candidate, summary: Summary) -> Mapping[str, object]:
    return {
        "index": candidate.index,
        "votes": candidate.votes,
        "origins": summary.origins_of(candidate),
        "logprob": candidate.logprob if math.isfinite(candidate.logprob) else None,
        "size": candidate.patch.size,
        "diff": candidate.patch.diff,
        "verdict": None if candidate.verdict is None else verdict_object(candidate.verdict),
        "reproduced": [
            {"test": each.test, "votes": each.votes, "passed": each.passed, "now": each.now}
            for each in candidate.reproduced
        ],
    }


def verdict_object(verdict: Verdict) -> Mapping[str, object]:
    """A verdict, without the output of its tests."""
    return {
        "kind": verdict.kind.value,
        "clean": verdict.clean,
        "evidence": verdict.evidence.value,
        "targets_passed": list(verdict.targets_passed),
        "targets_failed": list(verdict.targets_failed),
        "guards_broken": list(verdict.guards_broken),
        "guards_run": verdict.guards_run,
        "guards_total": verdict.guards_total,
        "seconds": verdict.duration,
        "reused": verdict.reused,
        "reason": verdict.reason,
        "suspicions": list(verdict.suspicions),
        "claims": [
            {"fate": claim.fate.value, "statement": claim.statement, "said": claim.said, "now": claim.now}
            for claim in verdict.claims
        ],
    }


def baseline_object(baseline: Baseline) -> Mapping[str, object]:
    """A baseline: ids, and how many guards."""
    return {
        "targets": [{"id": target.id, "why": target.why} for target in baseline.targets],
        "guards": len(baseline.guards),
        "flaky": list(baseline.flaky),
        "environmental": dict(baseline.environmental),
        "unrelated": list(baseline.unrelated),
        "passing": baseline.passing,
        "left_out": baseline.left_out,
        "order_dependent": list(baseline.order_dependent),
        "quarantine": dict(baseline.quarantine),
        "uncollected": dict(baseline.uncollected),
        "ordered": baseline.ordered,
        "reused": baseline.reused,
    }


def suspect_object(suspect: Suspect) -> Mapping[str, object]:
    """A suspect with the evidence for it."""
    return {
        "path": suspect.path,
        "line": suspect.line,
        "function": suspect.function,
        "score": suspect.score,
        "clues": [{"kind": clue.kind, "score": clue.score, "detail": clue.detail} for clue in suspect.clues],
    }
