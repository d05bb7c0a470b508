"""Rows of a Parquet file are signals; of a file with raw records, the records themselves."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.connectors.parquet.rows import read_rows
from tocsin.connectors.refusal import Refused, UnknownFormat
from tocsin.connectors.signals.formats import parse, recognise


def written(columns: dict[str, Any]) -> bytes:
    sink = BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_each_row_is_a_record_without_what_is_empty() -> None:
    at = datetime(2026, 11, 20, 20, 45, 12, tzinfo=UTC)
    body = written(
        {"user": ["ben", None], "time": [at, at], "cost": [Decimal("1.5"), None], "blob": [b"\xff", b"x"]}
    )
    assert recognise(body) == "parquet"
    first, second = (orjson.loads(line) for line in parse("parquet", body).lines)
    assert first == {"user": "ben", "time": "2026-11-20T20:45:12Z", "cost": "1.5", "blob": "\ufffd"}
    assert second == {"time": "2026-11-20T20:45:12Z", "blob": "x"}


@pytest.mark.parametrize("kind", [pa.large_binary(), pa.string()])
def test_the_column_raw_holds_the_records(kind: Any) -> None:
    raws = (
        ['{"n": 100000000000000000001}', "7"]
        if kind == pa.string()
        else [b'{"n": 100000000000000000001}', b"7"]
    )
    found = parse("parquet", written({"raw": pa.array(raws, kind), "time": [1, 2]}))
    assert found.lines == (b'{"n": 100000000000000000001}',)
    assert [part.body for part in found.refused] == [b"7"]


def test_a_row_that_json_cannot_hold_is_refused_alone() -> None:
    found = parse("parquet", written({"n": pa.array([{"a": "x"}, {"a": "y"}]), "raw": [1, 2]}))
    assert len(found.lines) == 2


@pytest.mark.parametrize("cut", [0, 3, 50])
def test_another_file_and_half_a_file_are_refused(cut: int) -> None:
    body = written({"a": list(range(1000))})
    with pytest.raises(UnknownFormat):
        list(read_rows(BytesIO(body[:cut])))


def test_damage_inside_is_refused_whole_or_in_part() -> None:
    body = bytearray(written({"a": [f"word {n}" for n in range(5000)]}))
    for place in range(4, len(body) - 8, 997):
        hurt = bytes(body[:place]) + b"\xff\xff\xff" + bytes(body[place + 3 :])
        with suppress(UnknownFormat):
            assert all(isinstance(part, bytes | Refused) for part in read_rows(BytesIO(hurt)))
