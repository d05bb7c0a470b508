"""Read which clocks an incident has by severity, and the calendar they count in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from tocsin.domain.calendar import Calendar
from tocsin.domain.local_time import WEEKDAYS
from tocsin.domain.pack_file import Located, parse
from tocsin.domain.severity import Severity

_BUSINESS_DAYS = re.compile(r"(?P<days>\d{1,3}) business days?")
_OTHER_READERS = ("defaults", "types", "rules")
"""Sections of the same file that the triage engine reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long a clock runs: an elapsed time, or a number of business days (then `elapsed` is None)."""

    elapsed: timedelta | None = None
    business_days: int = 0

    def due(self, start: datetime, calendar: Calendar) -> datetime:
        """Return the deadline of a clock that starts at `start`."""
        if self.elapsed is not None:
            return start + self.elapsed
        return calendar.end_after(start, self.business_days)

    def spoken(self, calendar: Calendar) -> str:
        """Return the span and, for business days, the calendar it is counted in."""
        if self.elapsed is not None:
            return _spoken_time(self.elapsed)
        days = "1 business day" if self.business_days == 1 else f"{self.business_days} business days"
        return f"{days} ({calendar.spoken})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityClocks:
    """The clocks of one severity; None or empty where it has none."""

    acknowledge: Span | None = None
    engage: Span | None = None
    review: tuple[Span, ...] = ()


_REVIEWS = (Span(elapsed=timedelta(hours=48)), Span(business_days=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPolicy:
    """The clocks of every severity. `DEFAULT_CLOCKS` is what R1, R2 and R4 ask for."""

    calendar: Calendar
    clocks: Mapping[Severity, SeverityClocks]


DEFAULT_CLOCKS = ClockPolicy(
    calendar=Calendar(opens=time()),
    clocks={
        Severity.P1: SeverityClocks(
            acknowledge=Span(elapsed=timedelta(minutes=5)),
            engage=Span(elapsed=timedelta(minutes=15)),
            review=_REVIEWS,
        ),
        Severity.P2: SeverityClocks(acknowledge=Span(elapsed=timedelta(minutes=30)), review=_REVIEWS),
        Severity.P3: SeverityClocks(acknowledge=Span(business_days=1), review=_REVIEWS),
        Severity.P4: SeverityClocks(),
    },
)


def parse_clocks(text: str, path: str) -> ClockPolicy:
    """Read the sections `clocks` and `calendar` of `triage.yml`; what is left out has the default.

    Raises `PackProblem`.
    """
    root = parse(text, path).mapping(("clocks", "calendar", *_OTHER_READERS))
    calendar = _calendar(root["calendar"]) if "calendar" in root else DEFAULT_CLOCKS.calendar
    clocks = dict(DEFAULT_CLOCKS.clocks)
    severities = root["clocks"].mapping(tuple(Severity)) if "clocks" in root else {}
    clocks.update({Severity(name): _severity_clocks(written) for name, written in severities.items()})
    return ClockPolicy(calendar=calendar, clocks=clocks)


def _severity_clocks(written: Located) -> SeverityClocks:
    keys = written.mapping(("acknowledge", "engage", "review"))
    return SeverityClocks(
        acknowledge=_span(keys["acknowledge"]) if "acknowledge" in keys else None,
        engage=_span(keys["engage"]) if "engage" in keys else None,
        review=tuple(_span(member) for member in keys["review"].sequence()) if "review" in keys else (),
    )


def _span(written: Located) -> Span:
    days = _BUSINESS_DAYS.fullmatch(written.text) if written.kind == "str" else None
    span = Span(business_days=int(days["days"])) if days else Span(elapsed=written.duration())
    if not (span.elapsed or span.business_days):
        raise written.problem(
            "a clock of no length is missed at once.", "Write `5m`, `48h` or `5 business days`."
        )
    return span


def _calendar(written: Located) -> Calendar:
    keys = written.mapping(("zone", "workdays", "day_ends", "holidays"))
    default = DEFAULT_CLOCKS.calendar
    return Calendar(
        zone=keys["zone"].zone() if "zone" in keys else default.zone,
        workdays=_workdays(keys["workdays"]) if "workdays" in keys else default.workdays,
        opens=time(),
        closes=keys["day_ends"].time_of_day() if "day_ends" in keys else default.closes,
        holidays=frozenset(day.day() for day in keys["holidays"].sequence())
        if "holidays" in keys
        else frozenset(),
    )


def _workdays(written: Located) -> frozenset[int]:
    days = frozenset(WEEKDAYS.index(day.choice(WEEKDAYS)) for day in written.sequence())
    if not days:
        raise written.problem("there is no workday.", "Name at least one, such as `mon`.")
    return days


def _spoken_time(elapsed: timedelta) -> str:
    minutes = int(elapsed.total_seconds() // 60)
    if elapsed.total_seconds() % 60:
        return f"{elapsed.total_seconds():g} s"
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
