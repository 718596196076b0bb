"""Servers for tests: llama-cpp-python's real one in a process, and one on loopback that answers as told."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def free_port() -> int:
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def llama_server(model: Path, *arguments: str) -> Iterator[str]:
    """Run `python -m llama_cpp.server` on a model; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--host", "127.0.0.1"]
    command += ["--port", str(port), *arguments]
    log = model.parent / f"server-{port}.log" if os.access(model.parent, os.W_OK) else None
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    output = log.open("wb") if log else subprocess.DEVNULL
    server = subprocess.Popen([*command, "--n_threads", "2"], env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait(f"http://127.0.0.1:{port}/v1/models", server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if log:
            output.close()
            log.unlink()


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server did not start")


@dataclass
class Request:
    """What a server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Reply:
    """What a server answers: a JSON object or raw text; `cut` bytes of it are left out, `wait` seconds pass first."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    hang: bool = False


Answer = Callable[[Request], Reply]


@dataclass
class FakeServer:
    """A server on loopback; remembers all requests. `kill` leaves all that it was asked without an answer."""

    url: str
    requests: list[Request]
    kill: Callable[[], None]

    @property
    def posts(self) -> list[Request]:
        """Requests other than for the list of models."""
        return [request for request in self.requests if request.method == "POST"]


def models_reply(*names: str, owner: str = "vllm", **fields: Any) -> Reply:
    """The list of models."""
    return Reply({"object": "list", "data": [{"id": name, "owned_by": owner, **fields} for name in names]})


def chat_reply(*texts: str, **message: Any) -> Reply:
    """A chat completion with these choices."""
    choices = [
        {"index": index, "finish_reason": "stop", "message": {"role": "assistant", "content": text, **message}}
        for index, text in enumerate(texts)
    ]
    return Reply({"choices": choices, "usage": {"completion_tokens": 5 * len(texts)}})


@contextmanager
def fake_server(answer: Answer, models: Reply | None = None, port: int = 0) -> Iterator[FakeServer]:
    """Serve on loopback: the list of models, and for all else what `answer` says."""
    seen: list[Request] = []
    end, killed = threading.Event(), threading.Event()
    listing = models or models_reply("model")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            data = self.rfile.read(length)
            request = Request(self.command, self.path, dict(self.headers), json.loads(data) if data else None)
            seen.append(request)
            reply = listing if self.path.endswith("/v1/models") else answer(request)
            if reply.hang:
                end.wait(60)
            if reply.hang or killed.is_set():
                self.close_connection = True
                return
            text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            payload = text.encode()
            try:
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(payload)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(payload[: len(payload) - reply.cut])
            except OSError:
                self.close_connection = True
            self.close_connection = self.close_connection or bool(reply.cut)

        do_GET = do_POST = _serve  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()

    def stop() -> None:
        end.set()
        server.shutdown()
        server.server_close()
        thread.join()

    def kill() -> None:
        killed.set()
        stop()

    try:
        yield FakeServer(f"http://127.0.0.1:{server.server_port}/v1", seen, kill)
    finally:
        if not killed.is_set():
            stop()
