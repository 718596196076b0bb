"""llama.cpp's C interface, loaded so that its waiting threads sleep.

GNU OpenMP lets a waiting thread spin by default. Where the cores have other work (tests run in
sandboxes while we sample), spinning threads hold up the very ones they wait for: steps were
measured to take 10 to 30 times as long. The policy is read once, when the library is loaded, so it
is put into the environment for that moment alone, and a choice of the user's own stands.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _sleeping_threads() -> Iterator[None]:
    name = "OMP_WAIT_POLICY"
    if name in os.environ:
        yield
        return
    os.environ[name] = "PASSIVE"
    try:
        yield
    finally:
        del os.environ[name]


with _sleeping_threads():
    import llama_cpp
    from llama_cpp._ggml import libggml as ggml

__all__ = ["ggml", "llama_cpp"]
