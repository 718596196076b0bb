"""The command line: one file a command; each reads arguments, calls the core, hands the result to a report.

Nothing heavy is imported before a command runs, so that `reasoncli --help` stays quick.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with the status that errors.py assigns."""
    from reasoncli.cli.app import run

    sys.exit(run(sys.argv[1:]))
