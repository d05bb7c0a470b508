"""An export of GoAlert gives the same people on call, and names what it cannot carry over."""

from __future__ import annotations

from datetime import timedelta

ALWAYS = [{"start": "00:00", "end": "00:00", "weekdayFilter": [True] * 7}]


def test_the_sample_is_reproduced_for_30_days(sample, compared) -> None:
    found = compared("goalert", sample("goalert"))
    assert [(one.schedule, one.minutes, one.differences) for one in found] == [
        ("Web", 43_200, ()),
        ("West", 43_200, ()),
        ("rotation Months", 43_200, ()),
    ]


def test_assigned_shifts_count_before_the_rules(sample, compared) -> None:
    document = sample("goalert")
    shift = {"userID": "ga-ben", "start": "2026-10-20T12:00:00Z", "end": "2026-10-20T12:10:00Z"}
    document["data"]["schedules"]["nodes"][1]["shifts"] = [shift]
    west = compared("goalert", document, days=1)[1]
    assert (west.rendered, [one.theirs for one in west.differences]) == (10, [("ben",)])


def test_people_policies_and_routes(sample, read) -> None:
    carried = read("goalert", sample("goalert"))
    ada, _, chidi, _ = carried.people
    assert [one.channel for one in ada.person.contacts] == ["sms", "voice", "slack"]
    assert ada.rules["default"] == ((timedelta(), ("sms",)), (timedelta(minutes=5), ("voice",)))
    assert [one.channel for one in chidi.person.contacts] == ["inbox"]
    default, west = carried.policies
    assert (default.name, default.rounds) == ("default", 4)
    assert [(one.after, one.page) for one in default.steps] == [
        (timedelta(), ("primary of Web", "primary of Web (2)")),
        (timedelta(minutes=5), ("primary of rotation Months", "ben")),
    ]
    assert west.steps[0].page == ("primary of West", "primary of rotation Months", "ada")
    assert [(one.name, one.policy) for one in carried.routes] == [("checkout", "West"), ("search", "default")]


def test_other_rotations_are_reproduced(sample, compared) -> None:
    document = sample("goalert")
    nodes = document["data"]
    nodes["rotations"]["nodes"] += [
        {
            "id": "ro-5h",
            "name": "Fives",
            "type": "hourly",
            "shiftLength": 5,
            "start": "2026-10-01T00:00:00Z",
            "timeZone": "UTC",
            "activeUserIndex": 1,
            "userIDs": ["ga-ada", "ga-ben"],
        },
        {
            "id": "ro-2m",
            "name": "Two months",
            "type": "monthly",
            "shiftLength": 1,
            "start": "2026-09-28T18:00:00Z",
            "timeZone": "UTC",
            "activeUserIndex": 0,
            "userIDs": ["ga-chidi", "ga-dana"],
            "nextHandoffTimes": ["soon"],
        },
    ]
    rules = [{"start": "10:00", "end": "20:00"}]
    nodes["schedules"]["nodes"] = [
        {
            "id": "sc-x",
            "name": "More",
            "timeZone": "UTC",
            "targets": [
                {"target": {"id": "ro-5h", "type": "rotation"}, "rules": ALWAYS},
                {"target": {"id": "ro-2m", "type": "rotation"}, "rules": rules},
            ],
        },
    ]
    (more, _) = compared("goalert", document)
    assert more.differences == ()


def test_what_cannot_be_carried_over_is_named(sample, read) -> None:
    document = sample("goalert")
    nodes = document["data"]
    nodes["schedules"]["nodes"][1]["targets"] += [
        {
            "target": {"id": "ro-week", "type": "rotation"},
            "rules": [{"start": "x", "end": "06:00", "weekdayFilter": [True] * 7}],
        },
        {"target": {"id": "ro-empty", "type": "rotation"}, "rules": ALWAYS},
    ]
    nodes["schedules"]["nodes"][1]["temporarySchedules"] = [
        {"start": None, "shifts": [{"userID": "ga-ada"}]},
        {
            "start": "2026-12-01T00:00:00Z",
            "end": "2026-12-02T00:00:00Z",
            "shifts": [{"userID": "ga-ada", "start": "2026-12-01T00:00:00Z", "end": "2026-12-02T00:00:00Z"}],
        },
    ]
    nodes["userOverrides"]["nodes"] += [
        {
            "id": "uo8",
            "start": "2026-12-01T06:00:00Z",
            "end": "2026-12-01T12:00:00Z",
            "addUserID": "ga-ada",
            "target": {"id": "sc-west"},
        },
        {
            "id": "uo9",
            "start": "2026-12-01T06:00:00Z",
            "end": "2026-12-03T12:00:00Z",
            "target": {"id": "sc-west"},
        },
    ]
    nodes["users"]["nodes"][1]["contactMethods"] = [
        {"id": "off", "name": "off", "type": "SMS", "value": "+49", "disabled": True},
        {"id": "bare", "name": "bare", "dest": {"type": "builtin-twilio-sms"}},
    ]
    carried = read("goalert", document)
    for words in (
        "hook (builtin-webhook)",
        "off (SMS)",
        "bare (builtin-twilio-sms)",
        "rotation ro-gone",
        "rotation Empty",
        "handovers are in Europe/Berlin",
        "no nextHandoffTimes",
        "target slackChannel C0",
        "a new round began",
    ):
        assert any(words in one for one in carried.warnings), words
    assert not any(
        one.schedule.startswith("West") and one.span.starts_at.month == 12 for one in carried.overrides
    )
