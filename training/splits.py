"""Which part of the data a source belongs to: decided by its name alone, so that no step can disagree."""

from __future__ import annotations

import hashlib
from typing import Literal

Split = Literal["train", "dev", "test"]


def split_of(source: str) -> Split:
    """The split of everything that comes from `source` ("github:owner/name", "pypi:name" or "stdlib").

    Eight of a hundred sources are test, four are dev. Upper and lower case make no difference.
    """
    share = int(hashlib.sha256(source.lower().encode()).hexdigest()[:8], 16) % 100
    if share < 8:
        return "test"
    return "dev" if share < 12 else "train"
