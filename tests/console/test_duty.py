"""Who is on call, for the first page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nouns import NOON
from tocsin.console.duty import Duty, duties
from tocsin.oncall.roster import parse_roster

ROSTER = """
people:
  ben: {name: Ben Okafor, contacts: [{channel: inbox, address: ben}]}
  ada: {name: Ada Lindqvist, contacts: [{channel: inbox, address: ada}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [PEOPLE]}
escalation: {}
"""
HANDOVER = datetime(2026, 3, 4, 9, tzinfo=UTC)


def _duties(people: str, at: datetime = NOON) -> tuple[Duty, ...] | None:
    return duties(parse_roster(ROSTER.replace("PEOPLE", people), "oncall.yml"), at)


def test_the_primary_comes_first_with_the_next_handover():
    assert _duties("ben, ada") == (
        Duty(person="ben", name="Ben Okafor", role="primary", until=HANDOVER, next_person="Ada Lindqvist"),
        Duty(person="ada", name="Ada Lindqvist", role="secondary", until=HANDOVER, next_person=None),
    )


def test_a_rotation_of_one_hands_over_to_nobody():
    assert _duties("ben") == (
        Duty(person="ben", name="Ben Okafor", role="primary", until=HANDOVER, next_person=None),
    )


def test_a_gap_and_a_missing_schedule_are_told_apart():
    assert _duties("ben, ada", NOON - timedelta(days=30)) == ()
    unwritten = "people: {}\nschedule: null\nescalation: {}\n"
    assert duties(parse_roster(unwritten, "oncall.yml"), NOON) is None


def test_of_several_schedules_the_primary_of_each_is_told_and_each_gap():
    several = ROSTER.replace("schedule:", "schedules:\n  days:").replace("PEOPLE", "ben, ada")
    nights = several.replace("escalation:", "  nights: NIGHTS\nescalation:").replace(
        "NIGHTS", "{zone: UTC, rotation: weekly, handover: '09:00', starts: 2027-01-01, people: [ada]}"
    )
    days, gap = duties(parse_roster(nights, "oncall.yml"), NOON) or ()
    assert (days.person, days.schedule, days.until) == ("ben", "days", HANDOVER)
    assert (gap.person, gap.schedule) == ("", "nights")
    (alone, _) = duties(parse_roster(several, "oncall.yml"), NOON) or ()
    assert (alone.person, alone.schedule) == ("ben", "")
