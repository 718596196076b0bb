"""Runs without a Python inside: a shell runs the command, and its output and JUnit files speak."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from reasoncli.errors import SandboxFailure
from reasoncli.sandbox.interface import Command, Sandbox
from reasoncli.verification import wire

_FOLDER = "/tmp/reasoncli-run"  # noqa: S108 - inside a sandbox that belongs to one run at a time
_TOLD = f"{_FOLDER}/junit.xml"
_MARK = f"{_FOLDER}/began"
_ALL = f"{_FOLDER}/all"
_MARGIN = 20.0  # seconds for one look at the files
_LIMIT = 64 << 20  # bytes of JUnit
_PART = 192 << 10  # bytes in one answer; below what any sandbox lets through
_TOLD_FILES = f"find {_TOLD} -type f 2> /dev/null -exec sh -c 'for f; do cat \"$f\"; echo; done' sh {{}} +"


def run_bare(
    sandbox: Sandbox, command: str, env: dict[str, str], *, junit: Sequence[str], timeout: float
) -> wire.Answer:
    """Run a command line and gather what it left.

    Raises:
        SandboxFailure: the sandbox broke.
    """
    reports = [_find(glob) for glob in junit]
    remove = "".join(f"{each} -exec rm -f {{}} +; " for each in reports)
    # Files' times are coarse: what is written at once must not look as old as the mark.
    mark = f': > {_MARK}; touch -d "@$(($(date +%s) - 2))" {_MARK} 2> /dev/null; '
    line = f"rm -rf {_FOLDER}; mkdir {_FOLDER}; {remove}{mark}" + command.replace("{junit}", _TOLD)
    variables = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "REASONCLI_JUNIT": _TOLD, **env}
    result = sandbox.run(Command(("/bin/sh", "-c", line), env=variables, timeout=timeout))
    documents = b"" if result.timed_out else _documents(sandbox, reports)
    return wire.Answer(
        exit_code=result.exit_code,
        timed_out=result.timed_out,
        hung=None,
        duration=result.duration,
        output=(result.stdout + result.stderr).decode("utf-8", "replace"),
        records="",
        records_cut=False,
        junit=(documents,) if documents.strip() else (),
        invalid=None,
    )


def _find(glob: str) -> str:
    """A `find` for the JUnit files that a glob describes, and those in folders that it describes.

    Its `*` crosses slashes, so it may find more than the glob says.
    """
    parts = [part for part in glob.split("/") if part not in ("", ".")]
    pattern = "./" + "/".join(parts).replace("**/", "*")
    names = f"\\( -path {shlex.quote(pattern)} -o -path {shlex.quote(pattern + '/*')} \\)"
    grep = "-exec grep -q '<testsuite' {} \\;"
    return f"find . -type f -name '*.xml' {names} {grep}"


def _documents(sandbox: Sandbox, reports: Sequence[str]) -> bytes:
    """All JUnit files one behind the other, in the order of their paths: the reader takes several in one."""
    listed = "".join(f"{each} -newer {_MARK} -print; " for each in reports) or ":; "
    gather = (
        f"{{ {_TOLD_FILES}; {{ {listed}}} | sort -u | "
        f'while IFS= read -r file; do cat "$file"; echo; done; }} > {_ALL}; wc -c < {_ALL}'
    )
    done = sandbox.run(Command(("/bin/sh", "-c", gather), timeout=_MARGIN))
    try:
        size = min(int(done.stdout), _LIMIT)
    except ValueError as error:
        raise SandboxFailure(f"JUnit files can't be read: {done.stderr[-200:].decode('utf-8', 'replace')}") from error
    parts = []
    for offset in range(0, size, _PART):
        cut = f"tail -c +{offset + 1} {_ALL} | head -c {_PART}"
        parts.append(sandbox.run(Command(("/bin/sh", "-c", cut), timeout=_MARGIN)).stdout)
    return b"".join(parts)
