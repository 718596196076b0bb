"""What a user waits for before anything happens: help and version load nothing that they don't need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"llama_cpp", "docker", "numpy", "git", "jinja2", "pydantic", "httpx", "huggingface_hub", "sqlite3", "pytest"}

_RUN = """
import json, sys
from reasoncli.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def run(*arguments: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    done = subprocess.run([sys.executable, "-c", _RUN, *arguments], capture_output=True, text=True, check=False)
    return done, {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


@pytest.mark.parametrize(
    ("arguments", "excused"),
    [
        (["--help"], set()),
        (["--version"], set()),
        (["fix", "--help"], {"pydantic"}),
    ],  # typer's, for a command's options
    ids=["help", "version", "fix-help"],
)
def test_nothing_heavy_is_imported(arguments: list[str], excused: set[str]) -> None:
    done, modules = run(*arguments)
    assert done.returncode == 0
    assert HEAVY & modules <= excused


@pytest.mark.parametrize("room", ["domain", "errors", "events", "resources", "models.interface", "sandbox.interface"])
def test_shared_values_import_only_the_standard_library(room: str) -> None:
    code = f"import sys; before = set(sys.modules); import reasoncli.{room}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert roots <= {*sys.stdlib_module_names, "reasoncli"}
