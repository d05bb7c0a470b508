"""Read the time intervals of an `alertmanager.yml`: `monday:friday`, `-3:-1`, `09:00` to `24:00`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from tocsin.domain.pack_file import Located
from tocsin.oncall.alertmanager.fields import sequence, text
from tocsin.oncall.alertmanager.intervals import Interval, Range

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_TIME = re.compile(r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)|24:00")
_NUMBER = re.compile(r"[-+]?\d{1,9}")
_KEYS = ("times", "weekdays", "days_of_month", "months", "years", "location")


def read_intervals(written: Located) -> tuple[Interval, ...]:
    """Read the list under a name's `time_intervals`; nothing is no interval. Raises `PackProblem`."""
    return tuple(_interval(member) for member in sequence(written))


def _interval(written: Located) -> Interval:
    found = written.mapping(_KEYS)
    return Interval(
        minutes=_ranges(found, "times", _minutes),
        weekdays=_ranges(found, "weekdays", lambda each: _named(each, _DAYS, "weekday")),
        days=_ranges(found, "days_of_month", _days),
        months=_ranges(found, "months", _months),
        years=_ranges(found, "years", lambda each: _ordered(each, _range(each, _number))),
        zone=_zone(found["location"]) if "location" in found else None,
    )


def _ranges(
    found: Mapping[str, Located], name: str, read: Callable[[Located], Range]
) -> tuple[Range, ...] | None:
    if name not in found or found[name].is_null:
        return None
    return tuple(read(each) for each in found[name].sequence())


def _minutes(written: Located) -> Range:
    found = written.mapping(("start_time", "end_time"), required=("start_time", "end_time"))
    start, end = _minute(found["start_time"]), _minute(found["end_time"])
    if start >= end:
        raise written.problem(
            "the start_time is not before the end_time.",
            "Write two intervals for a time across midnight; the day ends at 24:00.",
        )
    return start, end


def _minute(written: Located) -> int:
    spoken = text(written)
    matched = _TIME.fullmatch(spoken)
    if matched is None:
        raise written.problem(f"`{spoken}` is not a time of day.", 'Write it as "09:00", up to "24:00".')
    return 24 * 60 if matched["hour"] is None else int(matched["hour"]) * 60 + int(matched["minute"])


def _range(written: Located, read: Callable[[str, Located], int]) -> Range:
    parts = text(written).lower().split(":")
    if len(parts) > 2:
        raise written.problem(f"`{written.text}` is not a range.", "Write `first:last`.")
    return read(parts[0], written), read(parts[-1], written)


def _ordered(written: Located, found: Range) -> Range:
    if found[0] > found[1]:
        raise written.problem(f"`{written.text}` ends before it begins.", "Write the earlier one first.")
    return found


def _number(spoken: str, written: Located) -> int:
    if _NUMBER.fullmatch(spoken) is None:
        raise written.problem(f"`{spoken}` is not a number.", "Write digits.")
    return int(spoken)


def _named(written: Located, names: tuple[str, ...], what: str) -> Range:
    def number(spoken: str, where: Located) -> int:
        if spoken not in names:
            raise where.problem(f"`{spoken}` is not a {what}.", f"Use one of: {', '.join(names)}.")
        return names.index(spoken)

    return _ordered(written, _range(written, number))


def _months(written: Located) -> Range:
    def number(spoken: str, where: Located) -> int:
        return _MONTHS.index(spoken) if spoken and spoken in _MONTHS else _number(spoken, where)

    # As upstream, a number that no month has is taken and never holds.
    return _ordered(written, _range(written, number))


def _days(written: Located) -> Range:
    first, last = _range(written, _number)
    if not all(1 <= abs(each) <= 31 for each in (first, last)):
        raise written.problem(f"`{written.text}` is no range of days.", "Use 1 to 31, or -31 to -1.")
    if first < 0 < last:
        raise written.problem(
            f"`{written.text}` begins at the month's end and ends at its begin.", "Use two ranges."
        )
    # The shortest month decides what can never hold.
    if (first if first > 0 else 28 + first) > (last if last > 0 else 28 + last):
        raise written.problem(f"`{written.text}` ends before it begins.", "Write the earlier day first.")
    return first, last


def _zone(written: Located) -> ZoneInfo | None:
    if text(written) in ("", "UTC"):
        return None
    if written.text == "Local":
        raise written.problem("`Local` is another zone on every machine.", "Name an IANA time zone.")
    return written.zone()
