"""What a template sees of a notification: Alertmanager's data object, and nothing else of Tocsin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from tocsin.domain.alert import Alert
from tocsin.domain.notification import Notification

FIRING, RESOLVED = "firing", "resolved"
NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""How an end is written that nobody knows yet."""


class Texts(dict[str, str]):
    """Labels or annotations."""

    def __str__(self) -> str:
        return f"map[{' '.join(f'{name}:{self[name]}' for name in sorted(self))}]"


@dataclass(frozen=True, slots=True)
class Pair:
    """One label or annotation."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{{{self.name} {self.value}}}"


class Pairs(tuple[Pair, ...]):
    """Labels or annotations in order."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert as templates see it."""

    status: str
    labels: Texts
    annotations: Texts
    starts_at: datetime
    ends_at: datetime
    generator_url: str
    fingerprint: str


class AlertViews(tuple[AlertView, ...]):
    """Alerts in the notification's order."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A notification as templates see it, and as the webhook of version 4 tells it."""

    receiver: str
    status: str
    alerts: AlertViews
    group_labels: Texts
    common_labels: Texts
    common_annotations: Texts
    external_url: str


def view_of(notification: Notification) -> View:
    """Return the data object of a notification; an alert that fires at its time has the end `NEVER`."""
    return View(
        receiver=re.sub(r"[\\.+*?()|\[\]{}^$]", lambda found: f"\\{found[0]}", notification.receiver),
        status=FIRING if notification.is_firing else RESOLVED,
        alerts=AlertViews(_alert(each, notification.at) for each in notification.alerts),
        group_labels=Texts(notification.group_labels),
        common_labels=Texts(notification.common_labels),
        common_annotations=Texts(notification.common_annotations),
        external_url=notification.external_url,
    )


def sorted_pairs(texts: Mapping[str, str]) -> Pairs:
    """Return pairs by name, but `alertname` first."""
    names = sorted(texts, key=lambda name: (name != "alertname", name))
    return Pairs(Pair(name, texts[name]) for name in names)


def with_status(alerts: Iterable[AlertView], status: str) -> AlertViews:
    """Return the alerts of one status."""
    return AlertViews(each for each in alerts if each.status == status)


def without(texts: Mapping[str, str], names: Sequence[str]) -> Texts:
    """Return labels or annotations without those of some names."""
    return Texts({name: value for name, value in texts.items() if name not in names})


def go_time(at: datetime, layout: str) -> str:
    """Write a time by Go's reference layout (`2006-01-02 15:04:05 MST`)."""
    return _LAYOUT.sub(lambda found: _part(at, found[0]), layout)


def default_time(at: datetime) -> str:
    """Write a time as Go prints one: `2026-11-21 14:00:00.5 +0000 UTC`."""
    fraction = f".{at:%f}".rstrip("0").rstrip(".") if at.microsecond else ""
    return f"{at.year:04}-{at:%m-%d %H:%M:%S}{fraction} {at:%z} {at.tzname()}"


def moved(at: datetime, zone: tzinfo) -> datetime:
    """Return the same moment on another zone's clock; the two ends of time stay where they are."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


def _alert(alert: Alert, at: datetime) -> AlertView:
    is_over = alert.is_resolved(at)
    return AlertView(
        status=RESOLVED if is_over else FIRING,
        labels=Texts(alert.labels),
        annotations=Texts(alert.annotations),
        starts_at=alert.starts_at.astimezone(UTC),
        ends_at=alert.ends_at.astimezone(UTC) if is_over else NEVER,
        generator_url=alert.generator_url,
        fingerprint=alert.fingerprint,
    )


_LAYOUT = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|Z07:00|-07:00|-0700|-07|\.0+|\.9+|01|02|03|04|05|06|15|PM|pm|_2|[1-5]"
)
_STRFTIME = {
    "January": "%B",
    "Jan": "%b",
    "Monday": "%A",
    "Mon": "%a",
    "01": "%m",
    "02": "%d",
    "03": "%I",
    "04": "%M",
    "05": "%S",
    "06": "%y",
    "15": "%H",
    "PM": "%p",
}


def _part(at: datetime, sign: str) -> str:
    if sign in _STRFTIME:
        return at.strftime(_STRFTIME[sign])
    if sign.startswith("."):
        digits = f"{at:%f}000"[: len(sign) - 1]
        return f".{digits}" if sign[1] == "0" else f".{digits}".rstrip("0").rstrip(".")
    offset = at.strftime("%z") or "+0000"
    spoken = {
        "2006": f"{at.year:04}",
        "MST": at.tzname() or "",
        "-0700": offset,
        "-07:00": f"{offset[:3]}:{offset[3:5]}",
        "-07": offset[:3],
        "Z07:00": "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}",
        "pm": at.strftime("%p").lower(),
        "_2": f"{at.day:2}",
        "1": str(at.month),
        "2": str(at.day),
        "3": str((at.hour + 11) % 12 + 1),
        "4": str(at.minute),
        "5": str(at.second),
    }
    return spoken[sign]
