"""Read RFC 5545 rules of recurring silences, and find their windows without ever counting from the start."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.domain.silence import Recurrence

MAX_RULE_CHARACTERS = 200
MAX_LASTS = timedelta(days=7)
"""No window is longer; so whether one is open is known from the last eight local days alone."""
MAX_INTERVAL = 1000
DAY = timedelta(days=1)
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"(?P<nth>[+-]?[1-5])?(?P<day>MO|TU|WE|TH|FR|SA|SU)")
_NUMBERS = {
    "INTERVAL": (1, MAX_INTERVAL, "[0-9]{1,4}"),
    "BYHOUR": (0, 23, "[0-9]{1,2}"),
    "BYMINUTE": (0, 59, "[0-9]{1,2}"),
    "BYMONTH": (1, 12, "[0-9]{1,2}"),
    "BYMONTHDAY": (-31, 31, "[+-]?(?!0)[0-9]{1,2}"),
}
_SINGLE = ("INTERVAL", "BYHOUR", "BYMINUTE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A checked rule. `days` are (nth in the month or 0, weekday with Monday 0); empty parts mean any."""

    frequency: str
    interval: int
    days: tuple[tuple[int, int], ...]
    month_days: tuple[int, ...]
    months: tuple[int, ...]
    hour: int | None
    minute: int | None
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One time that a silence mutes: from `start` until before `end`, both UTC."""

    start: datetime
    end: datetime


@lru_cache(maxsize=512)
def read_rule(text: str) -> Rule:
    """Read `FREQ=WEEKLY;BYDAY=SU`. Raises `ValueError` with the reason, a whole sentence.

    Known are FREQ (daily to yearly), INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, one BYHOUR, one BYMINUTE, UNTIL as
    a date, and WKST=MO. A rule that comes more often than daily would be a silence that never ends.
    """
    if len(text) > MAX_RULE_CHARACTERS:
        raise ValueError(f"The rule has more than {MAX_RULE_CHARACTERS} characters.")
    parts = _parts(text)
    frequency = parts.pop("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise ValueError(f"FREQ must be one of {', '.join(_FREQUENCIES)}.")
    if parts.pop("WKST", "MO") != "MO":
        raise ValueError("Weeks begin on Monday here; leave WKST out.")
    days, until = _days(parts.pop("BYDAY", "")), _until(parts.pop("UNTIL", ""))
    if frequency != "MONTHLY" and any(nth for nth, _ in days):
        raise ValueError("A numbered day such as 1MO or -1FR needs FREQ=MONTHLY.")
    numbers = {name: _numbers(name, value) for name, value in parts.items()}
    return Rule(
        frequency=frequency,
        interval=_first(numbers, "INTERVAL") or 1,
        days=days,
        month_days=numbers.get("BYMONTHDAY", ()),
        months=numbers.get("BYMONTH", ()),
        hour=_first(numbers, "BYHOUR"),
        minute=_first(numbers, "BYMINUTE"),
        until=until,
    )


def check(recurrence: Recurrence) -> None:
    """Raise `ValueError` with the reason unless the rule, the zone and the length can be used."""
    if not _falls_at_all(read_rule(recurrence.rule)):
        raise ValueError("The rule falls on no day of any year, such as the 30th of February.")
    try:
        ZoneInfo(recurrence.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"“{recurrence.zone[:60]}” is not an IANA time zone.") from error
    if not timedelta(minutes=1) <= recurrence.lasts <= MAX_LASTS:
        raise ValueError("Each time must last between one minute and seven days.")


def windows(recurrence: Recurrence, first: datetime, since: datetime, until: datetime) -> Iterator[Window]:
    """Yield the windows that end after `since` and start before `until`, by their start.

    `first` is when the silence itself begins: its local date anchors the rule, its local time of day is the
    start of each window unless the rule has BYHOUR or BYMINUTE. A local start inside a spring gap is taken
    with the offset before it (02:30 becomes 03:30), one that comes twice in autumn is the first. The work is
    bounded by the days between `since` and `until`, whatever the rule says.
    """
    rule, zone = read_rule(recurrence.rule), ZoneInfo(recurrence.zone)
    anchor = first.astimezone(zone)
    at = time(
        anchor.hour if rule.hour is None else rule.hour,
        anchor.minute if rule.minute is None else rule.minute,
    )
    # A window that is open began at most its length ago; one day more covers the zone's distance to UTC.
    day = max(anchor.date(), (since - recurrence.lasts).astimezone(zone).date() - DAY)
    last = until.astimezone(zone).date()
    while day <= last:
        if _falls_on(rule, day, anchor.date()):
            start = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
            window = Window(start=start, end=start + recurrence.lasts)
            if window.end > since and first - timedelta(minutes=1) < start < until:
                yield window
        day += DAY


@lru_cache(maxsize=512)
def _falls_at_all(rule: Rule) -> bool:
    """Say whether any day has what the rule asks of months and days; after 28 years the calendar repeats."""
    if not rule.month_days and not (rule.months and any(nth for nth, _ in rule.days)):
        return True
    days = (date(2000, 1, 1) + timedelta(number) for number in range(28 * 366))
    return any(_fits_day(rule, day, day) for day in days if not rule.months or day.month in rule.months)


def _falls_on(rule: Rule, day: date, anchor: date) -> bool:
    if rule.until is not None and day > rule.until:
        return False
    if rule.months and day.month not in rule.months:
        return False
    return _periods(rule.frequency, anchor, day) % rule.interval == 0 and _fits_day(rule, day, anchor)


def _periods(frequency: str, anchor: date, day: date) -> int:
    """Return how many whole days, weeks, months or years lie between the periods of two dates."""
    if frequency == "DAILY":
        return (day - anchor).days
    if frequency == "WEEKLY":
        return ((day - timedelta(day.weekday())) - (anchor - timedelta(anchor.weekday()))).days // 7
    if frequency == "MONTHLY":
        return (day.year - anchor.year) * 12 + day.month - anchor.month
    return day.year - anchor.year


def _fits_day(rule: Rule, day: date, anchor: date) -> bool:
    if not rule.days and not rule.month_days:
        return _fits_anchor(rule, day, anchor)
    if rule.month_days and not {day.day, day.day - _length_of_month(day) - 1} & set(rule.month_days):
        return False
    return not rule.days or any(weekday == day.weekday() and _is_nth(nth, day) for nth, weekday in rule.days)


def _fits_anchor(rule: Rule, day: date, anchor: date) -> bool:
    """What the rule leaves open it takes from the silence's own start."""
    if rule.frequency == "DAILY":
        return True
    if rule.frequency == "WEEKLY":
        return day.weekday() == anchor.weekday()
    same_month = rule.frequency == "MONTHLY" or bool(rule.months) or day.month == anchor.month
    return same_month and day.day == anchor.day


def _is_nth(nth: int, day: date) -> bool:
    if nth == 0:
        return True
    return nth == ((day.day - 1) // 7 + 1 if nth > 0 else -((_length_of_month(day) - day.day) // 7 + 1))


def _length_of_month(day: date) -> int:
    return (date(day.year + day.month // 12, day.month % 12 + 1, 1) - day.replace(day=1)).days


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not equals or name in parts or name not in {"FREQ", "BYDAY", "UNTIL", "WKST", *_NUMBERS}:
            raise ValueError(
                f"“{part[:40]}” cannot be used: write each of FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, "
                "BYHOUR, BYMINUTE and UNTIL at most once, as NAME=VALUE."
            )
        parts[name] = value
    return parts


def _days(value: str) -> tuple[tuple[int, int], ...]:
    days = []
    for text in value.split(",") if value else ():
        found = _BYDAY.fullmatch(text)
        if found is None:
            raise ValueError(f"“{text[:40]}” is no day; write MO to SU, or 1MO and -1FR with FREQ=MONTHLY.")
        days.append((int(found["nth"] or 0), _WEEKDAYS.index(found["day"])))
    return tuple(days)


def _until(value: str) -> date | None:
    if not value:
        return None
    try:
        # The other ISO forms that Python reads, such as weeks, are not those of RFC 5545.
        return date.fromisoformat(value if re.fullmatch(r"[0-9]{8}", value) else "")
    except ValueError as error:
        raise ValueError(f"UNTIL must be a date such as 20271231, not “{value[:40]}”.") from error


def _numbers(name: str, value: str) -> tuple[int, ...]:
    low, high, pattern = _NUMBERS[name]
    numbers = []
    for text in value.split(","):
        if re.fullmatch(pattern, text) is None or not low <= int(text) <= high:
            raise ValueError(f"{name} must be between {low} and {high}, not “{text[:40]}”.")
        numbers.append(int(text))
    if name in _SINGLE and len(numbers) > 1:
        raise ValueError(f"{name} can have one value only.")
    return tuple(numbers)


def _first(numbers: Mapping[str, tuple[int, ...]], name: str) -> int | None:
    return numbers[name][0] if name in numbers else None
