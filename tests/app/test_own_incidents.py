"""A word counts as named while an open incident or one of its alerts has it, and no longer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import NOON, an_alert, an_incident
from tocsin.app.own_incidents import OwnIncidents
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import PushedClock
from tocsin.domain.incident import Status


@pytest.fixture
def app(tmp_path, memory_store):
    return build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=memory_store)


def named(app, *words, operation="Named"):
    return OwnIncidents(app).call(
        Call(service="tocsin.incidents", operation=operation, parameters={"words": list(words)})
    )


def test_what_an_open_incident_names_is_told_until_it_is_resolved(app):
    incident = an_incident(title="Deploy of 4a5e failed")
    with app.store.transaction() as shelves:
        shelves.incidents.add(incident)
        shelves.alerts.add(an_alert(labels={"version": "sha-77"}, incident_id=incident.incident_id))
    assert named(app, "4a5e", "77", "0000", "") == ["4a5e", "77"]
    with app.store.transaction() as shelves:
        shelves.incidents.save(replace(incident, status=Status.RESOLVED))
    assert named(app, "4a5e", "77") == []


def test_nothing_else_is_answered(app):
    with pytest.raises(CallFailed, match="knows no"):
        named(app, operation="Close")
