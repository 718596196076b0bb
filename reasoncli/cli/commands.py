"""The command tree. A command's module is imported when the command line names it, so that `--help` stays quick."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Any

import typer

from reasoncli import __version__

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "fix": "Fix an issue: sample patches, run each against the tests, vote, and apply the one that holds.",
        "select": "Choose among patches for an issue: run each against the tests, vote, and apply the one that holds.",
        "batch": "Fix many issues: one model for all, as many at work at once as fit, and a patch for each.",
        "demo": "Fix the packaged example: a small project with a bug, an issue and a failing test.",
        "doctor": "Say whether Docker, the model, the GPU and the run store are fit; exit code 3 if one is not.",
        "undo": "Take back what a run wrote to the repository: files, branch or commit.",
        "report": "Write a run as one HTML file that shows all there is to see of it, and loads nothing.",
        "stats": "Say what samples are worth: pass@k, maj@k, best-of-n by rule, samples to the first plausible one.",
        "runs": "Runs that were made: list, show, resume, prune.",
        "models": "Models: list, pull, describe.",
        "sandbox": "Sandboxes: build a repository's image, check what a sandbox promises.",
    }
)
"""Each has a module of its name in this folder, with a function of its name or, for a group, an `app`. The sentence
is the first of the command's own help."""

_GROUPS = frozenset({"runs", "models", "sandbox"})
_COMPLETING = "_REASONCLI_COMPLETE"  # set by the shell while it asks for completions


def command_tree(named: Collection[str]) -> typer.Typer:
    """The application; commands that are not among `named` stand in it by name and summary alone."""
    app = typer.Typer(
        name="reasoncli",
        help="Fix an issue by search: sample many patches with a local model, run each against the project's tests in "
        "a sandbox, vote, and apply the one that holds.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Exit codes: 0 a verified patch was chosen · 1 no acceptable patch · 2 usage · 3 environment · "
        "70 internal error · 130 interrupted",
    )
    app.callback()(_root)
    for name, summary in COMMANDS.items():
        if name in named or _COMPLETING in os.environ:
            module = import_module(f"reasoncli.cli.{name}")
            if name in _GROUPS:
                app.add_typer(module.app, name=name)
            else:
                app.command(name)(getattr(module, name))
        else:
            app.command(name, help=summary)(_stub())
    return app


def _stub() -> Callable[[], Any]:
    def command() -> None:
        """Never called: a command line that runs it names it."""

    return command


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"reasoncli {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options before the command."""
