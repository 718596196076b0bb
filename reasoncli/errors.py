"""The exceptions of reasoncli.

Every error a user can meet is one of these; each class owns its exit code and can carry a hint
that says what to do next.

    ReasoncliError                70  (also any exception not in this tree)
    ├── UsageError                 2  what was asked for can't be done as asked
    │   ├── SettingsError          2  a setting is unknown, malformed or not allowed where it stands
    │   ├── IssueError             2  the issue can't be read or is empty
    │   ├── PatchesError           2  the patches to choose from can't be read, or there are none
    │   ├── RepositoryError        2  not a git repository, no commit, an unusable state
    │   └── ModelNotFoundError     2  no such model, file or catalogue entry
    ├── EnvironmentFailure         3  the machine lacks something the run needs
    │   ├── SandboxUnavailable     3  no Docker engine, no permission, an image that doesn't build
    │   ├── ClusterError           3  no Ray, no cluster, or nodes that don't fit
    │   ├── ModelError             3  the model can't be loaded or fails while it runs
    │   │   ├── ModelFileError     3  the GGUF is cut short, hostile or of an unknown kind
    │   │   ├── ModelMemoryError   3  it would not fit; found out before memory is taken
    │   │   └── EndpointError      3  the HTTP endpoint refused, failed or answered nonsense
    │   ├── BaselineError          3  the tests can't run at the base commit
    │   ├── DiskFullError          3  no space left where the run is stored
    │   └── StoreError             3  the run store is corrupt, locked or too new
    ├── ConflictError              1  the user's tree changed meanwhile; the patch is kept
    ├── OutOfTime                  1  the time for the whole run ended before any patch was judged
    └── Interrupted              130  Ctrl-C or SIGTERM, after an orderly end

`SandboxFailure` is not for users: it says that a sandbox broke while it judged a candidate, which
is retried in a new one and never counted against the candidate.
"""

from __future__ import annotations

from typing import ClassVar


class ReasoncliError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        exit_code: the process exit status this error ends in.
        hint: one sentence that tells the user what to do, or an empty string.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(ReasoncliError):
    """What was asked for can't be done as asked."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is unknown, malformed, or not allowed where it stands."""


class IssueError(UsageError):
    """The issue can't be read, or says nothing."""


class PatchesError(UsageError):
    """The patches to choose from can't be read, or there are none."""


class RepositoryError(UsageError):
    """Not a git repository, no commit yet, or a state that can't be worked from."""


class ModelNotFoundError(UsageError):
    """No model by that name, path or address."""


class EnvironmentFailure(ReasoncliError):
    """The machine lacks something that the run needs."""

    exit_code = 3


class SandboxUnavailable(EnvironmentFailure):
    """No sandbox can be opened: no engine, no permission, or an image that doesn't build."""


class ClusterError(EnvironmentFailure):
    """Ray is not installed, its cluster can't be reached, or its nodes have other versions than this machine."""


class ModelError(EnvironmentFailure):
    """The model can't be loaded, or failed while it ran."""


class ModelFileError(ModelError):
    """The model file is cut short, hostile, or of a kind this tool can't read."""


class ModelMemoryError(ModelError):
    """The model or its context would not fit into memory."""


class EndpointError(ModelError):
    """An HTTP endpoint refused, failed, or answered with something unusable."""


class BaselineError(EnvironmentFailure):
    """The tests can't be run at the base commit, so nothing can be judged."""


class DiskFullError(EnvironmentFailure):
    """There is no space left where the run is stored."""


class StoreError(EnvironmentFailure):
    """The run store is corrupt, locked by a live run, or written by a newer version."""


class ConflictError(ReasoncliError):
    """Files that the patch touches changed since the run began; nothing was written."""

    exit_code = 1


class OutOfTime(ReasoncliError):
    """The time for the whole run ended before any patch was judged; everything open was closed in order."""

    exit_code = 1


class Interrupted(ReasoncliError):
    """The user or the system asked to stop; everything open was closed in order."""

    exit_code = 130


class SandboxFailure(Exception):
    """A sandbox broke (engine gone, container killed, channel closed) while it worked.

    Never a statement about the candidate: the caller discards the sandbox, takes another and tries again.
    """


class MachineLost(SandboxFailure):
    """The machine that the sandbox was on is gone, with all its sandboxes: they may fail one after another."""


class RunnerLost(Exception):
    """The in-sandbox runner ended or fell silent while tests ran; what is tested may have killed it."""
