"""llama.cpp's own server, built from the very source that llama-cpp-python was built from, and run for a comparison."""

from __future__ import annotations

import importlib.metadata
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CMAKE = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_OPENSSL=OFF",
)


def build(folder: Path, *, jobs: int = 2, options: Sequence[str] = ()) -> Path:
    """Path of a `llama-server` of the installed llama-cpp-python's version, built into `folder` if need be.

    Takes ten minutes or so on two cores, the first time.
    """
    version = importlib.metadata.version("llama-cpp-python")
    source = folder / f"llama_cpp_python-{version}"
    binary = folder / f"build-{version}" / "bin" / "llama-server"
    if binary.exists():
        return binary
    folder.mkdir(parents=True, exist_ok=True)
    if not source.exists():
        download = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "llama-cpp-python"]
        subprocess.run([*download, "-d", str(folder), f"llama-cpp-python=={version}"], check=True)
        with tarfile.open(folder / f"llama_cpp_python-{version}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    tree = ["-S", str(source / "vendor" / "llama.cpp"), "-B", str(binary.parent.parent)]
    subprocess.run(["nice", "cmake", *tree, *_CMAKE, *options], check=True, stdout=subprocess.DEVNULL)
    target = ["--target", "llama-server", "-j", str(jobs)]
    subprocess.run(["nice", "cmake", "--build", str(binary.parent.parent), *target], check=True)
    return binary


class Server:
    """A running server and how it is asked for completions."""

    def __init__(self, url: str, slots: int) -> None:
        self._url = url
        self._threads = ThreadPoolExecutor(slots)

    def complete(self, tokens: Sequence[int], n: int, max_tokens: int, *, seed: int = 0) -> list[str]:
        """`n` independent samples, each a request of its own, all sent at once."""
        bodies = [_body(tokens, max_tokens, seed + index) for index in range(n)]
        return [str(answer["content"]) for answer in self._threads.map(self._post, bodies)]

    def complete_in_one(self, tokens: Sequence[int], n: int, max_tokens: int, *, seed: int = 0) -> list[str]:
        """`n` samples asked for in a single request."""
        answers = self._post({**_body(tokens, max_tokens, seed), "n_cmpl": n})
        return [str(answer["content"]) for answer in answers]

    def _post(self, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self._url}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=3600) as answer:
            return json.load(answer)


def _body(tokens: Sequence[int], max_tokens: int, seed: int) -> dict[str, Any]:
    plain = {
        "temperature": 1.0,
        "top_k": 0,
        "top_p": 1.0,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        "samplers": ["temperature"],
    }
    return {"prompt": list(tokens), "n_predict": max_tokens, "seed": seed, "cache_prompt": True, **plain}


@contextmanager
def serve(
    binary: Path, model: Path, *, slots: int, context: int, threads: int, gpu_layers: int = 0
) -> Iterator[Server]:
    """Run the server with a slot for each of `slots` requests; `context` is for each of them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [str(binary), "-m", str(model), "--port", str(port), "-np", str(slots), "-c", str(slots * context)]
    command += ["-t", str(threads), "-tb", str(threads), "-ngl", str(gpu_layers), "--no-warmup"]
    environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ}  # as our own process has it
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        _wait(f"http://127.0.0.1:{port}/health", process)
        yield Server(f"http://127.0.0.1:{port}", slots)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            raise RuntimeError(f"llama-server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise RuntimeError("llama-server doesn't answer")
