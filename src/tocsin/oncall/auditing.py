"""Judge whether anything fell through: an incident that waits for nobody, an alert that led to nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.alert import AlertReport
from tocsin.domain.timeline import Happening

ALERTNAME = "AuditorFoundGap"
SOURCE = "auditor"
LATE = timedelta(minutes=2)
"""A step that is this late is not only waiting for its turn."""
LEASE = timedelta(minutes=15)
LOST_FOR = timedelta(hours=24)
"""What was lost stays lost: it is told for a day, so that somebody sees it."""
MOST_TOLD = 10

_CALLED = frozenset(
    {
        Happening.PAGED,
        Happening.NOBODY_TO_PAGE,
        Happening.ESCALATED,
        Happening.ACKNOWLEDGED,
        Happening.MOVED,
        Happening.SEVERITY_CHANGED,
    }
)
_USED_UP = frozenset({Happening.ESCALATED, Happening.NOBODY_TO_PAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one incident. `deadline` is when its next step is due, None if none is planned.

    `pages` says that its policy calls somebody for its severity, `repeats` that it does so until somebody
    answers. `told` are the kinds of line in its timeline. `answered` says who has acknowledged where more
    must (`1 of 2 needed have acknowledged: ben`), empty where nobody has.
    """

    incident: str
    pages: bool
    repeats: bool
    deadline: datetime | None
    told: frozenset[Happening] = frozenset()
    answered: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """How far was audited, and what was found lost.

    Alerts and incidents are judged one look after they were first seen, when their transactions have surely
    ended: `*_done` is how far they were judged, `*_seen` how far they went at the last look. `is_told` says
    that the alarm was raised.
    """

    alerts_done: int
    alerts_seen: int
    incidents_done: int
    incidents_seen: int
    lost: tuple[str, ...] = ()
    lost_until: datetime | None = None
    is_told: bool = False


def unanswered_fault(standing: Standing, now: datetime) -> str | None:
    """Say what is wrong with an active incident too few acknowledged, None when it waits for a step.

    A policy that repeats until somebody answers always has a next step; another may have used up its own.
    """
    if not standing.pages:
        return None
    if standing.deadline is not None:
        if now - standing.deadline <= LATE:
            return None
        due = f"{standing.deadline:%Y-%m-%d %H:%M:%S} UTC"
        return f"{standing.incident}: its next step was due at {due} and was not taken."
    if not standing.repeats and standing.told & _USED_UP:
        return None
    who = standing.answered or "nobody acknowledged it"
    return f"{standing.incident}: {who}, and no further step is planned."


def opened_fault(standing: Standing) -> str | None:
    """Say what is wrong with an incident opened a while ago, None if its timeline tells who or why not."""
    if not standing.pages or standing.deadline is not None or standing.told & _CALLED:
        return None
    return f"{standing.incident}: it was opened, nobody was called, and nothing says why."


def alert_fault(number: int) -> str:
    """Say what is wrong with an alert that has neither an incident nor a story."""
    return f"ALR-{number}: it was accepted, belongs to no incident, and nothing says why."


def begun(alerts: int, incidents: int) -> Ledger:
    """Return the ledger of a first look; what was there before is not judged."""
    return Ledger(alerts_done=alerts, alerts_seen=alerts, incidents_done=incidents, incidents_seen=incidents)


def closed(ledger: Ledger, alerts: int, incidents: int, lost: Sequence[str], now: datetime) -> Ledger:
    """Return the ledger after a look that judged up to what was seen before; the tops are of this look."""
    kept = ledger.lost if ledger.lost_until is not None and now < ledger.lost_until else ()
    all_lost = tuple(dict.fromkeys((*kept, *lost)))[:MOST_TOLD]
    return Ledger(
        alerts_done=ledger.alerts_seen,
        alerts_seen=alerts,
        incidents_done=ledger.incidents_seen,
        incidents_seen=incidents,
        lost=all_lost,
        lost_until=now + LOST_FOR if lost else (ledger.lost_until if all_lost else None),
        is_told=ledger.is_told,
    )


def alarm(faults: Sequence[str], now: datetime, *, is_told: bool) -> AlertReport | None:
    """Return the alarm, its renewal or its end; None when there is nothing to say."""
    if not faults and not is_told:
        return None
    more = f" And {len(faults) - MOST_TOLD} more." if len(faults) > MOST_TOLD else ""
    return AlertReport(
        source=SOURCE,
        labels={"alertname": ALERTNAME, "severity": "critical", "incident_type": "service-degradation"},
        annotations={
            "summary": "Something fell through: an incident or an alert that waits for nobody",
            "description": " ".join(faults[:MOST_TOLD]) + more,
        },
        ends_at=now + LEASE if faults else now,
    )


def written(ledger: Ledger) -> bytes:
    """Return a ledger as it is stored."""
    return json.dumps(
        {
            "alerts": [ledger.alerts_done, ledger.alerts_seen],
            "incidents": [ledger.incidents_done, ledger.incidents_seen],
            "lost": list(ledger.lost),
            "lost_until": None if ledger.lost_until is None else ledger.lost_until.isoformat(),
            "is_told": ledger.is_told,
        }
    ).encode("ascii")


def ledger_of(stored: bytes | None) -> Ledger | None:
    """Read a stored ledger; none, or a damaged one, is None: then a first look begins."""
    try:
        found = json.loads(stored or b"")
        until = found["lost_until"]
        (alerts_done, alerts_seen), (incidents_done, incidents_seen) = found["alerts"], found["incidents"]
        return Ledger(
            alerts_done=int(alerts_done),
            alerts_seen=int(alerts_seen),
            incidents_done=int(incidents_done),
            incidents_seen=int(incidents_seen),
            lost=tuple(str(each) for each in found["lost"]),
            lost_until=None if until is None else datetime.fromisoformat(until),
            is_told=bool(found["is_told"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
