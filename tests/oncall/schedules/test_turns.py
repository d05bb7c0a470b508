"""Tests of whose turn a layer has, over changes of clocks, short months and skipped days."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tocsin.oncall.schedules.schedule import FixedLayer, FixedTurn, Rotation
from tocsin.oncall.schedules.turns import EVER, FOREVER, stretch


@pytest.mark.parametrize(
    ("given", "inside", "person", "start", "end"),
    [
        pytest.param({}, "2026-11-18T12:00", "ben", "2026-11-16T08:00", "2026-11-23T08:00", id="a week"),
        pytest.param(
            {"on": 2},
            "2026-11-17T12:00",
            "ben",
            "2026-11-16T08:00",
            "2026-11-18T08:00",
            id="a short first turn",
        ),
        pytest.param(
            {"on": 2}, "2026-11-18T12:00", "ada", "2026-11-18T08:00", "2026-11-25T08:00", id="Wednesdays"
        ),
        pytest.param(
            {"every": 2, "on": 2},
            "2026-11-18T12:00",
            "ben",
            "2026-11-16T08:00",
            "2026-11-25T08:00",
            id="every other Wednesday",
        ),
        pytest.param(
            {"rotation": Rotation.HOURLY, "every": 36},
            "2026-11-18T12:00",
            "ada",
            "2026-11-17T20:00",
            "2026-11-19T08:00",
            id="36 hours",
        ),
        pytest.param(
            {"rotation": Rotation.HOURLY, "every": 24, "starts": "2026-10-24"},
            "2026-10-25T12:00",
            "ada",
            "2026-10-25T07:00",
            "2026-10-26T07:00",
            id="hours are elapsed hours",
        ),
        pytest.param(
            {"rotation": Rotation.DAILY, "starts": "2026-10-24"},
            "2026-10-24T12:00",
            "ben",
            "2026-10-24T07:00",
            "2026-10-25T08:00",
            id="a day of 25 hours",
        ),
        pytest.param(
            {"rotation": Rotation.DAILY, "starts": "2026-03-28"},
            "2026-03-28T12:00",
            "ben",
            "2026-03-28T08:00",
            "2026-03-29T07:00",
            id="a day of 23 hours",
        ),
        pytest.param(
            {"rotation": Rotation.DAILY, "starts": "2026-10-03", "zone": "Australia/Lord_Howe"},
            "2026-10-03T12:00",
            "ben",
            "2026-10-02T22:30",
            "2026-10-03T22:00",
            id="Lord Howe, 23.5 hours",
        ),
        pytest.param(
            {"rotation": Rotation.DAILY, "starts": "2026-03-28", "handover": "02:30"},
            "2026-03-28T12:00",
            "ben",
            "2026-03-28T01:30",
            "2026-03-29T01:30",
            id="02:30 is 03:30 in the gap",
        ),
        pytest.param(
            {"rotation": Rotation.DAILY, "starts": "2026-10-24", "handover": "02:30"},
            "2026-10-25T00:45",
            "ada",
            "2026-10-25T00:30",
            "2026-10-26T01:30",
            id="02:30 comes twice: the first",
        ),
        pytest.param(
            {
                "rotation": Rotation.DAILY,
                "starts": "2010-11-06",
                "handover": "00:00",
                "zone": "America/St_Johns",
            },
            "2010-11-07T03:00",
            "ada",
            "2010-11-07T02:30",
            "2010-11-08T03:30",
            id="the date falls back after midnight",
        ),
        pytest.param(
            {"rotation": Rotation.DAILY, "starts": "2011-12-29", "zone": "Pacific/Apia"},
            "2011-12-30T19:00",
            "dana",
            "2011-12-30T19:00",
            "2011-12-31T19:00",
            id="a skipped day counts and has no minute",
        ),
        pytest.param(
            {"rotation": Rotation.MONTHLY, "on": 31, "starts": "2027-01-31"},
            "2027-03-01T12:00",
            "ada",
            "2027-02-28T08:00",
            "2027-03-31T07:00",
            id="31 is the last day",
        ),
        pytest.param(
            {"rotation": Rotation.MONTHLY, "on": 31, "starts": "2028-02-29"},
            "2028-03-01T12:00",
            "ben",
            "2028-02-29T08:00",
            "2028-03-31T07:00",
            id="the last day of a leap year's February",
        ),
        pytest.param(
            {"rotation": Rotation.MONTHLY, "on": 15, "starts": "2026-12-01", "every": 2},
            "2027-01-01T12:00",
            "ben",
            "2026-12-01T08:00",
            "2027-01-15T08:00",
            id="a start before the day belongs to the month before",
        ),
        pytest.param(
            {"rotation": Rotation.MONTHLY},
            "2027-01-20T12:00",
            "dana",
            "2027-01-16T08:00",
            "2027-02-16T08:00",
            id="the day of the start",
        ),
        pytest.param(
            {"ends": "2026-11-18"},
            "2026-11-17T12:00",
            "ben",
            "2026-11-16T08:00",
            "2026-11-18T08:00",
            id="an end",
        ),
        pytest.param(
            {"ends": "2026-11-18", "ends_at": "12:30"},
            "2026-11-18T11:00",
            "ben",
            "2026-11-16T08:00",
            "2026-11-18T11:30",
            id="an end at its own time",
        ),
    ],
)
def test_a_turn_lasts_from_handover_to_handover(layer, utc, given, inside, person, start, end) -> None:
    found = stretch(layer(**given), utc(inside))
    assert (found.person, found.start, found.end) == (person, utc(start), utc(end))
    assert found.start <= utc(inside) < found.end


def test_nobody_has_a_turn_before_the_start_after_the_end_or_without_people(layer, utc) -> None:
    start, end = utc("2026-11-16T08:00"), utc("2026-11-18T08:00")
    short = layer(ends="2026-11-18")
    before, after = stretch(short, start - timedelta(minutes=1)), stretch(short, end)
    assert (before.person, before.start, before.end) == (None, EVER, start)
    assert (after.person, after.start, after.end) == (None, end, FOREVER)
    nobody = stretch(layer(""), start)
    assert (nobody.person, nobody.end) == (None, FOREVER)


@pytest.mark.parametrize(
    ("window", "inside", "person", "start", "end"),
    [
        pytest.param(
            ("01234", "09:00", "17:00"),
            "2026-11-17T12:00",
            "ben",
            "2026-11-17T08:00",
            "2026-11-17T16:00",
            id="inside",
        ),
        pytest.param(
            ("01234", "09:00", "17:00"),
            "2026-11-17T20:00",
            None,
            "2026-11-17T16:00",
            "2026-11-18T08:00",
            id="outside, until it opens",
        ),
        pytest.param(
            ("01234", "09:00", "17:00"),
            "2026-11-21T12:00",
            None,
            "2026-11-20T16:00",
            "2026-11-23T08:00",
            id="a weekend",
        ),
        pytest.param(
            ("4", "22:00", "06:00"),
            "2026-11-21T03:00",
            "ben",
            "2026-11-20T21:00",
            "2026-11-21T05:00",
            id="over midnight",
        ),
        pytest.param(
            ("56", "00:00", "00:00"),
            "2026-11-22T03:00",
            "ben",
            "2026-11-20T23:00",
            "2026-11-22T23:00",
            id="whole days that touch are one",
        ),
        pytest.param(
            ("0", "00:00", "12:00"),
            "2026-11-16T09:00",
            "ben",
            "2026-11-16T08:00",
            "2026-11-16T11:00",
            id="a turn begins inside a window",
        ),
        pytest.param(
            ("0", "08:00", "12:00"),
            "2026-11-23T07:30",
            "ben",
            "2026-11-23T07:00",
            "2026-11-23T08:00",
            id="a turn ends inside a window",
        ),
    ],
)
def test_a_restricted_layer_counts_only_in_its_hours(
    layer, hours, utc, window, inside, person, start, end
) -> None:
    found = stretch(layer(restrictions=hours(*window)), utc(inside))
    assert (found.person, found.start, found.end) == (person, utc(start), utc(end))


def test_a_window_that_a_change_of_clocks_swallows_is_none(layer, hours, utc) -> None:
    # 02:30 becomes 03:30, which is later than 03:00.
    sundays = layer(starts="2026-03-16", restrictions=hours("6", "02:30", "03:00"))
    at = utc("2026-03-25T12:00")
    found = stretch(sundays, at)
    assert found.person is None
    while found.person is None:
        at = found.end
        found = stretch(sundays, at)
    assert at == utc("2026-04-05T00:30")


def test_windows_over_each_other_are_one(layer, utc, hours) -> None:
    both = (*hours("0", "10:00", "14:00"), *hours("0", "12:00", "13:00"))
    found = stretch(layer(restrictions=both), utc("2026-11-16T10:00"))
    assert (found.start, found.end) == (utc("2026-11-16T09:00"), utc("2026-11-16T13:00"))


def test_written_turns_say_who_and_the_gaps_between(utc) -> None:
    def at(hour: int) -> datetime:
        return utc(f"2026-11-16T{hour:02}:00")

    turns = (
        FixedTurn(start=at(8), end=at(10), person="ben"),
        FixedTurn(start=at(12), end=at(13), person="ada"),
    )
    written = FixedLayer(name="written", turns=turns)
    found = [stretch(written, at(hour)) for hour in (7, 9, 10, 12, 13)]
    assert [(one.person, one.start, one.end) for one in found] == [
        (None, EVER, at(8)),
        ("ben", at(8), at(10)),
        (None, at(10), at(12)),
        ("ada", at(12), at(13)),
        (None, at(13), FOREVER),
    ]
