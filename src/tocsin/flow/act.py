"""An action is asked for, consented to, taken back or stopped: what people and runbooks do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Required, TypedDict, Unpack
from uuid import UUID, uuid4

from tocsin.domain.acting import Outcome
from tocsin.domain.action import Action, ActionClass, ActionState, BreakGlass, Declaration, Door
from tocsin.domain.errors import Explained
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.person import is_username
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.evidence import gate
from tocsin.flow.act_beginning import Beginning, rebound
from tocsin.flow.act_ground import LOOK, Ground, action_of, close, found, held_action, job_for, tell_action
from tocsin.flow.act_performing import Done, Settling
from tocsin.flow.act_waits import Waits, is_never, waits_of
from tocsin.flow.record import held, tell
from tocsin.incidents.changed import TOCSIN, line
from tocsin.response import approving, limits, planning
from tocsin.response.arguments import ArgumentsWrong, checked, stored
from tocsin.response.executing import PROPOSED_FOR, ActionMoveRefused, can_undo, moved
from tocsin.response.planning import Plan

LONGEST_REASON = 2_000


class ActionRefused(Explained):
    """An action, or what was asked of it, is refused as it stands (HTTP 409)."""

    code = "action_refused"
    status = 409

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(happened, means="Nothing was changed.", next_step=next_step)


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

    def ask(
        self, incident_id: UUID, name: str, arguments: Mapping[str, Any], **asked: Unpack[Asked]
    ) -> Action:
        """Propose an action in a transaction of its own; a refusal is written into the log too.

        Raises as `propose` does.
        """
        try:
            with self.ground.store.transaction() as shelves:
                return self.propose(shelves, held(shelves, incident_id), name, arguments, **asked)
        except Explained as refusal:
            self._refused(incident_id, name, asked["by"], refusal)
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
        values = checked(declaration, arguments)
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
        if can_undo(original):
            reason = f"{original.short_name} was for a time that is over."
            self._undo(shelves, incident, original, by=TOCSIN, door=Door.TIMER, reason=reason)

    def approve(self, number: int, person: str, *, door: Door, role: str = "", digest: str = "") -> Action:
        """A signed-in person consents to what they saw.

        `digest` is that of the action as shown; where it has changed since, nothing is consented to.

        Raises `NotFound`, `ApprovalRefused`, `ActionRefused`.
        """
        now = self.ground.clock.now()
        with self.ground.store.transaction() as shelves:
            incident, action = held_action(shelves, number)
            self._demand_looked_at(action)
            if digest and digest != action.digest:
                raise ActionRefused(
                    f"{action.short_name} has changed since it was shown.", "Read it again, then consent."
                )
            may = self.ground.may_approve
            approved = approving.approved(action, person, door, may, now, role=role)
            if approved != action:
                shelves.actions.save(approved)
                role = approved.approvals[-1].role
                kind, words = Happening.ACTION_APPROVED, f"has the consent of {person} as {role}."
                tell_action(shelves, incident, approved, kind, words, by=person, now=now, role=role)
                self.beginning.hasten(shelves, approved, now)
            return approved

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

    def break_glass(self, number: int, person: str, *, door: Door, reason: str) -> Action:
        """One of at least two people lets an action go on without its exhibits, and says why.

        Raises `NotFound`, `ActionRefused`.
        """
        now = self.ground.clock.now()
        with self.ground.store.transaction() as shelves:
            incident, action = held_action(shelves, number)
            self._demand_may_break(shelves, action, person, door, reason)
            before = action.break_glass
            people = tuple(dict.fromkeys((*(before.people if before else ()), person)))
            # The reason stays the first one's, to which the others add their consent by breaking it too.
            said = before.reason if before else reason.strip()[:LONGEST_REASON]
            broken = replace(action, break_glass=BreakGlass(people=people, reason=said, at=now))
            if before is not None and people == before.people:
                return action
            shelves.actions.save(broken)
            self._tell_broken(shelves, incident, broken, person, now)
            self.beginning.hasten(shelves, broken, now)
            return broken

    def resolve(self, number: int, person: str, *, took_effect: bool, note: str) -> Action:
        """A person has looked at the partner and says whether an action took effect.

        Raises `NotFound`, `ActionRefused`, `ActionMoveRefused`.
        """
        now = self.ground.clock.now()
        with self.ground.store.transaction() as shelves:
            incident, action = held_action(shelves, number)
            if action.state is not ActionState.UNKNOWN:
                raise ActionMoveRefused(action, "resolved by a person")
            if not note.strip():
                raise ActionRefused("Nobody said what was seen.", "Say what the partner shows.")
            said = f"{person} looked: {note.strip()[:LONGEST_REASON]}"
            if took_effect:
                seen = Done(outcome=Outcome(text=said), verified=None)
                return self.settling.done(shelves, incident, action, seen, now, person)
            failed = moved(action, ActionState.FAILED, now, outcome=said)
            shelves.actions.save(failed)
            words = f"did not take effect. {said}"
            tell_action(shelves, incident, failed, Happening.ACTION_FAILED, words, by=person, now=now)
            close(self.ground, shelves, failed)
            return failed

    def plan(
        self, name: str, arguments: Mapping[str, Any], *, door: Door, approvers: tuple[str, ...] = ()
    ) -> Plan:
        """Return the dry run of an action; nothing outside is called. Raises `NotFound`, `ArgumentsWrong`."""
        performer = self.ground.performer(name)
        declaration = performer.declaration
        values = checked(declaration, arguments)
        plan = planning.planned(performer, values)
        names = self.ground.names(declaration)
        demands = gate.demands_of(self.ground.policy, declaration, names, values, plan.objects)
        asked = approving.required(declaration.action_class, approvers, door, is_revert=False)
        return replace(plan, demands=demands, approvers=asked)

    def waits(self, number: int) -> tuple[Action, Waits | None]:
        """Return an action, and what it waits for if it is proposed. Raises `NotFound`."""
        with self.ground.store.reading() as shelves:
            action = found(shelves, number)
            incident = shelves.incidents.get(action.incident_id)
            if incident is None or action.state is not ActionState.PROPOSED:
                return action, None
            return action, waits_of(self.ground, shelves, incident, action, self.ground.clock.now())

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
                declaration.action_class, asked.get("approvers", ()), asked["door"], is_revert=False
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
        words = f"was proposed by {action.proposed_by} through {action.door}."
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
            approvers=approving.required(ActionClass.RECOVER, (), door, is_revert=True),
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

    def _demand_may_break(
        self, shelves: Shelves, action: Action, person: str, door: Door, reason: str
    ) -> None:
        if door is not Door.CONSOLE or not is_username(person):
            raise ActionRefused("Nobody is signed in here.", "Two people break the glass in the console.")
        if action.state is not ActionState.PROPOSED:
            raise ActionMoveRefused(action, "let go on without evidence")
        if not reason.strip() and action.break_glass is None:
            raise ActionRefused("No reason was given.", "Say which live harm cannot wait.")
        if is_never(self.ground, shelves, action):
            raise gate.NeverDone(action.name)

    def _tell_broken(
        self, shelves: Shelves, incident: Incident, action: Action, person: str, now: datetime
    ) -> None:
        glass = action.break_glass
        if glass is None or not gate.is_broken(self.ground.policy, glass):
            text = f"{person} wants to let {action.short_name} go on without its evidence; another must too."
            tell(shelves, incident, line(incident, Happening.NOTE, text, by=person, now=now))
            return
        people = " and ".join(glass.people)
        due = f"{self.ground.policy.review_days} business days"
        words = f"may go on without its evidence, by the word of {people}: {glass.reason}"
        facts = {"people": ", ".join(glass.people), "reason": glass.reason, "review": f"due in {due}"}
        tell_action(shelves, incident, action, Happening.BROKE_GLASS, words, by=person, now=now, **facts)
        text = f"For the review, within {due}: why the glass was broken for {action.short_name}."
        tell(shelves, incident, line(incident, Happening.NOTE, text, by=TOCSIN, now=now))

    @staticmethod
    def _demand_looked_at(action: Action) -> None:
        if action.state is ActionState.PROPOSED and not action.kept:
            raise ActionRefused(
                f"What {action.short_name} touches is still being read from the partner.",
                "Wait a moment, so that you see what you consent to.",
            )

    def _refused(self, incident_id: UUID, name: str, by: str, refusal: Explained) -> None:
        now = self.ground.clock.now()
        with self.ground.store.transaction() as shelves:
            incident = shelves.incidents.get(incident_id)
            if incident is not None:
                text = f"{name[:80]} was refused: {refusal.happened}"
                entry = line(incident, Happening.ACTION_REFUSED, text, by=by, now=now)
                tell(shelves, incident, entry, {"name": name[:80], "code": refusal.code})
