"""Git, run so that reading a repository runs nothing the repository brought along.

A work tree that arrives with its `.git` folder may name programs there: hooks, a file system monitor,
clean and smudge filters, signing programs, transports. All of them are switched off for every call; what the
user set in their own (global, system) configuration stays. Git never asks questions, never takes
the optional lock that would rewrite the user's index, and never fetches.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reasoncli.errors import RepositoryError

_HARDENED: tuple[tuple[str, str], ...] = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.alternateRefsCommand", ""),
    ("core.askPass", ""),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("protocol.allow", "never"),
    ("submodule.recurse", "false"),
    ("maintenance.auto", "false"),
    ("gc.auto", "0"),
    ("user.useConfigOnly", "true"),
)
"""Configuration for every call. `useConfigOnly`: no identity guessed from the host's name goes into a commit."""

_KEPT_VARIABLES = re.compile(
    r"GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)"
    r"|GIT_CEILING_DIRECTORIES|GIT_DISCOVERY_ACROSS_FILESYSTEM|GIT_EXEC_PATH"
)
"""Of the caller's `GIT_*` variables these say who the user is; others (set in a hook, say) name another repository."""

_FILTER_KEY = re.compile(r"filter\..*\.(clean|smudge|process|required)", re.DOTALL)
_SIGNER_DEFAULTS: Mapping[str, str] = {
    "gpg.program": "gpg",
    "gpg.openpgp.program": "gpg",
    "gpg.x509.program": "gpgsm",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.ssh.defaultkeycommand": "",
}


@dataclass(frozen=True, slots=True)
class GitResult:
    """What one call of git gave."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output without its last newline, bytes that aren't UTF-8 kept as surrogates."""
        return os.fsdecode(self.stdout.removesuffix(b"\n"))


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in one folder.

    Attributes:
        cwd: where it runs; git finds the repository from there, with the user's `safe.directory` in force.
        settings: configuration on top of the hardened one, last wins.
    """

    cwd: Path
    settings: tuple[tuple[str, str], ...] = field(default=())

    def run(
        self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, check: bool = True
    ) -> GitResult:
        """Run `git ARGS` to its end.

        Raises:
            RepositoryError: git is missing, or failed while `check` is set.
        """
        try:
            done = subprocess.run(
                ["git", *args],
                cwd=self.cwd,
                input=stdin,
                capture_output=True,
                env=self._environment(env or {}),
                check=False,
            )
        except FileNotFoundError as error:
            raise RepositoryError("git is not installed", hint="Install git, or put it on the PATH.") from error
        result = GitResult(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip())
        if check and result.code != 0:
            raise RepositoryError(f"git {args[0]} failed: {result.stderr or f'exit status {result.code}'}")
        return result

    def lines(self, *args: str, stdin: bytes = b"") -> Iterator[str]:
        """The NUL-ended records that `git ARGS` (with `-z`) prints."""
        for record in self.run(*args, stdin=stdin).stdout.split(b"\0"):
            if record:
                yield os.fsdecode(record)

    def disarmed(self) -> Git:
        """The same, with programs that the repository's own configuration names replaced by none or the default."""
        extra: list[tuple[str, str]] = []
        scopes = self.run("config", "--list", "--show-scope", "--name-only", "-z").stdout.split(b"\0")
        for scope, raw in zip(scopes[::2], scopes[1::2], strict=False):
            key = os.fsdecode(raw)
            if scope not in (b"local", b"worktree"):
                continue
            if _FILTER_KEY.fullmatch(key):
                extra.append((key, "false" if key.endswith(".required") else ""))
            elif key in _SIGNER_DEFAULTS:
                extra.append((key, _SIGNER_DEFAULTS[key]))
        return Git(self.cwd, (*self.settings, *extra))

    def _environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("GIT_") or _KEPT_VARIABLES.fullmatch(name)
        }
        count = int(env.get("GIT_CONFIG_COUNT") or 0)
        for index, (key, value) in enumerate((*_HARDENED, *self.settings), start=count):
            env[f"GIT_CONFIG_KEY_{index}"] = key
            env[f"GIT_CONFIG_VALUE_{index}"] = value
            count = index + 1
        env |= {
            "GIT_CONFIG_COUNT": str(count),
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "LC_ALL": "C",
        }
        return env | dict(extra)
