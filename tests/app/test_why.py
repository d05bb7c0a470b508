"""Why somebody was paged, or why not, told from what was recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.app.drills import ONCALL
from tocsin.app.settings import load_settings
from tocsin.app.why import why
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.incident import Status
from tocsin.domain.severity import Severity

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LISTED = "  chidi: {name: Chidi, contacts: [{channel: inbox, address: chidi}]}\n"


@pytest.fixture
def build(sqlite_store, tmp_path):
    """Return a function that builds an application with an on-call file, or the shipped one (None)."""

    def run(
        oncall: str | None = ONCALL.replace("STARTS", "2026-11-21").replace(
            "people:\n", f"people:\n{LISTED}", 1
        ),
    ):
        if oncall is not None:
            path = tmp_path / "packs" / "team" / "oncall.yml"
            path.parent.mkdir(parents=True)
            path.write_text(oncall)
        return build_app(load_settings({"TOCSIN_HOME": str(tmp_path)}), clock=PushedClock(NOW))

    return run


def report(app, name: str = "DiskFull", severity: str = "critical", **labels: str) -> None:
    body = json.dumps([{"labels": {"alertname": name, "severity": severity, "service": "shop", **labels}}])
    app.hearing.api_alerts(body.encode(), "application/json", source="prometheus", sender="test")


def asked(app, person: str, number: int = 1):
    with app.store.reading() as shelves:
        return why(shelves, app.policies.roster, shelves.alerts.get(number), person)


def told(app, person: str, number: int = 1) -> str:
    return "\n".join(asked(app, person, number).because)


def incident_id(app, number: int = 1):
    with app.store.reading() as shelves:
        return shelves.incidents.by_number(number).incident_id


def test_who_was_paged_hears_the_step_the_schedule_and_each_message(build) -> None:
    app = build()
    report(app)
    answer = asked(app, "ben")
    assert answer.was_paged
    ((page, deliveries),) = ((each.page, each.deliveries) for each in answer.pages)
    assert (page.step, page.person) == (0, "ben")
    assert [each.channel for each in deliveries] == ["inbox"]
    assert "Step 1 called ben as primary." in answer.because[-1]
    assert "Severity P1" in told(app, "ben")


def test_who_was_not_reached_hears_who_was_called_instead(build) -> None:
    app = build()
    report(app)
    answer = asked(app, "ada")
    assert not answer.was_paged
    assert "Step 1 called ben instead." in told(app, "ada")
    assert "ada was secondary then; that step was not reached" in answer.because[-1]


def test_an_acknowledgement_ends_the_steps_for_both(build) -> None:
    app = build()
    report(app)
    app.call.acknowledge(incident_id(app), "ben")
    assert "ben acknowledged INC-1 at 2026-11-21 10:00:00 UTC." in told(app, "ben")
    assert "Later steps were not taken." in told(app, "ada")


def test_an_incident_that_ended_by_itself_called_nobody_more(build) -> None:
    app = build()
    report(app)
    app.close.move(incident_id(app), Status.RESOLVED, "tocsin", "It was a test.")
    assert "INC-1 is resolved; later steps were not taken." in told(app, "ada")


def test_a_severity_that_does_not_page_says_so(build) -> None:
    app = build()
    report(app, severity="info")
    assert f"{Severity.P4.label} calls nobody by " in told(app, "ben")


def test_an_alert_that_joined_calls_nobody_anew(build) -> None:
    app = build()
    report(app)
    report(app, instance="web-2")
    assert "ALR-2 joined INC-1, which ALR-1 had opened" in told(app, "ada", 2)
    assert "which ALR-1 had opened" not in told(app, "ada", 1)


def test_an_alert_without_an_incident_paged_nobody(build) -> None:
    app = build()
    report(app, severity="none")
    answer = asked(app, "ben")
    assert answer.incident is None
    assert answer.because == ("ALR-1 belongs to no incident: it was recorded, and its severity opens none.",)


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("chidi", "but not in its rotation"),
        ("eve", "eve is not in "),
        ("ben", "ben was primary then"),
    ],
)
def test_the_place_in_the_on_call_file_is_told(build, person, words) -> None:
    app = build()
    report(app, severity="info")
    assert words in told(app, person)


def test_who_has_another_week_is_not_on_call(build) -> None:
    dana = "  dana: {name: Dana, contacts: [{channel: inbox, address: dana}]}\n"
    oncall = ONCALL.replace("STARTS", "2026-11-21").replace("people:\n", f"people:\n{dana}", 1)
    app = build(oncall.replace("[ben, ada]", "[ben, ada, dana]"))
    report(app)
    assert "dana was not on call then; ben was primary" in told(app, "dana")


def test_a_rotation_that_had_not_begun_called_nobody(build) -> None:
    later = (NOW + timedelta(days=30)).date().isoformat()
    app = build(ONCALL.replace("STARTS", later))
    report(app)
    answer = told(app, "ben")
    assert "nobody is on call by the schedule “default” now" in answer
    assert "had not begun" in answer


def test_without_a_schedule_pages_go_to_the_administrators(build) -> None:
    app = build(None)
    report(app)
    assert asked(app, "administrators").was_paged
    assert "pages go to the administrators' Inbox" in told(app, "ben")
