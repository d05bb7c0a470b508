"""Tests of looking ahead: each concern is told once a day and more before, and ends when it is mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.audit.leaf import decode
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import PushedClock
from tocsin.domain.timeline import Happening
from tocsin.flow.outlook import Outlook
from tocsin.oncall.roster import parse_roster
from tocsin.store.memory import MemoryStore

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
FILE = """
people:
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
  dana: {name: Dana, contacts: [{channel: inbox, address: dana}]}
schedule:
  zone: Europe/Berlin
  layers: [{rotation: weekly, handover: "09:00", starts: 2026-11-16, ends: 2026-11-20, people: [ben, dana]}]
escalation: {P1: [{after: 0m, page: primary}]}
"""


class Ear:
    """Takes what is told and remembers it."""

    def __init__(self) -> None:
        self.heard: list[AlertReport] = []

    def own(self, shelves, reports) -> None:
        self.heard += reports


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def outlook(clock: PushedClock) -> Outlook:
    schedules = parse_roster(FILE, "oncall.yml").schedules
    return Outlook(MemoryStore(), clock, Ear(), schedules, lambda shelves: lambda person: "")


def test_a_gap_is_told_once_at_least_a_day_before_and_ends_when_it_is_mended(outlook, clock) -> None:
    outlook.look()
    assert outlook.take.heard == []
    clock.push(timedelta(hours=24))
    for _ in range(3):
        outlook.look()
        clock.push(timedelta(hours=1))
    (gap,) = outlook.take.heard
    assert gap.labels["alertname"] == "OnCallGap"
    assert gap.starts_at is not None
    assert datetime(2026, 11, 20, 8, tzinfo=UTC) - gap.starts_at >= timedelta(hours=24)
    longer = FILE.replace("2026-11-20", "2027-11-20")
    mended = replace(outlook, schedules=parse_roster(longer, "oncall.yml").schedules)
    mended.look()
    _, ended = outlook.take.heard
    assert (ended.labels, ended.ends_at) == (gap.labels, clock.now())
    mended.look()
    assert len(outlook.take.heard) == 2


def test_a_responder_without_a_channel_is_told_once(outlook) -> None:
    deaf = replace(outlook, unreachable=lambda shelves: lambda who: "has no contact" if who == "ben" else "")
    deaf.look()
    deaf.look()
    (told,) = outlook.take.heard
    assert told.labels == {
        "alertname": "ResponderUnreachable",
        "schedule": "default",
        "severity": "warning",
        "person": "ben",
    }


def test_new_zone_data_tells_which_shifts_to_come_are_other_ones(outlook, clock) -> None:
    berlin = replace(outlook, schedules=_until("2027-11-20", "Europe/Berlin"), zone_data="2026a")
    clock.push(datetime(2027, 3, 1, 12, tzinfo=UTC) - NOON)
    berlin.look()
    berlin.look()
    assert _configured(outlook) == []
    without_summer_time = replace(berlin, schedules=_until("2027-11-20", "Africa/Algiers"), zone_data="2027a")
    without_summer_time.look()
    without_summer_time.look()
    told = _configured(outlook)
    assert next((facts["from"], facts["was"], facts["becomes"]) for facts in told) == (
        "2027-03-29T07:00:00+00:00",
        "dana",
        "ben",
    )
    assert len(told) == int(told[0]["of"])


def _until(ends: str, zone: str):
    return parse_roster(FILE.replace("2026-11-20", ends).replace("Europe/Berlin", zone), "x").schedules


def _configured(outlook: Outlook) -> list[dict[str, str]]:
    with outlook.store.reading() as shelves:
        entries = [decode(content) for content in shelves.log.waiting_contents()]
    return [dict(entry.facts) for entry in entries if entry.kind == Happening.CONFIGURED]
