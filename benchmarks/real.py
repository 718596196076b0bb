"""`reasoncli fix` on real projects with one faulty line each: what was fixed, how long it took, what it needed.

    python -m benchmarks.real                     prepare and fix all of them, print the table
    python -m benchmarks.real --only toolz furl   some of them
    python -m benchmarks.real --check             see first that each suite passes without the bug and fails with it
    python -m benchmarks.real --folder DIR        keep the repositories there (and take them from there again)
    python -m benchmarks.real -- --sandbox local  what follows goes to reasoncli fix

benchmarks/real.toml says which. The sources are downloaded as source distributions with pip.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MANIFEST = Path(__file__).with_name("real.toml")
PYTEST = "python -m pytest -q -p no:cacheprovider"


@dataclass(frozen=True, slots=True)
class Project:
    """One entry of the manifest.

    Attributes:
        line: where, in the released file, `fixed` stands and `buggy` is put.
        test_command: how its tests run, where that is not pytest.
        requires: packages that its tests need, for the check; a run of reasoncli finds out by itself.
        failing_before: tests that fail without the bug, in the check's Python.
    """

    name: str
    version: str
    shape: str
    origin: str
    file: str
    line: int
    fixed: str
    buggy: str
    issue: str
    test_command: str = ""
    requires: tuple[str, ...] = ()
    failing_before: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table.

    Attributes:
        status: of the decision, or `failed` where the tool itself gave up.
        restored: whether the patch is the original line again, character by character.
        memory: the tool's own peak resident set, model in process included, in MiB.
    """

    name: str
    status: str
    restored: bool
    samples: int
    seconds: float
    memory: float
    note: str


def load(only: Sequence[str] = ()) -> list[Project]:
    """The projects of the manifest, or those named."""
    entries = tomllib.loads(MANIFEST.read_text("utf-8"))["project"]
    projects = [Project(**entry | {"requires": tuple(entry.get("requires", ()))}) for entry in entries]
    unknown = set(only) - {project.name for project in projects}
    if unknown:
        raise SystemExit(f"not in {MANIFEST.name}: {', '.join(sorted(unknown))}")
    return [project for project in projects if not only or project.name in only]


def prepare(project: Project, folder: Path) -> Path:
    """Download, unpack and commit a project, then commit its bug; returns the repository, made once."""
    home = folder / project.name
    repository = home / "repository"
    if (home / "ready").exists():
        return repository
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        requirement = f"{project.name}=={project.version}"
        _run([*pip, "--no-deps", "--no-binary", ":all:", "--dest", scratch, requirement])
        archive = next(Path(scratch).glob("*.tar.gz"))
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        shutil.move(next(path for path in Path(scratch).iterdir() if path.is_dir()), repository)
    for built in [*repository.glob("*.egg-info"), *repository.glob("src/*.egg-info")]:
        shutil.rmtree(built)  # no repository has it
    _git(repository, "init", "--quiet")
    _git(repository, "config", "user.name", "benchmark")
    _git(repository, "config", "user.email", "benchmark@example.invalid")
    _commit(repository, f"{project.name} {project.version}")
    _replace_line(repository / project.file, project.line, project.fixed, project.buggy)
    _commit(repository, "work in progress")
    (home / "issue.md").write_text(project.issue.lstrip(), "utf-8")
    (home / "expected.txt").write_text(f"{project.file}:{project.line}\n{project.fixed}\n", "utf-8")
    (home / "ready").touch()
    return repository


def check(project: Project, folder: Path) -> str:
    """Run the suite without and with the bug, in a virtual environment and without network; a sentence on it."""
    repository = prepare(project, folder)
    python = _environment(project, folder)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        shutil.copytree(repository, copy, symlinks=True)
        _git(copy, "checkout", "--quiet", "HEAD~1")
        before = _tests(project, copy, python)
        _git(copy, "checkout", "--quiet", "-")
        after = _tests(project, copy, python)
    failing, then = _failures(before), _failures(after)
    if failing != project.failing_before:
        return f"the suite fails without the bug: {_last_line(before)}"
    return f"ok: {_last_line(after)}" if then > failing else f"the suite doesn't see the bug: {_last_line(after)}"


def fix(project: Project, folder: Path, arguments: Sequence[str]) -> Result:
    """Run `reasoncli fix --json --dry-run` on a prepared project."""
    repository = prepare(project, folder)
    command = [
        sys.executable,
        "-m",
        "reasoncli",
        "fix",
        str(repository),
        "--issue",
        str(folder / project.name / "issue.md"),
    ]
    command += ["--no-reuse", "--json", "--dry-run"]
    if project.test_command:
        command += ["--test-command", project.test_command]
    environment = {**os.environ, "REASONCLI_STATE_DIR": str(folder / ".state")}
    started = time.monotonic()
    with tempfile.TemporaryFile() as stdout, (folder / project.name / "log.txt").open("wb") as stderr:
        process = subprocess.Popen([*command, *arguments], stdout=stdout, stderr=stderr, env=environment)
        memory = _peak_memory(process)
        seconds = time.monotonic() - started
        stdout.seek(0)
        raw = stdout.read()
    (folder / project.name / "result.json").write_bytes(raw)
    try:
        answer = json.loads(raw)
    except ValueError:
        return Result(
            project.name, "failed", False, 0, seconds, memory, f"exit status {process.returncode}, see log.txt"
        )
    return Result(
        name=project.name,
        status=answer.get("status") or "failed",
        restored=_restores(answer.get("patch"), project),
        samples=answer.get("cost", {}).get("samples", 0),
        seconds=seconds,
        memory=memory,
        note=_note(answer),
    )


def table(results: Sequence[Result]) -> str:
    """The results as a Markdown table with a line of totals."""
    rows = [
        "| project | status | fixed | original line | samples | seconds | peak MiB | note |",
        "|---|---|---|---|---:|---:|---:|---|",
    ]
    rows += [
        f"| {each.name} | {each.status} | {'yes' if each.status == 'verified' else 'no'} | "
        f"{'yes' if each.restored else 'no'} | {each.samples} | {each.seconds:.0f} | {each.memory:.0f} | {each.note} |"
        for each in results
    ]
    verified = sum(each.status == "verified" for each in results)
    failed = sum(each.status == "failed" for each in results)
    return "\n".join([*rows, "", f"{len(results)} projects: {verified} fixed, {failed} where the tool itself failed"])


def main() -> None:
    """Prepare, check if asked to, fix, print the table."""
    own, arguments = _split(sys.argv[1:])
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--prepare", action="store_true", help="stop before anything is fixed")
    options = parser.parse_args(own)
    with tempfile.TemporaryDirectory(prefix="reasoncli-real-") as scratch:
        folder = (options.folder or Path(scratch)).resolve()
        results = []
        for project in load(options.only):
            prepare(project, folder)
            if options.check:
                print(f"{project.name} {project.version} ({project.shape}): {check(project, folder)}", flush=True)
            if not options.prepare:
                results.append(fix(project, folder, arguments))
                print(table(results[-1:]).splitlines()[2], file=sys.stderr, flush=True)
        if results:
            print(table(results))


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    if "--" not in arguments:
        return arguments, []
    at = list(arguments).index("--")
    return arguments[:at], arguments[at + 1 :]


def _replace_line(path: Path, number: int, old: str, new: str) -> None:
    lines = path.read_bytes().split(b"\n")
    found = lines[number - 1].decode()
    ending = "\r" if found.endswith("\r") else ""
    if found.removesuffix("\r") != old:
        raise SystemExit(f"{path.name}:{number} is {found!r}, not {old!r}")
    lines[number - 1] = (new + ending).encode()
    path.write_bytes(b"\n".join(lines))


def _environment(project: Project, folder: Path) -> Path:
    """The Python of a virtual environment with the project's dependencies and its test tools, made once."""
    home = folder / project.name / "environment"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        _run([sys.executable, "-m", "venv", "--clear", str(home)])
        install = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        with tempfile.TemporaryDirectory() as scratch:  # building leaves things in the folder it builds from
            copy = Path(scratch) / "copy"
            shutil.copytree(folder / project.name / "repository", copy, symlinks=True)
            _run([*install, "pytest", *project.requires, str(copy)])
        (home / "ready").touch()
    return python


def _tests(project: Project, copy: Path, python: Path) -> subprocess.CompletedProcess[str]:
    command = shlex.split(project.test_command or PYTEST)
    offline = ["unshare", "--net"] if os.geteuid() == 0 and shutil.which("unshare") else []
    source = copy / "src" if (copy / "src").is_dir() else copy
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    return subprocess.run(
        [*offline, str(python), *command[1:]], cwd=copy, env=env, capture_output=True, check=False, encoding="utf-8"
    )


def _failures(done: subprocess.CompletedProcess[str]) -> int:
    """How many tests failed, by the runner's closing line; one where the runner says nothing but an exit status."""
    said = _last_line(done)
    counts = re.findall(r"(?:failures|errors)=(\d+)|(\d+)(?= failed| errors?)", said)
    return sum(int(first or second) for first, second in counts) or int(done.returncode != 0)


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return lines[-1].strip("= ") if lines else f"exit status {done.returncode}"


def _peak_memory(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; its peak resident set in MiB, that of its children not counted."""
    peak = 0
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except OSError:
            break
        peak = max(peak, int(fields.get("VmHWM", "0 kB").split()[0]))
        time.sleep(0.1)
    process.wait()
    return peak / 1024


def _restores(patch: Mapping[str, str] | None, project: Project) -> bool:
    if patch is None:
        return False
    changed = [line for line in patch["diff"].splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return changed == [f"-{project.buggy}", f"+{project.fixed}"]


def _note(answer: Mapping[str, object]) -> str:
    error = answer.get("error")
    if isinstance(error, dict):
        return str(error.get("message", ""))
    decision = answer.get("decision")
    return str(decision.get("stopped_early", "")) if isinstance(decision, dict) else ""


def _git(repository: Path, *arguments: str) -> None:
    _run(["git", "-C", str(repository), *arguments])


def _commit(repository: Path, message: str) -> None:
    _git(repository, "add", "--all", "--force")
    _git(repository, "commit", "--quiet", "--message", message)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        raise SystemExit(f"{shlex.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
