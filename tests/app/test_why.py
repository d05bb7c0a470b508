"""Why somebody was paged, or why not, told from what was recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from nouns import an_alert
from tocsin.app.drills import ONCALL
from tocsin.app.hushing import Asked, ask
from tocsin.app.settings import load_settings
from tocsin.app.why import Part, alert_named, why
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Status
from tocsin.domain.job import Job
from tocsin.domain.person import Role
from tocsin.domain.ports.delivery import Receipt
from tocsin.domain.severity import Severity
from tocsin.flow.deliver import Tried
from tocsin.oncall.why import Basis
from tocsin.store.accounts import Accounts

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LISTED = "  chidi: {name: Chidi, contacts: [{channel: inbox, address: chidi}]}\n"
STEPS = ONCALL.replace("STARTS", "2026-11-21").replace("people:\n", f"people:\n{LISTED}", 1)
ALERTMANAGER = 'route: {receiver: web, group_wait: 10s}\nreceivers: [{name: web, webhook_configs: [{url: "http://a.example/"}]}]\n'


@pytest.fixture
def build(sqlite_store, tmp_path):
    """Return a function that builds an application with an on-call file, or the shipped one (None)."""

    def run(oncall: str | None = STEPS, **settings: str):
        if oncall is not None:
            path = tmp_path / "packs" / "team" / "oncall.yml"
            path.parent.mkdir(parents=True)
            path.write_text(oncall)
        return build_app(load_settings({"TOCSIN_HOME": str(tmp_path), **settings}), clock=PushedClock(NOW))

    return run


def report(app, name: str = "DiskFull", severity: str = "critical", **labels: str) -> None:
    body = json.dumps([{"labels": {"alertname": name, "severity": severity, "service": "shop", **labels}}])
    app.hearing.api_alerts(body.encode(), "application/json", source="prometheus", sender="test")


def asked(app, person: str = "", number: int = 1):
    with app.store.reading() as shelves:
        alert = alert_named(shelves, f"ALR-{number}")
    return why(app, alert, person)


def told(app, person: str, number: int = 1) -> str:
    (answer,) = asked(app, person, number).people
    assert answer.because
    return "\n".join(fact.text for fact in answer.because)


def part(app, wanted: Part, number: int = 1) -> str:
    (section,) = (each for each in asked(app, number=number).sections if each.part is wanted)
    assert section.facts
    return "\n".join(fact.text for fact in section.facts)


def incident_id(app, number: int = 1):
    with app.store.reading() as shelves:
        return shelves.incidents.by_number(number).incident_id


def test_who_was_paged_hears_the_step_the_schedule_the_channels_and_each_try(build) -> None:
    app = build()
    report(app)
    opened = incident_id(app)
    with app.store.transaction() as shelves:
        (delivery,) = (each for each in shelves.pages.deliveries_of(opened) if each.page_id)
        job = Job(kind="deliver.inbox", key=delivery.key, run_at=NOW, args={"event": "page"}, attempts=1)
        app.deliver.settle(shelves, job, Tried(Receipt(answer="kept"), 3, "d"))
    (answer,) = asked(app, "ben").people
    assert answer.was_paged
    (page,) = answer.pages
    assert (page.page.step, page.page.person) == (0, "ben")
    assert page.how.endswith("By inbox at once.")
    assert [(each.delivery.channel, [one.answer for one in each.attempts]) for each in page.sent] == [
        ("inbox", ["kept"])
    ]
    assert "Step 1 of policy default called ben as primary." in answer.because[0].text
    assert answer.because[0].at == NOW


def test_each_part_says_something_of_an_alert_that_called(build) -> None:
    app = build()
    report(app)
    heard = part(app, Part.HEARD)
    assert "It was heard from prometheus" in heard
    assert "Severity P1" in heard
    assert "It fires, until 2026-11-21 10:05:00 UTC" in heard
    assert "the on-call file had none" in part(app, Part.ROUTE)
    assert "No alertmanager.yml put it into a group" in part(app, Part.ROUTE)
    assert "It opened INC-1: No incident of the group" in part(app, Part.INCIDENT)
    assert "Nothing muted it" in part(app, Part.MUTED)
    assert "ben (primary) is called" in part(app, Part.STEPS)
    assert "Step 2 of policy default is due at" in part(app, Part.STEPS)
    assert "No alertmanager.yml told a receiver of it" in part(app, Part.RECEIVERS)
    assert all(section.part.words for section in asked(app).sections)


def test_who_was_not_reached_hears_who_was_called_instead(build) -> None:
    app = build()
    report(app)
    said = told(app, "ada")
    assert "Step 1 of policy default called ben instead." in said
    assert "By " in said
    assert "step 2" in said.lower()
    assert "ada was secondary of the schedule “default” then" in said


def test_without_a_person_everybody_concerned_is_answered(build) -> None:
    app = build()
    report(app)
    assert [(each.username, each.was_paged) for each in asked(app).people] == [("ben", True), ("ada", False)]


def test_an_acknowledgement_ends_the_steps_for_both(build) -> None:
    app = build()
    report(app)
    app.call.acknowledge(incident_id(app), "ben")
    assert "ben acknowledged INC-1." in told(app, "ben")
    assert "Steps that were not taken by then called nobody." in told(app, "ada")


def test_an_incident_that_ended_by_itself_called_nobody_more(build) -> None:
    app = build()
    report(app)
    app.close.move(incident_id(app), Status.RESOLVED, "tocsin", "It was a test.")
    assert "INC-1 was resolved." in told(app, "ada")


def test_a_severity_that_does_not_page_says_so(build) -> None:
    app = build()
    report(app, severity="info")
    assert f"{Severity.P4.label} calls nobody by policy default" in told(app, "ben")
    assert f"{Severity.P4.label} calls nobody by policy default" in part(app, Part.STEPS)


def test_an_alert_that_joined_says_which_incident_and_why(build) -> None:
    app = build()
    report(app)
    report(app, instance="web-2")
    assert "It joined INC-1: INC-1 of the same group is active." in part(app, Part.INCIDENT, 2)
    assert "It opened INC-1" in part(app, Part.INCIDENT, 1)


def test_an_alert_without_an_incident_paged_nobody(build) -> None:
    app = build()
    report(app, severity="none")
    answer = asked(app, "ben")
    assert answer.incident is None
    assert "ALR-1 belongs to no incident" in told(app, "ben")
    assert "It is informational (severity none), so no incident is opened." in told(app, "ben")
    assert part(app, Part.STEPS) == "No step was taken: it belongs to no incident."
    assert "It needed no policy" in part(app, Part.ROUTE)
    assert [each.username for each in asked(app).people] == ["ben", "ada"]


def test_a_silence_is_named_with_its_owner_and_reason_and_until_when(build) -> None:
    app = build()
    ask(app, Asked(matchers=("alertname = DiskFull",), reason="It is replaced.", lasts="1h"), "ada")
    report(app, severity="high")
    said = part(app, Part.MUTED)
    assert "of ada mutes it until 2026-11-21 11:00:00 UTC: It is replaced." in said
    assert "What has called already goes on." in said
    assert "It opened and joined no incident while it was muted." in part(app, Part.INCIDENT)
    assert "mutes it until" in told(app, "ben")
    present = [fact.basis for each in asked(app).sections if each.part is Part.MUTED for fact in each.facts]
    assert present == [Basis.RECORDED, Basis.PRESENT]


def test_an_alert_that_is_over_says_how_it_ended(build) -> None:
    app = build()
    report(app)
    app.clock.push(timedelta(minutes=6))
    assert "It ended, for nothing was heard of it any more." in part(app, Part.HEARD)
    body = json.dumps(
        [{"labels": {"alertname": "Late", "severity": "high"}, "endsAt": "2026-11-21T10:07:00Z"}]
    )
    app.hearing.api_alerts(body.encode(), "application/json", source="prometheus", sender="test")
    app.clock.push(timedelta(minutes=2))
    assert "It ended, by its sender's word." in part(app, Part.HEARD, 2)


def test_an_alert_of_an_older_version_says_what_was_not_recorded(build) -> None:
    app = build()
    with app.store.transaction() as shelves:
        shelves.alerts.add(an_alert(ends_at=NOW + timedelta(hours=1)))
    assert "how it was classified was not recorded then" in part(app, Part.HEARD)
    assert part(app, Part.INCIDENT) == "It opened and joined no incident."


def test_receivers_are_told_by_route_and_group_with_each_try(build, tmp_path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(ALERTMANAGER)
    app = build(TOCSIN_ALERTMANAGER_FILE=str(path))
    report(app)
    assert "Route 0" in part(app, Part.ROUTE)
    assert "No receiver was told of it: its group was not due" in part(app, Part.RECEIVERS)


def test_who_is_only_told_hears_that(build) -> None:
    app = build(
        f"{STEPS}notices:\n  - {{channel: inbox, address: chidi, severities: [P1], events: [opened]}}\n"
        if "notices:" not in STEPS
        else STEPS.replace(
            "notices:\n",
            "notices:\n  - {channel: inbox, address: chidi, severities: [P1], events: [opened]}\n",
        )
    )
    report(app)
    (answer,) = asked(app, "chidi").people
    assert not answer.was_paged
    assert [each.delivery.address for each in answer.notices] == ["chidi"]
    assert "went to chidi by inbox, which calls nobody: waiting." in told(app, "chidi")
    assert "takes turns in no schedule" in told(app, "chidi")


def test_many_steps_are_cut_in_the_middle(build, monkeypatch) -> None:
    monkeypatch.setattr("tocsin.app.why.MOST_STEPS", 2)
    app = build()
    report(app)
    for number in range(4):
        severity = Severity.P1 if number % 2 else Severity.P2
        app.close.change_severity(incident_id(app), severity, "ada", "It differs.")
    assert "lines between are in INC-1." in part(app, Part.STEPS)


def test_a_person_who_exists_nowhere_is_not_answered(build) -> None:
    app = build()
    report(app)
    with pytest.raises(NotFound, match="There is no account 'nobody'"):
        asked(app, "nobody")
    assert told(app, "administrators")


def test_a_person_with_only_an_account_is_answered(build, sqlite_store) -> None:
    app = build()
    Accounts(sqlite_store).create("eve", "Eve", Role.VIEWER)
    report(app)
    assert "eve is not in " in told(app, "eve")


@pytest.mark.parametrize("name", ["ALR-9", "ALR-", "INC-1", "9" * 12, "ALR-²"])
def test_a_name_of_no_alert_is_refused(build, name) -> None:
    app = build()
    with app.store.reading() as shelves, pytest.raises(NotFound, match="There is no alert"):
        alert_named(shelves, name)


def test_without_a_schedule_pages_go_to_the_administrators(build) -> None:
    app = build(None)
    report(app)
    assert asked(app, "administrators").people[0].was_paged
    assert "administrators" in [each.username for each in asked(app).people]
