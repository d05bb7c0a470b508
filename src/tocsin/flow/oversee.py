"""Nothing falls through: each minute it is asked what became of every alert and who is called next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from tocsin.domain.clock import Clock
from tocsin.domain.ports.oversight import Unanswered
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.answers import still_asking
from tocsin.flow.call import ESCALATE, Call
from tocsin.flow.take import Take
from tocsin.oncall.answers import Answers
from tocsin.oncall.auditing import (
    Ledger,
    Standing,
    alarm,
    alert_fault,
    begun,
    closed,
    ledger_of,
    opened_fault,
    unanswered_fault,
    written,
)

AUDITOR = "auditor"
_LEDGER = "ledger"
_NONE: Mapping[UUID, Answers] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Oversee:
    """Looks over everything in one transaction; safe beside other processes that look too."""

    store: Store
    clock: Clock
    take: Take
    call: Call

    def look(self) -> tuple[str, ...]:
        """Look once; raise, renew or end our own alarm. Return what was found wrong."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(AUDITOR)
            tops = shelves.oversight.tops()
            known = ledger_of(shelves.marks.of(AUDITOR, [_LEDGER]).get(_LEDGER))
            ledger = known or begun(tops.alert, tops.incident)
            lost = self._lost(shelves, ledger)
            ledger = closed(ledger, tops.alert, tops.incident, lost, now)
            faults = (*self._unanswered(shelves, now), *ledger.lost)
            report = alarm(faults, now, is_told=ledger.is_told)
            kept = replace(ledger, is_told=bool(faults))
            shelves.marks.keep(AUDITOR, {_LEDGER: written(kept)}, now)
            if report is not None:
                self.take.own(shelves, [report])
        return faults

    def _unanswered(self, shelves: Shelves, now: datetime) -> tuple[str, ...]:
        asking = still_asking(shelves)
        standings = self._standings(shelves, shelves.oversight.unanswered(also=asking), asking)
        found = (unanswered_fault(each, now) for each in standings)
        return tuple(fault for fault in found if fault is not None)

    def _lost(self, shelves: Shelves, ledger: Ledger) -> tuple[str, ...]:
        opened = shelves.oversight.opened(ledger.incidents_done, ledger.incidents_seen)
        found = (opened_fault(each) for each in self._standings(shelves, opened))
        alerts = shelves.oversight.unaccounted(ledger.alerts_done, ledger.alerts_seen)
        return (*(fault for fault in found if fault is not None), *map(alert_fault, alerts))

    def _standings(
        self, shelves: Shelves, incidents: Sequence[Unanswered], asking: Mapping[UUID, Answers] = _NONE
    ) -> tuple[Standing, ...]:
        """Return how incidents stand; timelines are read only of those that wait for no step."""
        due = shelves.oversight.due([_next_step(each) for each in incidents])
        without = [each.incident_id for each in incidents if _next_step(each) not in due]
        told = shelves.oversight.happened_in(without)
        standings = []
        for each in incidents:
            policy = self.call.roster.policy(each.policy)
            answers = asking.get(each.incident_id)
            standings.append(
                Standing(
                    incident=each.short_name,
                    pages=policy.pages(each.severity),
                    repeats=policy.rounds is None,
                    deadline=due.get(_next_step(each)),
                    told=told.get(each.incident_id, frozenset()),
                    answered=answers.words if answers else "",
                )
            )
        return tuple(standings)


def _next_step(incident: Unanswered) -> str:
    """Return the key of the job that takes the incident's next step."""
    return f"{ESCALATE}:{incident.incident_id}"
