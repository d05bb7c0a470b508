"""Small values are read exactly, and a wrong one is told with its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.state import micros
from tocsin.detection.testing import fields

START = datetime(2026, 1, 5, tzinfo=UTC)


def _table(text: str) -> Table:
    (root,) = documents(text)
    assert isinstance(root, Table)
    return root


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        ("90s", 90_000_000),
        ("1h30m", 5_400_000_000),
        ("2d", 172_800_000_000),
        ("1w", 604_800_000_000),
        ("250ms", 250_000),
        ("7us", 7),
        ("0.5s", 500_000),
        ("-5m", -300_000_000),
        ("12", 12_000_000),
        ("1.5", 1_500_000),
    ],
)
def test_a_duration_is_microseconds(written: str, micros: int) -> None:
    assert fields.duration(_table(f"at: {written}"), "at") == micros


def test_without_a_duration_the_default_stands() -> None:
    assert fields.duration(_table("a: 1"), "at", 7) == 7


@pytest.mark.parametrize("written", ["soon", "5 m", "true", "null", "[1]", "900000w"])
def test_what_is_no_duration_is_refused_at_its_place(written: str) -> None:
    with pytest.raises(RuleRejected, match="no duration") as refused:
        fields.duration(_table(f"x: 1\nat: {written}"), "at")
    assert refused.value.place.line == 2


def test_a_moment_is_an_offset_or_a_time() -> None:
    table = _table("a: 5m\nb: 2026-01-05T01:00:00+01:00\nc: 2026-01-05T00:00:07")
    assert fields.moment(table, "a", START) == micros(START + timedelta(minutes=5))
    assert fields.moment(table, "b", START) == micros(START)
    assert fields.moment(table, "c", START) == micros(START + timedelta(seconds=7))
    assert fields.moment(table, "d", START) is None


def test_an_instant_is_turned_into_utc() -> None:
    zoned = fields.instant_of(_table("a: 2026-01-05T02:00:00+02:00").get("a"), "a")  # type: ignore[arg-type]
    assert zoned == datetime(2026, 1, 5, 2, tzinfo=timezone(timedelta(hours=2)))
    assert zoned.tzinfo is UTC


@pytest.mark.parametrize("written", ["noon", "[1]"])
def test_what_is_no_moment_is_refused(written: str) -> None:
    with pytest.raises(RuleRejected, match="neither a duration nor an ISO time"):
        fields.moment(_table(f"a: {written}"), "a", START)


def test_counts_lie_between_one_and_the_most() -> None:
    assert fields.count(_table("n: 3"), "n", most=5) == 3
    assert fields.count(_table("m: 3"), "n", most=5) is None
    for written in ("0", "6", "true", "x", "[1]"):
        with pytest.raises(RuleRejected, match="from 1 to 5"):
            fields.count(_table(f"n: {written}"), "n", most=5)


def test_words_flags_maps_and_lists_are_what_they_must_be() -> None:
    table = _table("w: 5\nf: true\nm: {a: 1}\nl: [1, 2]\nn: null")
    assert fields.word(table, "w") == "5"
    assert fields.word(table, "none", "x") == "x"
    assert fields.flag(table, "f") is True
    assert fields.flag(table, "none") is False
    assert fields.record_of(table.get("m"), "it") == {"a": 1}
    assert fields.record_of(None, "it") == {}
    assert len(fields.members(table.get("l"), "it")) == 2  # type: ignore[arg-type]
    for wrong in (
        lambda: fields.word(table, "n"),
        lambda: fields.word(table, "m"),
        lambda: fields.flag(table, "w"),
        lambda: fields.flag(table, "l"),
        lambda: fields.record_of(table.get("l"), "it"),
        lambda: fields.members(table.get("m"), "it"),  # type: ignore[arg-type]
        lambda: fields.table(table, "it", ("w",)),
    ):
        with pytest.raises(RuleRejected):
            wrong()


def test_records_are_laid_over_each_other_key_by_key() -> None:
    under = {"who": {"name": "ann", "type": "user"}, "tags": [1], "a": 1}
    over = {"who": {"type": "role"}, "tags": [2], "a": {"b": 1}}
    assert fields.overlaid(under, over) == {
        "who": {"name": "ann", "type": "role"},
        "tags": [2],
        "a": {"b": 1},
    }
    assert under["who"] == {"name": "ann", "type": "user"}


def test_dotted_names_place_and_drop_inside_of_maps() -> None:
    record = {"who": {"name": "ann"}, "flat": 1}
    assert fields.placed(record, "who.type", "user") == {"who": {"name": "ann", "type": "user"}, "flat": 1}
    assert fields.placed(record, "flat.deep", 2) == {"who": {"name": "ann"}, "flat": {"deep": 2}}
    assert fields.without(record, "who.name") == {"who": {}, "flat": 1}
    assert fields.without(record, "flat") == {"who": {"name": "ann"}}
    assert fields.without(record, "flat.deep") == record
