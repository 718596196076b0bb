"""Options that several commands share; those for settings are made from the settings' own definitions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from reasoncli.settings.fields import Field, fields, show
from reasoncli.settings.keys import Unit

Flags = Mapping[str, object]
"""Settings given on the command line, by attribute name; `None` where one was not given."""

_SHORT = {"samples": "-n", "model": "-m"}
_PANELS = {
    "model": "Model",
    "sampling": "Sampling",
    "search": "Search",
    "tests": "Tests",
    "sandbox": "Sandbox",
    "patches": "Patches",
    "store": "Run store",
    "reports": "Reports",
    "prices": "Prices",
}


def with_settings(*groups: str, without: Collection[str] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for every setting of these groups; it gets them as its parameter `flags`.

    Args:
        groups: by name.
        without: attributes of settings that mean nothing to the command.
    """
    chosen = [field for field in fields().values() if field.group in groups and field.attribute not in without]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(**arguments: Any) -> None:
            flags = {field.attribute: _given(arguments.pop(field.attribute)) for field in chosen}
            command(**arguments, flags=flags)

        signature = inspect.signature(command, eval_str=True)
        own = [parameter for parameter in signature.parameters.values() if parameter.name != "flags"]
        parameters = [*own, *(_parameter(field) for field in chosen)]
        wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return wrapper

    return decorate


def _given(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _parameter(field: Field) -> inspect.Parameter:
    names = [_SHORT[field.name], field.flag] if field.name in _SHORT else [field.flag]
    kind: Any = str | None
    metavar: str | None = _metavar(field)
    if field.kind is bool:
        kind, metavar = bool | None, None
        names = [f"{field.flag}/--no-{field.name}"]
    elif field.kind is tuple:
        kind = list[str] | None
    option = typer.Option(
        *names, help=_help(field), metavar=metavar, rich_help_panel=_PANELS[field.group], show_default=False
    )
    return inspect.Parameter(
        field.attribute, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


def _help(field: Field) -> str:
    text = field.key.help.replace("[", r"\[")  # else rich would take it for markup
    unset = field.default is None or field.default is False or field.default == ()
    if unset and not field.key.default:
        return text
    return f"{text} [dim]\\[{show(field.default, field)}][/dim]"


def _metavar(field: Field) -> str:
    if issubclass(field.kind, StrEnum):
        return "|".join(member.value for member in field.kind)
    if field.key.unit is Unit.BYTES:
        return "SIZE"
    if field.key.unit is Unit.SECONDS:
        return "TIME"
    if issubclass(field.kind, Path):
        return "PATH"
    return {int: "N", float: "X", tuple: "TEXT"}.get(field.kind, "TEXT")


Repository = Annotated[Path, typer.Argument(metavar="REPO", help="A path inside the git work tree.")]
Issue = Annotated[
    str,
    typer.Option(
        "--issue",
        "-i",
        metavar="SOURCE",
        help="A file, `-` for stdin, the text itself, `#12`, a GitHub issue's URL, or `file.jsonl#instance`.",
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="TESTID",
        help="A test that must turn green; repeatable. [dim]\\[failures that the issue is linked to][/dim]",
    ),
]
Explain = Annotated[bool, typer.Option("--explain", help="Say of every candidate how it fared, and why.")]
AskOption = Annotated[
    bool,
    typer.Option("--ask", help="Ask which is right where the leading patches differ on a call; in a terminal."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only warnings, errors and the result.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Every verdict.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, and nothing else.")]
Events = Annotated[
    Path | None, typer.Option("--events", metavar="FILE", help="Append every event to a file, as JSON lines.")
]
JUnit = Annotated[
    Path | None,
    typer.Option("--junit-report", metavar="FILE", help="Write what came of the issue as JUnit XML, for a CI server."),
]
Branch = Annotated[
    str | None, typer.Option(metavar="NAME", help="Make this branch with the patch; the work tree stays as it is.")
]
Commit = Annotated[bool, typer.Option("--commit", help="Commit the patch, and nothing else, on the current branch.")]
PatchFile = Annotated[
    Path | None, typer.Option("--patch", metavar="FILE", help="Write the patch to a file; the work tree stays.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Search and decide, but write nothing to the repository.")]
