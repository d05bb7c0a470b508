"""Whoever is on call at once is shown by as many schedules, and nobody else is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.oncall.imports.lanes import apart, schedules
from tocsin.oncall.schedules.duty import on_duty
from tocsin.oncall.schedules.schedule import Layer, Restriction, Rotation

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 10, 20, tzinfo=UTC)


def strand(person: str, hours: tuple[int, int]) -> tuple[Layer, ...]:
    """Return a rotation of one person at some hours of the day."""
    window = Restriction(days=frozenset(range(7)), begins=time(hours[0]), ends=time(hours[1]))
    return (
        Layer(
            name="l",
            zone=UTC_ZONE,
            rotation=Rotation.DAILY,
            handover=time(),
            starts=date(2026, 1, 1),
            people=(person,),
            restrictions=(window,),
        ),
    )


HOURS = st.tuples(st.integers(0, 11), st.integers(12, 23))
LEVELS = st.lists(st.lists(HOURS, min_size=1, max_size=3), min_size=1, max_size=3)


@settings(max_examples=25, deadline=None)
@given(LEVELS)
def test_the_schedules_together_show_who_is_on(written) -> None:
    levels = [
        tuple(strand(f"p{level}{number}", hours) for number, hours in enumerate(found))
        for level, found in enumerate(written)
    ]
    made = schedules("s", UTC_ZONE, levels, NOW)
    assert made[0].name == "s"
    for hour in range(24):
        at = NOW + timedelta(hours=hour, minutes=30)
        shown = {turn.person for one in made for turn in on_duty(one, (), at).everybody}
        on = [
            {f"p{level}{number}" for number, (start, end) in enumerate(found) if start <= hour < end}
            for level, found in enumerate(written)
        ]
        assert shown == next((people for people in reversed(on) if people), set())


def test_what_is_never_on_together_shares_a_schedule() -> None:
    day, night, late = strand("ada", (8, 20)), strand("ben", (20, 8)), strand("dana", (22, 23))
    (one,) = schedules("s", UTC_ZONE, [(day, night)], NOW)
    assert [layer.name for layer in one.layers] == ["l", "l 2"]
    assert len(schedules("s", UTC_ZONE, [(day, night, late)], NOW)) == 2
    assert schedules("s", UTC_ZONE, [], NOW) == ()
    for pair in combinations((day, night, late), 2):
        assert [each.name for each in apart("s", UTC_ZONE, pair)] == ["s", "s (2)"]
