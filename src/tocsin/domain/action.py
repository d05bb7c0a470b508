"""An action: what can be done to the world, what each one declares of itself, and one that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID


class ActionClass(StrEnum):
    """What an action does to the world; the last four are containment and pass the gate."""

    READ = "read"
    NOTIFY = "notify"
    EVIDENCE = "evidence"
    CONTAIN = "contain"
    ERADICATE = "eradicate"
    RECOVER = "recover"
    ROLLBACK = "rollback"

    @property
    def is_containment(self) -> bool:
        """Say whether it changes the state of what is guarded."""
        return self in _CONTAINMENTS


_CONTAINMENTS = frozenset(
    {ActionClass.CONTAIN, ActionClass.ERADICATE, ActionClass.RECOVER, ActionClass.ROLLBACK}
)


class Repeat(StrEnum):
    """How a repeat of an action is recognised, so that it is done once."""

    PARTNER_KEY = "partner-key"
    SAME_NAME = "same-name"
    SAME_VALUE = "same-value"
    LOOK_UP = "look-up"


class ParameterKind(StrEnum):
    """What kind of value an argument is. `networks` are IP addresses or CIDR blocks.

    A play gets a text or a tuple of texts, an int or a float, a bool, a timedelta, a tuple of CIDR blocks in
    their canonical form, or a map of JSON values. One that is not required and not given is left out.
    """

    TEXT = "text"
    TEXTS = "texts"
    NUMBER = "number"
    FLAG = "flag"
    DURATION = "duration"
    NETWORKS = "networks"
    MAP = "map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of an action. The value of a `secret` one is never shown, logged or kept in the clear."""

    name: str
    kind: ParameterKind
    summary: str
    required: bool = True
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What the inverse does, and what is read and kept first so that it can (the old policy, the count)."""

    does: str
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """What still works after the action, for how long (None: until somebody ends it), and what closes it."""

    remains: str
    lasts: timedelta | None = None
    closed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    """How much one action may hit: `unit` in words, the argument that is `counted` (empty: each is one).

    Caps hold for each value of the argument `each_of` on its own; where it is empty, for all together.
    `widest` is the shortest prefix length that a network may have, for IPv4 and IPv6.
    """

    unit: str
    counted: str = ""
    each_of: str = ""
    per_run: int = 10
    per_hour: int = 100
    widest: tuple[int, int] = (24, 48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right that the partner must grant, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """All that an action says of itself; without all of it, it does not load.

    `name` is `<service>.<verb>`. `undo` is None for what cannot be undone; then `no_undo` says why, and is
    shown before approval. `needs` are collectors that must have kept evidence, besides those of the policy.
    `speaks_for_people` says that a person is at work: a runbook does it only once somebody has acknowledged.
    """

    name: str
    title: str
    action_class: ActionClass
    parameters: tuple[Parameter, ...]
    repeat: Repeat
    repeat_rule: str
    undo: Undo | None
    residual: Residual
    blast: BlastRadius
    rights: tuple[Right, ...]
    no_undo: str = ""
    needs: tuple[str, ...] = ()
    time_limit_s: float = 60.0
    speaks_for_people: bool = False

    @property
    def service(self) -> str:
        """Return the first part of the name."""
        return self.name.partition(".")[0]


class Door(StrEnum):
    """By which way an action was asked for."""

    CONSOLE = "console"
    API = "api"
    CLI = "cli"
    RUNBOOK = "runbook"
    TEAMMATE = "teammate"
    STANDING = "standing"
    TIMER = "timer"


class ActionState(StrEnum):
    """How far an action has come. `unknown`: it was begun, and nobody can tell whether it took effect."""

    PROPOSED = "proposed"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNDONE = "undone"

    @property
    def is_open(self) -> bool:
        """Say whether something is still to come of it."""
        return self in (ActionState.PROPOSED, ActionState.BEGUN, ActionState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One exhibit that an action needs: which collector must have kept it, of which object (empty: any)."""

    collector: str
    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A named person's consent to one action with its exact arguments: it binds to the action's digest.

    `role` is the role as which the person consented; `standing` the number of a standing approval, if it is
    one.
    """

    person: str
    role: str
    at: datetime
    digest: str
    standing: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlass:
    """Two named people let an action go on without its exhibits, and why."""

    people: tuple[str, ...]
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing asked to be done. `ACT-number` is its short name.

    `digest` (SHA-256, hex) is over the action, its arguments, demands, undo and residual: approvals bind to
    it. `approvers` are roles, each satisfied by a different person, never by `proposed_by`. `objects` are
    what it touches, as read from the partner. `kept` is the digest in the locker of what its undo needs.
    `reverts_at` is when it undoes itself; `undoes` the action that this one takes back, `undone_by` the other
    way round.
    """

    action_id: UUID
    number: int
    incident_id: UUID
    name: str
    action_class: ActionClass
    arguments: Mapping[str, Any]
    state: ActionState
    door: Door
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    digest: str
    reason: str = ""
    approvers: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    demands: tuple[Demand, ...] = ()
    objects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: str = ""
    run_id: UUID | None = None
    step: str = ""
    revert_after: timedelta | None = None
    reverts_at: datetime | None = None
    undoes: UUID | None = None
    undone_by: UUID | None = None
    break_glass: BreakGlass | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    output: Mapping[str, Any] = field(default_factory=dict)
    verified: bool | None = None

    @property
    def short_name(self) -> str:
        """Return `ACT-n`."""
        return f"ACT-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingApproval:
    """A named person's consent in advance to one reversible action, within bounds, for a time.

    `bounds` holds for an argument the values or networks it may have; `trigger` the incident types for which
    it counts (empty: any). At most `per_hour` uses an hour. It replaces people, never exhibits.
    """

    number: int
    person: str
    action: str
    bounds: Mapping[str, tuple[str, ...]]
    trigger: tuple[str, ...]
    per_hour: int
    given_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str = ""
