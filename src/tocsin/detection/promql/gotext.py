"""Numbers as Go prints them, and Prometheus' own forms for people: 1.234k, 12.3%, 1h 2m 3s."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_LARGER = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALLER = ("m", "u", "n", "p", "f", "a", "z", "y")
_BINARY = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_MOST_PLAIN_DIGITS = 6
_LATEST_S = 253_402_300_799
_EARLIEST_S = -62_135_596_800


class NotShown(ValueError):
    """A value cannot be put into this form; the message says why."""


def plain(value: float) -> str:
    """Return a number as Go's `%v` prints it: the shortest digits, with an exponent from 1e+06 on."""
    if not math.isfinite(value):
        return _special(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent if text != "0" else 1
    minus = "-" if sign else ""
    if -4 <= point - 1 < _MOST_PLAIN_DIGITS:
        return minus + _positional(text, point)
    power = point - 1
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{minus}{text[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _positional(digits: str, point: int) -> str:
    if point <= 0:
        return f"0.{'0' * -point}{digits}"
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return f"{digits[:point]}.{digits[point:]}"


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def printed(form: str, value: float) -> str:
    """Return a number by one of Go's float verbs, such as `%.2f`."""
    return form % value if math.isfinite(value) else _special(value)


def _four(value: float) -> str:
    return printed("%.4g", value)


def number_of(value: float | str) -> float:
    """Return a number, or the number a text spells. Raises `NotShown`."""
    if not isinstance(value, str):
        return float(value)
    try:
        return float(value)
    except ValueError:
        raise NotShown(f'strconv.ParseFloat: parsing "{value}": invalid syntax') from None


def humanized(value: float | str) -> str:
    """Return four digits and a decimal prefix."""
    number = number_of(value)
    if number == 0 or not math.isfinite(number):
        return _four(number)
    if abs(number) >= 1:
        return _scaled(number, 1000, _LARGER)
    number, prefix = _enlarged(number)
    return _four(number) + prefix


def humanized_1024(value: float | str) -> str:
    """Return four digits and a binary prefix."""
    number = number_of(value)
    if abs(number) <= 1 or not math.isfinite(number):
        return _four(number)
    return _scaled(number, 1024, _BINARY)


def _scaled(number: float, step: int, prefixes: Sequence[str]) -> str:
    prefix = ""
    for each in prefixes:
        if abs(number) < step:
            break
        prefix = each
        number /= step
    return _four(number) + prefix


def _enlarged(number: float) -> tuple[float, str]:
    prefix = ""
    for each in _SMALLER:
        if abs(number) >= 1:
            break
        prefix = each
        number *= 1000
    return number, prefix


def humanized_duration(value: float | str) -> str:
    """Return seconds as days, hours, minutes and seconds."""
    number = number_of(value)
    if not math.isfinite(number):
        return _four(number)
    if number == 0:
        return f"{_four(number)}s"
    if abs(number) < 1:
        number, prefix = _enlarged(number)
        return f"{_four(number)}{prefix}s"
    minus = "-" if number < 0 else ""
    number = abs(number)
    minutes, seconds = divmod(int(number), 60)
    if not minutes:
        return f"{minus}{_four(number)}s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")]
    first = next(index for index, (count, _) in enumerate(parts) if count)
    return minus + " ".join(f"{count}{unit}" for count, unit in parts[first:])


def humanized_percentage(value: float | str) -> str:
    """Return a share as per cent, with four digits."""
    return f"{_four(number_of(value) * 100)}%"


def humanized_timestamp(value: float | str) -> str:
    """Return seconds since 1970 as a UTC time. Raises `NotShown` outside the years 1 to 9999."""
    number = number_of(value)
    if not math.isfinite(number):
        return _four(number)
    if not _EARLIEST_S <= number <= _LATEST_S:
        raise NotShown(f"{plain(number)} cannot be represented as a nanoseconds timestamp")
    whole_ms = math.floor(number * 1000)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=whole_ms)
    fraction = f".{whole_ms % 1000:03d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"
