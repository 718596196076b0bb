"""Ray itself: imported here alone, and only where somebody wants it."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import signal
import socket
import threading
import warnings
from collections.abc import Iterator
from typing import Any

from reasoncli.errors import ClusterError

NAMESPACE = "reasoncli"
_PATIENCE = 10.0  # seconds
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # a cluster of our own tells nobody of itself
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def load() -> Any:
    """The module.

    Raises:
        ClusterError: it isn't installed.
    """
    if importlib.util.find_spec("ray") is None:
        raise ClusterError(
            "--engine ray needs Ray, which is not installed here",
            hint="Install the extra: pip install 'reasoncli[ray]', on this machine and on every node.",
        )
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    with _signals_kept():
        import ray
        import ray.util.scheduling_strategies
    return ray


def connect(address: str | None) -> Any:
    """Join a cluster as one of its drivers: the one named, else the one that Ray finds, else one of our own here.

    Raises:
        ClusterError: Ray is not installed, or the cluster can't be reached or has other versions.
    """
    ray = load()
    where = address or os.environ.get("RAY_ADDRESS") or "on this machine"
    _knock(where)
    with _signals_kept(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ray.init(
                address=address,
                namespace=NAMESPACE,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                job_config=_job(),
            )
        except Exception as error:  # Ray raises whatever it likes
            raise _unjoined(where, error) from error
    # Its listener prints to stdout what befell the cluster, whatever `log_to_driver` says: stdout has our result alone.
    ray._private.worker.print_to_stdstream = lambda *said, **how: None
    return ray


def _knock(where: str) -> None:
    """Ray itself waits for minutes for a cluster that isn't there."""
    host, _, port = where.rpartition(":")
    if not port.isdigit() or "/" in host:
        return
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise _unjoined(where, error) from error


def _unjoined(where: str, error: Exception) -> ClusterError:
    return ClusterError(
        f"the Ray cluster {where} can't be joined: {_first(error)}",
        hint="Is it up (`ray status`), and are Python and Ray of the same versions there as here? "
        "--ray-address says where it is, as HOST:PORT.",
    )


def _job() -> Any:
    """Ray would have the nodes import modules from our working directory, which may be the repository under test."""
    from ray.job_config import JobConfig

    class Job(JobConfig):  # type: ignore[misc]
        def _runtime_env_has_working_dir(self) -> bool:
            return True

    return Job()


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray puts handlers of its own in the place of ours."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _first(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines)[:500] or type(error).__name__
