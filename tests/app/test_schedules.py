"""Tests of what is asked about schedules, where REST's own tests do not reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from nouns import NOON
from tocsin.app.schedules import asker_of, look_of, time_of, unreachable, unreachable_people
from tocsin.domain.clock import PushedClock
from tocsin.flow.ready import VERIFIED
from tocsin.oncall.readiness import contact_name
from tocsin.oncall.roster import parse_roster
from tocsin.oncall.schedules.asking import OverrideRefused
from tocsin.store.memory import MemoryStore

FILE = """
people:
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
  ben: {name: Ben, contacts: [{channel: slack, address: "@ben"}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben, ada]}
escalation: {P1: [{after: 0m, page: primary}]}
"""


def app_with(*channels: str) -> SimpleNamespace:
    """What is asked of an application here, on a store in memory."""
    return SimpleNamespace(
        policies=SimpleNamespace(roster=parse_roster(FILE, "oncall.yml")),
        channels=dict.fromkeys(channels),
        store=MemoryStore(),
        clock=PushedClock(NOON),
        call=SimpleNamespace(link_key=b"key"),
        deliver=SimpleNamespace(public_url="http://127.0.0.1"),
    )


def test_the_inbox_alone_reaches_nobody_where_there_are_other_channels() -> None:
    assert list(unreachable_people(app_with("inbox", "slack"))) == ["ada"]
    assert list(unreachable_people(app_with("inbox"))) == ["ben"]
    app = app_with("inbox")
    with app.store.reading() as shelves:
        assert "no contact in oncall.yml" in unreachable(app, shelves)("eve")


def test_once_somebody_has_confirmed_a_test_message_all_are_expected_to() -> None:
    app = app_with("slack", "inbox")
    contact = app.policies.roster.people["ben"].contacts[0]
    with app.store.transaction() as shelves:
        shelves.marks.keep(VERIFIED, {contact_name("ben", contact): NOON.isoformat().encode()}, NOON)
    assert list(unreachable_people(app)) == ["ada"]
    app.policies.roster.people["ada"] = replace(app.policies.roster.people["ben"], username="ada")
    assert unreachable_people(app) == {"ada": "has confirmed no test message, as others did"}


def test_only_who_is_in_the_file_acts_as_a_person() -> None:
    assert asker_of(app_with(), "cli:ben", "ben", may_command=True).person == "ben"
    assert asker_of(app_with(), "cli:root", "root", may_command=True).person is None


def test_a_time_without_a_zone_is_local() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert time_of("2026-11-20T18:00", berlin) == datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert time_of("2026-11-20 18:00Z", berlin) == datetime(2026, 11, 20, 18, tzinfo=UTC)
    for wrong in ("", "soon", "0001-01-01T00:00+14:00"):
        with pytest.raises(OverrideRefused):
            time_of(wrong, berlin)


def test_a_look_has_bounds() -> None:
    assert look_of(0) == timedelta(days=1)
    assert look_of(10**6) == timedelta(days=1830)
