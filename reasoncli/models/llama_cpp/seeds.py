"""Randomness that depends on what is drawn, not on when.

Every node of the sampling tree owns a digest derived from (seed, prompt, token path), and its
uniforms are the output of an extendable hash over that digest. Slots, batches, parking and the
order of requests therefore can't change an outcome. What remains outside our hands is the
arithmetic: the same token decoded in another batch shape may get logits that differ in the last
bits, which moves a draw that lies that close to a boundary.
"""

from __future__ import annotations

from hashlib import blake2b, shake_128

import numpy as np
from numpy.typing import NDArray

_DIGEST_BYTES = 16
_MANTISSA = 53


def root(seed: int, prompt: str) -> bytes:
    """Digest of the empty path of one request."""
    return blake2b(f"{seed}\0{prompt}".encode(), digest_size=_DIGEST_BYTES).digest()


def child(parent: bytes, token: int) -> bytes:
    """Digest of the path that goes on with `token`."""
    return blake2b(parent + token.to_bytes(4, "little"), digest_size=_DIGEST_BYTES).digest()


def uniforms(digest: bytes, count: int) -> NDArray[np.float64]:
    """`count` independent uniforms in [0, 1) that belong to a node, shape (count,)."""
    bits = np.frombuffer(shake_128(digest).digest(8 * count), dtype="<u8") >> np.uint64(64 - _MANTISSA)
    return bits.astype(np.float64) * 2.0**-_MANTISSA
