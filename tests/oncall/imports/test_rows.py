"""Rows are found in whatever pages an API answered, and hostile ones do no harm."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tocsin.oncall.imports import rows
from tocsin.oncall.imports.rows import Book, ImportRefused, gather

KINDS = {"schedules": "schedule", "overrides": "override"}


def book(**files: object) -> Book:
    return gather(
        [(name.replace("_", "-") + ".json", json.dumps(each)) for name, each in files.items()], KINDS
    )


@pytest.mark.parametrize(
    "files",
    [
        {"export": {"schedules": [{"id": "a"}], "other": 1}},
        {"export": {"data": {"schedules": {"nodes": [{"id": "a"}]}}}},
        {"export": {"schedule": {"id": "a"}}},
        {"schedules": [{"id": "a"}]},
        {"schedules": {"schedules": [{"id": "a"}], "more": False}},
        {"schedules_2": {"results": [{"id": "a"}], "next": None}},
        {"schedules": [{"data": [{"id": "a"}]}, {"data": [7]}]},
        {"schedules_a": {"schedule": {"id": "a", "schedules": [1]}}},
    ],
)
def test_rows_are_found_in_pages_of_every_kind(files) -> None:
    assert [rows.text(row, "id") for row in book(**files).all("schedules")] == ["a"]


def test_rows_know_whose_they_are_by_the_name_of_their_file_or_by_a_key() -> None:
    by_name = book(overrides_P1={"overrides": [{"n": 1}]}, overrides_2={"overrides": [{"n": 2}]})
    assert [row["n"] for row in by_name.of("overrides", "P1")] == [1]
    assert [
        row["n"] for row in book(export={"overrides": {"P1": [{"n": 3}], "P2": []}}).of("overrides", "P1")
    ] == [3]
    assert book(export={"overrides": [{}]}).all("overrides") == ({},)
    assert by_name.all("users") == ()


def test_rows_with_the_same_id_are_one_and_nothing_takes_nothing_away() -> None:
    found = book(
        schedules=[{"id": "a", "layers": [1], "name": None}],
        schedules_a={"id": "a", "layers": [], "name": "x"},
    )
    assert found.by_id("schedules")["a"] == {"id": "a", "layers": [1], "name": "x", "_of": "a"}


@pytest.mark.parametrize("name", ["export.json", "schedulesque.json"])
@pytest.mark.parametrize("written", ["{", "[" * 100_000, '{"nothing": 1}', "7"])
def test_what_is_no_export_is_refused(name: str, written: str) -> None:
    with pytest.raises(ImportRefused):
        gather([(name, written)], KINDS)


def test_more_rows_than_anybody_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 2)
    with pytest.raises(ImportRefused, match="more than 2 schedules"):
        book(schedules=[{"id": "a"}, {"id": "b"}, {"id": "c"}])


def test_values_of_another_kind_count_as_none() -> None:
    row = {
        "text": " a\nb\u202e" + "c" * 300,
        "n": 5,
        "yes": True,
        "far": 10**12,
        "at": "2026-10-25T02:30:00+02:00",
    }
    assert rows.text(row, "text") == ("ab" + "c" * 198)[:199]
    assert (rows.text(row, "n"), rows.text(row, "yes"), rows.text(row, "none")) == ("5", "", "")
    assert [rows.whole(row, key, 1) for key in ("n", "yes", "far", "text")] == [5, 1, 1, 1]
    assert (rows.under(row, "n"), rows.several(row, "n"), rows.texts(row, "n")) == ({}, (), ())
    assert rows.several({"a": [{"b": 1}, 2]}, "a") == ({"b": 1},)
    assert rows.texts({"a": ["b", None, ""]}, "a") == ("b",)
    assert rows.moment(row, "at") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert rows.moment({"at": "2026-10-25T02:30:00"}, "at") is None
    assert rows.moment({"at": "0001-01-01T00:00:00+14:00"}, "at") is None
    assert rows.local(row, "at") == datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001
    assert rows.local(row, "n") is None
