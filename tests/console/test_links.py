"""The link in a page: looking does nothing, its button acknowledges once, and nobody has to sign in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tocsin.flow.answers import keep_answers
from tocsin.oncall import links
from tocsin.oncall.answers import Answers


@pytest.fixture
def place(app, open_incident) -> str:
    incident = open_incident("Many failed logins")
    with app.store.reading() as shelves:
        (page,) = shelves.pages.of_incident(incident.incident_id)
    return f"/acknowledge/{page.page_id}/{links.token(page, app.call.link_key)}"


def _acknowledged_by(app):
    with app.store.reading() as shelves:
        return shelves.incidents.by_number(1).acknowledged_by


def test_a_scanner_that_follows_the_link_does_nothing(app, place):
    for method in (Client().get, Client().head, Client().get):
        assert method(place).status_code == 200
    assert _acknowledged_by(app) is None


def test_the_page_says_who_is_called_for_what_and_until_when(place):
    page = Client().get(place).content.decode()
    assert all(words in page for words in ("Many failed logins", "P1 Critical", "ben", "12:05:00 UTC"))


def test_the_button_acknowledges_once(app, place):
    assert "Acknowledged" in Client().post(place).content.decode()
    assert _acknowledged_by(app) == "ben"
    again = Client().post(place)
    assert (again.status_code, "link_used" in again.content.decode()) == (409, True)


def test_where_several_must_acknowledge_it_says_that_the_others_are_still_called(app, place):
    with app.store.reading() as shelves:
        incident = shelves.incidents.by_number(1)
    app.call.acknowledge(incident.incident_id, "ada")
    with app.store.transaction() as shelves:
        keep_answers(shelves, incident, Answers(by=("ada",), needs=3), app.clock.now())
    assert "1 of 3 needed have acknowledged: ada" in Client().get(place).content.decode()
    said = Client().post(place).content.decode()
    assert "2 of 3 needed have acknowledged: ada, ben. The others are still called" in said
    assert "The escalation stops" not in said


def test_a_wrong_or_old_link_does_nothing_and_shows_nothing(app, place, clock):
    wrong = Client().get(place[:-1] + ("A" if place[-1] != "A" else "B"))
    assert (wrong.status_code, "Many failed logins" in wrong.content.decode()) == (409, False)
    assert Client().get("/acknowledge/00000000-0000-0000-0000-000000000000/x").status_code == 404
    clock.push(timedelta(hours=25))
    assert Client().post(place).status_code == 409
    assert _acknowledged_by(app) is None


def test_the_button_needs_the_pages_own_form(app, place):
    assert Client(enforce_csrf_checks=True).post(place).status_code == 403
    assert _acknowledged_by(app) is None


def test_other_methods_are_refused(place):
    assert Client().put(place).status_code == 405
