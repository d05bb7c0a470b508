"""Writes and reads segments as Parquet. Needs the extra `lake`; loaded only where segments are touched.

Columns: `time` (microseconds since 1970, null where the record names none), `position` (offset in the
source), `raw` (the record's bytes), `odd` (the record has no native columns), the thin columns, and
`f_<name>` with the JSON text of each native field. Sorted by time, then position; undated records first.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tocsin.store.lake import thin
from tocsin.store.lake.refusals import broken
from tocsin.store.lake.shredding import Row, Shredded, shredded

ROWS_A_GROUP = 65_536
NATIVE = "f_"
_LEVEL = 3
_MOST_DICTIONARY_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Column:
    """A native field of some records: a code each (-1: not there), and the JSON text of each code."""

    codes: Any
    texts: Any


@dataclass(frozen=True, slots=True)
class _Encoded:
    codes: Any
    texts: list[str]


def write(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> int:
    """Write sorted rows to a new file, not synced yet; return how many of them are odd."""
    schema = _schema(columns)
    odd = 0
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=_LEVEL,
        dictionary_pagesize_limit=_MOST_DICTIONARY_BYTES,
        use_dictionary=[name for name in schema.names if name not in ("time", "position", "raw", "odd")],
        write_statistics=["time", "position"],
    ) as writer:
        for start in range(0, len(rows), ROWS_A_GROUP):
            group = rows[start : start + ROWS_A_GROUP]
            cut = shredded((raw for _, _, raw in group), columns)
            odd += len(cut.odd)
            writer.write_table(_table(schema, group, cut, columns), row_group_size=len(group))
    return odd


def _schema(columns: Sequence[str]) -> Any:
    text = pa.dictionary(pa.int32(), pa.utf8())
    return pa.schema(
        [
            ("time", pa.int64()),
            ("position", pa.int64()),
            ("raw", pa.large_binary()),
            ("odd", pa.bool_()),
            *((name, text) for name in thin.FIELDS),
            *((NATIVE + name, text) for name in columns),
        ]
    )


def _table(schema: Any, group: Sequence[Row], cut: Shredded, columns: Sequence[str]) -> Any:
    rows = len(group)
    odd = np.zeros(rows, dtype=bool)
    odd[list(cut.odd)] = True
    encoded = {name: _encoded(*cut.cells[name], rows) for name in columns}
    arrays = [
        pa.array([time for time, _, _ in group], pa.int64()),
        pa.array([position for _, position, _ in group], pa.int64()),
        pa.array([raw for _, _, raw in group], pa.large_binary()),
        pa.array(odd),
        *(_dictionary(_thin(encoded, names, rows)) for names in thin.FIELDS.values()),
        *(_dictionary(encoded[name]) for name in columns),
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _encoded(rows: array[int], texts: list[bytes], size: int) -> _Encoded:
    codes = np.full(size, -1, dtype=np.int32)
    if not rows:
        return _Encoded(codes, [])
    found = pa.array(texts, pa.binary()).dictionary_encode()
    codes[np.frombuffer(rows, dtype=np.int32)] = found.indices.to_numpy()
    return _Encoded(codes, found.dictionary.cast(pa.utf8()).to_pylist())


def _thin(encoded: dict[str, _Encoded], names: Sequence[str], size: int) -> _Encoded:
    """Return a thin column: for each record the first of the fields that tells something."""
    codes = np.full(size, -1, dtype=np.int32)
    numbers: dict[str, int] = {}
    for name in names:
        if name not in encoded:
            continue
        column = encoded[name]
        plain = [thin.plain(text) for text in column.texts]
        # The last entry stands for code -1, a record without the field.
        own = [numbers.setdefault(text, len(numbers)) if text else -1 for text in plain] + [-1]
        codes = np.where(codes < 0, np.array(own, dtype=np.int32)[column.codes], codes)
    return _Encoded(codes, list(numbers))


def _dictionary(column: _Encoded) -> Any:
    indices = pa.array(column.codes, mask=column.codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(column.texts, pa.utf8()))


class SegmentFile:
    """One sealed file, open for reading by row groups."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw: tuple[int, Any] | None = None
        with self._sound():
            self._file = pq.ParquetFile(path, memory_map=True)

    @property
    def groups(self) -> int:
        """Return how many row groups there are."""
        return int(self._file.num_row_groups)

    def size(self, group: int) -> int:
        """Return how many records a row group has."""
        return int(self._file.metadata.row_group(group).num_rows)

    def times(self, group: int) -> tuple[Any, Any]:
        """Return the times of a row group in microseconds, and which of them are unknown (then 0)."""
        found = self._group(group, ["time"]).column(0).combine_chunks()
        return found.fill_null(0).to_numpy(), found.is_null().to_numpy(zero_copy_only=False)

    def flags(self, group: int) -> Any:
        """Return which records of a row group are odd."""
        found = self._group(group, ["odd"]).column(0)
        return found.combine_chunks().to_numpy(zero_copy_only=False)

    def columns(self, group: int, names: Sequence[str]) -> dict[str, Column]:
        """Return native fields of a row group; each must be among the segment's columns."""
        table = self._group(group, [NATIVE + name for name in names])
        return {name: _column(table.column(NATIVE + name)) for name in names}

    def raw(self, group: int, rows: Any) -> tuple[Any, Any]:
        """Return the bytes of some records, one after the other, and their offsets (one more than rows)."""
        _, offsets, content = self._taken(group, rows).column(1).combine_chunks().buffers()
        return memoryview(content or b""), np.frombuffer(offsets, dtype=np.int64)[: len(rows) + 1]

    def raws(self, group: int, rows: Any) -> list[tuple[int, bytes]]:
        """Return position and bytes of some records of a row group, in the order of `rows`."""
        table = self._taken(group, rows)
        return list(zip(table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True))

    def _taken(self, group: int, rows: Any) -> Any:
        """Return position and bytes of some records; those of the last row group asked for are at hand."""
        if self._raw is None or self._raw[0] != group:
            self._raw = (group, self._group(group, ["position", "raw"]))
        return self._raw[1].take(pa.array(rows))

    def rows(self) -> Iterator[Row]:
        """Yield every record as it was written."""
        for group in range(self.groups):
            table = self._group(group, ["time", "position", "raw"])
            yield from zip(*(column.to_pylist() for column in table.columns), strict=True)

    def _group(self, group: int, columns: Sequence[str]) -> Any:
        with self._sound():
            return self._file.read_row_group(group, columns=columns, use_threads=False)

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError) as error:
            raise broken(f"The segment {self._path.name} cannot be read: {error}.") from error


def _column(found: Any) -> Column:
    array = found.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.unify_dictionaries().chunks)
    codes = array.indices.fill_null(-1).to_numpy()
    return Column(codes, array.dictionary.to_numpy(zero_copy_only=False))
