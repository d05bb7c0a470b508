"""A segment is Parquet that anybody reads, and gives back exactly what was written."""

from __future__ import annotations

import pytest

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

import numpy as np
import pyarrow.parquet as pq

from tocsin.store.lake import parquet
from tocsin.store.lake.parquet import SegmentFile

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
    assert file.raws(1, np.array([1, 0])) == [(60, b'["odd"]'), (20, ROWS[2][2])]


def test_times_tell_which_are_unknown_and_flags_which_records_are_odd(path) -> None:
    file = SegmentFile(path)
    times, unknown = file.times(0)
    assert (list(times), list(unknown)) == ([0, 10], [True, False])
    assert [file.size(group) for group in range(3)] == [2, 2, 1]
    assert [list(file.flags(group)) for group in range(3)] == [[False, False], [False, True], [False]]


def test_a_column_tells_the_json_text_of_each_record_that_has_the_field(path) -> None:
    told = []
    for group in range(3):
        column = SegmentFile(path).columns(group, ["user"])["user"]
        told += [None if code < 0 else column.texts[code] for code in column.codes]
    assert told == ['"ada"', '"ben"', "null", None, '"ben"']
    nested = SegmentFile(path).columns(0, ["m.x", "action"])
    assert list(nested["m.x"].codes) == [-1, 0]
    assert list(nested["action"].codes) == [-1, -1]


def test_thin_columns_take_the_first_field_that_tells_something(path) -> None:
    table = pq.read_table(path, columns=["actor", "action", "class"]).to_pydict()
    assert table["actor"] == ["ada", "ben", None, None, "ben"]
    assert table["action"] == [None, "Login", "7", None, None]
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
    found = SegmentFile(path).columns(0, names)
    assert [found[name].texts[0] for name in names] == list("1234567")
