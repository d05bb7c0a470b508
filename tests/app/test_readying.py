"""Readiness and rehearsals as people and programs read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.app.readying import lists_of, played_record, readiness_records, ready_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.severity import Severity
from tocsin.oncall.rehearsal import Occasion, rehearse

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ONCALL = """
people: {ben: {name: Ben, contacts: [{channel: inbox, address: ben}, {channel: slack, address: "@ben"}]}}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben]}
escalation: {P1: [{after: 0m, page: primary}, {after: 5m, page: secondary}]}
notices: [{channel: slack, address: "#room", severities: [P1]}]
"""


@pytest.fixture
def app(sqlite_store, tmp_path):
    path = tmp_path / "packs" / "team" / "oncall.yml"
    path.parent.mkdir(parents=True)
    path.write_text(ONCALL)
    return build_app(load_settings({"TOCSIN_HOME": str(tmp_path)}), clock=PushedClock(NOON))


def test_each_contact_says_whether_its_channel_is_set_up_and_shows_no_address(app) -> None:
    assert readiness_records(app) == [
        {
            "person": "ben",
            "channel": channel,
            "is_verified": False,
            "verified_at": None,
            "is_set_up": channel == "inbox",
        }
        for channel in ("inbox", "slack")
    ]
    assert ready_of(app).public_url == app.deliver.public_url
    assert lists_of(app).interrupts == frozenset()


def test_a_rehearsal_is_a_record_with_times_and_reasons(app) -> None:
    played = rehearse(app.policies.roster, Occasion(labels={}, severity=Severity.P1, at=NOON))
    record = played_record(played)
    (page,) = record["pages"]
    assert (page["person"], page["step"], page["at"]) == ("ben", 1, NOON.isoformat())
    assert [way["channel"] for way in page["by"]] == ["inbox", "slack"]
    assert "there is no secondary" in record["nobody"][0]["reason"]
    assert [one["event"] for one in record["told"]] == ["opened", "escalated"]
