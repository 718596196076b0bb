"""How lean the tool is: the time of `reasoncli --help`, and its own peak memory with 1,024 candidates.

    python -m benchmarks.startup [--sandbox local] [--samples 1024]

Time: each command as a process of its own, in turns. Memory: a real `reasoncli fix` of the packaged example
whose model is a recording, so that the process holds the tool alone; the sandbox is made of other processes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from reasoncli.resources import demo_dir

HELP_GOAL = 3.0  # times the bare imports
MEMORY_GOAL = 200  # MB

_MEASURED = """
import atexit, resource, sys
from reasoncli.cli import main

def report():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    with open({peak!r}, "w") as file:
        file.write(str(peak))

atexit.register(report)
main()
"""


def seconds(command: Sequence[str]) -> float:
    """Wall-clock seconds of one run of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def startup(rounds: int) -> float:
    """Print the startup table; how many times the bare imports `--help` takes."""
    commands = {
        'python -c ""': [sys.executable, "-c", ""],
        'python -c "import typer, rich"': [sys.executable, "-c", "import typer, rich"],
        "reasoncli --help": [sys.executable, "-c", "from reasoncli.cli import main; main()", "--help"],
    }
    for command in commands.values():  # the first run writes bytecode and fills the page cache
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(seconds(command))
    print(f"{'command':<34}{'median ms':>10}{'min ms':>10}   ({rounds} rounds)")
    for name, values in times.items():
        print(f"{name:<34}{1000 * median(values):>10.0f}{1000 * min(values):>10.0f}")
    ratio = median(times["reasoncli --help"]) / median(times['python -c "import typer, rich"'])
    print(f"reasoncli --help takes {ratio:.2f} times the bare imports (goal: at most {HELP_GOAL:g})")
    return ratio


def recording(path: Path, distinct: int) -> None:
    """Write a recorded model that knows `distinct` different patches of the example, one of them right."""
    search = "        if room.seats <= seats:\n"

    def answer(line: str) -> str:
        return f"roomplan/rooms.py\n```\n<<<<<<< SEARCH\n{search}=======\n        {line}\n>>>>>>> REPLACE\n```\n"

    lines = ["if room.seats < seats:"] + [f"if room.seats <= seats - {n}:" for n in range(2, distinct + 1)]
    with path.open("w") as file:
        header = {"reasoncli_recording": 1, "name": "many-patches", "abilities": ["chat"], "context": 32768}
        for row in [header, *({"text": answer(line), "logprobs": [-0.1] * 40} for line in lines)]:
            file.write(json.dumps(row) + "\n")


def memory(samples: int, sandbox: str) -> int:
    """Print and return the peak memory in MB of a `fix` that draws so many samples, nearly all different."""
    with tempfile.TemporaryDirectory(prefix="reasoncli-bench-") as name:
        folder = Path(name)
        project, model, peak = folder / "project", folder / "model.jsonl", folder / "peak"
        shutil.copytree(demo_dir() / "project", project, ignore=shutil.ignore_patterns("__pycache__"))
        git = ["git", "-C", str(project), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "The example"]):
            subprocess.run([*git, *command], check=True)
        recording(model, 32 * samples)
        started = time.perf_counter()
        done = subprocess.run(
            [
                *[sys.executable, "-c", _MEASURED.format(peak=str(peak)), "fix", str(project)],
                *["--issue", str(demo_dir() / "issue.md"), "--model", f"recorded:{model}", "--samples", str(samples)],
                *["--exhaustive", "--sandbox", sandbox, "--dry-run", "--json"],
            ],
            check=False,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"REASONCLI_STATE_DIR": str(folder / "state")},
        )
        if done.returncode not in (0, 1):
            raise SystemExit(f"the measured run failed with exit code {done.returncode}")
        spent = time.perf_counter() - started
        decision = json.loads(done.stdout)["decision"]
        megabytes = round(int(peak.read_text()) / 1e6)
    print(f"fix with {decision['samples']} samples, {decision['distinct']} candidates ({sandbox}, {spent:.0f} s):")
    print(f"peak memory of the tool itself {megabytes} MB (goal: under {MEMORY_GOAL})")
    return megabytes


def main() -> None:
    """Print both figures; exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--samples", type=int, default=1024)
    parser.add_argument("--sandbox", choices=("docker", "local"), default="docker")
    options = parser.parse_args()
    ratio = startup(options.rounds)
    megabytes = memory(options.samples, options.sandbox)
    sys.exit(ratio > HELP_GOAL or megabytes >= MEMORY_GOAL)


if __name__ == "__main__":
    main()
