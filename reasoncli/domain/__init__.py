"""The values that cross rooms: frozen, typed, without behaviour beyond what they are.

Paths inside a repository are POSIX strings relative to its root. Lines count from 1. Durations are
seconds. Log-probabilities are natural logarithms at temperature 1.
"""

from reasoncli.domain.asking import NEITHER, Question, Way
from reasoncli.domain.choosing import (
    Candidate,
    ClaimFate,
    ClaimOutcome,
    Cluster,
    Comparison,
    Contrast,
    Decision,
    Status,
    TieBreakers,
    Verdict,
    VerdictKind,
)
from reasoncli.domain.patching import FileChange, Patch, Rejection
from reasoncli.domain.proposing import (
    ChatContent,
    Clue,
    Completion,
    Consultation,
    Excerpt,
    Form,
    GivenPatch,
    InfillContent,
    Prompt,
    Region,
    RepairContent,
    Suspect,
)
from reasoncli.domain.reproducing import Reproduced, Reproduction
from reasoncli.domain.spending import SPENT, Budget, Money, Prices, Spending, TokenPrice, Usage, UsedUp, used_up
from reasoncli.domain.task import Issue, Snapshot, Task, TestPlan
from reasoncli.domain.testing import Baseline, Evidence, Loaded, Outcome, Target, TestReport, TestResult
from reasoncli.domain.work import WorkItem

__all__ = [
    "NEITHER",
    "SPENT",
    "Baseline",
    "Budget",
    "Candidate",
    "ChatContent",
    "ClaimFate",
    "ClaimOutcome",
    "Clue",
    "Cluster",
    "Comparison",
    "Completion",
    "Consultation",
    "Contrast",
    "Decision",
    "Evidence",
    "Excerpt",
    "FileChange",
    "Form",
    "GivenPatch",
    "InfillContent",
    "Issue",
    "Loaded",
    "Money",
    "Outcome",
    "Patch",
    "Prices",
    "Prompt",
    "Question",
    "Region",
    "Rejection",
    "RepairContent",
    "Reproduced",
    "Reproduction",
    "Snapshot",
    "Spending",
    "Status",
    "Suspect",
    "Target",
    "Task",
    "TestPlan",
    "TestReport",
    "TestResult",
    "TieBreakers",
    "TokenPrice",
    "Usage",
    "UsedUp",
    "Verdict",
    "VerdictKind",
    "Way",
    "WorkItem",
    "used_up",
]
