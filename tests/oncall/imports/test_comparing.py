"""Every minute in which somebody else is on call is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from tocsin.domain.local_time import UTC_ZONE
from tocsin.domain.override import OverrideKind
from tocsin.domain.person import Person
from tocsin.oncall.imports.carried import Carried, CarriedPerson, CarriedSchedule, Rendered
from tocsin.oncall.imports.comparing import compare
from tocsin.oncall.schedules.asking import Span, Wish
from tocsin.oncall.schedules.schedule import Layer, Rotation, Schedule

START = datetime(2026, 10, 20, 12, 0, 30, tzinfo=UTC)
NOON = START.replace(second=0)
LAYER = Layer(
    name="l",
    zone=UTC_ZONE,
    rotation=Rotation.DAILY,
    handover=time(),
    starts=date(2026, 1, 1),
    people=("ada",),
)
WEB = Schedule(name="web", zone=UTC_ZONE, layers=(LAYER,))


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


def differences(rules, *, rendered=(), overrides=()):
    people = tuple(
        CarriedPerson(key=f"u-{name}", person=Person(username=name, name=name)) for name in ("ada", "ben")
    )
    carried = Carried(
        system="goalert",
        people=people,
        schedules=(CarriedSchedule(key="k", name="web", zone=UTC_ZONE, ours=(WEB,)),),
        rendered=tuple(rendered),
        overrides=tuple(overrides),
    )
    (found,) = compare(carried, {"web": WEB}, rules, START, timedelta(minutes=10))
    assert found.minutes == 10
    told = [
        (
            (one.start - NOON) // timedelta(minutes=1),
            (one.end - NOON) // timedelta(minutes=1),
            one.theirs,
            one.ours,
        )
        for one in found.differences
    ]
    return found.rendered, told


def ada(key: str, at: datetime) -> frozenset[str]:
    assert key == "k"
    return frozenset({"u-ada"})


def test_the_same_people_make_no_difference() -> None:
    assert differences(ada) == (0, [])


def test_each_span_of_minutes_is_told_once() -> None:
    def rules(_: str, at: datetime) -> frozenset[str]:
        if at < minute(2) or at >= minute(8):
            return frozenset({"u-ben"})
        return (
            frozenset()
            if minute(4) <= at < minute(5)
            else frozenset({"u-ada"} | ({"else"} if at == minute(5) else set()))
        )

    assert differences(rules) == (
        0,
        [
            (0, 2, ("ben",), ("ada",)),
            (4, 5, (), ("ada",)),
            (5, 6, ("ada", "else"), ("ada",)),
            (8, 10, ("ben",), ("ada",)),
        ],
    )


def test_shifts_of_the_export_count_where_there_are_some() -> None:
    shifts = [
        Rendered(schedule="k", start=minute(-5), end=minute(3), person="ada"),
        Rendered(schedule="k", start=minute(5), end=minute(7), person="ben"),
        Rendered(schedule="other", start=minute(0), end=minute(9), person="ben"),
    ]
    assert differences(ada, rendered=shifts) == (7, [(3, 5, (), ("ada",)), (5, 7, ("ben",), ("ada",))])


def test_overrides_are_in_force() -> None:
    wish = Wish(
        schedule="web",
        kind=OverrideKind.REPLACE,
        span=Span(starts_at=minute(-60), ends_at=minute(4)),
        person="ben",
    )
    assert differences(ada, overrides=[wish]) == (0, [(0, 4, ("ada",), ("ben",))])
