"""GoAlert's rules for single minutes, as its sources tell them."""

from __future__ import annotations

import pytest

DAYS = [True] * 7
MONDAYS = [False, True, False, False, False, False, False]
ROTATION = {
    "id": "R",
    "type": "daily",
    "shiftLength": 1,
    "start": "2026-10-20T09:00:00Z",
    "timeZone": "UTC",
    "activeUserIndex": 1,
    "userIDs": ["A", "B", "C"],
    "nextHandoffTimes": ["2026-10-21T09:00:00Z"],
}


def schedule(rule=None, **more):
    rule = rule or {"start": "00:00", "end": "00:00", "weekdayFilter": DAYS}
    targets = [
        {"target": {"type": "rotation", "id": "R"}, "rules": [rule]},
        {"target": {"type": "rotation", "id": "no"}, "rules": [rule]},
    ]
    rotation = {**ROTATION, **more.pop("rotation", {})}
    return {
        "rotations": [rotation],
        "schedules": [{"id": "S", "timeZone": "UTC", "targets": targets, **more}],
    }


@pytest.mark.parametrize(
    ("rotation", "at", "who"),
    [
        ({}, "2026-10-20T09:00:00Z", {"B"}),
        ({}, "2026-10-21T09:00:00Z", {"C"}),
        ({}, "2026-10-20T08:59:00Z", {"A"}),
        ({"nextHandoffTimes": []}, "2026-10-20T12:00:00Z", {"B"}),
        ({"timeZone": "Mars/Base"}, "2026-10-21T09:00:00Z", {"C"}),
        ({"type": "hourly", "shiftLength": 5, "nextHandoffTimes": None}, "2026-10-20T14:00:00Z", {"C"}),
        ({"type": "monthly", "nextHandoffTimes": None}, "2026-11-20T08:59:00Z", {"B"}),
        ({"type": "monthly", "nextHandoffTimes": None}, "2026-11-20T09:00:00Z", {"C"}),
        ({"userIDs": None, "users": [{"id": "A"}, {"id": "D"}]}, "2026-10-20T09:00:00Z", {"D"}),
        ({"userIDs": []}, "2026-10-20T09:00:00Z", set()),
    ],
)
def test_rotations_count_from_the_handover_that_is_named(asked, rotation, at: str, who: set[str]) -> None:
    assert asked("goalert", schedule(rotation=rotation), "S", at) == who
    assert asked("goalert", schedule(rotation=rotation), "rotation:R", at) - {""} == who


@pytest.mark.parametrize(
    ("start", "end", "at", "on"),
    [
        ("09:00", "17:00", "2026-10-26T16:59:00Z", True),
        ("09:00", "17:00", "2026-10-26T17:00:00Z", False),
        ("09:00", "17:00", "2026-10-27T12:00:00Z", False),
        ("22:00", "06:00", "2026-10-27T05:59:00Z", True),
        ("22:00", "06:00", "2026-10-26T05:59:00Z", False),
        ("09:00", "09:00", "2026-10-27T08:59:00Z", True),
        ("09:00", "09:00", "2026-10-27T09:00:00Z", False),
    ],
)
def test_rules_hold_from_their_start_on_an_active_day(asked, start: str, end: str, at: str, on: bool) -> None:
    rule = {"start": start, "end": end, "weekdayFilter": MONDAYS}
    document = schedule(rule)
    document["schedules"][0]["targets"] = [{"target": {"type": "user", "id": "U"}, "rules": [rule]}]
    assert asked("goalert", document, "S", at) == ({"U"} if on else set())


def test_a_rule_without_days_holds_on_all(asked) -> None:
    assert asked("goalert", schedule({"start": "00:00", "end": "00:00"}), "S", "2026-10-20T09:00:00Z") == {
        "B"
    }


def test_overrides_replace_remove_and_add_but_not_while_a_schedule_is_temporary(asked) -> None:
    times = {"start": "2026-10-20T00:00:00Z", "end": "2026-10-22T00:00:00Z"}
    shift = {"userID": "T", "start": "2026-10-21T12:00:00Z", "end": "2026-10-21T13:00:00Z"}
    document = schedule(temporarySchedules=[{**shift, "end": "2026-10-21T14:00:00Z", "shifts": [shift]}])
    changes = [{"addUserID": "X", "removeUserID": "B"}, {"removeUser": {"id": "C"}}, {"addUser": {"id": "Y"}}]
    document["userOverrides"] = {"S": [{**times, **one} for one in changes]}
    asks = {"20T12": {"X", "Y"}, "21T09": {"Y"}, "21T12": {"T"}, "21T13": set(), "22T12": {"A"}}
    assert {at: asked("goalert", document, "S", f"2026-10-{at}:30:00Z") for at in asks} == asks
