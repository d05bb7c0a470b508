"""Writes and reads segments as Parquet. Needs the extra `lake`; loaded only where segments are touched.

Columns: `time` (microseconds since 1970, null where the record names none), `position` (offset in the
source), `raw` (the record's bytes), `odd` (the record has no native columns), `sketch` (for hunts, empty but
in a row group's first row), the thin columns, and `f_<name>` with the JSON text of each native field.

A row group holds a stretch of time. Within it records of a kind stand together, each kind sorted by time,
then position.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tocsin.detection.columns.grams import GRAM_ROWS, grams
from tocsin.detection.columns.kinds import Run, in_order
from tocsin.store.lake import thin
from tocsin.store.lake.pages import Pages
from tocsin.store.lake.refusals import broken, outdated
from tocsin.store.lake.shredding import Row, Shredded, by_time, shredded
from tocsin.store.lake.sketch import Sketch, packed

ROWS_A_GROUP = 65_536
NATIVE = "f_"
FORMAT = {b"tocsin.segment": b"2"}
_LEVEL = 3
_MOST_DICTIONARY_BYTES = 16 << 20
# So small that single records can be read, and no larger packed, because alike records stand together.
_PAGE_BYTES = 256 << 10
_VALUES_AT_ONCE = 64
_PLAIN = ("time", "position", "raw", "odd", "sketch")


@dataclass(frozen=True, slots=True)
class _Encoded:
    codes: Any
    texts: list[str]


def write(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> int:
    """Write rows sorted by time to a new file, not synced yet; return how many of them are odd."""
    schema = _schema(columns)
    odd = 0
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=_LEVEL,
        data_page_size=_PAGE_BYTES,
        write_batch_size=_VALUES_AT_ONCE,
        dictionary_pagesize_limit=_MOST_DICTIONARY_BYTES,
        use_dictionary=[name for name in schema.names if name not in _PLAIN],
        write_statistics=["time", "position"],
    ) as writer:
        for start in range(0, len(rows), ROWS_A_GROUP):
            group = rows[start : start + ROWS_A_GROUP]
            cut = shredded((raw for _, _, raw in group), columns)
            odd += len(cut.odd)
            writer.write_table(_table(schema, group, cut, columns), row_group_size=len(group))
        writer.add_key_value_metadata(FORMAT)
    return odd


def _schema(columns: Sequence[str]) -> Any:
    text = pa.dictionary(pa.int32(), pa.utf8())
    return pa.schema(
        [
            ("time", pa.int64()),
            ("position", pa.int64()),
            pa.field("raw", pa.large_binary(), nullable=False),
            ("odd", pa.bool_()),
            pa.field("sketch", pa.large_binary(), nullable=False),
            *((name, text) for name in thin.FIELDS),
            *((NATIVE + name, text) for name in columns),
        ]
    )


def _table(schema: Any, group: Sequence[Row], cut: Shredded, columns: Sequence[str]) -> Any:
    encoded = {name: _encoded(*cut.cells[name], len(group)) for name in columns}
    odd = np.zeros(len(group), dtype=bool)
    odd[list(cut.odd)] = True
    order, runs = in_order(encoded, odd)
    group = [group[row] for row in order.tolist()]
    encoded = {name: _Encoded(each.codes[order], each.texts) for name, each in encoded.items()}
    raws = [raw for _, _, raw in group]
    arrays = [
        pa.array([time for time, _, _ in group], pa.int64()),
        pa.array([position for _, position, _ in group], pa.int64()),
        pa.array(raws, pa.large_binary()),
        pa.array(odd[order]),
        pa.array([_sketch(raws, runs, encoded), *[b""] * (len(group) - 1)], pa.large_binary()),
        *(_dictionary(_thin(encoded, names, len(group))) for names in thin.FIELDS.values()),
        *(_dictionary(encoded[name]) for name in columns),
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _sketch(raws: Sequence[bytes], runs: Sequence[Run], encoded: Mapping[str, _Encoded]) -> bytes:
    blocks = (raws[start : start + GRAM_ROWS] for start in range(0, len(raws), GRAM_ROWS))
    codes = {name: (each.codes, len(each.texts)) for name, each in encoded.items()}
    return packed(runs, [grams(b"\n".join(block)) for block in blocks], codes)


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


class Column:
    """A native field of some records: a code each (-1: not there), and the JSON text of each code."""

    __slots__ = ("_array", "_texts", "codes")

    def __init__(self, codes: Any) -> None:
        self.codes = codes
        self._array: Any = None
        self._texts: Any = None

    def fill(self, array: Any) -> None:
        """Take what the file holds: a dictionary, whose order may be another one than that of the codes."""
        self._array = array

    @property
    def texts(self) -> Any:
        """Return the texts by code; they must have been asked for."""
        if self._texts is None:
            texts = self._array.dictionary.to_numpy(zero_copy_only=False)
            theirs = self._array.indices.fill_null(-1).to_numpy()
            # The last place takes what rows without the field say.
            places = np.zeros(int(self.codes.max(initial=-1)) + 2, dtype=np.int32)
            places[self.codes] = theirs
            self._texts = texts[places[:-1]]
        return self._texts


@dataclass(slots=True)
class Footer:
    """What is known about a segment once it was opened: given again, it need not be read again."""

    metadata: Any
    kinds: dict[int, tuple[tuple[str, ...], tuple[Run, ...]]]
    pages: dict[tuple[int, str], Pages]


class SegmentFile:
    """One sealed file, open for reading by row groups. Files of segments never change."""

    def __init__(self, path: Path, footer: Footer | None = None) -> None:
        self._path = path
        self._parquet: Any = None
        self._sketched: tuple[int, Sketch] | None = None
        with self._sound():
            self._content = pa.memory_map(str(path)).read_buffer()
            self.footer = footer or Footer(pq.read_metadata(pa.BufferReader(self._content)), {}, {})
        if not FORMAT.items() <= (self.footer.metadata.metadata or {}).items():
            raise outdated(path.name)

    @property
    def groups(self) -> int:
        """Return how many row groups there are."""
        return int(self.footer.metadata.num_row_groups)

    def size(self, group: int) -> int:
        """Return how many records a row group has."""
        return int(self.footer.metadata.row_group(group).num_rows)

    def times(self, group: int) -> tuple[Any, Any]:
        """Return the times of a row group in microseconds, and which of them are unknown (then 0)."""
        found = self._group(group, ["time"]).column(0).combine_chunks()
        return found.fill_null(0).to_numpy(), found.is_null().to_numpy(zero_copy_only=False)

    def kinds(self, group: int) -> tuple[tuple[str, ...], tuple[Run, ...]]:
        """Return the fields that make the kinds of a row group's records, and the kinds in their order."""
        known = self.footer.kinds.get(group)
        if known is None:
            known = self.footer.kinds[group] = self._sketch(group).kinds()
        return known

    def grams(self, group: int) -> list[bytes]:
        """Return what tells which words cannot stand in each block of a row group."""
        return self._sketch(group).grams()

    def columns(self, group: int, names: Sequence[str]) -> dict[str, Column]:
        """Return native fields of a row group, without texts; each must be among the segment's columns."""
        sketch = self._sketch(group)
        return {name: Column(sketch.codes(name)) for name in names}

    def fill(self, group: int, columns: Mapping[str, Column]) -> None:
        """Read the texts of some native fields of a row group."""
        table = self._group(group, [NATIVE + name for name in columns])
        for name, column in columns.items():
            column.fill(_combined(table.column(NATIVE + name)))

    def raw(self, group: int, rows: Any) -> list[bytes]:
        """Return the bytes of some records of a row group; rows ascending."""
        return self._values(group, "raw", rows.tolist())

    def raws(self, group: int, rows: Any) -> list[tuple[int, bytes]]:
        """Return position and bytes of some records of a row group; rows ascending."""
        positions = self._group(group, ["position"]).column(0).take(pa.array(rows)).to_pylist()
        return list(zip(positions, self.raw(group, rows), strict=True))

    def rows(self) -> Iterator[Row]:
        """Yield every record, sorted by time, then position; those without a time first."""
        for group in range(self.groups):
            table = self._group(group, ["time", "position", "raw"])
            yield from sorted(
                zip(*(column.to_pylist() for column in table.columns), strict=True), key=by_time
            )

    def _sketch(self, group: int) -> Sketch:
        """Return the sketch of a row group; the last one is at hand."""
        if self._sketched is None or self._sketched[0] != group:
            self._sketched = (group, Sketch(self._values(group, "sketch", [0])[0]))
        return self._sketched[1]

    def _values(self, group: int, name: str, rows: Sequence[int]) -> list[bytes]:
        with self._sound():
            pages = self.footer.pages.get((group, name))
            if pages is None:
                chunk = self.footer.metadata.row_group(group).column(_PLAIN.index(name))
                pages = self.footer.pages[group, name] = Pages(self._content, chunk)
            return list(pages.values(self._content, rows))

    def _group(self, group: int, columns: Sequence[str]) -> Any:
        with self._sound():
            if self._parquet is None:
                reader = pa.BufferReader(self._content)
                self._parquet = pq.ParquetFile(reader, metadata=self.footer.metadata)
            return self._parquet.read_row_group(group, columns=columns, use_threads=False)

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise broken(f"The segment {self._path.name} cannot be read: {error}.") from error


def _combined(found: Any) -> Any:
    array = found.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.unify_dictionaries().chunks)
    return array
