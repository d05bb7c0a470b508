"""Read business calendars as people write them in `oncall.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tocsin.domain.calendar import Calendar
from tocsin.domain.local_time import WEEKDAYS
from tocsin.domain.pack_file import Located
from tocsin.oncall.schedules.calendar_file import CalendarRefused, Files


def read_calendars(written: Located, files: Files | None = None) -> Mapping[str, Calendar]:
    """Read a mapping of names to calendars. `files` are calendar files they may name.

    Raises `PackProblem`.
    """
    return {name.text: read_calendar(body, files) for name, body in written.entries()}


def read_calendar(written: Located, files: Files | None = None) -> Calendar:
    """Read one calendar; what is left out is Monday to Friday, 09:00 to 17:00, UTC. Raises `PackProblem`."""
    keys = written.mapping(("zone", "workdays", "opens", "closes", "holidays", "holiday_file"))
    default = Calendar()
    days = frozenset(day.day() for day in keys["holidays"].sequence()) if "holidays" in keys else frozenset()
    if "holiday_file" in keys:
        days |= _days_in(keys["holiday_file"], files or {})
    calendar = Calendar(
        zone=keys["zone"].zone() if "zone" in keys else default.zone,
        workdays=_workdays(keys["workdays"]) if "workdays" in keys else default.workdays,
        opens=keys["opens"].time_of_day() if "opens" in keys else default.opens,
        closes=keys["closes"].time_of_day() if "closes" in keys else default.closes,
        holidays=days,
    )
    if calendar.closes <= calendar.opens:
        raise written.problem("the calendar closes before it opens.", "Write `closes` later than `opens`.")
    return calendar


def _days_in(file: Located, files: Files) -> frozenset[date]:
    asked = files[file.choice(tuple(files))]
    try:
        return asked.holidays()
    except CalendarRefused as refusal:
        raise file.problem(
            f"`{file.text}` cannot be used: {refusal.happened}", refusal.next_step
        ) from refusal


def _workdays(written: Located) -> frozenset[int]:
    days = frozenset(WEEKDAYS.index(day.choice(WEEKDAYS)) for day in written.sequence())
    if not days:
        raise written.problem("there is no workday.", "Name at least one, such as `mon`.")
    return days
