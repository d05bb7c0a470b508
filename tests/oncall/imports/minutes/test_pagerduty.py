"""PagerDuty's rules for single minutes, as its documentation tells them."""

from __future__ import annotations

import pytest

LATE = {"type": "daily_restriction", "start_time_of_day": "22:00:00", "duration_seconds": 7200}
SUNDAY = {**LATE, "type": "weekly_restriction", "start_day_of_week": 7, "duration_seconds": 90_000}


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-10-21T06:59:59+02:00", "PDANA"),
        ("2026-10-23T22:00:00+02:00", "PCHIDI"),
        ("2026-10-24T18:00:00+02:00", "PBEN"),
        ("2026-10-26T08:00:00+01:00", "PDANA"),
        ("2026-10-26T09:00:00+01:00", "PDANA"),
        ("2026-10-26T09:30:00+01:00", "PDANA"),
    ],
)
def test_the_layer_that_is_listed_first_wins(sample, asked, at: str, who: str) -> None:
    found = asked("pagerduty", sample("pagerduty"), "PWEB", at)
    assert len(found) == 1
    if who == "PBEN":
        assert found == {who}


def layer(**more):
    usual = {
        "start": "2026-01-01T00:00:00Z",
        "rotation_turn_length_seconds": 86_400,
        "users": [{"user": {"id": "A"}}, {"user": {"id": "B"}}],
    }
    return {
        "schedules": [
            {"id": "S", "time_zone": more.pop("time_zone", "UTC"), "schedule_layers": [{**usual, **more}]}
        ]
    }


@pytest.mark.parametrize(
    ("more", "at", "who"),
    [
        ({}, "2026-01-02T12:00:00Z", {"B"}),
        ({"time_zone": "Mars/Base"}, "2026-01-02T12:00:00Z", {"B"}),
        ({}, "2025-12-31T12:00:00Z", set()),
        ({"end": "2026-01-02T00:00:00Z"}, "2026-01-02T00:00:00Z", set()),
        ({"users": []}, "2026-01-02T00:00:00Z", set()),
        ({"start": None}, "2026-01-02T00:00:00Z", set()),
        ({"start": None, "rotation_virtual_start": "2026-01-01T00:00:00Z"}, "2026-01-02T00:00:00Z", {"B"}),
        ({"rotation_turn_length_seconds": 5 * 3600}, "2026-01-01T11:00:00Z", {"A"}),
        ({"rotation_turn_length_seconds": 1800}, "2026-01-01T11:00:00Z", set()),
        ({"restrictions": [LATE]}, "2026-01-01T23:59:00Z", {"A"}),
        ({"restrictions": [LATE]}, "2026-01-01T00:00:00Z", set()),
        ({"restrictions": [SUNDAY]}, "2026-01-05T22:59:00Z", {"A"}),
        ({"restrictions": [SUNDAY]}, "2026-01-05T23:00:00Z", set()),
    ],
)  # fmt: skip
def test_turns_and_restrictions(asked, more, at: str, who: set[str]) -> None:
    assert asked("pagerduty", layer(**more), "S", at) == who


def test_of_overlapping_overrides_the_later_in_the_list_wins(asked) -> None:
    document = layer()
    document["overrides"] = {"S": [
        {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z", "user": {"id": "C"}},
        {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z", "user": {"id": "D"}},
        {"start": None, "user": {"id": "E"}},
    ]}  # fmt: skip
    assert asked("pagerduty", document, "S", "2026-01-01T00:00:00Z") == {"D"}
