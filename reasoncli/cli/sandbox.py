"""`reasoncli sandbox`: build a repository's image, and check what a sandbox promises."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reasoncli.cli.options import Flags, with_settings

if TYPE_CHECKING:
    from reasoncli.sandbox.interface import SandboxProvider

app = typer.Typer(help="Sandboxes: build a repository's image, check what a sandbox promises.", no_args_is_help=True)

Repository = Annotated[Path, typer.Argument(metavar="REPO", help="A path inside the git work tree.")]


@app.command("build")
@with_settings("sandbox", "store")
def build(*, repository: Repository = Path(), flags: Flags) -> None:
    """Build the image that the repository's tests run in; a fix finds it ready."""
    from reasoncli.reports.console import console, safe

    with _provider(repository, flags) as provider:
        console().print(safe(f"Ready: {provider.description}", "good"))


@app.command("check")
@with_settings("sandbox", "store")
def check(*, repository: Repository = Path(), flags: Flags) -> None:
    """Attack a sandbox over this repository a little, and say what held. Exit code 3 if something did not."""
    from reasoncli.reports.console import console, glyphs, safe
    from reasoncli.sandbox.check import check_sandbox

    out = console()
    signs = glyphs(out)
    with _provider(repository, flags) as provider:
        out.print(safe(provider.description, "head"))
        checks = check_sandbox(provider)
        for each in checks:
            sign, style = (signs.done, "good") if each.passed else (signs.failed, "bad")
            if not each.passed and each.protects and not provider.isolated:
                sign, style = signs.dot, "warn"
            parts = [safe(f"{sign} {each.name}", style), *([safe(each.detail, "quiet")] if each.detail else [])]
            out.print(*parts, sep="   ")
        broken = [each for each in checks if not each.passed and (provider.isolated or not each.protects)]
    if broken:
        raise typer.Exit(3)


@contextmanager
def _provider(repository: Path, flags: Flags) -> Iterator[SandboxProvider]:
    from reasoncli.reports.console import console, safe
    from reasoncli.repository import open_repository
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.preparation import open_provider

    opened = open_repository(repository)
    settings = load_settings(flags, repository=opened.path)
    err = console()
    with tempfile.TemporaryDirectory(prefix="reasoncli-") as scratch:
        snapshot = opened.snapshot(Path(scratch) / "tree", lambda message: err.print(safe(message, "warn")))
        run = f"sandbox-{Path(scratch).name}"
        provider = open_provider(snapshot, settings, run, lambda line: err.print(safe(line, "quiet")))
        try:
            yield provider
        finally:
            provider.close()
