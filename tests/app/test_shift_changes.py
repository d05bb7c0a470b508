"""Changed shifts are told from when until when, and what each person gains or loses."""

from __future__ import annotations

from datetime import timedelta

from nouns import NOON
from tocsin.app.shift_changes import hours_by_person, shift_changes
from tocsin.oncall.roster import parse_roster

ONCALL = """
people:
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
schedule: {zone: UTC, rotation: weekly, handover: "12:00", starts: 2026-03-01, people: [ben, ada]}
escalation: {P1: [{after: 0m, page: primary}]}
"""


def schedules(text: str):
    return parse_roster(text, "oncall.yml").schedules


def test_only_times_in_which_others_are_on_call_are_told():
    old, new = schedules(ONCALL), schedules(ONCALL.replace("[ben, ada]", "[ben, ben, ada]"))
    changes = shift_changes(old, new, (), NOON)
    assert [(each.before, each.after) for each in changes] == [
        (("ada",), ("ben",)),
        (("ben",), ("ada",)),
        (("ada",), ("ben",)),
    ]
    assert changes[0].start - NOON == timedelta(days=7)
    assert hours_by_person(changes) == {"ada": -7 * 24.0, "ben": 7 * 24.0}
    assert shift_changes(old, old, (), NOON) == ()


def test_a_schedule_that_is_gone_leaves_nobody_on_call():
    (change,) = shift_changes({**schedules(ONCALL.replace("[ben, ada]", "[ben]"))}, {}, (), NOON)
    assert (change.schedule, change.before, change.after) == ("default", ("ben",), ())
    assert change.end - change.start == timedelta(days=30)
