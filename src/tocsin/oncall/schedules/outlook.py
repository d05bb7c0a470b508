"""Look ahead: gaps, and shifts of people whom nothing would reach, a day and more before they begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.alert import AlertReport
from tocsin.domain.override import Override
from tocsin.oncall.schedules.gaps import Gap, gaps
from tocsin.oncall.schedules.schedule import Schedule
from tocsin.oncall.schedules.shifts import shifts

AHEAD = timedelta(hours=48)
"""How far is looked ahead. People are told a day before at least, though we look only now and then."""
BEHIND = timedelta(days=7)
SOURCE = "tocsin"
FAR = timedelta(days=365)
"""Such an alert lasts until it is mended; it must not lapse while nothing repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Something about the next days that somebody should mend. `key` names it for as long as it lasts."""

    key: str
    alertname: str
    schedule: str
    person: str
    starts: datetime
    text: str


def concerns(
    schedules: Iterable[Schedule],
    overrides: Iterable[Override],
    unreachable: Callable[[str], str],
    now: datetime,
) -> tuple[Concern, ...]:
    """Return what is wrong with the next 48 hours; `unreachable` says why a person is, "" if not."""
    overrides = tuple(overrides)
    found: list[Concern] = []
    for schedule in schedules:
        found += _open_times(schedule, overrides, now)
        found += _unheard(schedule, overrides, unreachable, now)
    return tuple(found)


def _open_times(schedule: Schedule, overrides: tuple[Override, ...], now: datetime) -> list[Concern]:
    found = gaps(schedule, overrides, now - BEHIND, now + AHEAD)
    return [_open_time(schedule, gap, now) for gap in found if gap.end > now]


def _open_time(schedule: Schedule, gap: Gap, now: datetime) -> Concern:
    """A gap keeps its key while it lasts: its start, or that it is older than we look back."""
    starts = gap.start.astimezone(schedule.zone)
    is_old = gap.start == now - BEHIND
    since = "for more than a week" if is_old else f"from {starts:%Y-%m-%d %H:%M} {schedule.zone.key}"
    length = "" if is_old or gap.end == now + AHEAD else f" for {gap.minutes} min"
    return Concern(
        key=f"gap:{schedule.name}:{'old' if is_old else gap.start.isoformat()}",
        alertname="OnCallGap",
        schedule=schedule.name,
        person="",
        starts=gap.start,
        text=f"Nobody is on call by the schedule “{schedule.name}” {since}{length}.",
    )


def _unheard(
    schedule: Schedule, overrides: tuple[Override, ...], unreachable: Callable[[str], str], now: datetime
) -> list[Concern]:
    found: dict[str, Concern] = {}
    for shift in shifts(schedule, overrides, now, now + AHEAD):
        why = "" if shift.person in found else unreachable(shift.person)
        if why:
            begins = shift.start.astimezone(schedule.zone)
            found[shift.person] = Concern(
                key=f"unreachable:{schedule.name}:{shift.person}",
                alertname="ResponderUnreachable",
                schedule=schedule.name,
                person=shift.person,
                starts=shift.start,
                text=(
                    f"{schedule.called(shift.person)} is on call by the schedule “{schedule.name}” from "
                    f"{begins:%Y-%m-%d %H:%M} {schedule.zone.key}, but {why}."
                ),
            )
    return list(found.values())


def reports(
    found: Iterable[Concern], told: Mapping[str, Concern], now: datetime
) -> tuple[tuple[AlertReport, ...], Mapping[str, Concern]]:
    """Return alerts for what is new and ends for what was mended, and what has then been told of.

    `told` is what was told of before, by key. What goes on is not repeated.
    """
    current = {concern.key: concern for concern in found}
    begun = [_report(one, now, now + FAR) for key, one in current.items() if key not in told]
    ended = [_report(one, None, now) for key, one in told.items() if key not in current]
    return (*begun, *ended), {key: told.get(key, one) for key, one in current.items()}


def _report(concern: Concern, starts_at: datetime | None, ends_at: datetime) -> AlertReport:
    labels = {"alertname": concern.alertname, "schedule": concern.schedule, "severity": "warning"}
    if concern.person:
        labels["person"] = concern.person
    else:
        labels["gap"] = concern.key.removeprefix(f"gap:{concern.schedule}:")
    return AlertReport(
        source=SOURCE,
        labels=labels,
        annotations={"summary": concern.text},
        starts_at=starts_at,
        ends_at=ends_at,
    )
