"""Opsgenie's rules for single minutes, as its documentation tells them."""

from __future__ import annotations

import pytest

USERS = [
    {"type": "user", "id": "A"},
    {"type": "team", "id": "T"},
    {"type": "user", "username": "b@example.org"},
]
ROTATION = {
    "id": "r",
    "startDate": "2026-01-01T00:00:00Z",
    "type": "daily",
    "length": 1,
    "participants": USERS,
}
NIGHT = {"type": "time-of-day", "restriction": {"startHour": 22, "startMin": 30, "endHour": 6, "endMin": 0}}
MONDAY = {"startDay": "friday", "startHour": 18, "startMin": 0, "endDay": "monday", "endHour": 8, "endMin": 0}
WEEKEND = {"type": "weekday-and-time-of-day", "restrictions": [MONDAY]}


def schedule(**more):
    zone = more.pop("timezone", "UTC")
    users = [{"id": "B", "username": "b@example.org"}]
    return {"users": users, "schedules": [{"id": "S", "timezone": zone, "rotations": [{**ROTATION, **more}]}]}


@pytest.mark.parametrize(
    ("more", "at", "who"),
    [
        ({}, "2026-01-02T12:00:00Z", {"B"}),
        ({"timezone": "Mars/Base"}, "2026-01-03T12:00:00Z", {"A"}),
        ({}, "2025-12-31T12:00:00Z", set()),
        ({"endDate": "2026-01-02T00:00:00Z"}, "2026-01-02T00:00:00Z", set()),
        ({"participants": []}, "2026-01-02T00:00:00Z", set()),
        ({"type": "yearly"}, "2026-01-02T00:00:00Z", set()),
        ({"type": "hourly", "length": 5}, "2026-01-01T05:00:00Z", {"B"}),
        ({"timeRestriction": NIGHT}, "2026-01-01T22:30:00Z", {"A"}),
        ({"timeRestriction": NIGHT}, "2026-01-01T06:00:00Z", set()),
        ({"timeRestriction": WEEKEND}, "2026-01-05T07:59:00Z", {"A"}),
        ({"timeRestriction": WEEKEND}, "2026-01-05T08:00:00Z", set()),
    ],
)
def test_rotations_and_restrictions(asked, more, at: str, who: set[str]) -> None:
    assert asked("opsgenie", schedule(**more), "S", at) == who


def test_overrides_come_in_three_places_and_forwarding_after_them(asked) -> None:
    times = {"startDate": "2026-01-01T00:00:00Z", "endDate": "2026-01-02T00:00:00Z"}
    document = schedule()
    document["schedules"][0]["overrides"] = [{**times, "user": {"id": "C"}, "rotations": [{"id": "r"}]}]
    assert asked("opsgenie", document, "S", "2026-01-01T12:00:00Z") == {"C"}
    document["overrides"] = {"S": [{**times, "user": {"id": "D"}, "rotations": [{"id": "q"}]}]}
    assert asked("opsgenie", document, "S", "2026-01-01T12:00:00Z") == {"C", "D"}
    document["overrides"]["S"].append({**times, "user": {"id": "E"}, "rotations": []})
    assert asked("opsgenie", document, "S", "2026-01-01T12:00:00Z") == {"E"}
    document["forwarding_rules"] = [
        {**times, "fromUser": {"id": "E"}, "toUser": {"username": "b@example.org"}}
    ]
    assert asked("opsgenie", document, "S", "2026-01-01T12:00:00Z") == {"B"}
    assert asked("opsgenie", document, "S", "2026-01-03T12:00:00Z") == {"A"}
