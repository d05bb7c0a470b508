"""Keeps who has acknowledged an incident where several must; everybody who tells of it asks here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from tocsin.domain.incident import Incident
from tocsin.domain.ports.shelves import Shelves
from tocsin.oncall.answers import Answers, answers_from

ANSWERS = "answers"


def answers_of(shelves: Shelves, incident: Incident) -> Answers:
    """Return who has acknowledged; without a count whoever has it is enough."""
    if incident.acknowledged_at is None:
        return Answers(by=(), needs=1)
    name = str(incident.incident_id)
    stored = shelves.marks.of(ANSWERS, [name]).get(name)
    if stored is None:
        return Answers(by=(incident.acknowledged_by or "",), needs=1)
    return answers_from(stored)


def keep_answers(shelves: Shelves, incident: Incident, answers: Answers, now: datetime) -> None:
    """Keep the count of an incident, which must be held."""
    shelves.marks.keep(ANSWERS, {str(incident.incident_id): answers.written}, now)


def ask_for(shelves: Shelves, incident: Incident, needs: int, now: datetime) -> None:
    """A later step asks for more people than those before it: the count goes on to that number."""
    answers = answers_of(shelves, incident)
    if answers.by and not answers.are_enough and needs > answers.needs:
        keep_answers(shelves, incident, replace(answers, needs=needs), now)


def forget_answers(shelves: Shelves, incidents: Collection[UUID]) -> None:
    """The calls begin anew or the incidents are over: what was counted counts no more."""
    shelves.marks.drop(ANSWERS, [str(each) for each in incidents])


def still_asking(shelves: Shelves, most: int = 5000) -> dict[UUID, Answers]:
    """Return the incidents that somebody has acknowledged, but not as many as must."""
    found = {UUID(name): answers_from(stored) for name, stored in shelves.marks.all(ANSWERS, most).items()}
    return {incident: answers for incident, answers in found.items() if not answers.are_enough}
