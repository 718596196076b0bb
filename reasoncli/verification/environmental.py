"""Failures that are the environment's, not the code's: no patch should be asked to turn them green."""

from __future__ import annotations

import re
from collections.abc import Callable

from reasoncli.domain import TestResult

_MISSING_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?")
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "needs the network",
        re.compile(
            r"gaierror|Name or service not known|Temporary failure in name resolution|nodename nor servname|"
            r"Network is unreachable|No route to host|NewConnectionError|ConnectTimeout|Failed to resolve|"
            r"urlopen error|CERTIFICATE_VERIFY_FAILED|ProxyError|UnknownHostException|"
            r"\bE(?:NOTFOUND|AI_AGAIN|NETUNREACH)\b"
        ),
    ),
    (
        "needs a service that isn't running",
        re.compile(r"ConnectionRefusedError|Connection refused|\bECONNREFUSED\b|could not connect to server"),
    ),
    ("needs a place it may not write to", re.compile(r"PermissionError|Read-only file system|Operation not permitted")),
    ("ran out of disk or memory", re.compile(r"No space left on device|^MemoryError|Cannot allocate memory")),
    (
        "needs a program that isn't installed",
        re.compile(
            r"FileNotFoundError: \[Errno 2\] No such file or directory: '(?:/usr(?:/local)?)?(?:/bin/)?"
            r"(?:git|hg|svn|docker|node|npm|java|gcc|cc|make|ssh|curl|wget|psql|redis-server|dot|pandoc|latex|"
            r"pdflatex|gs|ffmpeg|convert|less|man|tput|xclip)'"
        ),
    ),
    (
        "needs a locale or time zone that isn't installed",
        re.compile(r"locale\.Error: unsupported locale|ZoneInfoNotFoundError"),
    ),
    ("needs a display", re.compile(r"no display name and no \$DISPLAY|cannot connect to X server")),
)


def environmental_reason(result: TestResult, is_ours: Callable[[str], bool], issue: str) -> str | None:
    """Why this failure is the environment's, or `None` when it may be the code's.

    A missing module is the environment's unless the repository has it or the issue speaks of it: then importing it
    is what is asked for. What an assertion compares is never taken for an environment's message.

    Args:
        result: of a test that did not pass.
        is_ours: whether a top-level module name belongs to the repository.
        issue: the issue's text.
    """
    last = result.message.strip()
    missing = _MISSING_MODULE.search(last)
    if missing:
        top = missing[1].partition(".")[0]
        if is_ours(top) or re.search(rf"\b{re.escape(top)}\b", issue):
            return None
        return f"the module {missing[1]} is not installed"
    if last.startswith(("AssertionError", "assert ", "Failed: ")):
        return None
    for reason, pattern in _PATTERNS:
        match = pattern.search(last)
        if match and match[0] not in issue:
            return f"{reason}: {last.splitlines()[0][:200]}"
    return None
