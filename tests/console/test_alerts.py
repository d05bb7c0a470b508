"""The list of alerts, and one of them with why people were paged or were not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from nouns import an_alert
from tocsin.app.hushing import Asked, ask, matchers_of
from tocsin.console.alerts import LONGEST_MATCHERS, matchers_for
from tocsin.domain.attempt import Attempt


def text(client, address: str) -> str:
    return client.get(address).content.decode()


def test_an_empty_list_says_whether_that_is_good(chidi):
    assert "which is good only if something is sending" in text(chidi, "/alerts")


def test_what_fires_stands_before_what_is_muted_and_what_is_over(app, clock, chidi, open_incident):
    open_incident("Old")
    clock.push(timedelta(hours=2))
    ask(app, Asked(matchers=("alertname = Quiet",), reason="Known.", lasts="2h"), "ada")
    open_incident("Fires", "high")
    open_incident("Quiet", "high")
    page = text(chidi, "/alerts")
    assert page.index("ALR-2") < page.index("ALR-3") < page.index("ALR-1")
    assert "Silence" in page
    assert "Known." in page
    assert 'href="/alerts/ALR-2"' in page
    assert 'href="/incidents/INC-2"' in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("status=firing", True),
        ("status=resolved", False),
        ("status=loud", True),
        ("text=disk", True),
        ("text=nowhere", False),
        ("status=firing&text=alr-1", True),
        ("start=x", True),
        ("start=99", False),
    ],
)
def test_the_filter_lives_in_the_address(chidi, open_incident, query, shown):
    open_incident("The disk is full")
    page = text(chidi, f"/alerts?{query}")
    assert ('href="/alerts/ALR-1"' in page) is shown


def test_a_filter_that_finds_nothing_can_be_cleared(chidi, open_incident):
    open_incident()
    page = text(chidi, "/alerts?status=muted&text=<b>")
    assert "Nothing matches “muted” and “&lt;b&gt;”. 1 alert without this filter." in page


def test_a_long_list_is_turned_over(app, chidi, open_incident, monkeypatch):
    monkeypatch.setattr("tocsin.console.alerts.ROWS", 1)
    open_incident("One")
    open_incident("Two")
    assert 'href="?start=1"' in text(chidi, "/alerts")
    assert 'href="?start=0"' in text(chidi, "/alerts?start=1")


def test_an_alert_says_why_for_everybody_concerned(chidi, open_incident):
    open_incident("The disk is full")
    page = text(chidi, "/alerts/ALR-1")
    for words in (
        "What was heard, and how it was classified",
        "It opened INC-1",
        "Nothing muted it",
        "was not paged",
        "as configured now",
        'href="/incidents/INC-1"',
    ):
        assert words in page
    assert "Silence this" not in page


def test_each_try_of_each_message_is_shown(app, chidi, open_incident):
    incident = open_incident()
    with app.store.transaction() as shelves:
        key = shelves.pages.deliveries_of(incident.incident_id)[-1].key
        shelves.pages.add_attempt(
            Attempt(
                key=key,
                number=1,
                at=app.clock.now(),
                took_ms=1,
                outcome="retry",
                status=503,
                answer="<busy>",
            )
        )
    page = text(chidi, "/alerts/ALR-1")
    assert "retry 503" in page
    assert "&lt;busy&gt;" in page


def test_one_person_can_be_asked_about(chidi, open_incident):
    open_incident()
    page = text(chidi, "/alerts/ALR-1?person=dana")
    assert "dana</bdi> was not paged" in page
    assert "ben</bdi> was paged" not in page
    assert "Everybody concerned" in page


def test_an_unknown_person_leaves_the_page_standing(chidi, open_incident):
    open_incident()
    page = text(chidi, "/alerts/ALR-1?person=%3Cnobody%3E")
    assert "There is no account" in page
    assert "&lt;nobody&gt;" in page
    assert "<nobody>" not in page
    assert "ben</bdi> was paged" in page


def test_many_facts_and_people_are_cut_and_that_is_said(app, chidi, open_incident, monkeypatch):
    monkeypatch.setattr("tocsin.console.alerts.MOST_FACTS", 2)
    monkeypatch.setattr("tocsin.console.alerts.MOST_PEOPLE", 1)
    open_incident()
    page = text(chidi, "/alerts/ALR-1")
    assert "more lines stand between the first and the last" in page
    assert 'href="?person=ada#people"' in page


def test_an_alert_without_an_incident_has_its_page(app, chidi):
    with app.store.transaction() as shelves:
        shelves.alerts.add(an_alert(labels={"alertname": "<x>"}, evidence=("<raw>",)))
    page = text(chidi, "/alerts/ALR-1")
    assert "no incident" in page
    assert "&lt;raw&gt;" in page
    assert "Nothing was written down about this alert alone" in page


def test_a_responder_can_silence_it_with_its_labels_filled_in(ben, open_incident):
    open_incident("The disk is full", zone='a"b')
    page = text(ben, "/alerts/ALR-1")
    start = page.index('href="/silences?') + len('href="')
    form = text(ben, page[start : page.index('"', start)])
    assert "alertname=&quot;The disk is full&quot;" in form
    assert "zone=&quot;a\\&quot;b&quot;" in form


def test_matchers_for_an_alert_fit_it_and_are_never_too_many_for_the_form():
    labels = {f"l{n}": "x" * 100 for n in range(40)} | {"alertname": "A\nB", "odd label": "x"}
    alert = an_alert(labels=labels)
    written = matchers_for(alert)
    assert written.startswith('alertname="A\\nB"\n')
    assert len(written) <= LONGEST_MATCHERS + 50
    assert "odd" not in written
    assert all(each.matches(labels) for each in matchers_of(written.splitlines()))


def test_an_alert_that_is_not_there_is_not_found(chidi):
    assert chidi.get("/alerts/ALR-7").status_code == 404
    assert chidi.get("/alerts/ALR-0").status_code == 404


def test_a_stranger_sees_no_alert(app):
    assert Client().get("/alerts").status_code == 302
