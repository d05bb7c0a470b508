"""Times as other programs write them become aware UTC instants or nothing."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.connectors.instant import event_instant, instant_of

AT = datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-11-20T20:36:54Z", AT, id="zulu"),
        pytest.param("2026-11-20T20:36:54.384Z", AT.replace(microsecond=384000), id="milliseconds"),
        pytest.param(
            "2026-11-20T20:36:54.384123999Z", AT.replace(microsecond=384123), id="nanoseconds are cut"
        ),
        pytest.param("2026-11-20T22:36:54+02:00", AT, id="offset"),
        pytest.param("2026-11-20 20:36:54", AT, id="without a zone it is UTC"),
        pytest.param("2026-11-20 20:36:54,000", AT, id="decimal comma"),
        pytest.param("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC), id="the year 1"),
        pytest.param("0001-01-01T00:00:00+05:00", None, id="before the year 1 in UTC"),
        pytest.param("9999-12-31T23:59:59-05:00", None, id="after the year 9999 in UTC"),
        pytest.param("yesterday", None, id="words"),
        pytest.param("", None, id="empty"),
    ],
)
def test_iso_times_are_read(text: str, expected: datetime | None) -> None:
    assert instant_of(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-20T20:36:54Z",
        AT.timestamp(),
        int(AT.timestamp()),
        int(AT.timestamp()) * 1000,
        int(AT.timestamp()) * 10**6,
        int(AT.timestamp()) * 10**9,
        str(int(AT.timestamp())),
        str(AT.timestamp()),
        f"/Date({int(AT.timestamp()) * 1000})/",
        {"SystemTime": "2026-11-20T20:36:54Z"},
        {"@SystemTime": "2026-11-20T20:36:54Z"},
        {"#attributes": {"SystemTime": "2026-11-20T20:36:54.0000000Z"}},
    ],
)
def test_an_events_time_is_read_in_many_spellings(value: Any) -> None:
    assert event_instant(value) == AT


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -5, 3600, 20200610, 1e300, 10**20, math.nan, math.inf, [], {}, {"#attributes": 3}),
        *("", "12:00:00", "nan", "inf", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9" * 100, "\ud800"),
        {"SystemTime": 5},
    ],
)
def test_what_tells_no_time_is_none(value: Any) -> None:
    assert event_instant(value) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["#attributes", "SystemTime", "x"]), inner)
    ),
)


@settings(deadline=None)
@given(JSON)
def test_no_value_breaks_the_reading(value: Any) -> None:
    found = event_instant(value)
    assert found is None or found.tzinfo is UTC
