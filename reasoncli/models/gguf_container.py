"""The GGUF container, read as untrusted input.

Every count and length is compared with the bytes that are left in the file before anything is
allocated, so memory stays in proportion to the file and a hostile header can't take more. Weights
are never read: of a tensor only its extent is computed, to tell a file that was cut short.

Format: the GGUF specification of ggml, versions 2 and 3, little endian.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from reasoncli.errors import ModelFileError

Scalar: TypeAlias = bool | int | float | str
Value: TypeAlias = Scalar | tuple[Scalar, ...]

_MAGIC: Final = b"GGUF"
_MAX_KEY: Final = 65_535
_MAX_STRING: Final = 8 << 20  # no template or licence text comes near
_MAX_METADATA: Final = 512 << 20
_MAX_KEPT_ARRAY: Final = 4_096  # longer arrays are kept only where asked for by key
_MAX_WALKED: Final = 4 << 20  # elements that have to be stepped over one by one
_MAX_TENSORS: Final = 1 << 20
_MAX_NAME: Final = 1_024
_MAX_DIMENSIONS: Final = 4
_MAX_NESTING: Final = 4
_DEFAULT_ALIGNMENT: Final = 32

_UINT32: Final = 4
_BOOL: Final = 7
_STRING: Final = 8
_ARRAY: Final = 9
_SCALARS: Final[Mapping[int, struct.Struct]] = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    _UINT32: struct.Struct("<I"),
    5: struct.Struct("<i"),
    6: struct.Struct("<f"),
    _BOOL: struct.Struct("<?"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}
_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")

# ggml tensor type -> (values in a block, bytes of a block)
_BLOCKS: Final[Mapping[int, tuple[int, int]]] = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17), 40: (64, 36),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Container:
    """What stands in a GGUF file's head.

    Attributes:
        values: metadata by key; arrays too long to keep are absent, their length is in `lengths`.
        lengths: number of elements of every array, by key.
        parameters: weights in all tensors; weights_bytes: what they take in the file.
    """

    values: Mapping[str, Value]
    lengths: Mapping[str, int]
    parameters: int
    weights_bytes: int


def read_container(path: Path, *, keep: Collection[str] = ()) -> Container:
    """Read the head of a GGUF file and check that its tensors lie inside it.

    Args:
        path: the file.
        keep: keys of arrays to keep whatever their length (the vocabulary).

    Raises:
        ModelFileError: not a GGUF file, cut short, or with a head that contradicts itself.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            return _Reader(path, file, size).read(frozenset(keep))
    except OSError as error:
        raise ModelFileError(f"{path}: can't be read: {error.strerror or error}") from error


class _Reader:
    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self._path = path
        self._file = file
        self._size = size
        self._position = 0
        self._walked = 0

    def read(self, keep: frozenset[str]) -> Container:
        tensors, pairs = self._head()
        values: dict[str, Value] = {}
        lengths: dict[str, int] = {}
        for _ in range(pairs):
            key = self._string(_MAX_KEY, "a key")
            if key in values or key in lengths:
                raise self._broken(f"the key {key!r} stands twice in the metadata")
            value, length = self._value(self._u32(), key, key in keep, 0)
            if length is not None:
                lengths[key] = length
            if value is not None:
                values[key] = value
            if self._position > _MAX_METADATA:
                raise self._broken(f"metadata of more than {_MAX_METADATA >> 20} MiB")
        parameters, weights = self._tensors(tensors, self._alignment(values))
        return Container(values, lengths, parameters, weights)

    def _head(self) -> tuple[int, int]:
        """How many tensors and metadata entries there are."""
        if self._size < 4 or self._take(4) != _MAGIC:
            raise ModelFileError(
                f"{self._path}: not a GGUF file",
                hint="Models in other formats (safetensors, PyTorch) must be converted with llama.cpp first.",
            )
        version = self._u32()
        if version not in (2, 3):
            if version in (2 << 24, 3 << 24):
                raise self._broken("a big-endian GGUF file, which this machine can't use")
            raise self._broken(f"GGUF version {version}; versions 2 and 3 can be read")
        tensors, pairs = self._u64(), self._u64()
        # The least a tensor's record takes is 32 bytes, a pair's 13.
        if tensors > min(_MAX_TENSORS, self._left() // 32):
            raise self._broken(f"claims {tensors} tensors, more than it can hold")
        if pairs > self._left() // 13:
            raise self._broken(f"claims {pairs} metadata entries, more than it can hold")
        return tensors, pairs

    def _value(self, kind: int, key: str, keep: bool, depth: int) -> tuple[Value | None, int | None]:
        """One metadata value, and the number of elements if it is an array."""
        if kind == _STRING:
            return self._string(_MAX_STRING, f"the value of {key!r}"), None
        if kind == _ARRAY:
            return self._array(key, keep, depth)
        return self._scalar(kind, key), None

    def _scalar(self, kind: int, key: str) -> Scalar:
        layout = _SCALARS.get(kind)
        if layout is None:
            raise self._broken(f"the value of {key!r} has the unknown type {kind}")
        value: Scalar = layout.unpack(self._take(layout.size))[0]
        return value

    def _array(self, key: str, keep: bool, depth: int) -> tuple[tuple[Scalar, ...] | None, int]:
        kind, count = self._u32(), self._u64()
        if kind == _ARRAY:
            if depth >= _MAX_NESTING:
                raise self._broken(f"the value of {key!r} is nested too deeply")
            self._fits(count, 12, key, _MAX_WALKED)
            for _ in range(count):
                self._array(key, False, depth + 1)
            return None, count
        keep = keep or (count <= _MAX_KEPT_ARRAY and depth == 0)
        if kind == _STRING:
            self._fits(count, 8, key, _MAX_WALKED)
            if keep:
                return tuple(self._string(_MAX_STRING, f"an element of {key!r}") for _ in range(count)), count
            for _ in range(count):
                self._skip(self._u64(), f"an element of {key!r}")
            return None, count
        layout = _SCALARS.get(kind)
        if layout is None:
            raise self._broken(f"the elements of {key!r} have the unknown type {kind}")
        self._fits(count, layout.size, key)
        if not keep:
            self._skip(count * layout.size, f"the value of {key!r}")
            return None, count
        return tuple(row[0] for row in layout.iter_unpack(self._take(count * layout.size))), count

    def _alignment(self, values: Mapping[str, Value]) -> int:
        alignment = values.get("general.alignment", _DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or not 1 <= alignment <= 1 << 20 or alignment & (alignment - 1):
            raise self._broken("an alignment that is no power of two")
        return alignment

    def _tensors(self, count: int, alignment: int) -> tuple[int, int]:
        """Check every tensor's extent; return the number of weights and their bytes."""
        extents: list[tuple[str, int, int]] = []
        parameters = 0
        for _ in range(count):
            name = self._string(_MAX_NAME, "a tensor's name")
            dimensions = self._u32()
            if not 0 < dimensions <= _MAX_DIMENSIONS:
                raise self._broken(f"tensor {name!r} has {dimensions} dimensions")
            shape = [self._u64() for _ in range(dimensions)]
            kind, offset = self._u32(), self._u64()
            if offset % alignment:
                raise self._broken(f"tensor {name!r} is not aligned")
            weights = 1
            for length in shape:
                weights *= length
            if not 0 < weights < 1 << 50:
                raise self._broken(f"tensor {name!r} has an impossible shape")
            parameters += weights
            # A type newer than this table can't be measured; llama.cpp judges it when it loads.
            values, size = _BLOCKS.get(kind, (1, 0))
            if shape[0] % values:
                raise self._broken(f"tensor {name!r} does not fill its blocks")
            extents.append((name, offset, weights // values * size))
        start = -(-self._position // alignment) * alignment
        for name, offset, size in extents:
            if start + offset + size > self._size:
                missing = start + offset + size - self._size
                raise ModelFileError(
                    f"{self._path}: cut short: tensor {name!r} ends {missing} bytes behind the end of the file",
                    hint="The download or copy did not finish: get the file again.",
                )
        return parameters, sum(size for _, _, size in extents)

    # -------------------------------------------------------- bounded reads

    def _left(self) -> int:
        return self._size - self._position

    def _fits(self, count: int, size: int, key: str, limit: int | None = None) -> None:
        if count > self._left() // size:
            raise self._broken(f"{key!r} claims {count} elements, more than the file can hold")
        if limit is not None:
            self._walked += count
            if self._walked > limit:
                raise self._broken(f"more than {limit} strings and lists in its metadata")

    def _take(self, count: int) -> bytes:
        if count > self._left():
            raise self._cut()
        data = self._file.read(count)
        if len(data) != count:
            raise self._cut()
        self._position += count
        return data

    def _skip(self, count: int, what: str) -> None:
        if count > self._left():
            raise self._broken(f"{what} is longer than the file")
        self._position += count
        self._file.seek(self._position)

    def _u32(self) -> int:
        value: int = _U32.unpack(self._take(4))[0]
        return value

    def _u64(self) -> int:
        value: int = _U64.unpack(self._take(8))[0]
        return value

    def _string(self, limit: int, what: str) -> str:
        length = self._u64()
        if length > self._left():
            raise self._broken(f"{what} is longer than the file")
        if length > limit:
            raise self._broken(f"{what} has {length} bytes; at most {limit} are accepted")
        return self._take(length).decode("utf-8", "replace")

    def _cut(self) -> ModelFileError:
        return ModelFileError(
            f"{self._path}: cut short inside its metadata",
            hint="The download or copy did not finish: get the file again.",
        )

    def _broken(self, what: str) -> ModelFileError:
        return ModelFileError(f"{self._path}: broken GGUF: {what}", hint="Get the file again, from a source you trust.")
