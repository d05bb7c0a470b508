"""An action is asked for, consented to, taken back or stopped: what people and runbooks do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Required, TypedDict, Unpack
from uuid import UUID, uuid4

from tocsin.domain.action import Action, ActionClass, ActionState, Declaration, Door
from tocsin.domain.errors import Explained
from tocsin.domain.expressions import text_of
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.evidence import gate
from tocsin.flow.act_beginning import Beginning, rebound
from tocsin.flow.act_consenting import LONGEST_REASON, ActionRefused, Consenting, tell_refusal
from tocsin.flow.act_ground import (
    ALARM,
    LOOK,
    Ground,
    action_of,
    close,
    found,
    held_action,
    job_for,
    tell_action,
)
from tocsin.flow.act_performing import Settling
from tocsin.flow.act_waits import Waits, is_never, waits_of
from tocsin.flow.record import held
from tocsin.incidents.changed import TOCSIN
from tocsin.oncall.messages import incident_key
from tocsin.response import approving, limits, planning
from tocsin.response.arguments import (
    INCIDENT_KEY,
    ArgumentsWrong,
    arguments_digest,
    checked,
    completed,
    stored,
)
from tocsin.response.executing import PROPOSED_FOR, can_undo, moved
from tocsin.response.planning import Plan
from tocsin.response.stops import ResponseStopped

PLANNED_INCIDENT = f"tocsin-{UUID(int=0)}"
"""What names the incident to partners in a dry run of no incident."""
LONGEST_SAID = 160
"""Characters of one argument in a line of the timeline; the log keeps the digest of them all."""


class Asked(TypedDict, total=False):
    """How an action is asked for: by whom, by which door, why; of which run and step.

    `revert_after` is when it takes itself back. `approvers` are roles that must consent, `forbid` actions
    that the runbook may never run.
    """

    by: Required[str]
    door: Required[Door]
    reason: str
    run_id: UUID | None
    step: str
    revert_after: timedelta | None
    approvers: tuple[str, ...]
    forbid: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """The chapter of actions. Methods that take `shelves` run inside the caller's transaction."""

    ground: Ground

    @property
    def beginning(self) -> Beginning:
        """Return the part before the first changing call."""
        return Beginning(self.ground)

    @property
    def settling(self) -> Settling:
        """Return the part after it."""
        return Settling(self.ground)

    @property
    def consenting(self) -> Consenting:
        """Return what signed-in people say to an action."""
        return Consenting(self.ground)

    def ask(
        self, incident_id: UUID, name: str, arguments: Mapping[str, Any], **asked: Unpack[Asked]
    ) -> Action:
        """Propose an action in a transaction of its own; a refusal is written into the log too.

        The same asked for again by the same actor and for the same time, while it is proposed, is the same
        action. Raises as `propose` does.
        """
        try:
            with self.ground.store.transaction() as shelves:
                incident = held(shelves, incident_id)
                known = self._known(shelves, incident, name, arguments, asked)
                return known or self.propose(shelves, incident, name, arguments, **asked)
        except Explained as refusal:
            tell_refusal(self.ground, incident_id, name, asked["by"], refusal)
            raise

    def propose(
        self,
        shelves: Shelves,
        incident: Incident,
        name: str,
        arguments: Mapping[str, Any],
        **asked: Unpack[Asked],
    ) -> Action:
        """Put an action down as proposed; what it needs is collected from now on.

        Raises `NotFound`, `ArgumentsWrong`, `NeverDone`, `LimitReached`, `ActionRefused`.
        """
        declaration = self.ground.performer(name).declaration
        values = checked(declaration, completed(declaration, arguments, incident_key(incident)))
        kept = stored(declaration, values, self.ground.vault)
        action = self._new(shelves, incident, declaration, kept, asked)
        self._demand_possible(shelves, declaration, action, asked.get("forbid", ()))
        return self._put(shelves, incident, action)

    def undo(self, number: int, *, by: str, door: Door, reason: str = "") -> Action:
        """Propose to take an action back. Raises `NotFound`, `ActionRefused`."""
        with self.ground.store.transaction() as shelves:
            incident, original = held_action(shelves, number)
            return self._undo(shelves, incident, original, by=by, door=door, reason=reason)

    def revert(self, shelves: Shelves, job: Job) -> None:
        """The time of an action is over: it takes itself back, which was approved with it. For the kernel."""
        known = action_of(shelves, job)
        if known is None:
            return
        incident, original = held_action(shelves, known.number)
        if can_undo(original) and original.name not in self.ground.performers:
            # Nobody here can take it back, so that people are called to do it by hand.
            shelves.jobs.put(job_for(original, ALARM, self.ground.clock.now()))
        elif can_undo(original):
            reason = f"{original.short_name} was for a time that is over."
            self._undo(shelves, incident, original, by=TOCSIN, door=Door.TIMER, reason=reason)

    def withdraw(self, number: int, by: str, reason: str = "") -> Action:
        """Take a proposal back before it begins. Raises `NotFound`, `ActionMoveRefused`."""
        now = self.ground.clock.now()
        with self.ground.store.transaction() as shelves:
            incident, action = held_action(shelves, number)
            withdrawn = moved(
                action, ActionState.WITHDRAWN, now, outcome=f"Withdrawn by {by}. {reason}".strip()
            )
            shelves.actions.save(withdrawn)
            words = f"was withdrawn by {by}. {reason}".strip()
            tell_action(shelves, incident, withdrawn, Happening.ACTION_WITHDRAWN, words, by=by, now=now)
            close(self.ground, shelves, withdrawn)
            return withdrawn

    def plan(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        door: Door,
        approvers: tuple[str, ...] = (),
        by: str = "",
    ) -> Plan:
        """Return the dry run of an action; nothing outside is called. Raises `NotFound`, `ArgumentsWrong`.

        What names the incident to partners is filled in, as in the real run; here no incident is known.
        """
        performer = self.ground.performer(name)
        declaration = performer.declaration
        values = checked(declaration, completed(declaration, arguments, PLANNED_INCIDENT))
        plan = planning.planned(performer, values)
        names = self.ground.names(declaration)
        demands = gate.demands_of(self.ground.policy, declaration, names, values, plan.objects)
        asked = approving.required(declaration.action_class, approvers, door, by, is_revert=False)
        return replace(plan, demands=demands, approvers=asked)

    def waits(self, number: int) -> tuple[Action, Waits | None]:
        """Return an action, and what it waits for if it is proposed. Raises `NotFound`."""
        with self.ground.store.reading() as shelves:
            action = found(shelves, number)
            incident = shelves.incidents.get(action.incident_id)
            if incident is None or action.state is not ActionState.PROPOSED:
                return action, None
            return action, waits_of(self.ground, shelves, incident, action, self.ground.clock.now())

    def demand_ready(self, number: int) -> Action:
        """Return an action that has begun or may begin by itself now.

        Raises `EvidenceMissing`, `ResponseStopped`, `LimitReached`, `NeverDone` for what it waits for;
        `ActionRefused` where consent is missing, or nothing has been read from the partner yet.
        """
        action, waits = self.waits(number)
        if waits is None or waits.is_over:
            return action
        if waits.is_never:
            raise gate.NeverDone(action.name)
        if waits.stop is not None:
            raise ResponseStopped(action.short_name, waits.stop)
        if waits.lacks_evidence:
            raise gate.EvidenceMissing(action.short_name, waits.missing)
        if waits.limits:
            raise limits.LimitReached(action.name, waits.limits)
        raise ActionRefused(
            f"{action.short_name} waits: {' '.join(waits.words)}",
            "It begins by itself once people have consented in the console.",
        )

    def _known(
        self,
        shelves: Shelves,
        incident: Incident,
        name: str,
        arguments: Mapping[str, Any],
        asked: Asked,
    ) -> Action | None:
        declaration = self.ground.performer(name).declaration
        values = checked(declaration, completed(declaration, arguments, incident_key(incident)))
        kept = stored(declaration, values, self.ground.vault)
        wanted = (declaration.name, arguments_digest(kept), asked["by"], None, asked.get("revert_after"))
        for each in shelves.actions.of_incident(incident.incident_id):
            same = (
                each.name,
                arguments_digest(each.arguments),
                each.proposed_by,
                each.undoes,
                each.revert_after,
            )
            if each.state is ActionState.PROPOSED and same == wanted and each.run_id == asked.get("run_id"):
                return each
        return None

    def _new(
        self,
        shelves: Shelves,
        incident: Incident,
        declaration: Declaration,
        kept: Mapping[str, Any],
        asked: Asked,
    ) -> Action:
        now, after = self.ground.clock.now(), asked.get("revert_after")
        if after is not None and (declaration.undo is None or after <= timedelta()):
            raise ArgumentsWrong(declaration.name, ["it cannot take itself back after a time"])
        return Action(
            action_id=uuid4(),
            number=shelves.actions.next_number(),
            incident_id=incident.incident_id,
            name=declaration.name,
            action_class=declaration.action_class,
            arguments=kept,
            state=ActionState.PROPOSED,
            door=asked["door"],
            proposed_by=asked["by"],
            proposed_at=now,
            expires_at=now + PROPOSED_FOR,
            digest="",
            reason=asked.get("reason", "")[:LONGEST_REASON],
            approvers=approving.required(
                declaration.action_class,
                asked.get("approvers", ()),
                asked["door"],
                asked["by"],
                is_revert=False,
            ),
            run_id=asked.get("run_id"),
            step=asked.get("step", ""),
            revert_after=after,
        )

    def _put(self, shelves: Shelves, incident: Incident, action: Action) -> Action:
        """Keep a new action, write it down, and have its objects read and its evidence collected."""
        now = self.ground.clock.now()
        declaration = self.ground.performer(action.name).declaration
        names, arguments = self.ground.names(declaration), planning.shown_arguments(action)
        demands = gate.demands_of(self.ground.policy, declaration, names, arguments)
        action = rebound(replace(action, demands=demands), self.ground)
        shelves.actions.add(action)
        words = f"was proposed by {action.proposed_by} through {action.door}{_said(arguments)}."
        words += f" {action.reason}" if action.reason else ""
        tell_action(
            shelves,
            incident,
            action,
            Happening.ACTION_PROPOSED,
            words,
            by=action.proposed_by,
            now=now,
            approvers=", ".join(action.approvers),
            needs=", ".join(each.collector for each in demands),
        )
        self.beginning.collect(shelves, incident, action)
        shelves.jobs.put(job_for(action, LOOK, now))
        self.beginning.hasten(shelves, action, action.expires_at)
        return action

    def _undo(
        self, shelves: Shelves, incident: Incident, original: Action, *, by: str, door: Door, reason: str
    ) -> Action:
        performer = self.ground.performer(original.name)
        if performer.undo is None:
            said = performer.declaration.no_undo or "Its connector has no undo."
            raise ActionRefused(f"{original.short_name} cannot be undone: {said}", "Put it right by hand.")
        if not can_undo(original) or any(
            each.undoes == original.action_id and each.state.is_open
            for each in shelves.actions.of_incident(original.incident_id)
        ):
            raise ActionRefused(
                f"There is nothing to undo: {original.short_name} is {original.state}, or is being undone.",
                f"`tocsin action show {original.short_name}` says how far it has come.",
            )
        asked: Asked = {"by": by, "door": door, "reason": reason, "run_id": original.run_id}
        new = self._new(shelves, incident, performer.declaration, original.arguments, asked)
        undo = replace(
            new,
            action_class=ActionClass.RECOVER,
            undoes=original.action_id,
            approvers=approving.required(ActionClass.RECOVER, (), door, by, is_revert=True),
        )
        return self._put(shelves, incident, undo)

    def _demand_possible(
        self, shelves: Shelves, declaration: Declaration, action: Action, forbid: tuple[str, ...]
    ) -> None:
        """Refuse at once what could never begin."""
        names = self.ground.names(declaration)
        if any(each in forbid for each in names):
            raise ActionRefused(
                f"The runbook forbids {declaration.name}.", "Follow the runbook, or change it with its owner."
            )
        if is_never(self.ground, shelves, action):
            gate.demand_allowed(self.ground.policy, declaration.name, names)
        now = self.ground.clock.now()
        begun = shelves.actions.begun_since(now - limits.HOUR)
        args = (declaration, action.arguments, begun, action.run_id, now, self.ground.limits)
        reasons = limits.reasons_against(*args)
        if reasons:
            raise limits.LimitReached(declaration.name, reasons)


def _said(arguments: Mapping[str, Any]) -> str:
    """Return arguments as a line of the timeline tells them, each cut: what was blocked must stand there."""
    told = {
        name: " ".join(text_of(value).split()) for name, value in arguments.items() if name != INCIDENT_KEY
    }
    cut = (
        f"{name}: {text[:LONGEST_SAID]}{'…' if len(text) > LONGEST_SAID else ''}"
        for name, text in told.items()
        if text
    )
    words = "; ".join(cut)
    return f" with {words}" if words else ""
