"""The whole way: list, download, read, filter, de-duplicate, write."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from reasoncli.errors import UsageError
from training import exclusions
from training.collect import extract, store
from training.collect.gather import Gathered, failure, gather, programs_of, references_of
from training.collect.merge import merge
from training.collect.packages import NoPackage, downloaded
from training.collect.sources import Listing, Package, Repository, Source, StandardLibrary, installed, repositories

LISTING = Path(__file__).parents[1] / "sources.toml"

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was asked for; see its help."""

    data: Path
    repositories: Path | None = None
    installed: list[Path] | None = None
    jobs: int = 1
    most: int = 25_000
    offline: bool = False
    unlisted: bool = False


def collect(
    options: Options,
    console: Console,
    listing: Path = LISTING,
    projects: Sequence[exclusions.Project] = exclusions.PROJECTS,
) -> None:
    """Write functions.jsonl.gz and sources.jsonl into the data folder, and print what came of it.

    Raises:
        UsageError: the list or a folder can't be read, or the texts to keep out can't be had.
    """
    if options.repositories and not options.repositories.is_dir():
        raise UsageError(f"{options.repositories} is no folder", hint="give --repositories a folder of owner+name/repo")
    there = repositories(options.repositories) if options.repositories else []
    _make_references(options, there, projects, console)
    sources, left_out = _sources(options, Listing.load(listing), there, console)
    gathered: list[Gathered] = []
    for source, result in _each(gather, sources, options, "reading", console):
        if isinstance(result, Gathered):
            gathered.append(result)
        else:
            left_out[source.name] = failure(result)
    manifest = []
    with _progress(console) as progress:
        task = progress.add_task("filtering", total=len(gathered))
        for record in merge(gathered, exclusions.References.load(options.data), options.data, options.most):
            manifest.append(record)
            progress.advance(task)
    manifest += [{"source": name, "kept": 0, "why": why, "dropped": {}} for name, why in sorted(left_out.items())]
    store.write(options.data / "sources.jsonl", manifest)
    _report(manifest, console)


def _sources(
    options: Options, listing: Listing, there: list[Repository], console: Console
) -> tuple[list[Source], dict[str, str]]:
    """The sources to read, and those left out with the reason."""
    left_out: dict[str, str] = {}
    listed = {name.lower() for name in listing.repositories}
    taken = [one for one in there if options.unlisted or one.name.partition(":")[2].lower() in listed]
    found = {one.name.partition(":")[2].lower() for one in there}
    absent = [name for name in listing.repositories if name.lower() not in found]
    left_out |= {f"github:{name}": "not in the folder of repositories" for name in absent}
    unlisted = [one.name for one in there if one not in taken]
    left_out |= {name: exclusions.excluded_source(name) or "not in sources.toml" for name in unlisted}

    names = {one.name.rpartition("/")[2].lower().replace("_", "-") for one in there}
    at_hand = installed(options.installed or [Path(sysconfig.get_path("purelib"))])
    packages: list[Source] = []
    wanted = sorted({*listing.packages, *(at_hand if options.unlisted else ())})
    for name in wanted:
        if why := exclusions.excluded_source(f"pypi:{name}"):
            left_out[f"pypi:{name}"] = why
        elif name.removeprefix("python-") in names or f"python-{name}" in names or name in names:
            left_out[f"pypi:{name}"] = "its repository is a source"  # which may stand in another split
        else:
            try:
                packages.append(at_hand[name] if name in at_hand else _download(name, options, console))
            except NoPackage as error:
                left_out[f"pypi:{name}"] = str(error)
    allowed = [one for one in taken if exclusions.excluded_source(one.name) is None]
    left_out |= {one.name: exclusions.excluded_source(one.name) or "" for one in taken if one not in allowed}
    return [*([StandardLibrary()] if listing.stdlib else []), *allowed, *packages], left_out


def _download(name: str, options: Options, console: Console) -> Package:
    if options.offline and not (options.data / "packages" / name).is_dir():
        raise NoPackage("not installed, and nothing is downloaded offline")
    with console.status(f"pip download {name}"):
        return downloaded(name, options.data)


def _make_references(
    options: Options, there: list[Repository], projects: Sequence[exclusions.Project], console: Console
) -> None:
    """Make the records of the texts to keep out, unless they were made of the same versions before."""
    by_name = {one.name.lower(): one for one in there}
    quixbugs = by_name.get(f"github:{exclusions.QUIXBUGS}".lower())
    path = exclusions.references_file(options.data, "quixbugs")
    if quixbugs:
        store.write(path, programs_of(quixbugs))
    elif not path.is_file():
        raise UsageError(
            f"the filter for QuixBugs needs its programs: {exclusions.QUIXBUGS} is not among the repositories",
            hint=f"put a bare clone into the folder of --repositories, as {exclusions.QUIXBUGS.replace('/', '+')}/repo",
        )
    found: list[tuple[exclusions.Project, Source]] = []
    for project in projects:
        forks = (one for one in there if one.name.lower().endswith("/" + project.repository.rpartition("/")[2].lower()))
        try:
            source = by_name.get(f"github:{project.repository}".lower()) or next(forks, None)
            found.append((project, source or _download(project.package.lower(), options, console)))
        except NoPackage as error:
            raise UsageError(
                f"the filter needs the functions of {project.repository}: {error}",
                hint="put a bare clone of it into the folder of --repositories, or let pip reach its index",
            ) from error
    made_of = {project.repository: f"{source.version} form {extract.FORM}" for project, source in found}
    record = options.data / "references" / "made-of.json"
    target = exclusions.references_file(options.data, "projects")
    if target.is_file() and record.is_file() and json.loads(record.read_text("utf-8")) == made_of:
        return
    records: list[dict[str, Any]] = []
    for (project, _), result in _each(_references, found, options, "what is kept out", console):
        if isinstance(result, Exception):
            raise UsageError(f"{project.repository} can't be read: {failure(result)}", hint="fetch it anew") from result
        records += result
    store.write(target, records)
    with store.writing(record) as file:
        json.dump(made_of, file)


def _references(item: tuple[exclusions.Project, Source], _: Path) -> list[dict[str, Any]]:
    return references_of(*item)


def _each(
    work: Callable[[Item, Path], Result], items: Sequence[Item], options: Options, title: str, console: Console
) -> Iterator[tuple[Item, Result | Exception]]:
    """Do `work` on every item, by `options.jobs` processes; an error is a result."""
    with _progress(console) as progress:
        task = progress.add_task(title, total=len(items))
        if options.jobs <= 1:
            for item in items:
                yield item, _tried(work, item, options.data)
                progress.advance(task)
            return
        with ProcessPoolExecutor(options.jobs) as pool:
            running = {pool.submit(_tried, work, item, options.data): item for item in items}
            try:
                for done in as_completed(running):
                    yield running[done], done.result()
                    progress.advance(task)
            finally:
                pool.shutdown(cancel_futures=True)


def _tried(work: Callable[[Item, Path], Result], item: Item, data: Path) -> Result | Exception:
    try:
        return work(item, data)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        return RuntimeError(failure(error))


def _progress(console: Console) -> Progress:
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(TextColumn("{task.description:16}"), BarColumn(), MofNCompleteColumn(), *times, console=console)


def _report(manifest: Iterable[dict[str, Any]], console: Console) -> None:
    sources: Counter[tuple[str, str]] = Counter()
    kept: Counter[tuple[str, str]] = Counter()
    dropped: Counter[str] = Counter()
    absent: Counter[str] = Counter()
    for record in manifest:
        kind = record["source"].partition(":")[0]
        if "why" in record:
            absent[record["why"]] += 1
        else:
            sources[kind, record["split"]] += 1
            kept[kind, record["split"]] += record["kept"]
        dropped.update(record["dropped"])
    table = Table("", "train", "dev", "test", "all", title="functions kept (of sources)")
    for kind in ("stdlib", "github", "pypi"):
        cells = [(kept[kind, split], sources[kind, split]) for split in ("train", "dev", "test")]
        cells.append((sum(k for k, _ in cells), sum(s for _, s in cells)))
        table.add_row(kind, *(f"{functions:,} ({number})" for functions, number in cells))
    table.add_row("all", "", "", "", f"[bold]{kept.total():,}[/] ({sources.total()})")
    console.print(table)
    left = Table("left out", "how many")
    for why, number in sorted(dropped.items()):
        left.add_row(why, f"{number:,}")
    for why, number in absent.most_common(12):
        left.add_row(f"source: {why.removeprefix('source: ')}"[:90], f"{number:,}")
    console.print(left)
