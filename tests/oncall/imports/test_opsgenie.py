"""An export of Opsgenie gives the same people on call, and names what it cannot carry over."""

from __future__ import annotations

from datetime import timedelta


def test_the_sample_is_reproduced_for_30_days(sample, compared) -> None:
    found = compared("opsgenie", sample("opsgenie"))
    assert [(one.schedule, one.minutes, one.differences) for one in found] == [
        ("web_schedule", 43_200, ()),
        ("warehouse_schedule", 43_200, ()),
    ]


def test_rotations_that_are_never_on_together_share_a_schedule(sample, read, compared) -> None:
    document = sample("opsgenie")
    document["overrides"] = {}
    web, _ = read("opsgenie", document).schedules
    assert [one.name for one in web.ours] == ["web_schedule", "web_schedule (2)"]
    assert not any(one.differences for one in compared("opsgenie", document, days=14))


def test_timelines_count_before_the_rules(sample, compared) -> None:
    document = sample("opsgenie")
    periods = [
        {
            "startDate": "2026-10-20T12:00:00Z",
            "endDate": "2026-10-20T12:10:00Z",
            "recipient": {"type": "user", "id": "u-dana"},
        },
        {
            "startDate": "2026-10-20T12:10:00Z",
            "endDate": "2026-10-20T12:20:00Z",
            "recipient": {"type": "none"},
        },
    ]
    timeline = {"_parent": {"id": "s-data"}, "finalTimeline": {"rotations": [{"periods": periods}]}}
    document["timelines"] = [timeline, {"_parent": {"id": "s-else"}}]
    _, warehouse = compared("opsgenie", document, days=1)
    assert (warehouse.rendered, len(warehouse.differences)) == (10, 1)


def test_people_teams_policies_and_routes(sample, read) -> None:
    carried = read("opsgenie", sample("opsgenie"))
    ada = carried.people[0]
    assert [one.address for one in ada.person.contacts] == [
        "ada@example.org",
        "+447700900001",
        "+447700900001",
    ]
    assert ada.rules["default"] == ((timedelta(), ("sms",)), (timedelta(minutes=5), ("voice",)))
    assert [(team.name, team.members) for team in carried.teams] == [
        ("web", ("ada", "ben")),
        ("warehouse", ("dana",)),
    ]
    web = next(one for one in carried.policies if one.name == "web_escalation")
    assert web.steps[1].page[0] == "secondary of web_schedule"
    assert [one.after for one in web.steps][2:] == [timedelta(hours=hours) for hours in (1, 2, 3)]
    assert [(one.when, one.policy) for one in carried.routes] == [
        ('team = "web"', "web_escalation"),
        ('team = "warehouse"', "warehouse on call"),
    ]


def test_what_cannot_be_carried_over_is_named(sample, read) -> None:
    document = sample("opsgenie")
    document["schedules"]["data"][1]["rotations"] += [
        {"id": "x1", "name": "odd", "type": "yearly", "startDate": "2026-01-01T00:00:00Z"},
        {
            "id": "x2",
            "name": "fives",
            "type": "hourly",
            "length": 5,
            "startDate": "2026-01-01T00:00:00Z",
            "participants": [{"type": "none"}, {"type": "user", "username": "ben@example.org"}],
        },
    ]
    document["overrides"]["s-data"].append({"startDate": "soon", "endDate": "later"})
    document["overrides"]["loose"] = [
        {
            "_parent": {"id": "s-data"},
            "user": {"id": "u-ada"},
            "startDate": "2026-11-28T00:00:00Z",
            "endDate": "2026-11-29T00:00:00Z",
        }
    ]
    document["forwarding_rules"]["data"].append({"id": "f2", "startDate": None})
    document["users"]["data"].append({"id": "u-mute", "fullName": "Mute"})
    document["escalations"]["data"].append({"id": "e2", "name": "plain", "rules": []})
    carried = read("opsgenie", document)
    for words in (
        "the contact mobile",
        "conditions of the rule",
        "switched off",
        "`random` is not known",
        "if-not-closed",
        "routing rule At night",
        "its type or its start",
        "elapsed hours",
        "a turn of none",
        "target schedule switched_off",
        "each rotation stays",
        "calls nobody",
    ):
        assert any(words in one for one in carried.warnings), words
    assert [one.person for one in carried.overrides].count("ada") > 1


def test_a_rule_for_every_alert_is_taken_over_without_a_word(sample, read) -> None:
    document = sample("opsgenie")
    document["notification_rules"]["u-ada"][0]["criteria"] = {"type": "match-all"}
    before = read("opsgenie", sample("opsgenie")).warnings
    carried = read("opsgenie", document)
    assert len(carried.warnings) == len(before) - 1
