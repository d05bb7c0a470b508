"""Legal holds: what may not be destroyed, and when an exhibit may be at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from tocsin.domain.bag import LegalHold
from tocsin.domain.errors import Explained
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.incident import Incident, Status

CONSENTS = 2
"""So many people consent to a destruction: it is the one thing here that cannot be undone."""
ASKED_FOR = timedelta(days=7)


class EvidenceHeld(Explained):
    """An exhibit may not be destroyed: it is under legal hold, or its incident is not closed (HTTP 409)."""

    code = "evidence_held"
    status: ClassVar[int] = 409

    def __init__(self, exhibit: Exhibit, why: str, next_step: str) -> None:
        super().__init__(
            f"{exhibit.short_name} may not be destroyed: {why}.",
            means="Its bytes are untouched.",
            next_step=next_step,
        )


class HoldReasonMissing(Explained):
    """A hold, a release or a destruction was asked for without a reason."""

    code = "evidence_reason_missing"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(
            "A reason is missing.",
            means="Nothing was changed: what is held, let go or destroyed must be understood years later.",
            next_step="Say who asks for what, for example the number of a court's order.",
        )


class SecondPersonNeeded(Explained):
    """Somebody consented twice to a destruction that takes two people (HTTP 409)."""

    code = "second_person_needed"
    status: ClassVar[int] = 409

    def __init__(self, exhibit: Exhibit, person: str) -> None:
        super().__init__(
            f"{person} has consented to the destruction of {exhibit.short_name} already.",
            means="Its bytes are untouched: what cannot be undone takes two people.",
            next_step="Have another administrator look at it and consent, signed in to the console.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Destruction:
    """That an exhibit be destroyed: why, who asked and when, and the `people` who consented, signed in."""

    reason: str
    asked_by: str
    asked_at: datetime
    people: tuple[str, ...] = ()

    @property
    def is_agreed(self) -> bool:
        """Say whether as many people have consented as must."""
        return len(self.people) >= CONSENTS

    def with_consent(self, exhibit: Exhibit, person: str) -> Destruction:
        """Return it with one more who consents. Raises `SecondPersonNeeded` for the same one again."""
        if person in self.people:
            raise SecondPersonNeeded(exhibit, person)
        return replace(self, people=(*self.people, person))


def still_asked(asked: Destruction | None, now: datetime) -> Destruction | None:
    """Return what was asked for, None once it is so old that nobody means it any more."""
    return None if asked is None or now - asked.asked_at > ASKED_FOR else asked


def reason_of(text: str) -> str:
    """Return a reason on one line. Raises `HoldReasonMissing` for a blank one."""
    reason = " ".join(text.split())
    if not reason:
        raise HoldReasonMissing
    return reason


def in_force(holds: Iterable[LegalHold], incident_id: UUID) -> tuple[LegalHold, ...]:
    """Return the holds that cover an incident and are not released."""
    return tuple(
        hold for hold in holds if hold.released_at is None and hold.incident_id in (None, incident_id)
    )


def is_destroyable(incident: Incident, held: Collection[LegalHold]) -> bool:
    """Say whether exhibits of the incident may be destroyed; `held` are the holds in force for it."""
    return not held and incident.status is Status.CLOSED


def demand_destroyable(exhibit: Exhibit, incident: Incident, holds: Iterable[LegalHold]) -> None:
    """Raise `EvidenceHeld` while a hold is in force or the incident is not closed."""
    held = in_force(holds, exhibit.incident_id)
    if held:
        names = ", ".join(f"LH-{hold.number}" for hold in held)
        raise EvidenceHeld(
            exhibit, f"legal hold {names} is in force", "Release the hold first, with who allowed it."
        )
    if incident.status is not Status.CLOSED:
        raise EvidenceHeld(
            exhibit, f"{incident.short_name} is {incident.status}", "Close the incident first, or keep it."
        )


def demand_not_held_by_log(
    exhibit: Exhibit, incident: Incident, logged: Mapping[str, str], holds: Iterable[LegalHold]
) -> None:
    """Raise `EvidenceHeld` for a hold that the log knows and the table lacks: somebody took its row away.

    `logged` are the holds in force by the log, each with its incident's short name, empty for any.
    """
    kept = {f"LH-{hold.number}" for hold in holds if hold.released_at is None}
    lost = [name for name, of in logged.items() if of in ("", incident.short_name) and name not in kept]
    if lost:
        names = ", ".join(lost)
        raise EvidenceHeld(
            exhibit,
            f"legal hold {names} is in force by the log, and its row is gone or says otherwise",
            "Treat this as tampering: tell the security lead, and run `tocsin audit verify`.",
        )
