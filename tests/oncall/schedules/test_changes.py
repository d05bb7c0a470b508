"""Tests of comparing two computations: what new zone data or a new file changes in future shifts."""

from __future__ import annotations

from datetime import timedelta

from tocsin.oncall.schedules.changes import Change, changed
from tocsin.oncall.schedules.shifts import shifts


def test_new_zone_data_changes_shifts_and_each_change_is_told(layer, platform, utc) -> None:
    # Berlin gives up summer time: from one zone to another of the same winter time but without summer time.
    start, end = utc("2026-11-16T08:00"), utc("2027-04-20T00:00")
    before = shifts(platform(layer("ben ada")), (), start, end)
    after = shifts(platform(layer("ben ada", zone="Africa/Algiers")), (), start, end)
    found = changed(before, after)
    assert found[0] == Change(
        start=utc("2027-03-29T07:00"), end=utc("2027-03-29T08:00"), was=("ada",), becomes=("ben",)
    )
    assert len(found) == 4


def test_the_same_people_are_no_change_whatever_the_cause(layer, platform, override, utc) -> None:
    start = utc("2026-11-16T08:00")
    schedule = platform(layer("ben"))
    named = override("replace", "2026-11-17T00:00", "2026-11-18T00:00", "ben", "ben")
    end = start + timedelta(days=20)
    assert changed(shifts(schedule, (), start, end), shifts(schedule, [named], start, end)) == ()
    assert changed((), ()) == ()


def test_a_change_over_several_shifts_is_one(layer, platform, utc) -> None:
    start, end = utc("2026-11-16T08:00"), utc("2026-12-07T08:00")
    before = shifts(platform(layer("ben")), (), start, end)
    assert changed(before, ()) == (Change(start=start, end=end, was=("ben",), becomes=()),)
