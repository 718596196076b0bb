"""One command line, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from reasoncli.cli import signals
from reasoncli.cli.commands import command_tree
from reasoncli.errors import Interrupted, ReasoncliError, UsageError

READER_GONE = 128 + signal.SIGPIPE
"""Whoever read our stdout has left (`| head`): the status a shell gives for it."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit status."""
    signals.install()
    _open_streams()
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
    except ReasoncliError as error:
        return _failure(error, arguments)
    except KeyboardInterrupt:
        return _failure(Interrupted("interrupted"), arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return READER_GONE
    except OSError as error:
        return _os_failure(error, arguments)
    except Exception as error:  # noqa: BLE001 - whatever is not ours is a defect, and says so with status 70
        return _defect(error, arguments)
    return code


def _open_streams() -> None:
    """Put nothing where a standard stream was closed (`>&-`): a file that is opened later must not get its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _invoke(arguments: Sequence[str]) -> int:
    """Parse and run; what typer itself ends in, as an exit status."""
    try:
        command_tree(arguments)(list(arguments), prog_name="reasoncli")
    except SystemExit as end:  # typer has said what there is to say to people
        cause = end.__context__
        if isinstance(cause, BrokenPipeError):
            raise cause from None
        if cause is not None and hasattr(cause, "format_message") and "--json" in arguments:
            from reasoncli.reports.failure import error_json

            sys.stdout.write(error_json(UsageError(cause.format_message())) + "\n")
        return end.code if isinstance(end.code, int) else 1
    return 0


def _os_failure(error: OSError, arguments: Sequence[str]) -> int:
    import errno

    from reasoncli.errors import DiskFullError, EnvironmentFailure

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _failure(
            DiskFullError(f"no space left: {error}", hint="Free some space, or `reasoncli runs prune`."), arguments
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        where = f"{error.filename}: " if error.filename is not None else ""
        hint = "See to it that you may read and write there; REASONCLI_STATE_DIR puts the run store elsewhere."
        return _failure(EnvironmentFailure(f"{where}{error.strerror}", hint=hint), arguments)
    return _defect(error, arguments)


def _failure(error: ReasoncliError, arguments: Sequence[str]) -> int:
    from reasoncli.reports.console import console
    from reasoncli.reports.failure import error_json, show_error
    from reasoncli.reports.github import in_actions, quiet

    with quiet(sys.stderr, wanted=in_actions(os.environ)):
        show_error(error, console())
        if "--json" in arguments:
            sys.stdout.write(error_json(error) + "\n")
            sys.stdout.flush()
    return error.exit_code


def _defect(error: Exception, arguments: Sequence[str]) -> int:
    import traceback

    if os.environ.get("REASONCLI_DEBUG"):
        traceback.print_exception(error)
    wrapped = ReasoncliError(
        f"internal error: {type(error).__name__}: {error}",
        hint="This is a defect of reasoncli. Run again with REASONCLI_DEBUG=1 for the traceback, and please report it.",
    )
    return _failure(wrapped, arguments)
