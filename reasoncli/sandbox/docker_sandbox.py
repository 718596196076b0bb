"""The Docker sandbox: one long-lived container, one candidate at a time, always at the same path."""

from __future__ import annotations

import base64
import contextlib
import posixpath
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reasoncli.domain import FileChange
from reasoncli.errors import SandboxFailure
from reasoncli.sandbox import keeper
from reasoncli.sandbox.container import HOME, OWN, SUPERVISOR, TEMPORARY, TESTED, Container
from reasoncli.sandbox.interface import Command, CommandResult, Limits
from reasoncli.sandbox.tree import Tree

ENVIRONMENT: Mapping[str, str] = {
    "HOME": HOME,
    "USER": "reasoncli",
    "LOGNAME": "reasoncli",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "TMPDIR": "/tmp",  # noqa: S108 - inside the container
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""What tested programs see, beside the image's own environment. Nothing of the host's is in it."""

_KEEPER = f"{OWN}/keeper.py"
_RUNNER = f"{OWN}/runner"
# The kernel's memory killer shall take what is tested before the supervisor; a missing program is exit code 127.
_ENTER = 'echo 1000 > /proc/self/oom_score_adj 2> /dev/null; umask 022; exec "$@"'
_REBUILD = (
    'cd "$1" && find . -type d ! -perm -700 -exec chmod 700 {} + ; '
    'shift; for place in . "$@"; do find "$place" -mindepth 1 -delete || exit 1; done; exec tar -xf -'
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in the containers of one image.

    Attributes:
        root: absolute path of the repository.
        python: interpreter for runner and tests.
        keeps: whether that interpreter can run the keeper; if not, trees are rebuilt whole.
    """

    root: str
    python: str | None
    keeps: bool


class DockerSandbox:
    """See `Sandbox`."""

    def __init__(
        self,
        container: Container,
        layout: Layout,
        tree: Tree,
        limits: Limits,
        on_close: Callable[[DockerSandbox], None],
    ) -> None:
        self._container = container
        self._layout = layout
        self._tree = tree
        self._limits = limits
        self._on_close = on_close
        self._manifest: dict[str, Any] = {}
        self._broken: str | None = None
        self._closed = False

    def furnish(self, runner: Path) -> None:
        """Bring in runner, keeper and tree; once, after the start."""
        with self._guard():
            self._container.must(["tar", "-xf", "-", "-C", OWN], user=SUPERVISOR, stdin=[_own_files(runner)])
            self._container.must(
                ["tar", "-xf", "-", "-C", self.root], user=TESTED, timeout=600.0, stdin=self._tree.tar(TESTED, TESTED)
            )
            if self._layout.keeps:
                with self._container.converse(self._keeper(), user=TESTED) as talk:
                    self._manifest = talk.ask({"op": "scan", "root": self.root})["manifest"]

    @property
    def root(self) -> str:
        """See `Sandbox`."""
        return self._layout.root

    @property
    def runner(self) -> str:
        """See `Sandbox`."""
        return _RUNNER

    @property
    def python(self) -> str | None:
        """See `Sandbox`."""
        return self._layout.python

    @property
    def container(self) -> Container:
        """The container behind it, for tests and for heartbeats."""
        return self._container

    def run(self, command: Command) -> CommandResult:
        """See `Sandbox`. A command whose processes can't be killed spoils the sandbox, not the result."""
        cwd = posixpath.normpath(posixpath.join(self.root, command.cwd))
        if cwd != self.root and not cwd.startswith(self.root + "/"):
            raise ValueError(f"not a folder inside the repository: {command.cwd!r}")
        with self._guard():
            _, kills = self._container.state()
            done = self._container.execute(
                ["/bin/sh", "-c", _ENTER, "sh", *command.argv],
                user=TESTED,
                timeout=command.timeout,
                limit=self._limits.output,
                cwd=cwd,
                environment={**ENVIRONMENT, **command.env},
                stdin=[command.stdin] if command.stdin else (),
            )
            timed_out = done.exit_code is None
            others, kills_now = self._container.state()
            if others:
                try:
                    self._container.kill_tested()
                except SandboxFailure as failure:
                    self._broken = str(failure)
                    self._container.end()
        stdout, stderr = done.stdout.value(), done.stderr.value()
        return CommandResult(
            exit_code=done.exit_code,
            stdout=stdout,
            stderr=stderr,
            duration=done.duration,
            timed_out=timed_out,
            truncated=done.stdout.truncated or done.stderr.truncated,
            oom=kills_now > kills,
        )

    def write(self, changes: Sequence[FileChange]) -> None:
        """See `Sandbox`.

        Raises:
            ValueError: a path is absolute, has `..`, or leads through a symbolic link.
            SandboxFailure: the sandbox broke.
        """
        items = [self._item(change) for change in changes]
        if not items:
            return
        with self._guard():
            if self._layout.keeps:
                with self._container.converse(self._keeper(), user=TESTED) as talk:
                    talk.ask({"op": "write", "root": self.root, "items": items})
            else:
                self._write_by_shell(changes)

    def restore(self) -> None:
        """See `Sandbox`."""
        with self._guard():
            if self._container.state()[0]:
                self._container.kill_tested()
            if self._layout.keeps:
                self._restore_by_keeper()
            else:
                self._container.must(
                    ["/bin/sh", "-c", _REBUILD, "sh", self.root, *TEMPORARY],
                    user=TESTED,
                    timeout=600.0,
                    stdin=self._tree.tar(TESTED, TESTED),
                )

    def close(self) -> None:
        """See `Sandbox`."""
        if not self._closed:
            self._closed = True
            self._container.end()
            self._on_close(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------ inside

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """A sandbox that failed once stays failed."""
        if self._closed:
            raise SandboxFailure("the sandbox is closed")
        if self._broken is not None:
            raise SandboxFailure(self._broken)
        try:
            yield
        except SandboxFailure as failure:
            self._broken = str(failure)
            raise

    def _keeper(self) -> list[str]:
        return [str(self._layout.python), "-I", "-S", "-B", _KEEPER]

    def _restore_by_keeper(self) -> None:
        request = {"op": "restore", "root": self.root, "manifest": self._manifest, "empty": TEMPORARY}
        with self._container.converse(self._keeper(), user=TESTED) as talk:
            wrong: list[str] = talk.ask(request)["wrong"]
            answer = talk.ask({"items": [self._original(path) for path in wrong]})
        if answer["left"]:
            raise SandboxFailure(f"left in the kernel: {', '.join(answer['left'])}")
        self._manifest.update(answer["placed"])

    def _original(self, path: str) -> dict[str, Any]:
        node = self._tree.nodes[path]
        data = b"" if node.kind == "d" else node.read()
        encoded = base64.b64encode(data).decode("ascii")
        return {"path": path, "kind": node.kind, "mode": node.mode, "data": encoded, "mtime_ns": node.mtime * 10**9}

    def _item(self, change: FileChange) -> dict[str, Any]:
        if change.content is None:
            return {"path": change.path, "kind": "-"}
        encoded = base64.b64encode(change.content).decode("ascii")
        return {"path": change.path, "kind": "f", "mode": self._tree.mode_after(change), "data": encoded}

    def _write_by_shell(self, changes: Sequence[FileChange]) -> None:
        for change in changes:
            parts = change.path.split("/")
            if any(part in ("", ".", "..") for part in parts):
                raise keeper.Escape(f"not a path inside the repository: {change.path!r}")
        paths = [change.path for change in changes]
        check = (
            "for path; do while :; do case $path in */*) path=${path%/*} ;; *) break ;; esac; "
            '[ -L "$path" ] && exit 3; done; done; exit 0'
        )
        looked = self._container.execute(
            ["/bin/sh", "-c", check, "sh", *paths], user=TESTED, timeout=60.0, cwd=self.root
        )
        if looked.exit_code == 3:
            raise keeper.Escape(f"a path leads through a symbolic link: {paths}")
        self._container.must(
            ["/bin/sh", "-c", 'cd "$1" && shift && rm -rf -- "$@" && exec tar -xf -', "sh", self.root, *paths],
            user=TESTED,
            stdin=[_changes_tar([(change, self._tree.mode_after(change)) for change in changes])],
        )


def _own_files(runner: Path) -> bytes:
    """The runner's folder and the keeper, readable by all, as a tar."""
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:

        def ours(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
            if info.name.endswith((".pyc", "__pycache__")):
                return None
            info.uid = info.gid = SUPERVISOR
            info.mode = 0o755 if info.isdir() else 0o644
            return info

        archive.add(keeper.__file__, "keeper.py", filter=ours)
        if runner.is_dir():
            archive.add(runner, "runner", filter=ours)
    return buffer.getvalue()


def _changes_tar(changes: Sequence[tuple[FileChange, int]]) -> bytes:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for change, mode in changes:
            if change.content is not None:
                info = tarfile.TarInfo(change.path)
                info.size, info.mode = len(change.content), mode
                info.uid = info.gid = TESTED
                archive.addfile(info, BytesIO(change.content))
    return buffer.getvalue()
