"""Tests of what is asked about schedules, where REST's own tests do not reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from tocsin.app.schedules import asker_of, look_of, time_of, unreachable, unreachable_people
from tocsin.oncall.roster import parse_roster
from tocsin.oncall.schedules.asking import OverrideRefused

FILE = """
people:
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
  ben: {name: Ben, contacts: [{channel: slack, address: "@ben"}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben, ada]}
escalation: {P1: [{after: 0m, page: primary}]}
"""


def app_with(*channels: str) -> SimpleNamespace:
    policies = SimpleNamespace(roster=parse_roster(FILE, "oncall.yml"))
    return SimpleNamespace(policies=policies, channels=dict.fromkeys(channels))


def test_the_inbox_alone_reaches_nobody_where_there_are_other_channels() -> None:
    assert list(unreachable_people(app_with("inbox", "slack"))) == ["ada"]
    assert list(unreachable_people(app_with("inbox"))) == ["ben"]
    assert "no contact in oncall.yml" in unreachable(app_with("inbox"))("eve")


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
