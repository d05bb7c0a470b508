"""Answers the calls of Tocsin's own acts: people are paged and told, stored signals are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.app.lakekeeping import time_of
from tocsin.app.own_incidents import SERVICE as INCIDENTS
from tocsin.app.own_incidents import OwnIncidents
from tocsin.app.own_signals import OwnSignals
from tocsin.app.wiring import App
from tocsin.connectors.own.performers import ACTS, SIGNALS
from tocsin.domain.acting import Call, Caller, CallFailed
from tocsin.domain.errors import NotFound
from tocsin.domain.fence import check_hold
from tocsin.domain.ports.delivery import FailureKind
from tocsin.flow.record import held
from tocsin.flow.summon import NobodyMeant, Summon
from tocsin.store.lake import SegmentLake
from tocsin.store.lake.hot import lines
from tocsin.store.lake.manifest import micros

PREFIX = "tocsin-"
"""What begins the key by which partners know an incident."""


def own_callers(app: App) -> Mapping[str, Caller]:
    """Return who makes the calls of our own acts, by service."""
    lake = SegmentLake(app.settings.home / "lake")

    def records(since: datetime, until: datetime) -> Iterator[tuple[datetime | None, bytes]]:
        return stored(lake, since, until)

    return {
        ACTS: OwnActs(app),
        INCIDENTS: OwnIncidents(app),
        SIGNALS: OwnSignals(records, app.clock),
    }


@dataclass(frozen=True, slots=True)
class OwnActs:
    """Pages and tells people about an incident, in one transaction with the line that says so."""

    app: App

    def call(self, call: Call) -> Any:
        """Do `page` or `notify`, or look whether it was `called`. Raises `CallFailed`."""
        asked, summon = call.parameters, Summon(self.app.call)
        incident_id, text, key = _incident(asked["incident_key"]), str(asked["text"]), str(asked["key"])
        try:
            if call.operation == "called":
                with self.app.store.reading() as shelves:
                    incident = shelves.incidents.get(incident_id)
                    how = str(asked["how"])
                    is_so = incident is not None and summon.was_called(shelves, incident, how, text, key)
                return {"called": is_so}
            check_hold()
            with self.app.store.transaction() as shelves:
                act = summon.page if call.operation == "page" else summon.notify
                now = self.app.clock.now()
                people = act(shelves, held(shelves, incident_id), tuple(asked["who"]), text, key, now)
            return {"people": list(people)}
        except NobodyMeant as nobody:
            raise CallFailed(FailureKind.REFUSED, nobody.happened) from None
        except NotFound:
            raise CallFailed(FailureKind.REFUSED, "there is no such incident") from None
        finally:
            self.app.hang_up()


def stored(lake: SegmentLake, since: datetime, until: datetime) -> Iterator[tuple[datetime | None, bytes]]:
    """Yield the records of a span with their times; those that name none are left out."""
    first, last = micros(since), micros(until)
    contents = lake.contents()
    for segment in contents.segments:
        is_after = segment.first_time is not None and segment.first_time > last
        is_before = segment.last_time is not None and segment.last_time < first
        if is_after or is_before:
            continue
        for at, _, raw in lake.segment(segment).rows():
            if at is not None and first <= at <= last:
                yield time_of(raw), raw
    for _, file in contents.hot:
        for _, raw in lines(file):
            time = time_of(raw)
            if time is not None and since <= time <= until:
                yield time, raw


def _incident(key: object) -> UUID:
    try:
        return UUID(str(key).removeprefix(PREFIX))
    except ValueError:
        raise CallFailed(FailureKind.REFUSED, "incident_key names no incident of ours") from None
