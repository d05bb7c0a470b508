"""The next level of an incident's escalation policy is paged, also when somebody has acknowledged it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.domain.incident import Incident
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.call import Call
from tocsin.flow.record import tell
from tocsin.incidents.changed import TOCSIN, line
from tocsin.oncall import escalation
from tocsin.oncall.escalation import At, Situation
from tocsin.oncall.notices import NoticeEvent

_SHIFT_AT_MOST = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class NextLevel:
    """Pages whoever comes after those that were called last."""

    call: Call

    def page(self, shelves: Shelves, incident: Incident, why: str, now: datetime) -> None:
        """Page the next level now, and say why. The incident must be held.

        While the escalation still goes on its next step is made due; after it the level after the last one
        that was called is called, or the last level once more.
        """
        if not incident.status.is_active or self.call.hasten(shelves, incident, now):
            return
        decided = self._decided(shelves, incident, now)
        calls = decided.outcome.calls if isinstance(decided.outcome, escalation.Taken) else ()
        for called in calls:
            self.call.paging.page(shelves, incident, replace(called, reason=f"{why} {called.reason}"), now)
        if not calls:
            text = f"{why} No level of the escalation is left that calls anybody."
            tell(shelves, incident, line(incident, Happening.NOBODY_TO_PAGE, text, by=TOCSIN, now=now))
            self.call.telling.tell(shelves, incident, NoticeEvent.UNANSWERED, now)

    def _decided(self, shelves: Shelves, incident: Incident, now: datetime) -> escalation.StepDecision:
        roster = self.call.roster
        policy = roster.policy(incident.policy)
        steps = policy.of(incident.severity)
        called = [page.step for page in shelves.pages.of_incident(incident.incident_id)]
        following = min(max(called, default=-1) + 1, max(len(steps) - 1, 0))
        at = At(policy=policy.name, step=following, started_at=now)
        situation = Situation(now=now, overrides=shelves.overrides.between(now, now + _SHIFT_AT_MOST))
        # Whoever acknowledged is at work and late; the others are called as if nobody had.
        untaken = replace(incident, acknowledged_at=None, acknowledged_by=None)
        return escalation.decide_step(roster, untaken, at, situation)
