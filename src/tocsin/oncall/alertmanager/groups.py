"""Groups of alerts: which labels make one, its names, and when it is flushed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from tocsin.domain.notification import NotificationGroup
from tocsin.oncall.alertmanager.matcher_texts import braced
from tocsin.oncall.alertmanager.routes import Route, lineage


def group_labels(route: Route, labels: Mapping[str, str]) -> Mapping[str, str]:
    """Return the labels of an alert that the route groups by; one that the alert lacks is left out."""
    if route.group_by is None:
        return dict(labels)
    return {name: labels[name] for name in route.group_by if name in labels}


def route_key(root: Route, route: Route) -> str:
    """Return the matchers of each node from the root, joined by `/`; two routes may share it."""
    return "/".join(braced(node.matchers) for node in lineage(root, route))


def group_key(root: Route, route: Route, labels: Mapping[str, str]) -> str:
    """Return Alertmanager's text for the group of an alert: `{}/{a="b"}:{alertname="X", cluster="lab"}`.

    Its SHA-256 is the deduplication key that Alertmanager's partners see.
    """
    grouped = group_labels(route, labels)
    # Upstream sorts what it has written, so that `a1="x"` stands before `a="x"`.
    written = sorted(f"{name}={_quoted(value)}" for name, value in grouped.items())
    return f"{route_key(root, route)}:{{{', '.join(written)}}}"


def group_id(route: Route, labels: Mapping[str, str]) -> str:
    """Return SHA-256 (hex) of the route's path and the group labels: equal texts never share it."""
    named = [route.path, sorted(group_labels(route, labels).items())]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def first_flush(route: Route, starts_at: datetime, now: datetime) -> datetime:
    """Return when a new group is flushed first, for its first alert.

    That is `group_wait` after now, or now if the alert's own wait has already passed.
    """
    return now if starts_at + route.group_wait < now else now + route.group_wait


def flush_with(route: Route, group: NotificationGroup, starts_at: datetime, now: datetime) -> datetime:
    """Return when the group is flushed next once another alert has joined it.

    Before the first flush an alert that has waited long enough brings it forward to now; later nothing does.
    """
    if group.flushed_at is None and starts_at + route.group_wait < now:
        return min(group.flush_at, now)
    return group.flush_at


def next_flush(route: Route, flushed_at: datetime, now: datetime) -> datetime:
    """Return the next tick: `group_interval` after the tick of the last flush, never before `now`.

    Ticks missed meanwhile are not made up.
    """
    return max(flushed_at + route.group_interval, now)


def _quoted(value: str) -> str:
    """Quote as Go's `%q` does: control and other unprintable characters as escapes."""
    return '"' + "".join(_ESCAPES.get(sign) or _sign(sign) for sign in value) + '"'


def _sign(sign: str) -> str:
    if sign.isprintable():
        return sign
    code = ord(sign)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
