"""`reasoncli batch` against one `fix` after another, and under kills. On a machine with nothing else to do.

    python -m benchmarks.batch pace LIST [--first N] [-- OPTIONS]    the same issues by fix, one by one, and by batch
    python -m benchmarks.batch kills [--kills N] [--engine]          batches whose processes and containers are killed

LIST is any list that `reasoncli batch` takes, OPTIONS go to both commands. Cores busy and memory are the machine's:
memory is the most that was in use above what was in use before. `--engine` starts a Docker engine of its own, as root,
uses it in place of the machine's, kills it as well and starts it again.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from reasoncli.batch.book import Book, take_up
from reasoncli.batch.trees import tree_for
from reasoncli.domain import WorkItem
from reasoncli.machine import cores
from reasoncli.runs.store import Store
from reasoncli.sources import load_list

_EVERY = 0.5
_SOURCE = "def total(prices, discount=0):\n    return sum(prices) * (100 + discount) / 100\n"
_TESTS = """\
from shop import total


def test_plain():
    assert total([1, 2]) == 3


def test_less():
    assert total([50, 50], 10) == 90
"""
_ISSUE = "`total([50, 50], 10)` gives 110.0, I expected 90.0"


@dataclass
class Watch:
    """The machine's load and memory while it is open."""

    busy: list[float] = field(default_factory=list)
    most: int = 0
    seconds: float = 0.0

    def __enter__(self) -> Watch:
        self._stop = threading.Event()
        self._before = _used()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self.seconds = time.monotonic() - self._began

    def _look(self) -> None:
        last = _ticks()
        while not self._stop.wait(_EVERY):
            now = _ticks()
            self.busy.append((now[0] - last[0]) / max(1, now[1] - last[1]))
            self.most = max(self.most, _used() - self._before)
            last = now

    @property
    def share(self) -> float:
        """Of the cores' time that was used, in [0, 1]."""
        return sum(self.busy) / max(1, len(self.busy))


def _ticks() -> tuple[int, int]:
    """Ticks of all cores that were busy, and all."""
    fields = [int(value) for value in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def _used() -> int:
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return (int(lines["MemTotal"].split()[0]) - int(lines["MemAvailable"].split()[0])) * 1024


def pace(listed: str, first: int, options: Sequence[str]) -> None:
    """Print the table of the first mode."""
    items = load_list([listed], repository=".", cwd=Path.cwd(), stdin=io.StringIO())[:first]
    with tempfile.TemporaryDirectory(prefix="reasoncli-pace-") as name:
        folder = Path(name)
        trees = [tree_for(item, folder / "trees" / item.key, clones=(), mirrors=folder / "mirrors") for item in items]
        rows = folder / "list.jsonl"
        rows.write_text("".join(json.dumps(_row(item)) + "\n" for item in items))
        with Watch() as one:
            codes = [_fix(item, tree, folder / "one", options) for item, tree in zip(items, trees, strict=True)]
        print(_line("fix, one by one", one, Counter(codes)), flush=True)
        with Watch() as together:
            ran = _tool(["batch", str(rows), "--json", *options], folder / "all")
        found = json.loads(ran.stdout)
        print(_line("batch", together, found["counts"]))
        print(
            f"batch is {one.seconds / together.seconds:.2f} times as fast with {together.most / max(1, one.most):.2f} "
            f"times the memory; {len(items)} issues of {len({item.repository for item in items})} repositories, "
            f"{cores()} cores, {sum(each['model_seconds'] for each in found['issues']):.0f} s in the model"
        )


def _row(item: WorkItem) -> dict[str, object]:
    row: dict[str, object] = {"id": item.key, "repo": item.repository, "issue": item.issue.text}
    row |= {"base_commit": item.commit} if item.commit else {}
    row |= {"tests": item.test_command or list(item.targets)} if item.test_command or item.targets else {}
    return row | ({"image": item.image} if item.image else {})


def _fix(item: WorkItem, tree: Path, state: Path, options: Sequence[str]) -> int:
    words = ["fix", str(tree), "--issue", item.issue.text, "--dry-run", *options]
    words += ["--test-command", item.test_command] if item.test_command else []
    words += ["--image", item.image] if item.image else []
    for target in item.targets:
        words += ["--target", target]
    return _tool(words, state).returncode


def _line(what: str, watch: Watch, ended: object) -> str:
    memory = f"{watch.most / 2**20:6.0f} MiB"
    return f"{what:16} {watch.seconds:7.1f} s   cores busy {watch.share:4.0%}   memory {memory}   {ended}"


def _tool(words: Sequence[str], state: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "REASONCLI_STATE_DIR": str(state)}
    return subprocess.run(
        [sys.executable, "-m", "reasoncli", *words], env=environment, capture_output=True, text=True, check=False
    )


def kills(most: int, seed: int, *, engine: bool) -> None:
    """Print what the second mode found."""
    rng = random.Random(seed)
    told: Counter[str] = Counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reasoncli-kills-")))
        own = stack.enter_context(Engine(folder / "engine")) if engine else None
        rows = folder / "list.jsonl"
        rows.write_text(
            "".join(json.dumps({"repo": str(_shop(folder / f"shop{n}")), "issue": _ISSUE}) + "\n" for n in range(6))
        )
        done = 0
        while done < most:
            state = folder / f"state{told['batches']}"
            told["batches"] += 1
            done += _one_batch(rows, state, rng, most - done, told, own)
            shutil.rmtree(state)
            print(f"{done} of {most} kills: {dict(told)}", flush=True)
        print("containers left:", len(_containers()))


class Engine:
    """A Docker engine that nobody else uses, with the base image of the machine's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Engine:
        image = os.environ["REASONCLI_BASE_IMAGE"]
        self._folder.mkdir()
        saved = self._folder / "image.tar"
        subprocess.run(["docker", "save", "-o", str(saved), image], check=True)
        self._before = os.environ.get("DOCKER_HOST")
        os.environ["DOCKER_HOST"] = f"unix://{self._folder}/docker.sock"
        self.start()
        subprocess.run(["docker", "load", "-q", "-i", str(saved)], check=True, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *error: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            # One that was killed leaves its folder mounted, and the next one mounts it again.
            subprocess.run(["umount", "--recursive", "--lazy", str(self._folder / "data-root")], check=False)
        if self._before is None:
            del os.environ["DOCKER_HOST"]
        else:
            os.environ["DOCKER_HOST"] = self._before

    def start(self) -> None:
        """Start it and wait until it answers."""
        (self._folder / "docker.pid").unlink(missing_ok=True)
        places = [f"--{name}={self._folder / name}" for name in ("data-root", "exec-root")]
        words = ["--host", os.environ["DOCKER_HOST"], "--pidfile", str(self._folder / "docker.pid")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                # In a network of its own: without a bridge it would remove that of the machine's own engine.
                ["unshare", "--net", "dockerd", *places, *words, "--bridge=none", "--iptables=false"],
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while subprocess.run(["docker", "version"], capture_output=True, check=False).returncode != 0:
            if time.monotonic() > until:
                sys.exit(f"the engine does not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.2)

    def kill(self, seconds: float) -> None:
        """Kill it and start it again after some seconds."""
        assert self._process is not None
        beneath = self._folder / "exec-root/containerd/containerd.pid"
        self._process.kill()
        with suppress(OSError, ValueError):
            os.kill(int(beneath.read_text()), signal.SIGKILL)
        self._process.wait()
        time.sleep(seconds)
        beneath.unlink(missing_ok=True)
        self.start()


def _one_batch(
    rows: Path, state: Path, rng: random.Random, most: int, told: Counter[str], engine: Engine | None
) -> int:
    """One batch, killed again and again until it is done; how many kills it took."""
    words = ["batch", str(rows), "-n", "64", "--exhaustive"]
    done = 0
    known: dict[str, tuple[str, int]] = {}
    for _ in range(60):
        process = subprocess.Popen(
            [sys.executable, "-m", "reasoncli", *words],
            env={**os.environ, "REASONCLI_STATE_DIR": str(state)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None:
            try:
                process.wait(rng.uniform(2, 12))
            except subprocess.TimeoutExpired:
                if done < most:
                    done += _kill(process, state, rng, told, engine)
        book = _book(state)
        if book is not None:
            known = _compare(book, known, told)
            if len(known) == len(book.order.items):
                return done
            words = ["batch", "--resume", "last"]
        _quiet(state)
    told["never ended"] += 1
    return max(done, 1)


def _kill(
    process: subprocess.Popen[bytes], state: Path, rng: random.Random, told: Counter[str], engine: Engine | None
) -> int:
    what = rng.choice(
        ["leader", "runner", "runner", "container", "container", *(["engine"] if engine is not None else [])]
    )
    if what == "leader":
        process.kill()
    elif what == "runner":
        found = _labourers(state)
        if not found:
            return 0
        os.kill(rng.choice(found), signal.SIGKILL)
    elif what == "container":
        containers = _containers()
        if not containers:
            return 0
        subprocess.run(["docker", "kill", rng.choice(containers)], capture_output=True, check=False)
    elif engine is not None:
        engine.kill(rng.uniform(0, 3))
    told[f"killed: {what}"] += 1
    return 1


def _compare(book: Book, known: dict[str, tuple[str, int]], told: Counter[str]) -> dict[str, tuple[str, int]]:
    """What is done by now: each issue's run, and the proposals drawn for it. Nothing known may be gone or redone."""
    found = {}
    for item in book.order.items:
        if book.is_done(item.key):
            run = book.run_of(item.key)
            batches = book.store.read(run).recorded.batches
            found[item.key] = (run, sum(each.count for batch in batches for each in batch))
            told["repeated"] += found[item.key][1] > 64
    told["lost"] += sum(found.get(key) is None for key in known)
    told["repeated"] += sum(key in found and found[key] != value for key, value in known.items())
    return found


def _quiet(state: Path) -> None:
    """Wait until what lost its leader has ended."""
    until = time.monotonic() + 90
    while Store(state).live() and time.monotonic() < until:
        time.sleep(0.2)


def _book(state: Path) -> Book | None:
    if not list((state / "batches").glob("*/batch.json")):
        return None
    book = take_up(state, "last")
    book.close()
    return book


def _labourers(state: Path) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            session = int((place / "stat").read_text().rpartition(")")[2].split()[3])
            ours = f"REASONCLI_STATE_DIR={state}\0".encode() in (place / "environ").read_bytes()
            if ours and session == int(place.name) and b"forkserver" in (place / "cmdline").read_bytes():
                found.append(session)
        except OSError:
            continue
    return found


def _containers() -> list[str]:
    words = ["docker", "ps", "-aq", "--filter", "label=reasoncli.run"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()


def _shop(folder: Path) -> Path:
    for path, text in {"shop.py": _SOURCE, "test_shop.py": _TESTS, "conftest.py": ""}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-qm", "s"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    of_pace = modes.add_parser("pace")
    of_pace.add_argument("list")
    of_pace.add_argument("--first", type=int, default=1000)
    of_kills = modes.add_parser("kills")
    of_kills.add_argument("--kills", type=int, default=100)
    of_kills.add_argument("--seed", type=int, default=0)
    of_kills.add_argument("--engine", action="store_true")
    words = sys.argv[1:]
    ours = words.index("--") if "--" in words else len(words)
    arguments = parser.parse_args(words[:ours])
    if arguments.mode == "pace":
        pace(arguments.list, arguments.first, words[ours + 1 :])
    else:
        kills(arguments.kills, arguments.seed, engine=arguments.engine)


if __name__ == "__main__":
    main()
