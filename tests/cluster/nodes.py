"""A real Ray cluster on this machine, in a process of its own: `python -m tests.cluster.nodes NUMBER CPUS`.

It prints its address, then takes commands on stdin: `kill NUMBER` ends a node as a power cut would. Its end is the
cluster's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_STORE = 80 << 20  # bytes of an object store


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
    root = str(Path(__file__).parents[2])
    variables = {**os.environ, "PYTHONPATH": root, "RAY_USAGE_STATS_ENABLED": "0"}
    variables.pop("RAY_ADDRESS", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cluster.nodes", str(number), str(cpus)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=variables,
        cwd=root,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address, "the cluster did not come up"
        yield Nodes(address, process.stdin, process.stdout)
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Ray prints is not for whoever reads
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:  # sockets below it have short names
        os.environ["RAY_TMPDIR"] = folder  # nobody else on the machine shall find this cluster by itself
        from ray.cluster_utils import Cluster

        options = {"num_cpus": int(sys.argv[2]), "object_store_memory": _STORE, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=options)
        members = [cluster.head_node, *(cluster.add_node(**options) for _ in range(int(sys.argv[1]) - 1))]
        print(cluster.address, file=answers, flush=True)
        for line in sys.stdin:
            cluster.remove_node(members[int(line.split()[1])], allow_graceful=False)
            print("killed", file=answers, flush=True)
        cluster.shutdown()


if __name__ == "__main__":
    main()
