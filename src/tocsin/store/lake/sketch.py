"""What a hunt reads of a row group before anything else: its kinds, words that cannot be there, and codes.

All of it stands in one value of the column `sketch`, the one of the group's first row: the length of a JSON
text (4 bytes), the text, and zstd frames of which the text tells where they are. Nothing in it is told
nowhere else.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.detection.columns.grams import SIZE
from tocsin.detection.columns.kinds import KIND_FIELDS, Run

_LENGTH = struct.Struct("<I")
_CODEC = "zstd"
_TYPES = ("<u1", "<u2", "<u4")


def packed(runs: Sequence[Run], grams: Sequence[bytes], codes: Mapping[str, tuple[Any, int]]) -> bytes:
    """Return the sketch of a row group; `codes` are by field, from -1 to below the number beside them."""
    frames: list[bytes] = []
    codec = pa.Codec(_CODEC)

    def kept(content: bytes) -> tuple[int, int, int]:
        frames.append(codec.compress(content, asbytes=True))
        return sum(map(len, frames[:-1])), len(frames[-1]), len(content)

    places: dict[str, tuple[int, int, int, str]] = {}
    for name, (numbers, size) in codes.items():
        kind = _TYPES[(size > 0xFF) + (size > 0xFFFF)]
        places[name] = (*kept((numbers + 1).astype(kind).tobytes()), kind)
    told = {
        "fields": KIND_FIELDS,
        "kinds": [(run.stop - run.start, run.texts) for run in runs],
        "grams": kept(b"".join(grams)),
        "codes": places,
    }
    head = orjson.dumps(told)
    return b"".join([_LENGTH.pack(len(head)), head, *frames])


class Sketch:
    """The sketch of one row group, unpacked as far as it is asked for."""

    def __init__(self, content: bytes) -> None:
        (size,) = _LENGTH.unpack_from(content)
        self._told = orjson.loads(content[_LENGTH.size : _LENGTH.size + size])
        self._frames = memoryview(content)[_LENGTH.size + size :]
        self._codec = pa.Codec(_CODEC)

    def kinds(self) -> tuple[tuple[str, ...], tuple[Run, ...]]:
        """Return the fields that make the kinds of the records, and the kinds in their order."""
        runs, start = [], 0
        for rows, texts in self._told["kinds"]:
            runs.append(Run(None if texts is None else tuple(texts), start, start + rows))
            start += rows
        return tuple(self._told["fields"]), tuple(runs)

    def grams(self) -> list[bytes]:
        """Return what tells which words cannot stand in each block."""
        content = self._frame(*self._told["grams"])
        return [content[start : start + SIZE] for start in range(0, len(content), SIZE)]

    def codes(self, name: str) -> Any:
        """Return a field's code for each record, -1 where the record lacks it."""
        *place, kind = self._told["codes"][name]
        return np.frombuffer(self._frame(*place), dtype=kind).astype(np.int32) - np.int32(1)

    def _frame(self, start: int, size: int, full: int) -> bytes:
        frame = self._frames[start : start + size]
        found: bytes = self._codec.decompress(frame, decompressed_size=full, asbytes=True)
        return found
