"""One run as a value that every report renders: at the end of `fix`, in `runs show`, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reasoncli.domain import (
    Baseline,
    Candidate,
    Cluster,
    Decision,
    Excerpt,
    Issue,
    Rejection,
    Reproduction,
    Spending,
    Suspect,
)
from reasoncli.voting.sampled import Sampled


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took: independent samples, ranked proposals beside them; seconds of tests are summed over workers."""

    samples: int = 0
    tokens: int = 0
    model_seconds: float = 0.0
    test_seconds: float = 0.0
    total_seconds: float = 0.0
    ranked: int = 0
    spending: Spending = field(default_factory=Spending)


@dataclass(frozen=True, slots=True)
class Summary:
    """What there is to say of a run.

    Attributes:
        run: its id; empty where nothing is stored.
        stored: folder in which it is kept.
        exit_code: of the process; `None` for a run that was interrupted or goes on.
        live: whether it goes on now.
        rejected: proposals that were no patch, by kind; refused: the first of them, each with the id of its prompt.
        origins: where proposals come from, by the id of their prompt: whose patch, or which place was asked about.
        given: proposals are patches that somebody else wrote.
        reproductions: tests of the model's that show the issue at the base.
        stages: (name, seconds, detail) in the order in which they ended.
        applied: sentences on what was written where; empty if nothing was.
        undo: whether `reasoncli undo` can take that back.
        manifest: what the run was made of, as JSON values.
        error: why there is no decision, where the tool or its surroundings failed; empty otherwise.
        created: seconds since the epoch; 0 where unknown.
        sampled: what its independent samples came to.
        spent: (what was asked for, answers, tokens), where the tokens went.
        excerpts: the source around the first suspects.
    """

    run: str
    stored: str
    issue: Issue
    decision: Decision | None
    candidates: tuple[Candidate, ...] = ()
    baseline: Baseline | None = None
    suspects: tuple[Suspect, ...] = ()
    exit_code: int | None = None
    live: bool = False
    cost: Cost = field(default_factory=Cost)
    rejected: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    refused: tuple[tuple[str, Rejection], ...] = ()
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    given: bool = False
    reproductions: tuple[Reproduction, ...] = ()
    stages: tuple[tuple[str, float, str], ...] = ()
    applied: tuple[str, ...] = ()
    undo: bool = False
    warnings: tuple[str, ...] = ()
    manifest: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    error: str = ""
    created: float = 0.0
    sampled: Sampled = field(default_factory=lambda: Sampled(trouble="nothing was recorded of its samples"))
    spent: tuple[tuple[str, int, int], ...] = ()
    excerpts: tuple[Excerpt, ...] = ()

    @property
    def chosen(self) -> Candidate | None:
        """The chosen candidate."""
        return None if self.decision is None else self.candidate(self.decision.chosen)

    def origins_of(self, candidate: Candidate) -> list[str]:
        """Where the proposals come from that wrote a candidate, each once."""
        return list(dict.fromkeys(self.origins.get(prompt, "?") for prompt in candidate.prompts))

    def candidate(self, index: int | None) -> Candidate | None:
        """A candidate by its index."""
        return next((each for each in self.candidates if each.index == index), None)

    def leader(self, cluster: Cluster) -> Candidate | None:
        """The candidate that stands for a cluster."""
        return self.candidate(cluster.members[0])
