"""Tests of where silences stand, what they mute, and when that changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.domain.matchers import matcher
from tocsin.domain.silence import Recurrence, Silence, SilenceState
from tocsin.triage.silencing import muting, next_change, state_of, window_at

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PENDING = SilenceState.PENDING
SILENCE = Silence(
    silence_id=UUID(int=7),
    matchers=(matcher("alertname", "=", "DiskFull"), matcher("zone", "!=", "b")),
    starts_at=NOW,
    ends_at=NOW + HOUR,
    updated_at=NOW,
    created_by="ada",
    owner="ada",
    comment="The disk is being replaced.",
)
NIGHTLY = replace(
    SILENCE, ends_at=NOW + 30 * DAY, recurrence=Recurrence(rule="FREQ=DAILY", zone="UTC", lasts=2 * HOUR)
)
AS_PLANNED = Recurrence(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", zone="UTC", lasts=HOUR)


@pytest.mark.parametrize(
    ("silence", "after", "state", "change_after"),
    [
        (SILENCE, -HOUR, PENDING, timedelta()),
        (SILENCE, timedelta(), SilenceState.ACTIVE, HOUR),
        (SILENCE, HOUR, SilenceState.EXPIRED, None),
        (replace(SILENCE, needs_second=True), timedelta(), SilenceState.UNCONFIRMED, HOUR),
        (replace(SILENCE, needs_second=True, second="ben"), timedelta(), SilenceState.ACTIVE, HOUR),
        (replace(SILENCE, needs_second=True), HOUR, SilenceState.EXPIRED, None),
        (NIGHTLY, -DAY, PENDING, timedelta()),
        (NIGHTLY, HOUR, SilenceState.ACTIVE, 2 * HOUR),
        (NIGHTLY, 2 * HOUR, PENDING, DAY),
        (replace(NIGHTLY, ends_at=NOW + DAY + HOUR), DAY, SilenceState.ACTIVE, DAY + HOUR),
        (replace(NIGHTLY, recurrence=AS_PLANNED), HOUR, PENDING, 30 * DAY),
        (replace(NIGHTLY, recurrence=AS_PLANNED, ends_at=NOW + 999 * DAY), DAY, PENDING.PENDING, 367 * DAY),
    ],
)  # fmt: skip
def test_a_silence_says_where_it_stands_and_when_that_changes(
    silence: Silence, after: timedelta, state: SilenceState, change_after: timedelta | None
) -> None:
    assert state_of(silence, NOW + after) is state
    assert next_change(silence, NOW + after) == (None if change_after is None else NOW + change_after)


def test_windows_that_touch_are_one() -> None:
    whole_days = replace(NIGHTLY, recurrence=Recurrence(rule="FREQ=DAILY", zone="UTC", lasts=DAY))
    window = window_at(whole_days, NOW + HOUR)
    assert window is not None
    assert (window.start, window.end) == (NOW, whole_days.ends_at)


def test_only_active_silences_that_fit_mute() -> None:
    silences = (SILENCE, replace(SILENCE, needs_second=True), NIGHTLY)
    assert muting(silences, {"alertname": "DiskFull"}, NOW) == (SILENCE, NIGHTLY)
    assert muting(silences, {"alertname": "DiskFull", "zone": "b"}, NOW) == ()
    assert muting(silences, {"alertname": "DiskFull"}, NOW + 3 * HOUR) == ()


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "UTC"]),
    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=-1SU"]),
    st.integers(0, 24 * 12 - 1),
    st.integers(1, 60),
    st.sampled_from([datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)]),
)
def test_next_change_names_every_minute_at_which_the_state_changes(
    zone: str, rule: str, five_minutes: int, lasts: int, about: datetime
) -> None:
    starts = about.astimezone(ZoneInfo(zone)).replace(
        hour=five_minutes // 12, minute=five_minutes % 12 * 5, second=0
    )
    silence = replace(
        SILENCE,
        starts_at=starts.astimezone(UTC),
        ends_at=starts.astimezone(UTC) + 20 * DAY,
        recurrence=Recurrence(rule=rule, zone=zone, lasts=timedelta(minutes=30 * lasts)),
    )
    walked, at = [], silence.starts_at - HOUR
    state = state_of(silence, at)
    while at <= silence.ends_at:
        if state_of(silence, at) is not state:
            state = state_of(silence, at)
            walked.append(at)
        at += timedelta(minutes=5)
    named, change = [], next_change(silence, silence.starts_at - HOUR)
    while change is not None:
        named.append(change)
        change = next_change(silence, change)
    assert [each for each in named if each in walked] == walked
    assert set(named) - set(walked) <= {silence.starts_at}
