"""Grafana OnCall's rules for single minutes, as its documentation tells them."""

from __future__ import annotations

import pytest

DAY = 86_400
ROLLING = {"id": "O", "type": "rolling_users", "level": 1, "start": "2026-01-05T09:00:00", "duration": DAY,
           "rotation_start": "2026-01-05T09:00:00", "frequency": "daily", "interval": 1, "week_start": "MO",
           "rolling_users": [["A"], ["B", "C"]], "start_rotation_from_user_index": 1}  # fmt: skip


def schedule(*shifts, zone: str = "UTC"):
    rows = [{**shift, "id": f"O{number}"} for number, shift in enumerate(shifts)]
    return {
        "schedules": [{"id": "S", "time_zone": zone, "shifts": [row["id"] for row in rows]}],
        "on_call_shifts": rows,
    }


@pytest.mark.parametrize(
    ("more", "at", "who"),
    [
        ({}, "2026-01-05T09:00:00Z", "BC"),
        ({}, "2026-01-06T09:00:00Z", "A"),
        ({}, "2026-01-05T08:59:00Z", ""),
        ({"until": "2026-01-06T09:00:00"}, "2026-01-06T09:00:00Z", ""),
        ({"rotation_start": "2026-01-06T00:00:00"}, "2026-01-05T12:00:00Z", ""),
        ({"interval": 2}, "2026-01-06T09:00:00Z", ""),
        ({"interval": 2}, "2026-01-07T09:00:00Z", "A"),
        ({"by_day": ["TU", "WE"]}, "2026-01-07T12:00:00Z", "A"),
        ({"by_day": ["TU", "WE"]}, "2026-01-08T12:00:00Z", ""),
        ({"by_day": ["MO", "TU"]}, "2026-01-12T12:00:00Z", "BC"),
        ({"frequency": "weekly"}, "2026-01-12T12:00:00Z", "A"),
        ({"frequency": "weekly"}, "2026-01-13T12:00:00Z", ""),
        ({"frequency": "weekly", "interval": 2}, "2026-01-12T12:00:00Z", ""),
        ({"frequency": "weekly", "by_day": ["SU"], "week_start": "SU"}, "2026-01-11T12:00:00Z", "A"),
        ({"frequency": "hourly", "interval": 3, "duration": 7200}, "2026-01-05T12:30:00Z", "A"),
        ({"frequency": "hourly", "interval": 3, "duration": 7200}, "2026-01-05T14:30:00Z", ""),
        (
            {"frequency": "hourly", "interval": 3, "duration": 7200, "by_day": ["TU"]},
            "2026-01-05T12:30:00Z",
            "",
        ),
        ({"frequency": "monthly"}, "2026-02-05T12:30:00Z", "A"),
        ({"frequency": "monthly"}, "2026-02-06T12:30:00Z", ""),
        ({"type": "single_event", "rolling_users": None, "users": ["D"]}, "2026-01-05T12:00:00Z", "D"),
        ({"type": "single_event", "rolling_users": None, "users": ["D"]}, "2026-01-06T12:00:00Z", ""),
        ({"time_zone": "Mars/Base"}, "2026-01-06T09:00:00Z", "A"),
    ],
)
def test_events_of_a_shift(asked, more, at: str, who: str) -> None:
    assert asked("grafana", schedule({**ROLLING, **more}), "S", at) == set(who)


def test_the_highest_level_that_has_somebody_counts_and_overrides_above_all(asked) -> None:
    low = {**ROLLING, "level": 0, "rolling_users": [["X"]]}
    cover = {
        **ROLLING,
        "type": "override",
        "rolling_users": None,
        "users": ["Y"],
        "start": "2026-01-05T10:00:00",
        "duration": 3600,
    }
    document = schedule(low, ROLLING, {**ROLLING, "start": "2027-01-01T00:00:00", "level": 5}, cover)
    assert asked("grafana", document, "S", "2026-01-06T12:00:00Z") == {"A"}
    assert asked("grafana", document, "S", "2026-01-05T10:30:00Z") == {"Y"}
