"""Decide at each step of an escalation whom to call, why, and when to go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.domain.incident import Incident
from tocsin.domain.override import Override
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.policies import Policy, PolicyStep
from tocsin.oncall.roster import Roster
from tocsin.oncall.waves import Wave, chosen_by, spoken, waves
from tocsin.oncall.whom import Found, whom

LAST_PATIENCE = timedelta(minutes=5)
"""How long the only step of an escalation waits to be acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Where an escalation stands: policy, step and round (0 first), from when steps are counted.

    `needs` is how many people the rounds and policies before this one have asked for.
    """

    policy: str
    step: int
    started_at: datetime
    round: int = 0
    needs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a step is decided from beside the file: the time, overrides, and who acknowledged so far.

    `acknowledged_by` matters only where several must.
    """

    now: datetime
    overrides: Sequence[Override] = ()
    acknowledged_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Page this person by these contacts. `reason` answers "why was I paged?", `how` "why in this way?"."""

    step: int
    policy: str
    person: str
    role: str
    reason: str
    acknowledge_by: datetime
    waves: tuple[Wave, ...]
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyToPage:
    """A target of the step leads to nobody who can be called: record it, name them, shout."""

    step: int
    role: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step was taken: these are called, these could not be, and these rooms are told.

    With nobody to call although it should have called, the next step follows at once.
    """

    calls: tuple[Call, ...]
    missing: tuple[NobodyToPage, ...] = ()
    tell: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyAnswered:
    """All steps of a round were taken and nobody acknowledged; say so aloud.

    `next` is where the calls go on at once: a new round, or the policy handed over to; None: nowhere.
    """

    reason: str
    next: At | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The escalation is over; `reason` says why nobody more is called."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDecision:
    """What to do now, and when the next step is due (None: there is none)."""

    outcome: Taken | NobodyAnswered | Stopped
    next_step_at: datetime | None = None


def starts(policy: Policy, severity: Severity, before: Severity | None = None) -> bool:
    """Say whether an escalation begins: at opening (`before` None), or when a joining alert made it worse."""
    if not policy.of(severity):
        return False
    return before is None or severity.is_worse_than(before)


def restarts(policy: Policy, before: Incident, after: Incident) -> bool:
    """Say whether a change of an incident nobody has taken yet makes its escalation begin anew."""
    waits = after.acknowledged_at is None and after.status.is_active
    return waits and starts(policy, after.severity, before.severity)


def first_step_at(policy: Policy, severity: Severity, started_at: datetime) -> datetime | None:
    """Return when step 0 of an escalation is due, None if the severity has no steps."""
    steps = policy.of(severity)
    return steps[0].after.due(started_at) if steps else None


def needed(policy: Policy, severity: Severity, at: At) -> int:
    """Return how many people must have acknowledged by all that was taken before the step `at`.

    A new round or another policy asks for no fewer than what was asked for before it.
    """
    return max((at.needs, *(one.needs for one in policy.of(severity)[: at.step])))


def needed_at_last(roster: Roster, policy: Policy, severity: Severity) -> int:
    """Return how many must acknowledge once every step was taken, also of policies handed over to."""
    most = max((one.needs for one in policy.of(severity)), default=1)
    following = _following(roster, policy, severity)
    return most if following is None else max(most, needed_at_last(roster, following, severity))


def decide_step(roster: Roster, incident: Incident, at: At, situation: Situation) -> StepDecision:
    """Decide one step of an escalation.

    A step that comes late, for example after a restart, calls once, and the next one leaves the person as
    long to acknowledge as was planned: steps missed together are not fired together. After the last step
    comes one more, at the end of its patience: it says that nobody answered, and what follows.
    """
    policy = roster.policy(at.policy)
    steps = policy.of(incident.severity)
    over = _over(policy, incident, at, situation)
    if over:
        return StepDecision(outcome=Stopped(reason=over))
    if at.step >= len(steps):
        return StepDecision(outcome=_unanswered(roster, policy, incident, at, situation))
    plan = _Plan(steps=steps, at=at)
    due_by = plan.acknowledge_by(situation.now)
    taken = _taken(roster, policy, incident, plan, due_by, situation)
    is_last = at.step + 1 == len(steps)
    found_nobody = bool(steps[at.step].page) and not taken.calls and bool(taken.missing)
    return StepDecision(outcome=taken, next_step_at=situation.now if found_nobody and not is_last else due_by)


def ends_round(roster: Roster, incident: Incident, at: At) -> bool:
    """Say whether this step is the one after all that call: it must not be hurried by a dead channel.

    A round that began early because nothing can be sent would be followed by the next one at once, for ever.
    """
    return at.step >= len(roster.policy(at.policy).of(incident.severity))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The steps of one severity, and where we are."""

    steps: tuple[PolicyStep, ...]
    at: At
    patience: timedelta = field(init=False)
    planned: datetime = field(init=False)

    def __post_init__(self) -> None:
        due = [step.after.due(self.at.started_at) for step in self.steps]
        # Waits of different kinds can cross: a business day may come before some hours have gone by.
        due = [max(due[: number + 1]) for number in range(len(due))]
        step = min(self.at.step, max(len(due) - 2, 0))
        patience = due[step + 1] - due[step] if len(due) > 1 else LAST_PATIENCE
        object.__setattr__(self, "patience", patience or LAST_PATIENCE)
        object.__setattr__(self, "planned", due[self.at.step])

    def acknowledge_by(self, now: datetime) -> datetime:
        """Return when the next step is due, counted from now where this one comes late."""
        late = now - self.planned
        return now + self.patience if late >= self.patience / 2 else self.planned + self.patience


def _over(policy: Policy, incident: Incident, at: At, situation: Situation) -> str:
    name = incident.short_name
    if not incident.status.is_active:
        return f"{name} is {incident.status}, so nobody more is called."
    if incident.acknowledged_at is not None:
        needs = needed(policy, incident.severity, at)
        if len(situation.acknowledged_by) >= needs or needs == 1:
            by = ", ".join(situation.acknowledged_by) or incident.acknowledged_by
            return f"{name} was acknowledged by {by}, so nobody more is called."
    if not policy.of(incident.severity):
        return f"{name} is {incident.severity.label}, a severity that calls nobody."
    return ""


def _unanswered(
    roster: Roster, policy: Policy, incident: Incident, at: At, situation: Situation
) -> NobodyAnswered:
    steps = policy.of(incident.severity)
    if not policy.pages(incident.severity):
        return NobodyAnswered(reason="", next=None)
    needs, now = needed(policy, incident.severity, at), situation.now
    said = f"{_who_answered(incident, situation, needs)}: {_counted(steps)} of the escalation"
    if policy.rounds is None or at.round + 1 < policy.rounds:
        began = _anew(steps[0], now)
        again = At(policy=at.policy, step=0, started_at=began, round=at.round + 1, needs=needs)
        return NobodyAnswered(reason=f"{said} went by. The calls begin anew.", next=again)
    following = _following(roster, policy, incident.severity)
    if following is not None:
        began = _anew(following.of(incident.severity)[0], now)
        on = At(policy=following.name, step=0, started_at=began, needs=needs)
        return NobodyAnswered(reason=f"{said} went by. Policy {following.name} goes on.", next=on)
    rounds = "`repeat: never`" if policy.rounds == 1 else f"{policy.rounds} rounds"
    return NobodyAnswered(
        reason=f"{said} went by. {roster.path} says {rounds}, so nobody more is called.", next=None
    )


def _following(roster: Roster, policy: Policy, severity: Severity) -> Policy | None:
    """Return the policy that goes on after the last round, None where nothing does."""
    following = roster.policy(policy.hand_over) if policy.hand_over else None
    return following if following is not None and following.of(severity) else None


def _who_answered(incident: Incident, situation: Situation, needs: int) -> str:
    named = f"{incident.short_name} ({incident.severity.label})"
    if not situation.acknowledged_by:
        return f"Nobody answered {named}"
    return f"Only {len(situation.acknowledged_by)} of {needs} needed have acknowledged {named}"


def _counted(steps: tuple[PolicyStep, ...]) -> str:
    return "the only step" if len(steps) == 1 else f"all {len(steps)} steps"


def _anew(first: PolicyStep, now: datetime) -> datetime:
    """A new round calls at once; a first step that waits for business time is waited for again."""
    return now if first.after.calendar is not None else now - first.after.elapsed


def _taken(
    roster: Roster,
    policy: Policy,
    incident: Incident,
    plan: _Plan,
    due_by: datetime,
    situation: Situation,
) -> Taken:
    step = plan.steps[plan.at.step]
    named = f"policy {policy.name}, " if policy.name != "default" else ""
    occasion = (
        f"{incident.short_name} is {incident.severity.label}, {named}"
        f"step {plan.at.step + 1} of {len(plan.steps)}"
    )
    calls: dict[str, Call] = {}
    missing = []
    for target in step.page:
        for found in whom(roster, target, situation.overrides, situation.now, practice=incident.drill):
            if found.person is None:
                reason = f"{occasion}: {found.why}"
                missing.append(NobodyToPage(step=plan.at.step, role=target.role, reason=reason))
            elif found.person not in calls and found.person not in situation.acknowledged_by:
                planned = _waves(roster, incident, found, step, plan.patience)
                calls[found.person] = Call(
                    step=plan.at.step,
                    policy=policy.name,
                    person=found.person,
                    role=target.role,
                    reason=f"{occasion}: {found.why}{_by_other(found, step, practice=incident.drill)}",
                    acknowledge_by=due_by,
                    waves=planned,
                    how=_how(roster, incident, found.person, step, planned),
                )
    return Taken(calls=tuple(calls.values()), missing=tuple(missing), tell=step.tell)


def _waves(
    roster: Roster, incident: Incident, found: Found, step: PolicyStep, patience: timedelta
) -> tuple[Wave, ...]:
    if incident.drill:
        return tuple(Wave(contact=contact) for contact in found.contacts)
    return waves(found.contacts, roster.rules.get(found.person or ""), incident.severity, step, patience)


def _how(roster: Roster, incident: Incident, person: str, step: PolicyStep, planned: tuple[Wave, ...]) -> str:
    if incident.drill:
        return f"Practice reaches the Inbox only. {spoken(planned)}"
    return f"{chosen_by(person, roster.rules.get(person), incident.severity, step)} {spoken(planned)}"


def _by_other(found: Found, step: PolicyStep, *, practice: bool) -> str:
    """Say where a step asks for channels of which the person has none."""
    channels = {contact.channel for contact in found.contacts}
    if practice or not step.by or channels & set(step.by):
        return ""
    return f" The step asks for {', '.join(step.by)}, which {found.person} has not; all others are used."
