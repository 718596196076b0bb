"""Collect functions of permissively licensed Python.

    python -m training.collect --data DIR [--repositories DIR] [--installed DIR ...] [--jobs N] [--offline] [--unlisted]

Writes DIR/functions.jsonl.gz and the manifest DIR/sources.jsonl. What was read and downloaded stays in DIR: a run that
was stopped goes on where it was, and one that is repeated reads only what is new.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from reasoncli.errors import ReasoncliError
from training.collect.run import Options, collect


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is that of the error it ends in."""
    parser = argparse.ArgumentParser(
        prog="python -m training.collect", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where everything is written")
    parser.add_argument("--repositories", type=Path, metavar="DIR", help="bare git repositories, as owner+name/repo")
    parser.add_argument(
        "--installed", type=Path, action="append", metavar="DIR", help="site-packages (default: our own)"
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes that read sources (default 1)")
    parser.add_argument("--most", type=int, default=25_000, metavar="N", help="functions of one source (default 25000)")
    parser.add_argument("--offline", action="store_true", help="download nothing")
    parser.add_argument("--unlisted", action="store_true", help="take what is not in sources.toml too")
    given = parser.parse_args(arguments)
    console = Console(highlight=False)
    try:
        collect(Options(**vars(given)), console)
    except ReasoncliError as error:
        console.print(f"[red]error:[/] {error}" + (f"\n[dim]{error.hint}[/]" if error.hint else ""))
        return error.exit_code
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on from here")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
