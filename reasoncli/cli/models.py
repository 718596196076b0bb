"""`reasoncli models`: what there is, how to get it, what a file can do."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reasoncli.cli.options import Json

app = typer.Typer(help="Models: list, pull, describe.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(metavar="MODEL", help="`embedded`, a catalogue name, `hf:user/repo:QUANT`, or a GGUF file.")
]


@app.command("list")
def list_models(*, json: Json = False) -> None:
    """List the embedded model, those already pulled, and the catalogue, with the memory each needs."""
    from reasoncli.models.catalogue import catalogue
    from reasoncli.models.hub import cached_models
    from reasoncli.reports.console import console
    from reasoncli.reports.models import models_json, show_models

    if json:
        sys.stdout.write(models_json(catalogue(), cached_models()) + "\n")
    else:
        show_models(catalogue(), cached_models(), console(sys.stdout))


@app.command("pull")
def pull_model(
    *, model: Annotated[str, typer.Argument(metavar="MODEL", help="A catalogue name, or `hf:user/repo:QUANT`.")]
) -> None:
    """Download a model from the hub, verified; an interrupted download goes on where it ended."""
    from reasoncli.models.pull import pull
    from reasoncli.models.resolve import source_of
    from reasoncli.reports.console import console, safe
    from reasoncli.reports.models import download_progress

    err = console()
    source = source_of(model)
    with download_progress(err) as progress:
        paths = pull(source, progress)
    err.print(safe(f"Ready: --model {source}  ({len(paths)} files)", "good"))


@app.command("info")
def describe_model(*, model: Name = "embedded", json: Json = False) -> None:
    """Describe a model: what it can do, how much memory it needs, its licence. It need not be pulled yet."""
    from reasoncli.models.open import describe
    from reasoncli.models.resolve import not_pulled
    from reasoncli.reports.console import console
    from reasoncli.reports.models import card_json, entry_json, show_card, show_entry

    entry = not_pulled(model)
    if entry is not None:
        if json:
            sys.stdout.write(entry_json(entry) + "\n")
        else:
            show_entry(entry, console(sys.stdout))
        return
    card = describe(model)
    if json:
        sys.stdout.write(card_json(card) + "\n")
    else:
        show_card(card, console(sys.stdout))
