"""`python -m training.mine --data DIR --repositories DIR`: real fixes from git histories into DIR/fixes.jsonl.gz.

The repositories are those that training/repositories.toml names, as bare ones in folders `owner+name/repo`. What is not
there is skipped and named. Each repository is mined once, into DIR/fixes/; an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import subprocess
import tomllib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from reasoncli.errors import UsageError
from training import exclusions, licences, splits
from training.collect import likeness
from training.exclusions import References
from training.mine import dataset, history, mining, report
from training.mine.dataset import Record, Store

LIST = Path(__file__).parents[1] / "repositories.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Mine, put together, print the distribution. 0, or 2 where repositories or the texts to keep out are missing."""
    options = _options(arguments)
    console = Console(stderr=True, highlight=False, markup=False)
    names = tomllib.loads(options.list.read_text(encoding="utf-8"))["repositories"]
    store = Store(options.data / "fixes")
    there = [name for name in names if _git_directory(options.repositories, name).is_dir()]
    if missing := [name for name in names if name not in there]:
        console.print(f"not there, skipped: {', '.join(missing)}")
    if not there:
        console.print(f"none of the {len(names)} repositories stands in {options.repositories}")
        return 2
    if not options.assemble_only:
        _mine(there, options, store, console)
    mined = [name for name in there if store.path(name).exists()]
    try:
        references = References.load(options.data)
    except UsageError as error:
        console.print(f"{error}\n{error.hint}")
        return 2
    whole = dataset.assemble(
        (list(store.load(name)) for name in mined), lambda record: _like_kept_out(record, references)
    )
    dataset.write(options.data / "fixes.jsonl.gz", whole.fixes)
    dropped = sum((store.dropped(name) for name in mined), Counter[str]())
    report.show(whole.fixes, dropped + whole.dropped, Console(highlight=False, markup=False))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.mine", description=__doc__.split("\n\n")[0] if __doc__ else None
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder that the data lives in, outside the checkout"
    )
    parser.add_argument(
        "--repositories", type=Path, required=True, help="where the bare repositories stand: owner+name/repo"
    )
    parser.add_argument("--list", type=Path, default=LIST, help='a TOML file with `repositories = ["owner/name", ...]`')
    parser.add_argument("--jobs", type=int, default=1, help="repositories mined at once (1)")
    parser.add_argument("--assemble-only", action="store_true", help="mine nothing, put together what was mined before")
    return parser.parse_args(arguments)


def _mine(names: Sequence[str], options: argparse.Namespace, store: Store, console: Console) -> None:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[fixes]:,} fixes"),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress, ProcessPoolExecutor(options.jobs) as pool:
        task = progress.add_task("repositories", total=len(names), fixes=0)
        pending: dict[Future[str | int], str] = {
            pool.submit(mine_one, _git_directory(options.repositories, name), name, options.data): name
            for name in names
        }
        fixes = 0
        for done in as_completed(pending):
            outcome = done.result()
            fixes += outcome if isinstance(outcome, int) else 0
            if isinstance(outcome, str):
                console.print(f"{pending[done]}: left out, {outcome}")
            progress.update(task, advance=1, fixes=fixes)


def mine_one(repository: Path, name: str, data: Path) -> int | str:
    """Mine a repository into its file, unless that was done.

    Args:
        repository: its git directory.
        name: "owner/name".
        data: the data folder.

    Returns:
        how many fixes its file holds, or why it has none.
    """
    store = Store(data / "fixes")
    source = f"github:{name}"
    if why := exclusions.excluded_source(source):
        return why
    try:
        head = history.git(repository, "rev-parse", "--verify", "HEAD^{commit}").decode().strip()
        if store.has(name, head):
            return sum(1 for _ in store.load(name))
        licence = licences.of_files(history.licence_texts(repository))
        if licence is None:
            store.path(name).unlink(missing_ok=True)
            return "no clearly permissive licence"
        mined = mining.mine(repository, source, licence, splits.split_of(source), _excluded)
    except subprocess.CalledProcessError as error:
        return f"git {error.cmd[-1]}: exit code {error.returncode}"
    store.save(name, head, mined)
    return len(mined.fixes)


def _excluded(path: str, name: str) -> str | None:
    return exclusions.excluded_path(path) or exclusions.excluded_name(name)


def _like_kept_out(record: Record, references: References) -> str | None:
    sides = (record["before"], record["after"])
    return next((why for lines in sides if (why := references.why(lines, likeness.tokens(lines)))), None)


def _git_directory(repositories: Path, name: str) -> Path:
    place = repositories / name.replace("/", "+") / "repo"
    return place / ".git" if (place / ".git").is_dir() else place


if __name__ == "__main__":
    raise SystemExit(main())
