"""Tests of the report of gaps: every minute in which nobody is on call."""

from __future__ import annotations

from datetime import timedelta

from tocsin.oncall.schedules.gaps import Gap, gaps


def test_every_uncovered_minute_is_reported(layer, platform, hours, override, utc) -> None:
    office = platform(layer("ben", restrictions=hours("0123456", "09:00", "17:00")))
    night = override("add", "2026-11-17T16:30", "2026-11-18T08:00", "ada")
    start, end = utc("2026-11-17T08:00"), utc("2026-11-18T20:00")
    assert gaps(office, [night], start, end) == (
        Gap(start=utc("2026-11-17T16:00"), end=utc("2026-11-17T16:30")),
        Gap(start=utc("2026-11-18T16:00"), end=end),
    )
    assert gaps(office, (), start, start + timedelta(hours=8)) == ()


def test_somebody_beside_does_not_hide_a_gap(platform, override, utc) -> None:
    long = override("add", "2026-11-17T00:00", "2026-11-17T10:00", "ada")
    short = override("add", "2026-11-17T01:00", "2026-11-17T02:00", "dana")
    later = override("add", "2026-11-17T11:00", "2026-11-17T12:00", "dana")
    found = gaps(platform(), [long, short, later], utc("2026-11-17T00:00"), utc("2026-11-17T12:00"))
    assert found == (Gap(start=utc("2026-11-17T10:00"), end=utc("2026-11-17T11:00")),)


def test_a_begun_minute_counts(utc) -> None:
    start = utc("2026-11-17T00:00")
    assert Gap(start=start, end=start + timedelta(seconds=61)).minutes == 2
