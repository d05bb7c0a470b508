"""A segment is Parquet that anybody reads, and gives back exactly what was written."""

from __future__ import annotations

import pytest

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.detection.columns.grams import Words
from tocsin.store.lake import parquet
from tocsin.store.lake.parquet import SegmentFile
from tocsin.store.lake.refusals import LakeBroken

ROWS = [
    (None, 40, b'{"user":"ada"}'),
    (10, 0, b'{"user":"ben","m":{"x":1},"eventName":"Login"}'),
    (10, 20, b'{"user":null,"action":7}'),
    (30, 60, b'["odd"]'),
    (31, 80, b'{"user":"ben"}'),
]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS_A_GROUP", 2)
    path = tmp_path / "segment.parquet"
    assert parquet.write(path, ROWS, ("user", "m.x", "eventName", "action")) == 1
    return path


def test_records_come_back_as_they_were_written(path) -> None:
    file = SegmentFile(path)
    assert (file.groups, list(file.rows())) == (3, ROWS)
    # The odd record comes after the other one of its group.
    assert file.raws(1, np.array([0, 1])) == [(20, ROWS[2][2]), (60, b'["odd"]')]
    assert file.raw(1, np.array([1])) == [b'["odd"]']


def test_times_tell_which_are_unknown(path) -> None:
    file = SegmentFile(path)
    times, unknown = file.times(0)
    # The record with `eventName` is of another kind.
    assert sorted(zip(times.tolist(), unknown.tolist(), strict=True)) == [(0, True), (10, False)]
    assert [file.size(group) for group in range(3)] == [2, 2, 1]


def test_kinds_tell_which_rows_belong_together_and_which_are_odd(path) -> None:
    file = SegmentFile(path)
    fields, runs = file.kinds(0)
    names = [dict(zip(fields, run.texts, strict=True))["eventName"] for run in runs]
    assert sorted(zip(names, [run.start for run in runs], strict=True), key=str) == [
        ('"Login"', names.index('"Login"')),
        (None, names.index(None)),
    ]
    assert [run.texts is None for run in file.kinds(1)[1]] == [False, True]
    assert file.kinds(0) is file.kinds(0)
    assert Words(["login"]).blocks(file.grams(0)).tolist() == [True]
    assert Words(["login"]).blocks(file.grams(1)).tolist() == [False]


def test_a_column_tells_the_json_text_of_each_record_that_has_the_field(path) -> None:
    file = SegmentFile(path)
    told = []
    for group in range(3):
        columns = file.columns(group, ["user"])
        file.fill(group, columns)
        column = columns["user"]
        told.append([None if code < 0 else column.texts[code] for code in column.codes])
    assert [sorted(each, key=str) for each in told] == [['"ada"', '"ben"'], [None, "null"], ['"ben"']]
    nested = file.columns(0, ["m.x", "action"])
    file.fill(0, nested)
    assert sorted(nested["m.x"].codes) == [-1, 0]
    assert (list(nested["action"].codes), list(nested["action"].texts)) == ([-1, -1], [])


def test_texts_are_those_of_the_codes_whatever_order_the_file_has(tmp_path) -> None:
    rows = [(n, n, b'{"a":"%d","category":"%d"}' % (n * 7 % 50, n % 3)) for n in range(200)]
    path = tmp_path / "many.parquet"
    parquet.write(path, rows, ("category", "a"))
    file = SegmentFile(path)
    columns = file.columns(0, ["a"])
    file.fill(0, columns)
    texts = [columns["a"].texts[code] for code in columns["a"].codes]
    raws = [raw for _, raw in file.raws(0, np.arange(200))]
    assert texts == [f'"{json.loads(raw)["a"]}"' for raw in raws]


def test_a_footer_spares_reading_it_again_and_damage_is_still_seen(path) -> None:
    file = SegmentFile(path)
    again = SegmentFile(path, file.footer)
    assert list(again.rows()) == ROWS
    for kept in (None, again.footer):
        kept and kept.pages.clear()
        path.write_bytes(b"PAR1" + b"\xff" * (path.stat().st_size - 4))
        with pytest.raises(LakeBroken, match="cannot be read"):
            SegmentFile(path, kept).raw(0, np.array([0]))


def test_a_segment_in_another_form_is_refused_with_what_to_do(tmp_path) -> None:
    path = tmp_path / "old.parquet"
    pq.write_table(pa.table({"raw": [b"{}"]}), path)
    with pytest.raises(LakeBroken, match="not in the form") as told:
        SegmentFile(path)
    assert "append its records again" in told.value.next_step


def test_thin_columns_take_the_first_field_that_tells_something(path) -> None:
    table = pq.read_table(path, columns=["actor", "action", "class"]).to_pydict()
    assert sorted(table["actor"], key=str) == [None, None, "ada", "ben", "ben"]
    assert sorted(table["action"], key=str) == ["7", "Login", None, None, None]
    assert table["class"] == [None] * 5


def test_other_engines_read_it_with_plain_sql(path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra `lake` is not installed")
    asked = f"select actor, f_user::json->>'$', time from '{path}' where position = 80"
    assert duckdb.sql(asked).fetchall() == [("ben", "ben", 31)]


def test_column_names_of_any_shape_survive(tmp_path) -> None:
    path = tmp_path / "odd.parquet"
    names = ("A b", "a.b.c", "é", "user\n", '"', "UPPER", "upper")
    line = b'{"A b":1,"a.b.c":2,"\xc3\xa9":3,"user\\n":4,"\\"":5,"UPPER":6,"upper":7}'
    parquet.write(path, [(1, 0, line)], names)
    file = SegmentFile(path)
    found = file.columns(0, names)
    file.fill(0, found)
    assert [found[name].texts[0] for name in names] == list("1234567")
