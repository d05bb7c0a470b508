"""Alerts of one batch are gathered by incident, so that each incident is held, changed and told once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from uuid import UUID, uuid4

from tocsin.domain.alert import Alert, AlertLine
from tocsin.domain.incident import Incident
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.flow.call import Call
from tocsin.flow.close import Close
from tocsin.flow.record import held, note, record
from tocsin.flow.respond import Respond
from tocsin.flow.runs_triggers import Triggers
from tocsin.incidents import lifecycle
from tocsin.incidents.clock_policy import ClockPolicy
from tocsin.triage.classify import Classified
from tocsin.triage.joining import Open, RecordOnly, decide
from tocsin.triage.noise import Muted, MutedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An alert that began or changed, and what triage made of it.

    `is_new` says that it is not stored yet, `muted` that it calls nobody for now. `remark` says why something
    that would have muted it does not.
    """

    alert: Alert
    classified: Classified
    is_new: bool
    muted: Muted | None = None
    remark: str = ""


@dataclass(slots=True)
class _Desk:
    """What a batch does to one incident. `opening` is set while it is still to be opened."""

    incident: Incident
    opening: lifecycle.Opening | None = None
    opener: Alert | None = None
    joined: list[Alert] = field(default_factory=list)
    raise_to: Severity | None = None
    has_grown: bool = False

    def raised(self, severity: Severity | None) -> None:
        """Remember the worst severity that a joining alert asks for."""
        if severity is not None and (self.raise_to is None or severity.is_worse_than(self.raise_to)):
            self.raise_to = severity


class _Part(Enum):
    """What an alert does to its incident."""

    OPENS = "opens"
    JOINS = "joins"
    GROWS = "grows"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an alert goes: to a desk and as what (`seated` says why), or only into the record, and why."""

    desk: _Desk | None = None
    part: _Part = _Part.GROWS
    kind: Happening = Happening.ALERT_RECORDED
    reason: str = ""
    seated: str = ""


@dataclass(slots=True)
class Gathering:
    """The alerts of one batch, inside one transaction; the triage lock is held.

    `hear` and `ended` may be called several times; every call leaves everything written.
    """

    shelves: Shelves
    now: datetime
    clocks: ClockPolicy
    call: Call
    respond: Respond
    close: Close
    triggers: Triggers = field(default_factory=Triggers)
    touched: dict[UUID, Incident] = field(default_factory=dict)
    _desks: dict[UUID, _Desk] = field(default_factory=dict)
    _groups: dict[str, UUID | None] = field(default_factory=dict)

    def hear(self, heard: Sequence[Heard]) -> tuple[Alert, ...]:
        """Put alerts to their incidents and keep them; return them as stored, in the same order."""
        self._desks.clear()
        self._groups.clear()
        places = [self._placed(each) for each in heard]
        alerts = self._stored(heard, places)
        self._tell_of_hearing(heard, places, alerts)
        recorded: dict[tuple[Happening, str], list[Alert]] = {}
        for alert, place, each in zip(alerts, places, heard, strict=True):
            if place.part is _Part.OPENS and place.desk is not None:
                place.desk.opener = alert
            elif place.part is _Part.JOINS and place.desk is not None:
                place.desk.joined.append(alert)
            elif place.reason and (each.is_new or place.kind is not Happening.ALERT_RECORDED):
                recorded.setdefault((place.kind, place.reason), []).append(alert)
            if each.remark or (each.alert.muted_by and each.muted is None):
                reason = each.remark or "Nothing mutes it any more."
                recorded.setdefault((Happening.ALERT_UNMUTED, reason), []).append(alert)
        for desk in self._desks.values():
            self._write(desk)
        for (kind, reason), those in recorded.items():
            keep_apart(self.shelves, kind, those, reason, self.now)
        return alerts

    def ended(self, alerts: Sequence[Alert]) -> None:
        """Stored alerts have ended: tell their incidents, and let those end that may."""
        of_incident: dict[UUID, list[Alert]] = {}
        for alert in alerts:
            if alert.incident_id is not None:
                of_incident.setdefault(alert.incident_id, []).append(alert)
        for incident_id, those in of_incident.items():
            self.touched[incident_id] = self._told_of_ends(held(self.shelves, incident_id), those)

    def incident_of(self, alert: Alert) -> Incident | None:
        """Return the incident of an alert, as it stands, if this batch touched it."""
        return self.touched.get(alert.incident_id) if alert.incident_id else None

    def _placed(self, heard: Heard) -> _Place:
        alert, classified = heard.alert, heard.classified
        if heard.muted is not None:
            was_told = alert.muted_by == heard.muted.reason
            return _Place(kind=Happening.ALERT_MUTED, reason="" if was_told else _told_muted(heard.muted))
        desk = self._desk_of(classified.group_key)
        decision = decide(desk.incident if desk else None, classified, alert, self.now)
        if isinstance(decision, Open):
            opening = self._opening(alert, classified, decision)
            return _Place(opening, _Part.OPENS, seated=f"It opened {_named(opening)}: {decision.reason}")
        if isinstance(decision, RecordOnly) or desk is None:
            return _Place(reason=decision.reason)
        if alert.incident_id == desk.incident.incident_id:
            # Its severity counted when it joined; a person may have rated the incident lower since.
            desk.has_grown = True
            return _Place(desk, _Part.GROWS)
        desk.raised(decision.raise_to)
        return _Place(desk, _Part.JOINS, seated=f"It joined {_named(desk)}: {decision.reason}")

    def _desk_of(self, group_key: str) -> _Desk | None:
        if group_key not in self._groups:
            active = self.shelves.incidents.active_in_group(group_key)
            if active is not None:
                self._desks[active.incident_id] = _Desk(held(self.shelves, active.incident_id))
            self._groups[group_key] = active.incident_id if active else None
        incident_id = self._groups[group_key]
        return self._desks[incident_id] if incident_id else None

    def _opening(self, alert: Alert, classified: Classified, decision: Open) -> _Desk:
        opening = lifecycle.Opening(
            incident_id=uuid4(),
            number=self.shelves.incidents.next_number(),
            title=classified.title,
            severity=decision.severity,
            type=classified.type,
            group_key=classified.group_key,
            detected_at=alert.starts_at,
            description=classified.description,
            services=classified.services,
            reasons=(*classified.reasons, decision.reason),
            drill=alert.is_drill,
        )
        if classified.is_default_severity:
            opening = self._rated(opening, alert)
        desk = _Desk(lifecycle.open_incident(opening, self.now, self.clocks).incident, opening)
        self._desks[opening.incident_id] = desk
        self._groups[classified.group_key] = opening.incident_id
        return desk

    def _rated(self, opening: lifecycle.Opening, alert: Alert) -> lifecycle.Opening:
        """A runbook may give its severity to an incident to which nobody else gave one."""
        incident = lifecycle.open_incident(opening, self.now, self.clocks).incident
        given = self.triggers.severity_for(incident, (alert,))
        if given is None:
            return opening
        severity, reason = given
        return replace(opening, severity=severity, reasons=(*opening.reasons, reason))

    def _stored(self, heard: Sequence[Heard], places: Sequence[_Place]) -> tuple[Alert, ...]:
        seated = [
            replace(
                each.alert,
                incident_id=place.desk.incident.incident_id if place.desk else each.alert.incident_id,
                muted_by=each.muted.reason if each.muted else "",
            )
            for each, place in zip(heard, places, strict=True)
        ]
        new = [alert for alert, each in zip(seated, heard, strict=True) if each.is_new]
        added = iter(self.shelves.alerts.add_all(new))
        for alert, each in zip(seated, heard, strict=True):
            if not each.is_new:
                self.shelves.alerts.save(alert)
        return tuple(next(added) if each.is_new else alert for alert, each in zip(seated, heard, strict=True))

    def _tell_of_hearing(
        self, heard: Sequence[Heard], places: Sequence[_Place], alerts: Sequence[Alert]
    ) -> None:
        """Write into the stories what was heard, how it was classified, and which incident it went to."""
        lines: list[AlertLine] = []
        for each, place, alert in zip(heard, places, alerts, strict=True):
            sentences = [_first_heard(alert), *each.classified.reasons] if each.is_new else []
            sentences += [place.seated] if place.seated else []
            if sentences:
                text = "\n".join(" ".join(sentence.split()) for sentence in sentences)
                lines.append(
                    AlertLine(alert=alert.number, at=self.now, kind=Happening.ALERT_HEARD, text=text)
                )
        self.shelves.alerts.tell(lines)

    def _write(self, desk: _Desk) -> None:
        """Record first, then call; one that opens and grows in one batch calls once, at its worst."""
        before = desk.incident
        if desk.opening is not None and desk.opener is not None:
            facts = {"alert": desk.opener.short_name, "fingerprint": desk.opener.fingerprint}
            opened = lifecycle.open_incident(desk.opening, self.now, self.clocks)
            desk.incident = record(self.shelves, opened, facts, is_new=True)
        if desk.joined:
            joined = lifecycle.join(desk.incident, desk.joined, self.now, self.clocks, raise_to=desk.raise_to)
            desk.incident = record(self.shelves, joined, named(desk.joined))
        self.touched[before.incident_id] = desk.incident
        if desk.opening is not None:
            self.call.begin(self.shelves, desk.incident, self.now)
            self.respond.begin(self.shelves, desk.incident, self.now)
        elif desk.joined:
            self.call.follow(self.shelves, before, desk.incident, self.now)
        new = [alert for alert in (desk.opener, *desk.joined) if alert is not None]
        if new:
            self.triggers.begin(self.shelves, desk.incident, new, self.now)
        if desk.joined:
            self.respond.joined(self.shelves, desk.incident, self.now)
        elif desk.has_grown:
            self.respond.grew(self.shelves, desk.incident, self.now)

    def _told_of_ends(self, incident: Incident, alerts: Sequence[Alert]) -> Incident:
        if not incident.status.is_active:
            return incident
        ended = lifecycle.alerts_resolved(incident, alerts, self.now)
        incident = record(self.shelves, ended, named(alerts))
        if self.shelves.alerts.firing_in(incident.incident_id, self.now):
            return incident
        return self.close.quiet(self.shelves, incident, self.now)


def _first_heard(alert: Alert) -> str:
    is_ours = alert.source.partition(":")[0] == "detection"
    who = f"our own detection ({alert.source})" if is_ours else alert.source
    return f"It was heard from {who} and began at {alert.starts_at:%Y-%m-%d %H:%M:%S} UTC."


def _told_muted(muted: Muted) -> str:
    if muted.by is MutedBy.SILENCE:
        return muted.reason
    return f"{muted.reason} It is judged anew at {muted.until:%Y-%m-%d %H:%M:%S} UTC if it still fires then."


def _named(desk: _Desk) -> str:
    return desk.incident.short_name


def keep_apart(
    shelves: Shelves, kind: Happening, alerts: Sequence[Alert], reason: str, now: datetime
) -> None:
    """Write down why nobody is called for some alerts: into the story of each, and once into the log."""
    shelves.alerts.tell([AlertLine(alert=each.number, at=now, kind=kind, text=reason) for each in alerts])
    first = alerts[0]
    facts = {"source": first.source, "reason": reason, **named(alerts)}
    note(shelves, kind, at=now, subject=first.short_name, facts=facts)


def named(alerts: Sequence[Alert]) -> dict[str, str]:
    """Return what a log entry says of the alerts it is about: their numbers, and one digest over them.

    The digest is the SHA-256 (hex) of their fingerprints, sorted, one a line.
    """
    if len(alerts) == 1:
        return {"alert": alerts[0].short_name, "fingerprint": alerts[0].fingerprint}
    fingerprints = "\n".join(sorted(each.fingerprint for each in alerts))
    return {
        "alerts": lifecycle.spans(alerts),
        "count": str(len(alerts)),
        "fingerprints": hashlib.sha256(fingerprints.encode("ascii")).hexdigest(),
    }
