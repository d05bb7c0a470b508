"""Single values of rules: what is accepted, and what is refused with a word of help."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.document import Node, Table, documents
from tocsin.detection.sigma.scalars import (
    day,
    days,
    moment_at,
    number,
    number_at,
    place_of,
    seconds,
    seconds_at,
    switch_at,
    whole_at,
    word_at,
    zone_at,
)


def table(text: str) -> Table:
    (root,) = documents(text)
    assert isinstance(root, Table)
    return root


def node(text: str) -> Node:
    found = table(f"k: {text}\n").get("k")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", 90),
        ("10m", 600),
        ("2h", 7_200),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1M", 2_592_000),
        ("1y", 31_536_000),
        ("10", None),
        ("m", None),
        ("-1m", None),
        ("1.5h", None),
        ("", None),
    ],
)
def test_a_timespan_is_a_number_and_a_unit(text: str, span: int | None) -> None:
    assert seconds(text) == span


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5", 5),
        ("-1.5", -1.5),
        ("2.0", 2),
        ("1e-5", 1e-5),
        ('"1.0e-5"', 1e-5),
        ("'+3'", 3),
        ("'.5'", 0.5),
        ("1e99", 1e99),
        ("'1e999'", None),
        ("true", None),
        ("", None),
        ("[1]", None),
        ("nan", None),
        ("'1_000'", None),
        ("'٥'", None),
    ],
)
def test_a_number_may_be_written_as_text(written: str, read: float | None) -> None:
    found = number(node(written))
    assert found == read
    assert type(found) is type(read)


def test_values_are_read_or_their_default_is_taken() -> None:
    found = table("n: 2.5\nw: 3\nd: 90s\ns: true\nword: b\nz: Europe/Berlin\nm: 2026-03-01T00:00:00Z\n")
    assert (number_at(found, "n", 1, least=0, most=9), number_at(found, "x", 1, least=0, most=9)) == (2.5, 1)
    assert (whole_at(found, "w", 1, least=0, most=9), whole_at(found, "x", 1, least=0, most=9)) == (3, 1)
    assert (seconds_at(found, "d", 1), seconds_at(found, "x", 1)) == (90, 1)
    assert (switch_at(found, "s", default=False), switch_at(found, "x", default=False)) == (True, False)
    assert (word_at(found, "word", ("a", "b"), "a"), word_at(found, "x", ("a", "b"), "a")) == ("b", "a")
    assert (zone_at(found, "z").key, zone_at(found, "x").key) == ("Europe/Berlin", "UTC")
    moment = moment_at(found, "m")
    assert moment is not None
    assert (moment.isoformat(), moment_at(found, "x")) == ("2026-03-01T00:00:00+00:00", None)
    assert place_of(found, "w").line == 2
    assert place_of(found, "x").line == 1


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("five", lambda found: number_at(found, "k", 1, least=0, most=9)),
        ("10", lambda found: number_at(found, "k", 1, least=0, most=9)),
        ("-1", lambda found: number_at(found, "k", 1, least=0, most=9)),
        ("1.5", lambda found: whole_at(found, "k", 1, least=0, most=9)),
        ("5 minutes", lambda found: seconds_at(found, "k", 1)),
        ("11y", lambda found: seconds_at(found, "k", 1)),
        ("[5m]", lambda found: seconds_at(found, "k", 1)),
        ("yes", lambda found: switch_at(found, "k", default=False)),
        ("[true]", lambda found: switch_at(found, "k", default=False)),
        ("c", lambda found: word_at(found, "k", ("a", "b"), "a")),
        ("[a]", lambda found: word_at(found, "k", ("a", "b"), "a")),
        ("Mars/Base", lambda found: zone_at(found, "k")),
        ("../etc/passwd", lambda found: zone_at(found, "k")),
        ("America", lambda found: zone_at(found, "k")),
        ("[UTC]", lambda found: zone_at(found, "k")),
        ("2026-03-01T00:00:00", lambda found: moment_at(found, "k")),
        ("2026-13-01T00:00:00Z", lambda found: moment_at(found, "k")),
        ("[1]", lambda found: moment_at(found, "k")),
    ],
)
def test_what_is_no_such_value_is_refused_where_it_stands(written: str, read: Callable[[Table], Any]) -> None:
    with pytest.raises(RuleRejected) as caught:
        read(table(f"k: {written}\n"))
    assert (caught.value.place.line, caught.value.place.column) == (1, 4)
    assert caught.value.next_step


def test_days_are_one_day_or_a_range() -> None:
    assert days(node("2026-03-01")) == (date(2026, 3, 1), date(2026, 3, 1))
    assert days(node("2026-03-01/2026-03-07")) == (date(2026, 3, 1), date(2026, 3, 7))
    for wrong in ("2026-03-07/2026-03-01", "2026-02-30", "20260301", "soon", "[a]", "2026-03-01/"):
        with pytest.raises(RuleRejected):
            days(node(wrong))
    assert day("2026-03-01") == date(2026, 3, 1)
