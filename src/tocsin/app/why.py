"""Why people were paged for an alert, or why not: everything that was recorded of it, read at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.app.wiring import App
from tocsin.domain.alert import Alert, AlertLine
from tocsin.domain.attempt import Attempt
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.page import Delivery, Page
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening, TimelineEntry
from tocsin.flow.call import awaited
from tocsin.flow.notifying import MESSAGE
from tocsin.oncall import why as reasons
from tocsin.oncall.people import ADMINISTRATORS
from tocsin.oncall.roster import Roster
from tocsin.oncall.why import Basis, Fact, Records
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore
from tocsin.triage.silencing import muting_window

MOST_STEPS = 200
_MOST_DIGITS = 9
_A_MOMENT = timedelta(seconds=1)
_KEY = re.compile(rf"\({MESSAGE} (\S+)\)")
_SEATED = ("It opened ", "It joined ")
_BY_RECEIVER = "It ended before the receiver "
_STEPS = frozenset(
    {
        Happening.PAGED,
        Happening.PAGE_HELD,
        Happening.PAGE_FAILED,
        Happening.NOBODY_TO_PAGE,
        Happening.ESCALATED,
        Happening.ACKNOWLEDGED,
        Happening.SEVERITY_CHANGED,
        Happening.MOVED,
    }
)


class Part(StrEnum):
    """The parts of the answer that are the same for everybody, in order."""

    HEARD = "heard"
    ROUTE = "route"
    INCIDENT = "incident"
    MUTED = "muted"
    STEPS = "steps"
    RECEIVERS = "receivers"

    @property
    def words(self) -> str:
        """Return what the part is called for people."""
        return _TITLES[self]


_TITLES: Mapping[Part, str] = {
    Part.HEARD: "What was heard, and how it was classified",
    Part.ROUTE: "Route",
    Part.INCIDENT: "Group and incident",
    Part.MUTED: "What muted it",
    Part.STEPS: "Policy and steps",
    Part.RECEIVERS: "Receivers of alertmanager.yml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part, with at least one fact."""

    part: Part
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message and each try to send it, oldest first."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One page to a person, why by these channels, and its messages."""

    page: Page
    how: str
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer for one person. `because` has at least one fact; `notices` told without a call."""

    username: str
    because: tuple[Fact, ...]
    pages: tuple[Told, ...] = ()
    notices: tuple[Sent, ...] = ()

    @property
    def was_paged(self) -> bool:
        """Say whether a page was made for the person."""
        return bool(self.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The whole answer about an alert. `told` is each try to tell a receiver of alertmanager.yml."""

    alert: Alert
    incident: Incident | None
    sections: tuple[Section, ...]
    people: tuple[Answer, ...]
    told: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """All that was recorded about an alert, and the time it is asked about."""

    alert: Alert
    story: tuple[AlertLine, ...]
    now: datetime
    records: Records | None = None
    deliveries: tuple[Delivery, ...] = ()
    attempts: Mapping[str, tuple[Attempt, ...]] = field(default_factory=dict)

    def lines(self, kind: Happening) -> tuple[Fact, ...]:
        """Return the lines of one kind in the alert's own story, oldest first."""
        return tuple(Fact(text=line.text, at=line.at) for line in self.story if line.kind is kind)

    @property
    def heard(self) -> Iterator[Fact]:
        """Yield each sentence of what was written down when it was heard."""
        for fact in self.lines(Happening.ALERT_HEARD):
            yield from (Fact(text=sentence, at=fact.at) for sentence in fact.text.splitlines())

    @property
    def timeline(self) -> tuple[TimelineEntry, ...]:
        """Return its incident's timeline, none where it has no incident."""
        return self.records.timeline if self.records else ()

    @property
    def heard_at(self) -> datetime:
        """Return when it was first heard, as far as that was recorded."""
        return self.story[0].at if self.story else self.alert.starts_at


def why(app: App, alert: Alert, person: str = "") -> Why:
    """Answer for one username, or (empty) for everybody concerned.

    The on-call file is known as it is now; a fact that rests on it says so. Raises `NotFound` for a person
    whom neither the accounts, nor the on-call file, nor a page knows.
    """
    roster, now = app.policies.roster, app.clock.now()
    with app.store.reading() as shelves:
        known = _read(shelves, alert, now)
        present = _silences_now(shelves, known)
        told = shelves.pages.attempts(_keys_told(known))
    people = [_person(roster, known, each) for each in ([person] if person else _concerned(roster, known))]
    if person and not people[0].was_paged and person not in (*roster.people, ADMINISTRATORS):
        _demand_account(person)
    facts: dict[Part, tuple[Fact, ...]] = {
        Part.HEARD: _heard(known),
        Part.ROUTE: _route(known),
        Part.INCIDENT: _incident(known),
        Part.MUTED: _muted(known, present),
        Part.STEPS: _steps(roster, known),
        Part.RECEIVERS: _receivers(known),
    }
    return Why(
        alert=alert,
        incident=known.records.incident if known.records else None,
        sections=tuple(Section(part=part, facts=facts[part]) for part in Part),
        people=tuple(people),
        told=told,
    )


def alert_named(shelves: Shelves, name: str) -> Alert:
    """Return the alert of a short name, `ALR-3`. Raises `NotFound`."""
    digits = name.upper().removeprefix("ALR-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS
    alert = shelves.alerts.get(int(digits)) if is_number else None
    if alert is None:
        raise NotFound(
            f"There is no alert {name[:40]}.",
            means="Nothing was shown.",
            next_step="Look for it in the list of alerts.",
        )
    return alert


def _read(shelves: Shelves, alert: Alert, now: datetime) -> _Known:
    story = shelves.alerts.story(alert.number)
    incident = shelves.incidents.get(alert.incident_id) if alert.incident_id else None
    if incident is None:
        return _Known(alert=alert, story=story, now=now)
    deliveries = shelves.pages.deliveries_of(incident.incident_id)
    attempts: dict[str, list[Attempt]] = {}
    for each in shelves.pages.attempts([delivery.key for delivery in deliveries]):
        attempts.setdefault(each.key, []).append(each)
    records = Records(
        incident=incident,
        pages=shelves.pages.of_incident(incident.incident_id),
        notices=tuple(each for each in deliveries if each.page_id is None),
        timeline=shelves.timeline.of_incident(incident.incident_id),
        overrides=shelves.overrides.between(incident.opened_at, incident.opened_at + _A_MOMENT),
        awaited=awaited(shelves, incident),
    )
    return _Known(
        alert=alert,
        story=story,
        now=now,
        records=records,
        deliveries=deliveries,
        attempts={key: tuple(those) for key, those in attempts.items()},
    )


def _silences_now(shelves: Shelves, known: _Known) -> tuple[Fact, ...]:
    """Say which silences fit the alert now; one that was made after it was heard muted nothing."""
    if known.alert.is_resolved(known.now):
        return ()
    found = []
    for silence in shelves.silences.ending_after(known.now):
        window = muting_window(silence, known.now) if silence.fits(known.alert.labels) else None
        if window is not None:
            text = (
                f"Silence {silence.silence_id} of {silence.owner} ({silence.comment}) fits it now, until "
                f"{window.end:%Y-%m-%d %H:%M:%S} UTC. What has called already goes on."
            )
            found.append(Fact(text=text, basis=Basis.PRESENT))
    return tuple(found)


def _keys_told(known: _Known) -> list[str]:
    lines = (fact.text for fact in known.lines(Happening.ALERT_NOTIFIED))
    return list(dict.fromkeys(key for text in lines for key in _KEY.findall(text)))


def _concerned(roster: Roster, known: _Known) -> tuple[str, ...]:
    if known.records is None:
        return reasons.on_call(roster, (), known.heard_at)
    return reasons.concerned(roster, known.records)


def _person(roster: Roster, known: _Known, username: str) -> Answer:
    records = known.records
    if records is None:
        because = (*_without_incident(known), *reasons.standing(roster, (), username, known.heard_at))
        return Answer(username=username, because=because)
    pages = tuple(
        Told(page=page, how=reasons.how(records, page), sent=_sent(known, _of_page(known, page)))
        for page in records.pages
        if page.person == username
    )
    return Answer(
        username=username,
        because=reasons.because(roster, records, username),
        pages=pages,
        notices=_sent(known, reasons.notices_to(roster, records.notices, username)),
    )


def _of_page(known: _Known, page: Page) -> Iterator[Delivery]:
    return (each for each in known.deliveries if each.page_id == page.page_id)


def _sent(known: _Known, deliveries: Iterable[Delivery]) -> tuple[Sent, ...]:
    return tuple(Sent(delivery=each, attempts=known.attempts.get(each.key, ())) for each in deliveries)


def _without_incident(known: _Known) -> tuple[Fact, ...]:
    name = known.alert.short_name
    said = (*known.lines(Happening.ALERT_RECORDED), *known.lines(Happening.ALERT_MUTED))
    return (Fact(text=f"{name} belongs to no incident, and only an incident calls people."), *said)


def _heard(known: _Known) -> tuple[Fact, ...]:
    alert = known.alert
    said = [fact for fact in known.heard if not fact.text.startswith(_SEATED)]
    if not said:
        text = f"It was heard from {alert.source}; how it was classified was not recorded then."
        said = [Fact(text=text, at=alert.starts_at)]
    reports = f"{alert.count} signal{'s' if alert.count != 1 else ''}"
    text = f"{reports} stand{'s' if alert.count == 1 else ''} behind it; it was last heard of then."
    said.append(Fact(text=text, at=alert.updated_at))
    if not alert.is_resolved(known.now):
        said.append(Fact(text=f"It fires, until {alert.ends_at:%Y-%m-%d %H:%M:%S} UTC unless heard again."))
    elif alert.ends_by_timeout:
        said.append(Fact(text="It ended, for nothing was heard of it any more.", at=alert.ends_at))
    else:
        said.append(Fact(text="It ended, by its sender's word.", at=alert.ends_at))
    return tuple(said)


def _route(known: _Known) -> tuple[Fact, ...]:
    routed = tuple(_entries(known.timeline, frozenset({Happening.ALERT_ROUTED})))
    if not routed and known.records is None:
        routed = (Fact(text="It needed no policy: it belongs to no incident."),)
    elif not routed:
        routed = (
            Fact(text="No route was recorded: the on-call file had none, so the policy default counts."),
        )
    grouped = known.lines(Happening.ALERT_GROUPED)
    return (*routed, *(grouped or _not_in_force("put it into a group")))


def _not_in_force(did: str) -> tuple[Fact, ...]:
    return (Fact(text=f"No alertmanager.yml {did}: none was in force when it was heard."),)


def _incident(known: _Known) -> tuple[Fact, ...]:
    said = [fact for fact in known.heard if fact.text.startswith(_SEATED)]
    said += [fact for fact in known.lines(Happening.ALERT_RECORDED) if not fact.text.startswith(_BY_RECEIVER)]
    if known.records is not None:
        incident = known.records.incident
        text = (
            f"{incident.short_name}, opened for the group {incident.group_key}, is {incident.status} and "
            f"{incident.severity.label} now."
        )
        return (*said, Fact(text=text, at=incident.opened_at))
    if known.alert.muted_by or known.lines(Happening.ALERT_MUTED):
        said.append(Fact(text="It opened and joined no incident while it was muted."))
    return tuple(said) or (Fact(text="It opened and joined no incident."),)


def _muted(known: _Known, present: tuple[Fact, ...]) -> tuple[Fact, ...]:
    kinds = (Happening.ALERT_MUTED, Happening.ALERT_UNMUTED)
    said = tuple(Fact(text=line.text, at=line.at) for line in known.story if line.kind in kinds)
    nothing = Fact(
        text="Nothing muted it: no silence, inhibition or time interval fitted, and it did not flap."
    )
    return (*(said or (nothing,)), *present)


def _steps(roster: Roster, known: _Known) -> tuple[Fact, ...]:
    records = known.records
    if records is None:
        return (Fact(text="No step was taken: it belongs to no incident."),)
    said = list(_entries(known.timeline, _STEPS))
    if len(said) > MOST_STEPS:
        left_out = Fact(text=f"{len(said) - MOST_STEPS} lines between are in {records.incident.short_name}.")
        said = [*said[: MOST_STEPS // 2], left_out, *said[-MOST_STEPS // 2 :]]
    if records.awaited is not None:
        said.append(reasons.awaiting(roster, records.incident, records.awaited))
    if not roster.pages(records.incident.severity, records.incident.policy):
        said.extend(reasons.calls_nobody(roster, records.incident))
    return tuple(said) or (Fact(text="No step was taken so far, and none is waited for."),)


def _receivers(known: _Known) -> tuple[Fact, ...]:
    kinds = (Happening.ALERT_NOTIFIED, Happening.ALERT_RECORDED)
    said = tuple(
        Fact(text=line.text, at=line.at)
        for line in known.story
        if line.kind in kinds
        and (line.kind is Happening.ALERT_NOTIFIED or line.text.startswith(_BY_RECEIVER))
    )
    if not said and known.lines(Happening.ALERT_GROUPED):
        return (Fact(text="No receiver was told of it: its group was not due, or it was muted."),)
    return said or _not_in_force("told a receiver of it")


def _entries(timeline: Sequence[TimelineEntry], kinds: frozenset[Happening]) -> Iterator[Fact]:
    return (Fact(text=entry.text, at=entry.at) for entry in timeline if entry.kind in kinds)


def _demand_account(username: str) -> None:
    if Accounts(DjangoStore()).by_username(username) is None:
        raise NotFound(
            f"There is no account {username[:80]!r}.",
            means="Nothing was shown.",
            next_step="`tocsin person list` shows those there are; the on-call file names others.",
        )
