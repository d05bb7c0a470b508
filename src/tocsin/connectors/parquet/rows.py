"""Reads the rows of a Parquet file as signals, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tocsin.connectors.refusal import Refused, UnknownFormat, detail_of
from tocsin.connectors.splitting import LineRefused, decoded, on_one_line

RAW = "raw"
"""The column in which our own lake keeps the record as it came; the other columns only repeat parts of it."""

_ROWS_AT_ONCE = 4096
_DUMP = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def read_rows(opened: BinaryIO) -> Iterator[bytes | Refused]:
    """Yield each row as a JSON object; of a file with a column `raw` of texts, the record in it.

    Values that JSON does not have are written as text; empty ones are left out. Raises `UnknownFormat` for
    another file, and for one that is damaged, after the rows before the damage.
    """
    try:
        file = pq.ParquetFile(opened)
        is_ours = RAW in file.schema_arrow.names and _is_text(file.schema_arrow.field(RAW).type)
        columns = [RAW] if is_ours else None
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=columns):
            for row in batch.to_pylist():
                yield _record_in(row[RAW]) if is_ours else _record_of(row)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnknownFormat(f"The file is no Parquet, or damaged: {detail_of(error)}.") from error


def _is_text(kind: Any) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)


def _record_in(raw: Any) -> bytes | Refused:
    told = raw if isinstance(raw, bytes) else str(raw).encode("utf-8", "surrogatepass")
    try:
        decoded(told)
    except LineRefused as refusal:
        return Refused(told, f"the column {RAW} holds what is {refusal}")
    return on_one_line(told)


def _record_of(row: dict[str, Any]) -> bytes | Refused:
    told = {name: value for name, value in row.items() if value is not None}
    try:
        return orjson.dumps(told, default=_as_text, option=_DUMP)
    except (TypeError, RecursionError) as error:
        return Refused(repr(row).encode(), f"the row cannot be written as JSON: {detail_of(error)}")


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
