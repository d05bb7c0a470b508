"""What signed-in people say to an action: consent, broken glass, and what the partner shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tocsin.domain.acting import Outcome
from tocsin.domain.action import Action, ActionState, BreakGlass, Door
from tocsin.domain.errors import Explained
from tocsin.domain.incident import Incident
from tocsin.domain.person import is_username
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.evidence import gate
from tocsin.flow.act_beginning import Beginning
from tocsin.flow.act_ground import Ground, close, found, held_action, tell_action
from tocsin.flow.act_performing import Done, Settling
from tocsin.flow.act_waits import is_never
from tocsin.flow.record import tell
from tocsin.incidents.changed import TOCSIN, line
from tocsin.response import approving
from tocsin.response.approving import ApprovalRefused
from tocsin.response.executing import ActionMoveRefused, moved

LONGEST_REASON = 2_000


class ActionRefused(Explained):
    """An action, or what was asked of it, is refused as it stands (HTTP 409)."""

    code = "action_refused"
    status = 409

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(happened, means="Nothing was changed.", next_step=next_step)


@dataclass(frozen=True, slots=True)
class Consenting:
    """The part of the chapter that only people can do, each signed in as themselves."""

    ground: Ground

    def approve(self, number: int, person: str, *, door: Door, role: str = "", digest: str = "") -> Action:
        """A signed-in person consents to what they saw.

        `digest` is that of the action as shown; where it has changed since, nothing is consented to.

        Raises `NotFound`, `ApprovalRefused`, `ActionRefused`.
        """
        try:
            return self._approved(number, person, door, role, digest)
        except ApprovalRefused as refusal:
            with self.ground.store.reading() as shelves:
                action = found(shelves, number)
            tell_refusal(self.ground, action.incident_id, action.short_name, person, refusal)
            raise

    def _approved(self, number: int, person: str, door: Door, role: str, digest: str) -> Action:
        now = self.ground.clock.now()
        with self.ground.store.transaction() as shelves:
            incident, action = held_action(shelves, number)
            self._demand_looked_at(action)
            _demand_unchanged(action, digest)
            may = self.ground.may_approve
            approved = approving.approved(action, person, door, may, now, role=role)
            if approved != action:
                shelves.actions.save(approved)
                role = approved.approvals[-1].role
                kind, words = Happening.ACTION_APPROVED, f"has the consent of {person} as {role}."
                tell_action(shelves, incident, approved, kind, words, by=person, now=now, role=role)
                Beginning(self.ground).hasten(shelves, approved, now)
            return approved

    def break_glass(self, number: int, person: str, *, door: Door, reason: str, digest: str = "") -> Action:
        """One of at least two people lets an action go on without its exhibits, and says why.

        Each may consent to actions. `digest` is that of the action as shown; once the glass is broken, more
        people change nothing.

        Raises `NotFound`, `ActionRefused`.
        """
        now = self.ground.clock.now()
        with self.ground.store.transaction() as shelves:
            incident, action = held_action(shelves, number)
            _demand_unchanged(action, digest)
            self._demand_may_break(shelves, action, person, door, reason)
            before = action.break_glass
            people = tuple(dict.fromkeys((*(before.people if before else ()), person)))
            # The reason stays the first one's, to which the others add their consent by breaking it too.
            said = before.reason if before else reason.strip()[:LONGEST_REASON]
            broken = replace(action, break_glass=BreakGlass(people=people, reason=said, at=now))
            if before is not None and (people == before.people or gate.is_broken(self.ground.policy, before)):
                return action
            shelves.actions.save(broken)
            self._tell_broken(shelves, incident, broken, person, now)
            Beginning(self.ground).hasten(shelves, broken, now)
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
                return Settling(self.ground).done(shelves, incident, action, seen, now, person)
            failed = moved(action, ActionState.FAILED, now, outcome=said)
            shelves.actions.save(failed)
            words = f"did not take effect. {said}"
            tell_action(shelves, incident, failed, Happening.ACTION_FAILED, words, by=person, now=now)
            close(self.ground, shelves, failed)
            return failed

    def _demand_may_break(
        self, shelves: Shelves, action: Action, person: str, door: Door, reason: str
    ) -> None:
        if door is not Door.CONSOLE or not is_username(person):
            raise ActionRefused("Nobody is signed in here.", "Two people break the glass in the console.")
        if not self.ground.may_approve(person, approving.APPROVER):
            raise ActionRefused(
                f"{person} may not consent to actions, so neither to one without its evidence.",
                "Two people who may consent to actions break the glass.",
            )
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
        if incident.severity not in self.ground.policy.review_severities:
            return
        text = f"For the review, within {due}: why the glass was broken for {action.short_name}."
        tell(shelves, incident, line(incident, Happening.NOTE, text, by=TOCSIN, now=now))

    @staticmethod
    def _demand_looked_at(action: Action) -> None:
        if action.state is ActionState.PROPOSED and not action.kept:
            raise ActionRefused(
                f"What {action.short_name} touches is still being read from the partner.",
                "Wait a moment, so that you see what you consent to.",
            )


def _demand_unchanged(action: Action, digest: str) -> None:
    if digest and digest != action.digest:
        raise ActionRefused(
            f"{action.short_name} has changed since it was shown.", "Read it again, then consent."
        )


def tell_refusal(ground: Ground, incident_id: UUID, name: str, by: str, refusal: Explained) -> None:
    """Write down that something was refused, in a transaction of its own: the refused one left nothing."""
    now = ground.clock.now()
    with ground.store.transaction() as shelves:
        incident = shelves.incidents.get(incident_id)
        if incident is not None:
            text = f"{name[:80]} was refused: {refusal.happened}"
            entry = line(incident, Happening.ACTION_REFUSED, text, by=by, now=now)
            tell(shelves, incident, entry, {"name": name[:80], "code": refusal.code})
