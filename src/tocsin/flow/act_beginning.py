"""An action is looked at, waits for what it needs, and begins: nowhere else is one ever begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tocsin.domain.acting import Performer
from tocsin.domain.action import Action, ActionState, Demand, Door
from tocsin.domain.exhibit import CustodyAct
from tocsin.domain.expressions import render, text_of
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.delivery import FailureKind
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.evidence import gate
from tocsin.evidence.custody import custody_event
from tocsin.flow.act_borne import unborne
from tocsin.flow.act_ground import (
    ADVANCE,
    ALARM,
    LOOK,
    LOOKED,
    PERFORM,
    RESPONSE,
    Ground,
    action_of,
    close,
    held_action,
    job_for,
    looked_at,
    not_known,
    tell_action,
)
from tocsin.flow.act_waits import Waits, sealed_numbers, waits_of
from tocsin.response import approving
from tocsin.response.arguments import digest_of, restored, shown
from tocsin.response.executing import (
    RETRY_AFTER,
    ActionMoveRefused,
    Next,
    after_failure,
    is_fresh,
    moved,
)

POLL, SELDOM = timedelta(seconds=2), timedelta(minutes=1)
"""How often it is looked whether evidence is sealed by now; the longer an action waits, the more seldom."""
_SLOWS_BY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """A look at the partner that is to be taken, before anything is changed.

    `kept` is set for an undo: it needs what was kept before the action that it takes back.
    """

    action: Action
    performer: Performer
    arguments: Mapping[str, Any]
    kept: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """What the look found: the objects, and the digest in the locker of what an undo needs."""

    objects: Mapping[str, tuple[str, ...]]
    kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookFailed:
    """Why the look found nothing."""

    kind: FailureKind
    reason: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """The part of the chapter before the first changing call."""

    ground: Ground

    def looking(self, shelves: Shelves, job: Job) -> Looking | LookFailed | None:
        """Return the look that a job asks for; None when the action has gone on without it.

        The look has failed where this process knows no such action: a newer file may name it.
        """
        action = action_of(shelves, job)
        if action is None or action.state is not ActionState.PROPOSED:
            return None
        if action.name not in self.ground.performers:
            return LookFailed(kind=FailureKind.MISCONFIGURED, reason=not_known(action))
        performer = self.ground.performer(action.name)
        original = shelves.actions.by_id(action.undoes) if action.undoes else None
        return Looking(
            action=action,
            performer=performer,
            arguments=restored(performer.declaration, action.arguments, self.ground.vault),
            kept=original.kept if original else "",
        )

    def settle_look(self, shelves: Shelves, job: Job, outcome: LookedAt | LookFailed | None) -> None:
        """Bind the action to what was found, and let it begin if nothing is missing any more."""
        known = action_of(shelves, job)
        if outcome is None or known is None:
            shelves.jobs.finish(job.key, job.owner)
            return
        now = self.ground.clock.now()
        incident, action = held_action(shelves, known.number)
        if action.state is not ActionState.PROPOSED:
            shelves.jobs.finish(job.key, job.owner)
        elif isinstance(outcome, LookFailed):
            self._look_failed(shelves, job, incident, action, outcome, now)
        else:
            shelves.jobs.finish(job.key, job.owner)
            bound = self._bound(shelves, incident, action, outcome, now)
            self._advanced(shelves, incident, bound, now)

    def look_given_up(self, shelves: Shelves, job: Job, reason: str) -> None:
        """The look stumbled every time: the action has failed, and nothing was changed."""
        known = action_of(shelves, job)
        if known is not None:
            incident, action = held_action(shelves, known.number)
            self._failed(shelves, incident, action, reason, self.ground.clock.now())

    def advance(self, shelves: Shelves, job: Job) -> None:
        """Look whether an action that is proposed may begin by now, or has expired. For the kernel."""
        known = action_of(shelves, job)
        if known is not None:
            incident, action = held_action(shelves, known.number)
            self._advanced(shelves, incident, action, self.ground.clock.now())

    def hasten(self, shelves: Shelves, action: Action, now: datetime) -> None:
        """Something changed for the better: look at once whether the action may begin."""
        shelves.jobs.reschedule(job_for(action, ADVANCE, now))

    def waits(self, shelves: Shelves, incident: Incident, action: Action, now: datetime) -> Waits:
        """Return what an action waits for now."""
        return waits_of(self.ground, shelves, incident, action, now)

    def _advanced(self, shelves: Shelves, incident: Incident, action: Action, now: datetime) -> None:
        if action.state is not ActionState.PROPOSED:
            return
        if now >= action.expires_at:
            self._expire(shelves, incident, action, now)
            return
        if action.name not in self.ground.performers:
            self._failed(shelves, incident, action, not_known(action), now)
            return
        waits = self.waits(shelves, incident, action, now)
        if not waits.is_over:
            rest = min(max((now - action.proposed_at) / _SLOWS_BY, POLL), SELDOM)
            later = action.expires_at if waits.only_for_people else min(now + rest, action.expires_at)
            shelves.jobs.reschedule(job_for(action, ADVANCE, later))
        elif is_fresh(looked_at(shelves, action), now):
            if lacking := unborne(shelves, action, waits.standing):
                self._refuse_unborne(shelves, incident, action, lacking, now)
                return
            self._begin(shelves, incident, action, now)
        else:
            # The partner may have changed while people made up their minds: what is touched is read again.
            shelves.jobs.reschedule(job_for(action, LOOK, now))
            shelves.jobs.reschedule(job_for(action, ADVANCE, min(now + RETRY_AFTER, action.expires_at)))

    def _begin(self, shelves: Shelves, incident: Incident, action: Action, now: datetime) -> None:
        """Set an action going. All that it needs is looked at once more, under the lock of the stop switch.

        The state and its log entry are the intent: they are committed before any call is made.
        """
        shelves.lock(RESPONSE)
        waits = self.waits(shelves, incident, action, now)
        if not waits.is_over:
            raise ActionMoveRefused(action, ActionState.BEGUN.value)
        action = self._with_standing(shelves, incident, action, waits, now)
        if waits.missing:
            self._mark_unsealed(shelves, action, now)
        begun = moved(action, ActionState.BEGUN, now, begun_at=now)
        shelves.actions.save(begun)
        people = ", ".join(each.person for each in begun.approvals)
        tell_action(
            shelves,
            incident,
            begun,
            Happening.ACTION_BEGUN,
            f"began{f', with the consent of {people}' if people else ''}.",
            now=now,
            approvals=people,
            missing="; ".join(each.words for each in waits.missing),
        )
        shelves.jobs.drop(f"{ADVANCE}:{begun.action_id}")
        shelves.jobs.put(job_for(begun, PERFORM, now))

    def _with_standing(
        self, shelves: Shelves, incident: Incident, action: Action, waits: Waits, now: datetime
    ) -> Action:
        """Use the consents that were given in advance; each use stands in the log."""
        for each in waits.standing:
            tell_action(
                shelves,
                incident,
                action,
                Happening.ACTION_APPROVED,
                f"goes on by the standing approval {each.number} of {each.person}.",
                now=now,
                standing=str(each.number),
                person=each.person,
            )
        return approving.with_standing(action, waits.standing, now) if waits.standing else action

    def _mark_unsealed(self, shelves: Shelves, action: Action, now: datetime) -> None:
        """The glass was broken: whatever of the evidence was not sealed by now is marked for good."""
        exhibits = shelves.exhibits.of_incident(action.incident_id)
        sealed = sealed_numbers(self.ground, shelves, exhibits, now)
        glass = action.break_glass
        for exhibit in gate.unsealed(action, exhibits, sealed):
            event = custody_event(
                exhibit,
                CustodyAct.UNSEALED_AT_CONTAINMENT,
                actor=glass.people[-1] if glass else action.proposed_by,
                at=now,
                reason=f"{action.short_name} began before this was sealed",
            )
            shelves.exhibits.add_custody(event)

    def _bound(
        self, shelves: Shelves, incident: Incident, action: Action, seen: LookedAt, now: datetime
    ) -> Action:
        """Bind the demands to the objects that were found; other objects void every consent."""
        declaration = self.ground.performer(action.name).declaration
        demands = gate.demands_of(
            self.ground.policy,
            declaration,
            self.ground.names(declaration),
            shown(action.arguments),
            seen.objects,
        )
        bound = rebound(replace(action, objects=seen.objects, kept=seen.kept, demands=demands), self.ground)
        shelves.actions.save(bound)
        shelves.marks.keep(LOOKED, {str(action.action_id): now.isoformat().encode("ascii")}, now)
        if bound.digest != action.digest and action.approvals:
            words = "touches other objects than before, so every consent to it is void."
            tell_action(shelves, incident, bound, Happening.ACTION_PROPOSED, words, now=now)
        self.collect(shelves, incident, bound)
        return bound

    def collect(self, shelves: Shelves, incident: Incident, action: Action) -> None:
        """Start the collectors of what an action still needs and nobody keeps yet."""
        exhibits = shelves.exhibits.of_incident(action.incident_id)
        lacking = gate.missing(action.demands, exhibits, (), has_second_consent=True)
        declaration = self.ground.performer(action.name).declaration
        names = self.ground.names(declaration)
        for each in lacking:
            rule = gate.rule_for(self.ground.policy, declaration, names, each.demand.collector)
            is_unbound = rule is not None and rule.of is not None and not each.demand.of
            if each.lack is gate.Lack.NOT_KEPT and not is_unbound:
                told = self._told(action, each.demand, dict(rule.arguments) if rule else {})
                self.ground.collect(shelves, incident, (each.demand,), told)

    @staticmethod
    def _told(action: Action, demand: Demand, wanted: Mapping[str, str]) -> Mapping[str, Any]:
        arguments = shown(action.arguments)
        named: Mapping[str, Any] = render(
            wanted, {"of": demand.of, "action": {**arguments, **action.objects}}
        )
        return {**arguments, **named}

    def _expire(self, shelves: Shelves, incident: Incident, action: Action, now: datetime) -> None:
        expired = moved(action, ActionState.EXPIRED, now, outcome="Nobody let it begin in time.")
        shelves.actions.save(expired)
        words = "expired: it was not allowed to begin in time."
        tell_action(shelves, incident, expired, Happening.ACTION_EXPIRED, words, now=now)
        self._ended(shelves, expired, now)

    def _look_failed(
        self,
        shelves: Shelves,
        job: Job,
        incident: Incident,
        action: Action,
        failed: LookFailed,
        now: datetime,
    ) -> None:
        kind = FailureKind.RETRY_LATER if failed.kind is FailureKind.UNKNOWN else failed.kind
        if after_failure(kind, job.attempts, may_have_changed=False) is Next.RETRY:
            shelves.jobs.retry(job.key, job.owner, now + RETRY_AFTER * job.attempts, failed.reason)
            return
        shelves.jobs.finish(job.key, job.owner)
        self._failed(shelves, incident, action, failed.reason, now)

    def _failed(
        self, shelves: Shelves, incident: Incident, action: Action, reason: str, now: datetime
    ) -> None:
        if action.state is not ActionState.PROPOSED:
            return
        said = f"What it touches could not be read: {reason}"
        failed = moved(action, ActionState.FAILED, now, outcome=said)
        shelves.actions.save(failed)
        words = f"failed before it began; nothing was changed. {said}"
        tell_action(shelves, incident, failed, Happening.ACTION_FAILED, words, now=now)
        self._ended(shelves, failed, now)

    def _refuse_unborne(
        self, shelves: Shelves, incident: Incident, action: Action, lacking: Sequence[str], now: datetime
    ) -> None:
        """Its rows claim consents that nobody gave by way of Tocsin: it never begins."""
        said = f"No entry of the log bears {' and '.join(lacking)}: treat this as tampering."
        failed = moved(action, ActionState.FAILED, now, outcome=said)
        shelves.actions.save(failed)
        words = f"failed before it began; nothing was changed. {said}"
        tell_action(shelves, incident, failed, Happening.ACTION_FAILED, words, now=now)
        self._ended(shelves, failed, now)

    def _ended(self, shelves: Shelves, action: Action, now: datetime) -> None:
        if action.door is Door.TIMER:
            shelves.jobs.put(job_for(action, ALARM, now))
        close(self.ground, shelves, action)


def rebound(action: Action, ground: Ground) -> Action:
    """Return the action with the digest of all that a consent to it covers."""
    more = {
        "revert_after": text_of(action.revert_after),
        "undoes": str(action.undoes or ""),
        "incident": str(action.incident_id),
        "approvers": ",".join(action.approvers),
    }
    declaration = ground.performer(action.name).declaration
    digest = digest_of(declaration, action.action_class, action.arguments, action.demands, more)
    return replace(action, digest=digest)
