"""What is remembered of sources, on every store."""

from __future__ import annotations

from datetime import timedelta

from nouns import NOON

LONG = "AWSLogs/" + "x" * 3000


def test_a_mark_is_kept_by_kind_and_name_and_replaced(any_store):
    with any_store.transaction() as shelves:
        assert shelves.marks.of("s3", ["a"]) == {}
        shelves.marks.keep("s3", {"a": b"1", LONG: b"\x00\xff"}, NOON)
        shelves.marks.keep("kafka", {"a": b"other"}, NOON)
        shelves.marks.keep("s3", {"a": b"2"}, NOON)
        shelves.marks.keep("s3", {}, NOON)
    with any_store.reading() as shelves:
        assert shelves.marks.of("s3", ["a", LONG, "b"]) == {"a": b"2", LONG: b"\x00\xff"}
        assert list(shelves.marks.all("s3")) == sorted([LONG, "a"])
        assert shelves.marks.all("s3", 1).keys() == {LONG}
        assert shelves.marks.all("kafka") == {"a": b"other"}


def test_marks_are_forgotten_by_name_and_by_age(any_store):
    with any_store.transaction() as shelves:
        shelves.marks.keep("s3", {"a": b"", "b": b""}, NOON)
        shelves.marks.keep("s3", {"c": b""}, NOON + timedelta(days=1))
        shelves.marks.drop("s3", ["a", "nobody"])
        assert list(shelves.marks.all("s3")) == ["b", "c"]
        shelves.marks.drop_older("s3", NOON + timedelta(hours=1))
        shelves.marks.drop_older("kafka", NOON + timedelta(days=9))
        assert list(shelves.marks.all("s3")) == ["c"]


def test_a_thousand_names_are_asked_for_at_once(any_store):
    names = {f"object-{n}": b"" for n in range(1000)}
    with any_store.transaction() as shelves:
        shelves.marks.keep("s3", names, NOON)
        assert len(shelves.marks.of("s3", names)) == 1000
        shelves.marks.drop("s3", names)
        assert shelves.marks.all("s3") == {}
