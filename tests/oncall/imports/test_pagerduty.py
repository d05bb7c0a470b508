"""An export of PagerDuty gives the same people on call, and names what it cannot carry over."""

from __future__ import annotations

from datetime import timedelta

WEB, DATABASES = 0, 1


def test_the_sample_is_reproduced_for_30_days(sample, compared) -> None:
    found = compared("pagerduty", sample("pagerduty"))
    assert [(one.schedule, one.minutes, one.differences) for one in found] == [
        ("Web on call", 43_200, ()),
        ("Databases: east", 43_200, ()),
    ]


def test_shifts_that_pagerduty_computed_count_before_its_rules(sample, compared) -> None:
    document = sample("pagerduty")
    entries = [
        {"start": "2026-10-20T12:00:00Z", "end": "2026-10-20T12:30:00Z", "user": {"id": "PDANA"}},
        {"start": "2026-10-20T12:30:00Z", "end": None, "user": {"id": "PDANA"}},
    ]
    document["schedules"][WEB]["final_schedule"] = {"rendered_schedule_entries": entries}
    web = compared("pagerduty", document, days=1)[WEB]
    assert web.rendered == 30
    assert [(one.theirs, one.ours) for one in web.differences] == [(("dana",), ("ben",))]


def test_people_keep_their_ways_and_rules(sample, read) -> None:
    ada, ben, *_ = read("pagerduty", sample("pagerduty")).people
    assert [(one.channel, one.address) for one in ada.person.contacts] == [
        ("smtp", "ada@example.org"),
        ("voice", "+4915100000001"),
        ("sms", "+4915100000001"),
    ]
    assert ada.rules["important"] == ((timedelta(), ("sms",)), (timedelta(minutes=5), ("voice",)))
    assert ada.rules["default"] == ((timedelta(), ("smtp",)),)
    assert [one.channel for one in ben.person.contacts] == ["smtp"]


def test_policies_and_services_become_policies_and_routes(sample, read) -> None:
    carried = read("pagerduty", sample("pagerduty"))
    web = carried.policies[1]
    assert (web.name, web.rounds) == ("Web", 3)
    assert [(one.after, one.page) for one in web.steps] == [
        (timedelta(), ("primary of Web on call",)),
        (timedelta(minutes=10), ("ada", "primary of Web on call")),
        (timedelta(minutes=30), ("dana",)),
    ]
    assert [(one.when, one.policy) for one in carried.routes] == [
        ('service = "shop"', "Web"),
        ('service = "ledger \\"east\\""', "Databases"),
    ]


def test_what_cannot_be_carried_over_is_named(sample, read) -> None:
    document = sample("pagerduty")
    layers = document["schedules"][WEB]["schedule_layers"]
    layers[1]["rotation_turn_length_seconds"] = 5 * 3600
    layers[0]["restrictions"].append({"type": "daily_restriction", "start_time_of_day": "soon"})
    layers.append({"id": "PX", "name": "Half hours", "start": None, "rotation_turn_length_seconds": 1800})
    document["schedules"].append({"id": "PBARE", "name": "Bare", "time_zone": "Mars/Base"})
    document["users"][0]["contact_methods"][1]["address"] = ""
    document["users"][1]["notification_rules"] = [{"urgency": "high", "contact_method": {"type": "fax"}}]
    document["overrides"]["PWEB"].append({"id": "PO9", "start": "soon", "end": "later"})
    warnings = read("pagerduty", document).warnings
    assert 'service ledger "east": its support hours are not carried over' in warnings
    assert "person Ada: the contact push_notification_contact_method is left out" in warnings
    assert "policy Web: its target schedule Nobody knows is not carried over" in warnings
    for words in (
        "a restriction without",
        "elapsed hours",
        "length of its turns",
        "GET /schedules",
        "Mars/Base",
    ):
        assert any(words in one for one in warnings), words


def test_overrides_may_come_with_the_schedule(sample, read) -> None:
    document = sample("pagerduty")
    entry = document["overrides"].pop("PWEB")[0]
    document["schedules"][WEB]["overrides_subschedule"]["rendered_schedule_entries"] = [entry]
    (made,) = read("pagerduty", document).overrides
    assert (made.schedule, made.person) == ("Web on call", "ben")
