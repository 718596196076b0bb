"""A real Ray cluster on this machine, in a process of its own: `python -m tests.cluster.nodes NUMBER CPUS`.

It prints its address, then takes commands on stdin: `kill NUMBER` ends a node as a power cut would. Its end is the
cluster's.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_TRIES = 3
_STORE = 80 << 20  # bytes of an object store
_PORTS = ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port", "runtime_env_agent_port")
"""Told beforehand: for ports that its agents choose by themselves a node waits 15 s, then dies, on a busy machine."""


@dataclass(frozen=True)
class Nodes:
    """A cluster that is up."""

    address: str
    words: IO[str]
    answers: IO[str]

    def kill(self, number: int) -> None:
        """End a node, its raylet first, without a farewell; 0 is the head."""
        self.words.write(f"kill {number}\n")
        self.words.flush()
        assert self.answers.readline().strip() == "killed"


@contextmanager
def nodes(number: int, cpus: int = 2) -> Iterator[Nodes]:
    """A cluster of so many nodes, each with so many cores by its own account."""
    with ExitStack() as stack:
        yield _begun(stack, number, cpus)


def _begun(stack: ExitStack, number: int, cpus: int) -> Nodes:
    """On a busy machine Ray gives up on its own parts: then once more."""
    root = str(Path(__file__).parents[2])
    variables = {**os.environ, "PYTHONPATH": root, "RAY_USAGE_STATS_ENABLED": "0"}
    variables.pop("RAY_ADDRESS", None)
    said = ""
    for _ in range(_TRIES):
        log = stack.enter_context(tempfile.TemporaryFile("w+"))  # noqa: SIM115 - the stack closes it
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.cluster.nodes", str(number), str(cpus)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=variables,
                cwd=root,
            )
        )
        assert process.stdin is not None
        assert process.stdout is not None
        if address := process.stdout.readline().strip():
            return Nodes(address, process.stdin, process.stdout)
        log.seek(0)
        said = log.read()[-2000:]
    raise AssertionError(f"the cluster did not come up: {said}")


def _free_ports() -> dict[str, int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in _PORTS]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return {name: each.getsockname()[1] for name, each in zip(_PORTS, sockets, strict=True)}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Ray prints is not for whoever reads
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:  # sockets below it have short names
        os.environ["RAY_TMPDIR"] = folder  # nobody else on the machine shall find this cluster by itself
        from ray.cluster_utils import Cluster

        options = {"num_cpus": int(sys.argv[2]), "object_store_memory": _STORE, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args={**options, **_free_ports()})
        more = int(sys.argv[1]) - 1
        members = [cluster.head_node, *(cluster.add_node(**options, **_free_ports()) for _ in range(more))]
        print(cluster.address, file=answers, flush=True)
        for line in sys.stdin:
            cluster.remove_node(members[int(line.split()[1])], allow_graceful=False)
            print("killed", file=answers, flush=True)
        cluster.shutdown()


if __name__ == "__main__":
    main()
