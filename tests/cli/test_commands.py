"""The surface of the command line: help, version, completion, and what colour and motion it shows where."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import reasoncli
from reasoncli.cli.commands import COMMANDS, command_tree
from reasoncli.settings.fields import fields
from tests.end_to_end.project import Tool

APP = command_tree(COMMANDS)
WIDE = {"COLUMNS": "250", "TERMINAL_WIDTH": "250", "NO_COLOR": "1"}


def commands(group: typer.Typer = APP, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words."""
    for command in group.registered_commands:
        assert command.callback is not None
        yield (*above, command.name or command.callback.__name__), command.callback
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, (*above, str(inner.name)))


ALL = dict(commands())


def help_of(*words: str) -> str:
    result = CliRunner().invoke(APP, [*words, "--help"], env=WIDE)
    assert result.exit_code == 0
    return str(result.output)


def test_these_are_the_commands() -> None:
    assert {" ".join(words) for words in ALL} == {
        *("fix", "select", "batch", "demo", "doctor", "undo", "report", "stats"),
        *("runs list", "runs show", "runs resume", "runs prune"),
        *("models list", "models pull", "models info"),
        *("sandbox build", "sandbox check"),
    }


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_says_what_a_command_does_and_names_its_settings(words: tuple[str, ...]) -> None:
    text = help_of(*words)
    assert (ALL[words].__doc__ or "").splitlines()[0] in text
    settings = {field.attribute: field for field in fields().values()}
    for name in inspect.signature(ALL[words]).parameters.keys() & settings.keys():
        assert settings[name].flag in text or words[0] == "models"  # there, the model is an argument


def test_the_help_of_fix_names_every_setting_with_its_default() -> None:
    text = help_of("fix")
    for field in fields().values():
        assert field.flag in text
        assert field.key.help.split(".")[0].split("`")[0].strip() in text
        if field.key.default:
            assert field.key.default.split("`")[0] in text
    for default in ("[600]", "[2g]"):  # as they could be written
        assert default in text


def test_short_help_and_no_arguments() -> None:
    assert CliRunner().invoke(APP, ["-h"]).exit_code == 0
    assert "Usage" in CliRunner().invoke(APP, []).output
    assert "0 a verified patch" in help_of()


def test_commands_that_were_not_named_are_listed_as_if_they_were() -> None:
    listed = CliRunner().invoke(command_tree(()), ["--help"], env=WIDE)
    assert listed.exit_code == 0
    assert listed.output == help_of()


def test_version(tool: Tool) -> None:
    assert tool.run("--version").out == f"reasoncli {reasoncli.__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(tool: Tool, shell: str) -> None:
    ran = tool.run(_REASONCLI_COMPLETE=f"source_{shell}")
    assert ran.code == 0
    assert "_REASONCLI_COMPLETE" in ran.out


def test_completion(tool: Tool) -> None:
    ran = tool.run(_REASONCLI_COMPLETE="complete_bash", COMP_WORDS="reasoncli runs pr", COMP_CWORD="2")
    assert ran.out.split() == ["prune"]


@pytest.mark.parametrize("arguments", [["fox"], ["fix", "--samples"], ["runs", "show", "--no"], ["undo", "a", "b"]])
def test_what_can_not_be_parsed_is_said_to_people_and_programs(tool: Tool, arguments: list[str]) -> None:
    ran = tool.run(*arguments, "--json")
    assert ran.code == 2
    assert "Usage" in ran.err
    error = json.loads(ran.out)
    assert error["exit_code"] == 2
    assert error["error"]["message"]
