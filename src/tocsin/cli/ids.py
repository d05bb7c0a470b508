"""Reads the short names people type: INC-3, ALR-7, EX-1, Q-2, with or without the letters."""

from __future__ import annotations

from tocsin.domain.alert import Alert
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.ports.shelves import Shelves

_DIGITS_AT_MOST = 9


def number_in(text: str, prefix: str) -> int | None:
    """Return the number of `INC-3`, `inc-3` or `3`; None for anything else."""
    digits = text.upper().removeprefix(f"{prefix}-")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS_AT_MOST else None


def demand_number(text: str, prefix: str, listed_by: str) -> int:
    """Return the number of a short name. Raises `NotFound`."""
    number = number_in(text, prefix)
    if number is None:
        raise unknown(text, prefix, listed_by)
    return number


def find_incident(shelves: Shelves, text: str) -> Incident:
    """Return the incident of a short name. Raises `NotFound`."""
    number = number_in(text, "INC")
    incident = None if number is None else shelves.incidents.by_number(number)
    if incident is None:
        raise unknown(text, "INC", "tocsin incident list")
    return incident


def find_alert(shelves: Shelves, text: str) -> Alert:
    """Return the alert of a short name. Raises `NotFound`."""
    number = number_in(text, "ALR")
    alert = None if number is None else shelves.alerts.get(number)
    if alert is None:
        raise unknown(text, "ALR", "tocsin alert list")
    return alert


def unknown(text: str, prefix: str, listed_by: str) -> NotFound:
    """Return the refusal of a short name that names nothing."""
    return NotFound(
        f"{text[:40]!r} names nothing here; such a name looks like {prefix}-3.",
        means="Nothing was shown or changed.",
        next_step=f"`{listed_by}` shows those there are.",
    )
