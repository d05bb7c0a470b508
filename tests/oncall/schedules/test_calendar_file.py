"""Tests of what a calendar file gives."""

from __future__ import annotations

from tocsin.oncall.schedules.calendar_file import Imported
from tocsin.oncall.schedules.schedule import FixedTurn


def test_of_turns_that_overlap_the_later_one_wins(utc) -> None:
    whole = FixedTurn(start=utc("2026-11-16T08:00"), end=utc("2026-11-16T12:00"), person="ben")
    later = FixedTurn(start=utc("2026-11-16T10:00"), end=utc("2026-11-16T12:00"), person="ada")
    layer = Imported(turns=(whole, later), unknown=()).layer("written")
    assert [(turn.person, turn.start.hour, turn.end.hour) for turn in layer.turns] == [
        ("ben", 8, 10),
        ("ada", 10, 12),
    ]
