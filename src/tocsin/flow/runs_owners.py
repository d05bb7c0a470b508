"""Whoever is to do the next step of a run hears of it: by a hand-over, or because others did the last one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.incident import Incident
from tocsin.domain.person import Role
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.run import Run
from tocsin.domain.runbook import Step
from tocsin.flow.call import Call
from tocsin.flow.summon import NobodyMeant, Summon
from tocsin.runbooks.hands import owners_of
from tocsin.runbooks.outline import Spot

FIRST_OWNERS = ("oncall",)
"""Whoever is on call was paged for the incident, and so need not be told of a first step of theirs."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Sends notices to owners of steps, inside the caller's transaction; the incident must be held.

    Behind a role is whoever is on call for it now. Where nobody is behind a name, nobody is told.
    """

    call: Call

    def handed_over(
        self, shelves: Shelves, incident: Incident, run: Run, place: str, owners: Sequence[str], now: datetime
    ) -> None:
        """Tell the new owners of a step that it is theirs."""
        text = f"The step {place} of {run.short_name} ({run.runbook_id}) is handed over to you."
        self._tell(shelves, incident, owners, text, f"{run.short_name} {place} {now.isoformat()}", now)

    def ready(
        self,
        shelves: Shelves,
        incident: Incident,
        run: Run,
        spots: Sequence[Spot],
        fresh: Collection[str],
        now: datetime,
    ) -> None:
        """Tell the owners of steps that are ready since now, as far as they did not own the one before.

        `spots` are those of the run in order, `fresh` the places that are ready since now.
        """
        before: tuple[str, ...] = FIRST_OWNERS
        for spot, step in _in_order(spots):
            owners = owners_of(step, spot.record)
            others = [each for each in owners if each not in before]
            if spot.place in fresh and others:
                text = f"{run.short_name} ({run.runbook_id}), {spot.place}: {step.do}"
                self._tell(shelves, incident, others, text, f"{run.short_name} {spot.place}", now)
            before = owners or before

    def _tell(
        self,
        shelves: Shelves,
        incident: Incident,
        owners: Sequence[str],
        text: str,
        key: str,
        now: datetime,
    ) -> None:
        names = [incident.commander or each if each == Role.COMMANDER else each for each in owners]
        try:
            Summon(self.call).notify(shelves, incident, names, text, key, now)
        except NobodyMeant:
            return


def _in_order(spots: Sequence[Spot]) -> list[tuple[Spot, Step]]:
    """Return the steps that were ever ready, in the order in which they became so."""
    found = [
        (spot.record.ready_at, spot, spot.node)
        for spot in spots
        if isinstance(spot.node, Step) and spot.record.ready_at is not None
    ]
    return [(spot, step) for _, spot, step in sorted(found, key=lambda each: each[0])]
