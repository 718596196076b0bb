"""Opens Docker sandboxes over one snapshot: image, tree and labels are settled once, containers start from them."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reasoncli.domain import Snapshot
from reasoncli.errors import SandboxFailure, SandboxUnavailable
from reasoncli.locks import FileLock
from reasoncli.resources import sandboxes_dir
from reasoncli.sandbox import engine, folders, images, labels, reap
from reasoncli.sandbox.config import DockerConfig
from reasoncli.sandbox.container import SUPERVISOR, Container, host_config
from reasoncli.sandbox.docker_sandbox import DockerSandbox, Layout
from reasoncli.sandbox.interface import Sandbox
from reasoncli.sandbox.locks import TRIES, folder_lock_path, run_lock
from reasoncli.sandbox.tree import Tree, from_snapshot, merge

_MISSED_BEATS = 7
# Python 3.7 and later can run the keeper.
_PROBE = (
    'for python in "$@"; do command -v "$python" > /dev/null && '
    '"$python" -I -S -c "import sys; print(sys.executable); print(sys.version_info[:2] >= (3, 7))" && exit 0; '
    "done; exit 0"
)


def docker_provider(
    snapshot: Snapshot,
    config: DockerConfig,
    run_id: str,
    progress: Callable[[str], None] = lambda line: None,
) -> DockerProvider:
    """Build or find the image and get ready to open sandboxes.

    `progress` gets the build's output, line by line, for the display.

    Raises:
        SandboxUnavailable: no engine, no permission, an unknown image, a failing build; with a hint.
    """
    client = engine.connect()
    lock = run_lock(config.state_dir, run_id)
    try:
        reap.reap_containers(client)
        image = images.prepare(client, snapshot, config, run_id, progress)
        with contextlib.ExitStack() as undo:
            kept = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix=folders.IMAGE)))
            undo.callback(FileLock(folder_lock_path(kept), tries=TRIES).release)
            generated = images.read_generated(client, image, labels.of_run(run_id, lock.path), kept, progress)
            tree = merge(from_snapshot(snapshot), generated)
            return DockerProvider(config, run_id, client, image, lock, tree, undo.pop_all())
    except BaseException:
        lock.release(remove=True)
        client.close()
        raise


class DockerProvider:
    """See `SandboxProvider`."""

    isolated = True

    def __init__(
        self,
        config: DockerConfig,
        run: str,
        client: Any,
        image: images.Image,
        lock: FileLock,
        tree: Tree,
        kept: contextlib.ExitStack,
    ) -> None:
        self._config = config
        self._client = client
        self._image = image
        self._run = run
        self._lock = lock
        self._open: set[DockerSandbox] = set()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._tree = tree
        self._kept = kept
        self._layout: Layout | None = None
        self._cpu_seconds = 0.0  # of those that are closed
        self._beater = threading.Thread(target=self._beat, name="reasoncli-heartbeat", daemon=True)
        self._beater.start()

    @property
    def description(self) -> str:
        """See `SandboxProvider`."""
        return f"docker {self._image.name} ({self._image.id})"

    @property
    def identity(self) -> str | None:
        """See `SandboxProvider`."""
        return f"docker {self._image.id} {self._image.workdir} {self._config.python or ''}"

    @property
    def image(self) -> images.Image:
        """What the sandboxes run."""
        return self._image

    @property
    def cpu_seconds(self) -> float:
        """See `SandboxProvider`: what the containers' control groups counted."""
        with self._guard:
            return self._cpu_seconds + sum(sandbox.container.cpu_seconds for sandbox in self._open)

    def open(self) -> Sandbox:
        """See `SandboxProvider`."""
        if self._stop.is_set():
            raise SandboxUnavailable("The provider is closed.")
        client = engine.connect()
        try:
            container = Container.start(
                client,
                self._image.id,
                labels.of_run(self._run, self._lock.path),
                host_config(self._config.limits, self._image.workdir, self._tree.size),
                self._config.heartbeat * _MISSED_BEATS,
            )
        except BaseException:
            client.close()
            raise
        try:
            if self._layout is None:
                self._layout = self._probe(container)
            sandbox = DockerSandbox(container, self._layout, self._tree, self._config.limits, self._forget)
            with self._guard:
                self._open.add(sandbox)
            sandbox.furnish(sandboxes_dir() / "runner")
        except SandboxFailure as failure:
            container.end()
            raise SandboxUnavailable(
                f"A sandbox of {self._image.name} can't be set up: {failure}",
                hint="Is there room for the repository in memory? The image needs a shell, tar, find and cp.",
            ) from failure
        except BaseException:
            container.end()
            raise
        return sandbox

    def close(self) -> None:
        """See `SandboxProvider`."""
        self._stop.set()
        with self._guard:
            remaining = tuple(self._open)
        for sandbox in remaining:
            sandbox.close()
        self._beater.join()
        self._kept.close()
        self._lock.release(remove=True)
        self._client.close()

    # ------------------------------------------------------------ inside

    def _forget(self, sandbox: DockerSandbox) -> None:
        with self._guard:
            if sandbox in self._open:
                self._cpu_seconds += sandbox.container.cpu_seconds
            self._open.discard(sandbox)

    def _beat(self) -> None:
        while not self._stop.wait(self._config.heartbeat):
            with self._guard:
                remaining = tuple(self._open)
            for sandbox in remaining:
                sandbox.container.beat()

    def _probe(self, container: Container) -> Layout:
        wanted = [self._config.python] if self._config.python else ["python3", "python"]
        lines = container.must(["/bin/sh", "-c", _PROBE, "sh", *wanted], user=SUPERVISOR).decode().split("\n")
        if len(lines) < 2:
            if self._config.python:
                raise SandboxUnavailable(f"There is no {self._config.python} in {self._image.name}.")
            return Layout(self._image.workdir, None, keeps=False)
        return Layout(self._image.workdir, lines[0], keeps=lines[1] == "True")
