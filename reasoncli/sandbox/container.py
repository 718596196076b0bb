"""One hardened container: started, talked to over its supervisor's stdin, entered by exec, ended.

Two users inside, both without any capability: SUPERVISOR owns the supervisor and the runner's folder, TESTED runs
everything else. Neither can become the other, nor root.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reasoncli.errors import SandboxFailure, SandboxUnavailable
from reasoncli.resources import sandboxes_dir
from reasoncli.sandbox import engine, keeper
from reasoncli.sandbox.capture import Capped, Collected, Frames
from reasoncli.sandbox.interface import Limits

SUPERVISOR = 64001
TESTED = 64000
OWN = "/reasoncli"
HOME = "/home/reasoncli"
TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm", HOME)  # noqa: S108 - paths inside the container

_SHARED_MEMORY = 64 << 20
_OWN_SIZE = 64 << 20
_SPARE_PIDS = 32  # the supervisor's, and some room for our own programs
_REPLY = 20.0
_LAST_WORD = 1.0
_LONGEST = 512 << 20  # bytes of an answer: a bound on what a broken one can make us hold


def host_config(limits: Limits, root: str, tree: int) -> dict[str, Any]:
    """The engine's settings for a container that may do nothing but compute.

    The memory limit adds up what processes may take and what the temporary file systems may hold, so that a full
    disk is "no space left", not somebody's death by memory.
    """
    half = max(limits.disk // 2, 1 << 20)
    data = f"rw,exec,nosuid,nodev,size={half}"
    memory = limits.memory + 3 * half + tree + _SHARED_MEMORY
    return {
        "NetworkMode": "none",
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Privileged": False,
        "ReadonlyRootfs": True,
        "Memory": memory,
        "MemorySwap": memory,
        "NanoCpus": int(limits.cpus * 1e9),
        "PidsLimit": limits.pids + _SPARE_PIDS,
        "Ulimits": [
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "nofile", "Soft": 4096, "Hard": 4096},
        ],
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "Init": True,
        "AutoRemove": True,
        "LogConfig": {"Type": "none", "Config": {}},
        "Tmpfs": {
            root: f"rw,exec,nosuid,nodev,size={half + tree},uid={TESTED},gid={TESTED},mode=0755",
            OWN: f"rw,noexec,nosuid,nodev,size={_OWN_SIZE},uid={SUPERVISOR},gid={SUPERVISOR},mode=0755",
            HOME: f"{data},uid={TESTED},gid={TESTED},mode=0700",
            "/tmp": f"{data},mode=1777",  # noqa: S108
            "/var/tmp": f"rw,noexec,nosuid,nodev,size={_SHARED_MEMORY // 4},mode=1777",  # noqa: S108
            "/dev/shm": f"rw,noexec,nosuid,nodev,size={_SHARED_MEMORY},mode=1777",  # noqa: S108
        },
    }


@dataclass(frozen=True, slots=True)
class Finished:
    """How one exec ended: `exit_code` is `None` if it was still running at the deadline."""

    exit_code: int | None
    stdout: Capped
    stderr: Capped
    duration: float


class Container:
    """A running container. One thread uses it; `beat` and `end` may come from others.

    Attributes:
        cpu_seconds: that processors worked for it, as of the last `state`; 0 where its kernel doesn't tell.
    """

    def __init__(self, client: Any, id: str, channel: Any) -> None:
        self.client = client
        self.id = id
        self._channel = channel
        self._socket = engine.raw_socket(channel)
        self._said = Collected()
        self._complaints = Capped(1 << 12)
        self._frames = Frames(self._said, self._complaints)
        self._frames.feed(engine.already_read(channel))
        self._sending = threading.Lock()
        self._entering = threading.Lock()
        self._entered: list[Any] = []
        self._ended = False
        self._asking = threading.Lock()
        self.cpu_seconds = 0.0

    @classmethod
    def start(
        cls,
        client: Any,
        image: str,
        labels: Mapping[str, str],
        config: Mapping[str, Any],
        patience: float,
    ) -> Container:
        """Create and start one; it ends by itself when nobody beats for twice `patience` seconds.

        Raises:
            SandboxUnavailable: the engine can't do it.
        """
        script = (sandboxes_dir() / "supervisor.sh").read_text()
        settings = {
            "Image": image,
            "Entrypoint": ["/bin/sh", "-c", script, "supervisor", str(max(1, round(patience)))],
            "Cmd": [],
            "User": f"{SUPERVISOR}:{SUPERVISOR}",
            "WorkingDir": "/",
            "OpenStdin": True,
            "StdinOnce": True,
            "AttachStdin": True,
            "AttachStdout": True,
            "AttachStderr": True,
            "Labels": dict(labels),
            "Healthcheck": {"Test": ["NONE"]},
            "HostConfig": dict(config),
        }
        with engine.preparing():
            id = client.create_container_from_config(settings)["Id"]
            channel = None
            try:
                channel = client.attach_socket(id, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
                client.start(id)
            except BaseException:
                if channel is not None:
                    engine.hang_up(channel)
                with contextlib.suppress(*engine.ENGINE_ERRORS):
                    client.remove_container(id, force=True)
                raise
        container = cls(client, id, channel)
        try:
            container._expect("ready")
        except SandboxFailure as error:
            container.end()
            raise SandboxUnavailable(
                f"The image {image} does not run our supervisor: {error}",
                hint="A sandbox image needs a POSIX shell at /bin/sh and the programs cat, rm, sleep and tar.",
            ) from error
        return container

    # ------------------------------------------------------------ the supervisor's channel

    def beat(self) -> None:
        """A sign of life. Failing is no news here: the next one who needs the container will notice."""
        with contextlib.suppress(OSError):
            self._tell(b"b\n")

    def state(self) -> tuple[int, int]:
        """(processes that are not the supervisor's, processes that the kernel killed for memory so far)."""
        with self._asking:
            return self._state(_REPLY)

    def last_word(self) -> None:
        """Ask for `cpu_seconds` before the end, unless another thread asks for something, or it takes long."""
        if self._asking.acquire(blocking=False):
            try:
                with contextlib.suppress(SandboxFailure):
                    self._state(_LAST_WORD)
            finally:
                self._asking.release()

    def _state(self, patience: float) -> tuple[int, int]:
        try:
            self._tell(b"s\n")
        except OSError as error:
            raise SandboxFailure(f"the container is gone: {error}") from error
        said = self._expect("state", patience)
        try:
            others, kills, used = map(int, said.split()[1:])
        except ValueError as error:
            raise SandboxFailure(f"the supervisor said {said!r}") from error
        self.cpu_seconds = used / 1e6
        return others, kills

    def _tell(self, line: bytes) -> None:
        with self._sending:
            self._socket.sendall(line)

    def _expect(self, word: str, patience: float = _REPLY) -> str:
        deadline = time.monotonic() + patience
        try:
            while (end := self._said.data.find(b"\n")) < 0:
                self._socket.settimeout(max(0.01, deadline - time.monotonic()))
                data = self._socket.recv(4096)
                if not data:
                    raise SandboxFailure(f"the container ended{_quoted(self._said.data + self._complaints.value())}")
                self._frames.feed(data)
        except OSError as error:
            raise SandboxFailure(f"the supervisor is silent: {error}") from error
        text = self._said.take(end + 1).decode("utf-8", "replace").strip()
        if not text.startswith(word):
            raise SandboxFailure(f"the supervisor said {text!r} for {word!r}")
        return text

    # ------------------------------------------------------------ entering

    def enter(
        self,
        argv: Sequence[str],
        *,
        user: int,
        cwd: str = "/",
        environment: Mapping[str, str] | None = None,
        stdin: bool,
    ) -> tuple[str, Any]:
        """Begin an exec; its id and its connection, which `leave` has to be told of.

        Raises:
            SandboxFailure: the engine can't, or the container was ended meanwhile.
        """
        variables = [f"{name}={value}" for name, value in (environment or {}).items()]
        try:
            with engine.judging():
                id = self.client.exec_create(
                    self.id, list(argv), stdin=stdin, user=f"{user}:{user}", workdir=cwd, environment=variables
                )["Id"]
                stream = self.client.exec_start(id, socket=True)
        except SandboxFailure:
            self._hang_up_once_more()
            raise
        with self._entering:
            self._entered.append(stream)
            ended = self._ended
        if ended:
            self.leave(stream)
            raise SandboxFailure("the container was ended")
        return id, stream

    def leave(self, stream: Any) -> None:
        """Hang up an exec's connection. Idempotent; never raises."""
        with self._entering:
            self._entered = [each for each in self._entered if each is not stream]
        engine.hang_up(stream)
        self._hang_up_once_more()

    def _hang_up_once_more(self) -> None:
        """Who enters while the container is ended makes a connection after all of them were closed."""
        if self._ended:
            self.client.close()

    def execute(
        self,
        argv: Sequence[str],
        *,
        user: int,
        timeout: float,
        limit: int = 1 << 16,
        cwd: str = "/",
        environment: Mapping[str, str] | None = None,
        stdin: Iterable[bytes] = (),
        on_stderr: Callable[[bytes], None] | None = None,
    ) -> Finished:
        """Run a program to its end or the deadline (then it still runs: kill it)."""
        started = time.monotonic()
        deadline = started + timeout
        pieces = iter(stdin)
        first = next(pieces, b"")
        id, stream = self.enter(argv, user=user, cwd=cwd, environment=environment, stdin=bool(first))
        stdout, stderr = Capped(limit), Capped(limit, listener=on_stderr)
        frames = Frames(stdout, stderr)
        try:
            with engine.judging():
                frames.feed(engine.already_read(stream))
                ended = _pump(engine.raw_socket(stream), first, pieces, frames, deadline)
                code = self._exit_code(id, deadline) if ended else None
        finally:
            self.leave(stream)
        return Finished(code, stdout, stderr, time.monotonic() - started)

    def _exit_code(self, id: str, deadline: float) -> int | None:
        """Its exit code; `None` if it runs at the deadline still (a program may close its output and go on)."""
        pause = 0.005
        while True:
            state = self.client.exec_inspect(id)
            if state["ExitCode"] is not None and not state["Running"]:
                return int(state["ExitCode"])
            if time.monotonic() > deadline:
                return None
            time.sleep(pause)
            pause = min(2 * pause, 0.5)

    def must(self, argv: Sequence[str], *, user: int, timeout: float = 60.0, stdin: Iterable[bytes] = ()) -> bytes:
        """Run one of our own programs, which has to succeed; its stdout."""
        done = self.execute(argv, user=user, timeout=timeout, stdin=stdin)
        if done.exit_code != 0:
            raise SandboxFailure(f"{argv[0]} in the sandbox failed ({done.exit_code}){_quoted(done.stderr.value())}")
        return done.stdout.value()

    def begin(
        self, argv: Sequence[str], *, user: int, cwd: str = "/", environment: Mapping[str, str] | None = None
    ) -> Conversation:
        """Start a program of ours that answers requests; close the conversation in the end."""
        _, stream = self.enter(argv, user=user, cwd=cwd, environment=environment, stdin=True)
        try:
            return Conversation(stream, self.leave)
        except SandboxFailure:
            self.leave(stream)
            raise

    @contextlib.contextmanager
    def converse(self, argv: Sequence[str], *, user: int) -> Iterator[Conversation]:
        """As `begin`, for as long as the context lasts."""
        talk = self.begin(argv, user=user)
        try:
            yield talk
        finally:
            talk.close()

    def settled(self, patience: float = 0.05, expected: int = 0) -> bool:
        """Whether beside the supervisor's processes only the expected are left, after a moment for those that end."""
        deadline = time.monotonic() + patience
        while self.state()[0] != expected:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True

    def kill_tested(self) -> None:
        """Kill every process of the tested user, daemons included.

        Raises:
            SandboxFailure: something survived. A fork bomb does, if it leaves no room for a process that would kill it;
                more room would only be room for the bomb, so the container has to go.
        """
        for _ in range(3):
            # The shell's own kill(-1) spares itself only. What runs may kill or trace this one first: hence the loop,
            # and hence only the supervisor's count is believed.
            self.execute(["/bin/sh", "-c", "kill -9 -1"], user=TESTED, timeout=10.0)
            if self.settled(0.5):
                return
        raise SandboxFailure("processes survived being killed")

    # ------------------------------------------------------------ the end

    def end(self) -> None:
        """Kill it and have the engine remove it; whoever waits for an answer from inside fails now. Never raises."""
        engine.hang_up(self._channel)
        with self._entering:
            self._ended = True
            entered = tuple(self._entered)
        for stream in entered:  # an engine may forget to, where the exec began as the container ended
            engine.wake(stream)
        with contextlib.suppress(*engine.ENGINE_ERRORS):
            self.client.remove_container(self.id, force=True, v=True)
        self.client.close()


class Conversation:
    """Requests to a program of ours and its answers, over an exec's connection."""

    def __init__(self, stream: Any, hang_up: Callable[[Any], None] = engine.hang_up) -> None:
        self._stream = stream
        self._hang_up = hang_up
        self._connection = engine.raw_socket(stream)
        self._deadline = 0.0
        self._said = Collected()
        self._complaints = Capped(1 << 12)
        self._frames = Frames(self._said, self._complaints)
        with engine.judging():
            self._frames.feed(engine.already_read(stream))

    def ask(self, request: dict[str, Any], timeout: float = 120.0) -> list[str]:
        """Send one request and wait for the fields of its answer, for `timeout` seconds.

        Raises:
            SandboxFailure: no answer, or the program tells of an error.
        """
        self._deadline = time.monotonic() + timeout
        with engine.judging():
            self._connection.settimeout(timeout)
            self._connection.sendall(keeper.pack_request(request))
        return self.hear()

    def hear(self) -> list[str]:
        """Wait for the fields of one more answer to the same request, as `ask`."""
        (length,) = struct.unpack(">Q", self._take(8))
        if length > _LONGEST:
            raise SandboxFailure("an answer from inside has no end")
        word, *fields = [os.fsdecode(field) for field in self._take(length).split(b"\0")]
        if word != "ok":
            raise SandboxFailure(f"the sandbox's own program failed: {'; '.join(fields)}")
        return fields

    def close(self) -> None:
        """Hang up; the program ends. Never raises."""
        self._hang_up(self._stream)

    def _take(self, length: int) -> bytes:
        with engine.judging():
            while len(self._said.data) < length:
                left = self._deadline - time.monotonic()
                try:
                    self._connection.settimeout(max(0.001, left))
                    data = self._connection.recv(1 << 18) if left > 0 else None
                except TimeoutError:
                    data = None
                if data is None:
                    raise SandboxFailure("it did not answer in time")
                if not data:
                    raise SandboxFailure(f"it ended early{_quoted(self._said.data + self._complaints.value())}")
                self._frames.feed(data)
            return self._said.take(length)


def _pump(connection: Any, first: bytes, pieces: Iterator[bytes], frames: Frames, deadline: float) -> bool:
    """Feed stdin and take output until the other side closes (true) or the deadline comes (false)."""
    waiting = memoryview(first)
    sending = bool(first)
    connection.setblocking(False)
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ | (selectors.EVENT_WRITE if sending else 0))
        while (left := deadline - time.monotonic()) > 0:
            for _, events in selector.select(left):
                if events & selectors.EVENT_READ:
                    try:
                        data = connection.recv(1 << 18)
                    except (TimeoutError, BlockingIOError):
                        data = None
                    if data == b"":
                        return True
                    if data:
                        frames.feed(data)
                if sending and events & selectors.EVENT_WRITE:
                    try:
                        waiting = waiting[connection.send(waiting[: 1 << 18]) :]
                    except (TimeoutError, BlockingIOError):
                        continue
                    except (BrokenPipeError, ConnectionResetError):
                        waiting, pieces = memoryview(b""), iter(())  # the program does not read its stdin: its right
                    if not waiting:
                        waiting = memoryview(next(pieces, b""))
                    if not waiting:
                        sending = False
                        engine.half_close(connection)
                        selector.modify(connection, selectors.EVENT_READ)
    return False


def _quoted(output: bytes | bytearray) -> str:
    text = output.decode("utf-8", "replace").strip()
    return f": {text[-500:]}" if text else ""
