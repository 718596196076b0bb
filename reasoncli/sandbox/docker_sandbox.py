"""The Docker sandbox: one long-lived container, one candidate at a time, always at the same path."""

from __future__ import annotations

import contextlib
import posixpath
import secrets
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reasoncli.domain import FileChange, Loaded
from reasoncli.errors import RunnerLost, SandboxFailure
from reasoncli.resources import sandboxes_dir
from reasoncli.sandbox import keeper
from reasoncli.sandbox.container import HOME, OWN, SUPERVISOR, TEMPORARY, TESTED, Container, Conversation
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


@dataclass(slots=True)
class Layout:
    """Where things are in the containers of one image, which share it.

    Attributes:
        root: absolute path of the repository.
        python: interpreter for runner and tests.
        keeps: whether that interpreter can run the keeper; if not, trees are rebuilt whole.
        resident: whether the resident runner can begin there; `None` until one was to. Where the first can't, its
            sandbox is lost, and the others do without.
    """

    root: str
    python: str | None
    keeps: bool
    resident: bool | None = None


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
        self._manifest: keeper.Manifest = {}
        self._pending: dict[str, FileChange] = {}
        self._resident: Conversation | None = None
        self._living = 0  # processes of the resident
        self._load: tuple[Loaded, dict[str, Any]] | None = None
        self._untouched = True  # nothing was written and nothing ran since the tree was the snapshot's
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
                    self._manifest = keeper.unflatten(talk.ask({"op": "scan", "root": self.root}))

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
            self._untouched = False
            _, kills = self._container.state()
            word = secrets.token_hex(16) if self._pending else ""
            done = self._container.execute(
                timeout=command.timeout,
                limit=self._limits.output,
                user=TESTED,
                on_stderr=command.on_stderr,
                **self._entry(command, cwd, word),
            )
            stdout, stderr = done.stdout.value(), done.stderr.value()
            if word:
                mark, stderr = stderr[: len(word) + 1], stderr[len(word) + 1 :]
                if mark != f"{word}+".encode():
                    raise SandboxFailure(f"files can't be written: {(mark + stderr).decode('utf-8', 'replace')[:500]}")
            _, kills_now = self._container.state()
            if not self._container.settled(0.0 if done.exit_code is None else 0.01, self._living):
                try:
                    self._kill_tested()
                except SandboxFailure as failure:
                    self._broken = str(failure)
                    self._container.end()
        return CommandResult(
            exit_code=done.exit_code,
            stdout=stdout,
            stderr=stderr,
            duration=done.duration,
            timed_out=done.exit_code is None,
            truncated=done.stdout.truncated or done.stderr.truncated,
            oom=kills_now > kills,
        )

    @property
    def resident(self) -> bool:
        """See `Sandbox`."""
        return self._layout.keeps and self._layout.resident is not False

    def ask(self, spec: bytes, warm: Loaded | None, timeout: float) -> bytes:
        """See `Sandbox`."""
        with self._guard():
            resident = self._resident or self._begin_resident()
            items = [self._item(change) for change in self._pending.values()]
            self._pending.clear()
            request = {
                "op": "run",
                "spec": spec.decode("ascii"),
                "items": items,
                "warm": None if warm is None else self._plain(warm),
                "untouched": self._untouched,
            }
            self._untouched = False
            try:
                living, result = resident.ask(request, timeout)
            except SandboxFailure as failure:
                self._broken = str(failure)
                if self._closed:
                    raise
                raise RunnerLost(str(failure)) from failure
            self._living = int(living)
            return result.encode("ascii")

    def write(self, changes: Sequence[FileChange]) -> None:
        """See `Sandbox`. Where the keeper runs, files are written on the way into the next command.

        Raises:
            ValueError: a path is absolute, has `..`, or leads through a symbolic link.
            SandboxFailure: the sandbox broke.
        """
        for change in changes:
            self._check_path(change.path)
        if not changes:
            return
        with self._guard():
            if self._layout.keeps:
                self._pending.update((change.path, change) for change in changes)
            else:
                self._write_by_shell(changes)

    def restore(self) -> None:
        """See `Sandbox`."""
        with self._guard():
            self._pending.clear()
            if self._resident is not None:
                self._restore_by(self._resident, {"op": "restore"})
                if not self._container.settled(expected=self._living):
                    raise SandboxFailure("processes of the last command survived")
            else:
                self._restore_without_resident()
            self._untouched = True

    def close(self) -> None:
        """See `Sandbox`."""
        if not self._closed:
            self._closed = True
            if self._resident is not None:
                self._resident.close()
            if self._broken is None:
                self._container.last_word()
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

    def _entry(self, command: Command, cwd: str, word: str) -> dict[str, Any]:
        """How a command is executed: through a shell, or, where files are to be written first, through the keeper."""
        environment = {**ENVIRONMENT, **command.env}
        if not self._pending:
            stdin = [command.stdin] if command.stdin else []
            argv = ["/bin/sh", "-c", _ENTER, "sh", *command.argv]
            return {"argv": argv, "cwd": cwd, "environment": environment, "stdin": stdin}
        items = [self._item(change) for change in self._pending.values()]
        self._pending.clear()
        request = {"root": self.root, "cwd": cwd, "items": items, "argv": list(command.argv), "word": word}
        pieces = [keeper.pack_request(request), command.stdin]
        return {"argv": [*self._keeper(), "enter"], "cwd": self.root, "environment": environment, "stdin": pieces}

    def _check_path(self, path: str) -> None:
        parts = path.split("/")
        if any(part in ("", ".", "..") for part in parts) or "\0" in path:
            raise keeper.Escape(f"not a path inside the repository: {path!r}")
        for length in range(1, len(parts)):
            parent = self._tree.nodes.get("/".join(parts[:length]))
            if parent is not None and parent.kind == "l":
                raise keeper.Escape(f"the path leads through a symbolic link: {path!r}")

    def _restore_without_resident(self) -> None:
        if not self._container.settled():
            self._container.kill_tested()
        if self._layout.keeps:
            request = {"op": "restore", "root": self.root, "manifest": self._manifest, "empty": TEMPORARY}
            with self._container.converse(self._keeper(), user=TESTED) as talk:
                self._restore_by(talk, request)
            return
        script = (sandboxes_dir() / "rebuild.sh").read_text()
        self._container.must(
            ["/bin/sh", "-c", script, "rebuild", self.root, *TEMPORARY],
            user=TESTED,
            timeout=600.0,
            stdin=self._tree.tar(TESTED, TESTED),
        )

    def _restore_by(self, talk: Conversation, request: dict[str, Any]) -> None:
        wrong = talk.ask(request)
        answer = talk.ask({"items": [self._original(path) for path in wrong]}) if wrong else talk.hear()
        left, *placed = answer
        if left:
            raise SandboxFailure(f"left in the kernel: {left}")
        self._manifest.update(keeper.unflatten(placed))

    def _plain(self, warm: Loaded) -> dict[str, Any]:
        """It holds thousands of names, and is the same for every candidate."""
        if self._load is None or self._load[0] is not warm:
            self._load = warm, asdict(warm)
        return self._load[1]

    def _begin_resident(self) -> Conversation:
        argv = [str(self._layout.python), "-I", "-S", "-B", f"{_RUNNER}/resident.py"]
        talk = self._container.begin(argv, user=TESTED, cwd=self.root, environment=ENVIRONMENT)
        keep = {"op": "keep", "root": self.root, "manifest": keeper.flatten(self._manifest), "empty": TEMPORARY}
        try:
            (living,) = talk.ask(keep)
        except BaseException as failure:
            talk.close()
            if isinstance(failure, SandboxFailure) and self._layout.resident is None:
                self._layout.resident = False
            raise
        self._layout.resident = True
        self._resident, self._living = talk, int(living)
        return talk

    def _kill_tested(self) -> None:
        """Kill whatever a command left; the resident is not told from it."""
        if self._resident is not None:
            self._resident.close()
        self._resident, self._living = None, 0
        self._container.kill_tested()

    def _original(self, path: str) -> tuple[str, str, int, bytes, int]:
        node = self._tree.nodes[path]
        return path, node.kind, node.mode, b"" if node.kind == "d" else node.read(), node.mtime * 10**9

    def _item(self, change: FileChange) -> tuple[str, str, int, bytes, int]:
        if change.content is None:
            return change.path, "-", 0, b"", -1
        return change.path, "f", self._tree.mode_after(change), change.content, -1

    def _write_by_shell(self, changes: Sequence[FileChange]) -> None:
        paths = [change.path for change in changes]
        check = (
            "for path; do while :; do case $path in */*) path=${path%/*} ;; *) break ;; esac; "
            '[ -L "$path" ] && exit 3; done; done; exit 0'
        )
        looked = self._container.execute(
            ["/bin/sh", "-c", check, "sh", *paths], user=TESTED, timeout=60.0, cwd=self.root
        )
        if looked.exit_code != 0:
            raise SandboxFailure("a program left symbolic links where files are to be written")
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
