"""Who must be heard of again and again: a missing sign of life is an alert, as silence sends none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.domain.alert import AlertReport
from tocsin.domain.matchers import Matcher, read_matcher
from tocsin.domain.pack_file import Located, parse
from tocsin.domain.severity import Severity

ALERTNAME = "WatchdogMissing"
SOURCE = "watchdog"
LEASE = timedelta(days=7)
"""The alarm ends when the sign of life comes, not because we were down meanwhile."""
RENEWED_AFTER = timedelta(days=1)
GRACE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One sign of life that a pack expects: after `every` it is due, after `grace` more it is missed.

    With `matchers` it is an alert that always fires (Prometheus' Watchdog) and must be sent again and again;
    without, a call of `/hooks/heartbeat/<name>`.
    """

    name: str
    every: timedelta
    grace: timedelta = GRACE
    severity: Severity = Severity.P1
    owner: str = ""
    matchers: tuple[Matcher, ...] = ()

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Say whether an alert with these labels is the sign of life."""
        return bool(self.matchers) and all(each.matches(labels) for each in self.matchers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What is remembered of one: since when it is expected, when it last came, and since when it is missed.

    `alert` is the fingerprint of the alert that it last was.
    """

    name: str
    since: datetime
    last: datetime | None = None
    missing_since: datetime | None = None
    told_at: datetime | None = None
    alert: str = ""


def due_at(heartbeat: Heartbeat, sign: Sign, deaf_until: datetime | None) -> datetime:
    """Return when it is missed; while we did not listen nothing is held against it."""
    heard = [at for at in (sign.since, sign.last, deaf_until) if at is not None]
    return max(heard) + heartbeat.every + heartbeat.grace


def look(
    heartbeat: Heartbeat, sign: Sign, heard: datetime | None, now: datetime, deaf_until: datetime | None
) -> tuple[Sign, AlertReport | None]:
    """Look at one, told when it was last heard of; return it as it is now, and what is to be reported."""
    if heard is not None and (sign.last is None or heard > sign.last):
        came = replace(sign, last=heard, missing_since=None, told_at=None)
        if now < due_at(heartbeat, came, deaf_until):
            return came, None if sign.missing_since is None else _report(heartbeat, sign, ends_at=now)
        sign = replace(sign, last=heard)
    is_missed = sign.missing_since is not None or now >= due_at(heartbeat, sign, deaf_until)
    is_told = sign.told_at is not None and now - sign.told_at < RENEWED_AFTER
    if not is_missed or is_told:
        return sign, None
    missed = replace(sign, missing_since=sign.missing_since or now, told_at=now)
    return missed, _report(heartbeat, missed, ends_at=now + LEASE)


def read_heartbeats(text: str, path: str) -> tuple[Heartbeat, ...]:
    """Read the `heartbeats` of a pack's `sources.yml`. Raises `PackProblem`."""
    root = parse(text, path).mapping({"sources", "heartbeats"}, {"sources"})
    if "heartbeats" not in root or root["heartbeats"].is_null:
        return ()
    found: dict[str, Heartbeat] = {}
    for entry in root["heartbeats"].sequence():
        heartbeat = _heartbeat(entry)
        if heartbeat.name in found:
            raise entry.problem(f"`{heartbeat.name}` is there twice.", "Give each heartbeat its own name.")
        found[heartbeat.name] = heartbeat
    return tuple(found.values())


def written(sign: Sign) -> bytes:
    """Return a sign as it is stored."""
    times = {"since": sign.since, "last": sign.last, "missing": sign.missing_since, "told": sign.told_at}
    kept = {name: None if at is None else at.isoformat() for name, at in times.items()}
    return json.dumps({**kept, "alert": sign.alert}).encode("ascii")


def sign_of(name: str, stored: bytes | None, now: datetime) -> Sign:
    """Read a stored sign; none, or a damaged one, is expected from now on."""
    try:
        found = json.loads(stored or b"")
        times = {key: _time(found[key]) for key in ("since", "last", "missing", "told")}
        return Sign(
            name=name,
            since=times["since"] or now,
            last=times["last"],
            missing_since=times["missing"],
            told_at=times["told"],
            alert=str(found["alert"]),
        )
    except (ValueError, KeyError, TypeError):
        return Sign(name=name, since=now)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _report(heartbeat: Heartbeat, sign: Sign, *, ends_at: datetime) -> AlertReport:
    last = "never" if sign.last is None else f"{sign.last:%Y-%m-%d %H:%M:%S} UTC"
    labels = {
        "alertname": ALERTNAME,
        "heartbeat": heartbeat.name,
        "severity": heartbeat.severity.word.lower(),
        "incident_type": "service-degradation",
    }
    if heartbeat.owner:
        labels["owner"] = heartbeat.owner
    return AlertReport(
        source=SOURCE,
        labels=labels,
        annotations={
            "summary": f"No sign of life of {heartbeat.name}",
            "description": f"It last came at {last}. What it watches over may fail unseen.",
        },
        starts_at=sign.missing_since,
        ends_at=ends_at,
    )


def _heartbeat(entry: Located) -> Heartbeat:
    known = {"name", "every", "grace", "severity", "owner", "alert"}
    found = entry.mapping(known, {"name", "every"})
    every = found["every"].duration()
    if every <= timedelta():
        raise found["every"].problem("nothing can be expected so often.", "Write `5m` or more.")
    name = found["name"].string()
    if not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in name):
        raise found["name"].problem("a name has letters, digits and . _ - only.", "Write `nightly-backup`.")
    severity = Severity.P1
    if "severity" in found:
        severity = Severity(found["severity"].choice([each.value for each in Severity]))
    return Heartbeat(
        name=name,
        every=every,
        grace=found["grace"].duration() if "grace" in found else GRACE,
        severity=severity,
        owner=found["owner"].string() if "owner" in found else "",
        matchers=tuple(map(read_matcher, found["alert"].sequence())) if "alert" in found else (),
    )
