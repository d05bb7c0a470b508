"""What was recorded of some days: alerts as they were heard and ended, acts of people, silences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from tocsin.domain.alert import Alert, AlertLine
from tocsin.domain.incident import Incident, Status
from tocsin.domain.matchers import Matcher
from tocsin.domain.override import Override
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.severity import Severity
from tocsin.domain.silence import Silence
from tocsin.domain.timeline import Happening, TimelineEntry
from tocsin.incidents.changed import TOCSIN
from tocsin.triage.silence_rules import is_planned

MOST_ALERTS = 50_000
MOST_INCIDENTS = 50_000
_AT_ONCE = 500
_SPAN = re.compile(r"ALR-(\d+)(?: to ALR-(\d+))?")
_ONE = re.compile(r"ALR-\d+ ")
_SEVERAL = re.compile(r"\d+ alerts (?:joined at once|ended), (?P<spans>[^.]*)\.")
_SILENCED = re.compile(
    r"Silence (?P<id>[0-9a-f-]{36}) of (?P<owner>.*?) mutes it until .*?UTC: (?P<why>.*)", re.DOTALL
)
_ACTS = (Happening.ACKNOWLEDGED, Happening.MOVED, Happening.SEVERITY_CHANGED, Happening.ESCALATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardAlert:
    """One episode: when it was first heard of, and when its end became known (None: it fires still)."""

    alert: Alert
    heard_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a person did about an incident; `alerts` are the numbers of all alerts it had in the end.

    `to` is the status or severity it was given, empty for what gives none.
    """

    at: datetime
    kind: Happening
    actor: str
    alerts: tuple[int, ...]
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """All that was recorded from `start` to `end`; what began before and went on then is in it, too.

    `left_out` is how many older alerts of the time there were no room for.
    """

    start: datetime
    end: datetime
    alerts: tuple[HeardAlert, ...]
    acts: tuple[Act, ...]
    silences: tuple[Silence, ...]
    overrides: tuple[Override, ...]
    pages: Mapping[str, int]
    left_out: bool = False


def recorded(shelves: Shelves, start: datetime, end: datetime, most: int = MOST_ALERTS) -> Recorded:
    """Read what is kept of a time, the newest `most` alerts at most. Practice is left out."""
    alerts, left_out = _alerts(shelves, start, most)
    incidents = _incidents(shelves, start)
    for incident in incidents.values():
        if incident.opened_at < start:
            alerts.update((each.number, each) for each in shelves.alerts.of_incident(incident.incident_id))
    stories = _stories(shelves, sorted(alerts))
    ends: dict[int, datetime] = {}
    acts: list[Act] = []
    members = _members(alerts.values())
    for incident_id, those in members.items():
        timeline = shelves.timeline.of_incident(incident_id)
        ends |= _ends(timeline, frozenset(those))
        acts += _acts(timeline, those)
    heard = [_heard(each, stories.get(each.number, ()), incidents, ends, end) for each in alerts.values()]
    kept = shelves.silences.ending_after(start)
    return Recorded(
        start=start,
        end=end,
        alerts=tuple(sorted(heard, key=lambda each: (each.heard_at, each.alert.number))),
        acts=tuple(sorted(acts, key=lambda each: each.at)),
        silences=(
            *(each for each in kept if not is_planned(each)),
            *_forgotten(heard, stories, {each.silence_id for each in kept}),
        ),
        overrides=shelves.overrides.between(start, end),
        pages=shelves.pages.called_between(start, end),
        left_out=left_out,
    )


def _alerts(shelves: Shelves, start: datetime, most: int) -> tuple[dict[int, Alert], bool]:
    """Return the alerts of the time by number. They are numbered as they were heard, so the first that was
    last changed before the time need not be the end: one that was heard later may have ended sooner."""
    found: dict[int, Alert] = {}
    before = shelves.oversight.tops().alert + 1
    while page := shelves.alerts.before(before, _AT_ONCE):
        before = page[-1].number
        recent = [each for each in page if each.updated_at >= start or each.ends_at >= start]
        if not recent:
            return found, False
        for each in recent:
            if len(found) == most:
                return found, True
            if not each.is_drill:
                found[each.number] = each
    return found, False


def _incidents(shelves: Shelves, start: datetime) -> dict[UUID, Incident]:
    """Return the incidents that were opened in the time or went on in it."""
    found: dict[UUID, Incident] = {}
    offset = 0
    while offset < MOST_INCIDENTS and (page := shelves.incidents.listed(limit=_AT_ONCE, offset=offset)):
        offset += len(page)
        for each in page:
            went_on = each.status.is_active or (each.resolved_at is not None and each.resolved_at >= start)
            if not each.drill and (each.opened_at >= start or went_on):
                found[each.incident_id] = each
    return found


def _stories(shelves: Shelves, numbers: Sequence[int]) -> dict[int, list[AlertLine]]:
    found: dict[int, list[AlertLine]] = {}
    for place in range(0, len(numbers), _AT_ONCE):
        for line in shelves.alerts.stories(numbers[place : place + _AT_ONCE]):
            found.setdefault(line.alert, []).append(line)
    return found


def _members(alerts: Iterable[Alert]) -> dict[UUID, tuple[int, ...]]:
    found: dict[UUID, list[int]] = {}
    for each in alerts:
        if each.incident_id is not None:
            found.setdefault(each.incident_id, []).append(each.number)
    return {incident_id: tuple(sorted(those)) for incident_id, those in found.items()}


def _heard(
    alert: Alert,
    story: Sequence[AlertLine],
    incidents: Mapping[UUID, Incident],
    ends: Mapping[int, datetime],
    now: datetime,
) -> HeardAlert:
    """The first line of its story tells when it was heard; where there is none, its beginning counts."""
    incident = incidents.get(alert.incident_id) if alert.incident_id else None
    told = [line.at for line in story]
    begins = max(alert.starts_at, incident.opened_at) if incident else alert.starts_at
    heard_at = min(told, default=begins)
    ended_at = ends.get(alert.number, alert.ends_at)
    return HeardAlert(alert=alert, heard_at=heard_at, ended_at=ended_at if ended_at <= now else None)


def _ends(timeline: Sequence[TimelineEntry], members: frozenset[int]) -> dict[int, datetime]:
    """Return when the end of each alert was noticed; titles come from outside and are not looked at."""
    found: dict[int, datetime] = {}
    for entry in timeline:
        if entry.kind is Happening.ALERT_RESOLVED:
            found.update((number, entry.at) for number in _named(entry.text, members))
    return found


def _named(text: str, members: frozenset[int]) -> Iterator[int]:
    several = _SEVERAL.match(text)
    one = _ONE.match(text)
    for span in _SPAN.finditer(several["spans"] if several else one[0] if one else ""):
        first, last = int(span[1]), int(span[2] or span[1])
        yield from (number for number in members if first <= number <= last)


def _acts(timeline: Sequence[TimelineEntry], alerts: tuple[int, ...]) -> Iterator[Act]:
    for entry in timeline:
        if entry.kind not in _ACTS or entry.actor == TOCSIN:
            continue
        to = entry.text.partition(" → ")[2]
        if entry.kind is Happening.MOVED:
            to = next((each.value for each in Status if to.startswith(each.value)), "")
        elif entry.kind is Happening.SEVERITY_CHANGED:
            to = next((each.value for each in Severity if to.startswith(each.value)), "")
        else:
            to = ""
        yield Act(at=entry.at, kind=entry.kind, actor=entry.actor, alerts=alerts, to=to)


def _forgotten(
    heard: Sequence[HeardAlert], stories: Mapping[int, Sequence[AlertLine]], kept: set[UUID]
) -> Iterator[Silence]:
    """Silences are kept for five days only; what older ones muted stands in the stories of the alerts."""
    for each in heard:
        story = stories.get(each.alert.number, ())
        for place, line in enumerate(story):
            told = _SILENCED.match(line.text) if line.kind is Happening.ALERT_MUTED else None
            if told is None or UUID(told["id"]) in kept or UUID(told["id"]).version == 5:
                continue
            later = [other.at for other in story[place + 1 :] if other.kind is Happening.ALERT_UNMUTED]
            until = later[0] if later else each.ended_at or datetime.max.replace(tzinfo=line.at.tzinfo)
            yield Silence(
                silence_id=uuid4(),
                matchers=tuple(
                    Matcher(label=label, operator="=", value=value)
                    for label, value in each.alert.labels.items()
                ),
                starts_at=line.at,
                ends_at=until,
                updated_at=line.at,
                created_by=told["owner"],
                owner=told["owner"],
                comment=told["why"],
                second=told["owner"],
            )
