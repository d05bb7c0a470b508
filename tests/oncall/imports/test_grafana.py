"""An export of Grafana OnCall gives the same people on call, and names what it cannot carry over."""

from __future__ import annotations

from datetime import timedelta


def test_the_sample_is_reproduced_for_30_days(sample, compared) -> None:
    found = compared("grafana", sample("grafana"))
    assert [(one.schedule, one.minutes, one.differences) for one in found] == [
        ("Search", 43_200, ()),
        ("Index", 43_200, ()),
    ]


def test_final_shifts_count_before_the_rules(sample, compared) -> None:
    document = sample("grafana")
    shift = {"user_pk": "UDANA", "shift_start": "2026-10-20T12:00:00Z", "shift_end": "2026-10-20T12:10:00Z"}
    document["final_shifts"] = {"SCAL": [shift]}
    _, index = compared("grafana", document, days=1)
    assert (index.rendered, [one.theirs for one in index.differences]) == (10, [("dana-ops",)])


def test_a_shift_that_cannot_be_written_is_named_and_differs(sample, read, compared) -> None:
    document = sample("grafana")
    broken = next(one for one in document["on_call_shifts"]["results"] if one["id"] == "OBROKEN")
    broken |= {"by_monthday": None, "start": "2026-10-21T00:00:00"}
    assert any("shift payday: monthly" in one for one in read("grafana", document).warnings)
    _, index = compared("grafana", document, days=2)
    assert {one.theirs for one in index.differences} == {("ada",)}


def test_people_teams_policies_and_routes(sample, read) -> None:
    carried = read("grafana", sample("grafana"))
    ada = carried.people[0]
    assert [one.channel for one in ada.person.contacts] == ["smtp", "slack"]
    assert ada.rules == {"default": ((timedelta(), ("slack",)), (timedelta(minutes=5), ("smtp",)))}
    chain = next(one for one in carried.policies if one.name == "search chain")
    assert chain.rounds == 6
    assert [(one.after, one.page) for one in chain.steps] == [
        (timedelta(), ("primary of Search", "primary of Search (2)", "primary of Search (3)", "dana-ops")),
        (timedelta(minutes=15), ("everybody of search",)),
    ]
    assert [(one.when, one.policy) for one in carried.routes] == [
        ('source = "Alerts of search"', "search chain")
    ]


def test_what_cannot_be_carried_over_is_named(sample, read) -> None:
    document = sample("grafana")
    document["on_call_shifts"]["results"] += [
        {"id": "X1", "schedule": "SWEB", "name": "no start", "type": "rolling_users", "duration": 60},
        {
            "id": "X2",
            "schedule": "SWEB",
            "name": "half empty",
            "type": "rolling_users",
            "level": 9,
            "start": "2026-10-01T00:00:00",
            "duration": 3600,
            "frequency": "daily",
            "interval": 1,
            "rolling_users": [[], ["UBEN"]],
        },
        {
            "id": "X3",
            "schedule": "SWEB",
            "name": "empty",
            "type": "recurrent_event",
            "start": "2026-10-01T00:00:00",
            "duration": 3600,
        },
    ]
    document["escalation_chains"]["results"].append({"id": "F3", "name": "empty chain"})
    warnings = read("grafana", document).warnings
    for words in (
        "telephone number",
        "`notify_by_telegram`",
        "no start or no length",
        "lies elsewhere",
        "nobody is ever on call",
        "`trigger_webhook`",
        "`important` is left out",
        "calls all of them",
        "no policy that was carried over",
        "looks into whole payloads",
        "a turn of nobody",
        "empty chain: it calls nobody",
    ):
        assert any(words in one for one in warnings), words


def test_somebody_without_slack_is_reached_by_what_is_known(sample, read) -> None:
    document = sample("grafana")
    for user in document["users"]["results"]:
        user.pop("slack", None)
        user["email"] = ""
    carried = read("grafana", document)
    assert all(contact.channel != "slack" for one in carried.people for contact in one.person.contacts)
