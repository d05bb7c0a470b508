"""Tests of the rules of recurring silences."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.domain.silence import Recurrence
from tocsin.triage.recurrence import check, read_rule, windows

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Antarctica/Troll",
)


def weekly(rule: str, zone: str = "Europe/Berlin", lasts: timedelta = HOUR) -> Recurrence:
    return Recurrence(rule=rule, zone=zone, lasts=lasts)


def starts(recurrence: Recurrence, first: datetime, days: int = 40) -> list[str]:
    found = windows(recurrence, first, first, first + days * DAY)
    return [f"{window.start.astimezone(ZoneInfo(recurrence.zone)):%m-%d %H:%M}" for window in found]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", ["03-01 02:30", "03-15 02:30", "03-29 03:30"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=4;BYDAY=MO,WE;WKST=MO", ["03-23 02:30", "03-25 02:30"]),
        ("FREQ=DAILY;INTERVAL=20;BYHOUR=9;BYMINUTE=5", ["03-01 09:05", "03-21 09:05"]),
        ("FREQ=MONTHLY", ["03-01 02:30", "04-01 02:30"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", ["03-27 02:30"]),
        ("FREQ=MONTHLY;BYDAY=2TU", ["03-10 02:30"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,5", ["03-05 02:30", "03-31 02:30", "04-05 02:30"]),
        ("FREQ=YEARLY;BYMONTH=4", ["04-01 02:30"]),
        ("FREQ=YEARLY", ["03-01 02:30"]),
        ("FREQ=DAILY;UNTIL=20260303", ["03-01 02:30", "03-02 02:30", "03-03 02:30"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", []),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", []),
    ],
)  # fmt: skip
def test_a_rule_falls_on_local_days_at_its_local_time(rule: str, expected: list[str]) -> None:
    first = datetime(2026, 3, 1, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert starts(weekly(rule), first.astimezone(UTC)) == expected


def test_a_time_that_comes_twice_is_its_first_and_lasts_elapsed_time() -> None:
    first = datetime(2026, 10, 24, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    found = list(windows(weekly("FREQ=DAILY", lasts=3 * HOUR), first, first, first + 2 * DAY))
    assert found[1].start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert found[1].end - found[1].start == 3 * HOUR


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=HOURLY",
        "BYDAY=MO",
        "FREQ=DAILY;COUNT=3",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;BYSECOND=1",
        "FREQ=DAILY;",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;WKST=SU",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=1001",
        "FREQ=DAILY;INTERVAL=1,2",
        "FREQ=DAILY;INTERVAL=1_0",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;UNTIL=2026W011",
        "FREQ=DAILY;UNTIL=20260231",
        "FREQ=DAILY;BYHOUR=" + "1," * 200,
        "",
    ],
)
def test_a_rule_that_cannot_be_bounded_is_refused_with_its_reason(rule: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        read_rule(rule)


@pytest.mark.parametrize(
    "recurrence",
    [
        weekly("FREQ=DAILY", zone="Europe/Nowhere"),
        weekly("FREQ=DAILY", zone="../etc/passwd"),
        weekly("FREQ=DAILY", lasts=timedelta(seconds=59)),
        weekly("FREQ=DAILY", lasts=8 * DAY),
    ],
)
def test_an_unusable_zone_or_length_is_refused(recurrence: Recurrence) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        check(recurrence)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=4,6,9,11;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=-30,-31",
        "FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31,-31",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=8",
    ],
)
def test_a_rule_that_falls_on_no_day_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="no day"):
        check(weekly(rule))


@pytest.mark.parametrize(
    "rule",
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYDAY=5MO;BYMONTH=2", "FREQ=DAILY;BYMONTHDAY=31"],
)
def test_a_rule_that_falls_on_a_rare_day_passes(rule: str) -> None:
    check(weekly(rule))


def test_a_usable_recurrence_passes() -> None:
    check(weekly("FREQ=DAILY"))


NUMBERED = st.sampled_from(["1MO", "2FR", "-1SU", "5SA"])


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}"]
    if draw(st.booleans()):
        days = NUMBERED if frequency == "MONTHLY" else st.sampled_from(["MO", "WE", "SA", "SU"])
        parts.append("BYDAY=" + ",".join(draw(st.lists(days, min_size=1, max_size=3, unique=True))))
    if frequency in ("MONTHLY", "YEARLY") and draw(st.booleans()):
        parts.append(f"BYMONTHDAY={draw(st.sampled_from(['1', '-1', '15,-2', '31', '29']))}")
    if draw(st.booleans()):
        parts.append(f"BYMONTH={draw(st.sampled_from(['3', '1,2,3,10', '2']))}")
    if draw(st.booleans()):
        parts.append(f"BYHOUR={draw(st.integers(0, 23))};BYMINUTE={draw(st.integers(0, 59))}")
    return ";".join(parts)


@settings(max_examples=150, deadline=None)
@given(
    rules(),
    st.sampled_from(ZONES),
    st.integers(0, 3 * 365 * 24 * 60),
)
def test_every_window_starts_when_dateutil_says(rule: str, zone: str, minute: int) -> None:
    tz = ZoneInfo(zone)
    first = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    anchor = first.astimezone(tz).replace(tzinfo=None)
    until = first + 400 * DAY
    oracle = rrulestr(rule, dtstart=anchor).between(anchor, anchor + 402 * DAY, inc=True)
    instants = {naive.replace(tzinfo=tz, fold=0).astimezone(UTC) for naive in oracle}
    found = [window.start for window in windows(weekly(rule, zone), first, first, until)]
    assert found == sorted(instant for instant in instants if first <= instant < until)


@pytest.mark.parametrize("zone", ZONES)
def test_windows_open_when_the_clock_on_the_wall_first_shows_their_time(zone: str) -> None:
    """The oracle walks minute by minute, two days about every change of the clock, and looks at the wall."""
    tz = ZoneInfo(zone)
    for change in _changes(tz, 2026):
        wall = _wall(tz, change)
        for at in range(0, 24 * 60, 30):
            rule = f"FREQ=DAILY;BYHOUR={at // 60};BYMINUTE={at % 60}"
            found = windows(weekly(rule, zone), change - 5 * DAY, change - DAY, change + DAY)
            near = {window.start for window in found if abs(window.start - change) < 20 * HOUR}
            assert near == {start for start in wall[at] if abs(start - change) < 20 * HOUR}


def _changes(tz: ZoneInfo, year: int) -> list[datetime]:
    start = datetime(year, 1, 1, tzinfo=UTC)
    hours = [start + HOUR * step for step in range(366 * 24)]
    offsets = [each.astimezone(tz).utcoffset() for each in hours]
    return [hours[i] for i in range(1, len(hours)) if offsets[i] != offsets[i - 1]]


def _wall(tz: ZoneInfo, change: datetime) -> dict[int, set[datetime]]:
    """Say when each minute of the day is first shown on each date.

    Where the wall never shows a time, a clock that was not put forward does.
    """
    before = (change - HOUR).astimezone(tz).utcoffset()
    assert before is not None
    first: dict[datetime, datetime] = {}
    unmoved: dict[datetime, datetime] = {}
    for step in range(-48 * 60, 48 * 60):
        at = change + timedelta(minutes=step)
        first.setdefault(at.astimezone(tz).replace(tzinfo=None), at)
        unmoved.setdefault((at + before).replace(tzinfo=None), at)
    shown: dict[int, set[datetime]] = defaultdict(set)
    for wall, at in {**unmoved, **first}.items():
        shown[wall.hour * 60 + wall.minute].add(at)
    return shown
