"""Start, meet and miss the clocks of an incident."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tocsin.domain.incident import ClockKind, Incident, IncidentClock
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.incidents.changed import TOCSIN, Changed, line
from tocsin.incidents.clock_policy import ClockPolicy, Span

_OWNERS = {
    ClockKind.ACKNOWLEDGE: "on-call",
    ClockKind.ENGAGE: "commander",
    ClockKind.REVIEW: "commander",
}
_CONSEQUENCES = {
    ClockKind.ACKNOWLEDGE: "the miss is recorded and the escalation goes on",
    ClockKind.ENGAGE: "the miss is recorded: work has not begun in time",
    ClockKind.REVIEW: "the miss is recorded: the review is overdue",
}


def started(severity: Severity, now: datetime, policy: ClockPolicy) -> tuple[IncidentClock, ...]:
    """Return the clocks that begin when an incident of this severity opens."""
    clocks = policy.clocks[severity]
    spans = ((ClockKind.ACKNOWLEDGE, clocks.acknowledge), (ClockKind.ENGAGE, clocks.engage))
    return tuple(_clock(kind, span, now, policy) for kind, span in spans if span is not None)


def reviews(severity: Severity, now: datetime, policy: ClockPolicy) -> tuple[IncidentClock, ...]:
    """Return the review clocks that begin when an incident is resolved, each with its own miss."""
    spans = policy.clocks[severity].review
    return tuple(_clock(ClockKind.REVIEW, span, now, policy) for span in spans)


def restarted(incident: Incident, severity: Severity, now: datetime, policy: ClockPolicy) -> Incident:
    """Return the incident with the clocks of its new severity.

    A clock that was met or missed stays as it is; beside one that was met a new one starts if the incident
    waits to be acknowledged again. One that runs keeps the earlier of its old and its new deadline when the
    severity got worse, takes the new one when it got better, and ends if there is none.
    """
    settled = tuple(
        clock for clock in incident.clocks if not clock.is_running or clock.kind is ClockKind.REVIEW
    )
    waits = incident.acknowledged_at is None
    done = {clock.kind for clock in settled if not (waits and clock.met_at)}
    if not waits:
        done.add(ClockKind.ACKNOWLEDGE)
    fresh = tuple(clock for clock in started(severity, now, policy) if clock.kind not in done)
    if severity.is_worse_than(incident.severity):
        old = {clock.kind: clock for clock in incident.clocks if clock.is_running}
        fresh = tuple(min(clock, old.get(clock.kind, clock), key=lambda one: one.due_at) for clock in fresh)
    return replace(incident, clocks=(*settled, *fresh))


def asks_again(incident: Incident, severity: Severity, policy: ClockPolicy) -> bool:
    """Say whether an acknowledgement no longer holds: it was given at leisure, and now minutes count."""
    before, after = (policy.clocks[one].acknowledge for one in (incident.severity, severity))
    was_urgent = before is not None and before.elapsed is not None
    is_urgent = after is not None and after.elapsed is not None
    return incident.acknowledged_at is not None and is_urgent and not was_urgent


def met(incident: Incident, kind: ClockKind, now: datetime, by: str = TOCSIN) -> Changed:
    """Meet every clock of the kind that was not met yet; one that is late is missed first, then met.

    Meeting twice changes nothing.
    """
    overdue = missed(incident, now)
    clocks = []
    entries = []
    for clock in overdue.incident.clocks:
        if clock.kind is kind and clock.met_at is None:
            clock = replace(clock, met_at=now)
            late = " late" if clock.missed_at else ""
            entries.append(
                line(incident, Happening.CLOCK_MET, f"The {kind} clock was met{late}.", by=by, now=now)
            )
        clocks.append(clock)
    if not entries:
        return Changed(incident=incident)
    return overdue.then(
        Changed(incident=replace(overdue.incident, clocks=tuple(clocks)), entries=tuple(entries))
    )


def missed(incident: Incident, now: datetime) -> Changed:
    """Mark each running clock whose deadline has passed, exactly once."""
    late = tuple(clock for clock in incident.clocks if clock.is_running and clock.due_at <= now)
    if not late:
        return Changed(incident=incident)
    clocks = tuple(replace(clock, missed_at=now) if clock in late else clock for clock in incident.clocks)
    entries = tuple(
        line(
            incident,
            Happening.CLOCK_MISSED,
            f"The {clock.kind} clock of {clock.owner} was due at {clock.due_at:%Y-%m-%d %H:%M:%S} UTC "
            f"and was missed: {clock.consequence}.",
            by=TOCSIN,
            now=now,
        )
        for clock in late
    )
    return Changed(incident=replace(incident, clocks=clocks), entries=entries)


def without_running(incident: Incident, *kinds: ClockKind) -> Incident:
    """Return the incident without the running clocks of these kinds, which no longer measure anything."""
    clocks = tuple(clock for clock in incident.clocks if not (clock.is_running and clock.kind in kinds))
    return replace(incident, clocks=clocks)


def _clock(kind: ClockKind, span: Span, now: datetime, policy: ClockPolicy) -> IncidentClock:
    return IncidentClock(
        kind=kind,
        started_at=now,
        due_at=span.due(now, policy.calendar),
        owner=_OWNERS[kind],
        consequence=f"{_CONSEQUENCES[kind]} (within {span.spoken(policy.calendar)})",
    )
