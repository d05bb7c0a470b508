"""What the chapter of actions stands on: who performs, what is asked for, and how it is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.domain.acting import Performer
from tocsin.domain.action import Action, Declaration, Demand
from tocsin.domain.bindings import ALWAYS, Bindings, bound_name, names_meant
from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.keeping import EvidenceLocker, Vault
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.evidence.policy import EvidencePolicy
from tocsin.flow.record import held, tell
from tocsin.incidents.changed import TOCSIN, line
from tocsin.response.approving import MayApprove
from tocsin.response.arguments import arguments_digest
from tocsin.response.limits import Limits

LOOK = "act.look"
ADVANCE = "act.advance"
PERFORM = "act.perform"
REVERT = "act.revert"
ALARM = "act.alarm"
LOOKED = "act-looked"
"""The kind of mark that remembers when an action's objects were last read from the partner."""
RESPONSE = "response"
"""Whoever lets an action begin, or stops all of them, holds this lock: after the stop nothing begins."""

Collect = Callable[[Shelves, Incident, Iterable[Demand], Mapping[str, Any]], None]
Ended = Callable[[Shelves, Action], None]
IsSealed = Callable[[Shelves, UUID, datetime], bool]


def nobody_waits(shelves: Shelves, action: Action) -> None:
    """Stands in where nobody wants to know that an action has ended."""


def by_checkpoint(shelves: Shelves, entry_id: UUID, now: datetime) -> bool:
    """Say whether a checkpoint covers an entry, where no witness is asked for."""
    return shelves.log.is_sealed(entry_id)


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that the chapter needs. `collect` starts collectors; `ended` hears of an action's end."""

    store: Store
    clock: Clock
    performers: Mapping[str, Performer]
    policy: EvidencePolicy
    vault: Vault
    locker: EvidenceLocker
    collect: Collect
    may_approve: MayApprove
    bindings: Bindings = field(default_factory=lambda: ALWAYS)
    limits: Limits = field(default_factory=Limits)
    is_sealed: IsSealed = by_checkpoint
    ended: Ended = nobody_waits

    def performer(self, name: str) -> Performer:
        """Return the performer of an action; its connector's prefix may be missing where one has it.

        Raises `NotFound`.
        """
        bound = bound_name(name, self.bindings)
        if bound in self.performers:
            return self.performers[bound]
        fitting = [each for known, each in self.performers.items() if known.endswith(f".{bound}")]
        if len(fitting) == 1:
            return fitting[0]
        how = "is the name of several actions" if fitting else "is no action that is set up here"
        raise NotFound(
            f"{name[:80]!r} {how}.",
            means="Nothing was proposed or changed.",
            next_step="`tocsin action list` has the names of all.",
        )

    def names(self, declaration: Declaration) -> tuple[str, ...]:
        """Return every name by which a rule may speak of an action."""
        return names_meant(declaration.name, self.bindings)


def found(shelves: Shelves, number: int) -> Action:
    """Return an action by its number. Raises `NotFound`."""
    action = shelves.actions.get(number)
    if action is None:
        raise NotFound(
            f"There is no action ACT-{number}.",
            means="Nothing was shown or changed.",
            next_step="`tocsin action list` has those there are.",
        )
    return action


def held_action(shelves: Shelves, number: int) -> tuple[Incident, Action]:
    """Hold the incident of an action, and return both as they stand now. Raises `NotFound`."""
    incident = held(shelves, found(shelves, number).incident_id)
    return incident, found(shelves, number)


def action_of(shelves: Shelves, job: Job) -> Action | None:
    """Return the action that a job is about."""
    return shelves.actions.by_id(UUID(job.args["action"]))


def job_for(action: Action, kind: str, run_at: datetime) -> Job:
    """Return the action's job of a kind; there is one of each."""
    args = {"action": str(action.action_id), "incident": str(action.incident_id)}
    return Job(kind=kind, key=f"{kind}:{action.action_id}", run_at=run_at, args=args)


def tell_action(
    shelves: Shelves,
    incident: Incident,
    action: Action,
    kind: Happening,
    words: str,
    *,
    by: str = TOCSIN,
    now: datetime,
    **facts: str,
) -> None:
    """Write one line about an action to the timeline and the log, with the digests that it is bound to."""
    text = f"{action.short_name} ({action.name}) {words}"
    told = {
        "action": action.short_name,
        "name": action.name,
        "class": action.action_class.value,
        "arguments": arguments_digest(action.arguments),
        "digest": action.digest,
        "door": action.door.value,
        **facts,
    }
    tell(shelves, incident, line(incident, kind, text, by=by, now=now), told)


def not_known(action: Action) -> str:
    """Say why an action cannot go on where no performer has its name."""
    return f"{action.name} is no action that this worker knows: it read actions.yml when it was started"


def looked_at(shelves: Shelves, action: Action) -> datetime | None:
    """Return when the action's objects were last read, None where they never were."""
    name = str(action.action_id)
    kept = shelves.marks.of(LOOKED, [name]).get(name)
    return datetime.fromisoformat(kept.decode("ascii")) if kept else None


def close(ground: Ground, shelves: Shelves, action: Action) -> None:
    """An action came to an end: nothing more is due, and who waits for it hears of it."""
    shelves.jobs.drop(f"{ADVANCE}:{action.action_id}")
    shelves.marks.drop(LOOKED, [str(action.action_id)])
    ground.ended(shelves, action)
