"""Look ahead: warn of gaps and of people nothing reaches, and tell what new zone data changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from tocsin.domain.clock import Clock
from tocsin.domain.local_time import ZONE_DATA_VERSION
from tocsin.domain.override import Override
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.flow.take import Take
from tocsin.oncall.schedules.causes import Cause, CauseKind
from tocsin.oncall.schedules.changes import changed
from tocsin.oncall.schedules.outlook import BEHIND, Concern, concerns, reports
from tocsin.oncall.schedules.schedule import Schedule
from tocsin.oncall.schedules.shifts import Shift, shifts

CONCERN = "oncall-concern"
COMPUTED = "oncall-computed"
COMPUTED_AHEAD = timedelta(days=60)
_MOST_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Outlook:
    """Looks in one transaction; safe beside other processes that look too.

    `unreachable` returns what says why nothing would reach a person, "" if something would.
    """

    store: Store
    clock: Clock
    take: Take
    schedules: Mapping[str, Schedule]
    unreachable: Callable[[Shelves], Callable[[str], str]]
    zone_data: str = ZONE_DATA_VERSION

    def look(self) -> None:
        """Look once: alerts of gaps and of unreachable responders begin and end here, each told once."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(CONCERN)
            overrides = shelves.overrides.between(now - BEHIND, now + COMPUTED_AHEAD)
            self._warn(shelves, overrides, now)
            for schedule in self.schedules.values():
                self._compare(shelves, schedule, overrides, now)

    def _warn(self, shelves: Shelves, overrides: tuple[Override, ...], now: datetime) -> None:
        told = {concern.key: concern for concern in map(_concern, shelves.marks.all(CONCERN).values())}
        found = concerns(self.schedules.values(), overrides, self.unreachable(shelves), now)
        sent, remembered = reports(found, told, now)
        shelves.marks.keep(
            CONCERN, {_name(key): _written(one) for key, one in remembered.items() if key not in told}, now
        )
        shelves.marks.drop(CONCERN, [_name(key) for key in told if key not in remembered])
        if sent:
            self.take.own(shelves, sent)

    def _compare(
        self, shelves: Shelves, schedule: Schedule, overrides: tuple[Override, ...], now: datetime
    ) -> None:
        """Keep the shifts to come with the release of the zone data they were computed with.

        With another release they are computed anew, and what it changes is told in the log.
        """
        name = _name(schedule.name)
        computed = shifts(schedule, overrides, now, now + COMPUTED_AHEAD)
        kept = shelves.marks.of(COMPUTED, [name]).get(name)
        if kept is not None and (before := json.loads(kept))["zone_data"] != self.zone_data:
            was = [one for one in map(_shift, before["shifts"]) if one.end > now]
            until = max((one.end for one in was), default=now)
            _tell(shelves, schedule, was, [one for one in computed if one.start < until], now)
        shifts_to_come = [[one.start.isoformat(), one.end.isoformat(), one.person] for one in computed]
        whole = {"zone_data": self.zone_data, "shifts": shifts_to_come}
        shelves.marks.keep(COMPUTED, {name: json.dumps(whole).encode()}, now)


def _tell(shelves: Shelves, schedule: Schedule, was: list[Shift], now_is: list[Shift], now: datetime) -> None:
    until = max((one.end for one in was), default=now)
    differences = [one for one in changed(was, now_is) if one.start < until and one.end > now]
    for one in differences[:_MOST_CHANGES]:
        facts = {
            "why": f"zone data {ZONE_DATA_VERSION}",
            "from": one.start.isoformat(),
            "until": one.end.isoformat(),
            "was": " ".join(one.was),
            "becomes": " ".join(one.becomes),
            "of": str(len(differences)),
        }
        note(shelves, Happening.CONFIGURED, at=now, subject=schedule.name, facts=facts)


def _shift(written: list[str]) -> Shift:
    start, end, person = written
    return Shift(
        start=datetime.fromisoformat(start),
        end=datetime.fromisoformat(end),
        person=person,
        cause=Cause(kind=CauseKind.LAYER, text=""),
    )


def _name(key: str) -> str:
    """Return a short name whatever the schedule is called."""
    return sha256(key.encode()).hexdigest()[:32]


def _written(concern: Concern) -> bytes:
    return json.dumps(
        {
            "key": concern.key,
            "alertname": concern.alertname,
            "schedule": concern.schedule,
            "person": concern.person,
            "starts": concern.starts.isoformat(),
            "text": concern.text,
        }
    ).encode()


def _concern(kept: bytes) -> Concern:
    read = json.loads(kept)
    return Concern(**{**read, "starts": datetime.fromisoformat(read["starts"])})
