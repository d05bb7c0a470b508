"""Who must consent to an action, who may, and whether enough different people have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from tocsin.domain.action import Action, ActionClass, ActionState, Approval, Door, StandingApproval
from tocsin.domain.errors import Explained
from tocsin.domain.person import is_nobody, is_username, person_behind

MayApprove = Callable[[str, str], bool]
"""Says whether a person, by username, may consent as one of a role."""

APPROVER = "approver"
APPROVAL_LASTS = timedelta(hours=4)
MOST_APPROVERS = 10
GAP_TAKES = 2
"""So many people other than the proposer let a gap in the evidence count."""
_NO_PERSON = (Door.TEAMMATE, Door.RUNBOOK, Door.STANDING, Door.TIMER, Door.API, Door.CLI)


class ApprovalRefused(Explained):
    """Somebody may not consent to an action (HTTP 409)."""

    code: ClassVar[str] = "approval_refused"
    status: ClassVar[int] = 409

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(
            happened,
            means="The consent does not count; the action is as it was before.",
            next_step=next_step,
        )


def required(
    action_class: ActionClass, asked: Sequence[str], door: Door, proposer: str, *, is_revert: bool
) -> tuple[str, ...]:
    """Return the roles that must consent: those asked for, or one approver for any containment.

    What takes itself back after its time does what was approved with it, so nobody is asked again. Behind a
    token that was made for nobody may be one of those who consent, so it takes one more.
    """
    if is_revert and door is Door.TIMER:
        return ()
    usual = tuple(asked[:MOST_APPROVERS])
    if not usual and action_class.is_containment:
        usual = (APPROVER,)
    return (*usual, APPROVER) if usual and is_nobody(proposer) else usual


def approved(
    action: Action, person: str, door: Door, may: MayApprove, now: datetime, *, role: str = ""
) -> Action:
    """Return the action with one more consent; a repeated one changes nothing. Raises `ApprovalRefused`.

    The proposer never counts, whatever device they use; neither does a token, a teammate or any other door
    than that of a signed-in person.
    """
    if door in _NO_PERSON or not is_username(person):
        raise ApprovalRefused(
            f"{person[:80]} came through {door}, where nobody is signed in.",
            "A person signs in to the console and consents there.",
        )
    if action.state is not ActionState.PROPOSED:
        raise ApprovalRefused(f"{action.short_name} is {action.state}.", "Propose it again if it is needed.")
    if person == person_behind(action.proposed_by):
        raise ApprovalRefused(
            f"{person} proposed {action.short_name}.", "Another person consents: never the one who proposed."
        )
    if now >= action.expires_at:
        raise ApprovalRefused(f"{action.short_name} has expired.", "Propose it again.")
    valid = valid_approvals(action, now)
    if any(each.person == person for each in valid):
        return action
    # Somebody beyond the roles asked for is welcome: a gap in the evidence needs a second consent.
    wished = (*lacking(action, may, now), *action.approvers, APPROVER)
    roles = [each for each in wished if may(person, each) and role in ("", each)]
    if not roles:
        wanted = ", ".join(dict.fromkeys(action.approvers)) or "nobody"
        raise ApprovalRefused(
            f"{person} may not consent to {action.short_name} in this role.",
            f"It waits for the consent of: {wanted}.",
        )
    consent = Approval(person=person, role=roles[0], at=now, digest=action.digest)
    return replace(action, approvals=(*valid, consent))


def valid_approvals(action: Action, now: datetime) -> tuple[Approval, ...]:
    """Return the consents that count now: to this very digest, not too old, never by the proposer."""
    proposer = person_behind(action.proposed_by)
    return tuple(
        each
        for each in action.approvals
        if each.digest == action.digest and each.person != proposer and now < each.at + APPROVAL_LASTS
    )


def lacking(action: Action, may: MayApprove, now: datetime) -> tuple[str, ...]:
    """Return the roles that still wait for somebody, each role as often as it is asked for.

    Roles are dealt out to the people who consented so that as many as possible are filled: nobody is stuck
    because of the order in which people came.
    """
    people = list(dict.fromkeys(each.person for each in valid_approvals(action, now)))
    filled: dict[int, str] = {}
    for person in people:
        _seat(person, action.approvers, may, filled, set())
    return tuple(role for place, role in enumerate(action.approvers) if place not in filled)


def still_asked(action: Action, now: datetime) -> tuple[str, ...]:
    """Return the roles of a proposed action in which nobody has consented yet; none once it has gone on."""
    if action.state is not ActionState.PROPOSED:
        return ()
    roles = list(action.approvers)
    for each in valid_approvals(action, now):
        if each.role in roles:
            roles.remove(each.role)
    return tuple(roles)


def with_standing(action: Action, standing: Sequence[StandingApproval], now: datetime) -> Action:
    """Return the action with consents that were given in advance, each as one approver."""
    consents = (
        Approval(person=each.person, role=APPROVER, at=now, digest=action.digest, standing=each.number)
        for each in standing
    )
    return replace(action, approvals=(*valid_approvals(action, now), *consents))


def has_second_consent(action: Action, now: datetime) -> bool:
    """Say whether two different people, neither the proposer, have consented to this very action.

    That is one more than the consent that every containment takes, so what it lets count is somebody's
    decision of its own. Consents in advance do not count. Of those who consent one may be behind a token that
    was made for nobody; then it takes three.
    """
    people = {each.person for each in valid_approvals(action, now) if each.standing is None}
    return len(people) >= GAP_TAKES + is_nobody(action.proposed_by)


def _seat(
    person: str, roles: Sequence[str], may: MayApprove, filled: dict[int, str], tried: set[int]
) -> bool:
    """Give the person a role that they may fill, moving others to another of theirs where that helps."""
    for place, role in enumerate(roles):
        if place in tried or not may(person, role):
            continue
        tried.add(place)
        if place not in filled or _seat(filled[place], roles, may, filled, tried):
            filled[place] = person
            return True
    return False


def roles_for(
    person: str, action: Action, may: MayApprove, now: datetime, *, takes_second: bool = False
) -> Mapping[str, bool]:
    """Return each role that is asked for, and whether this person could fill one that is still open.

    `takes_second`: a gap in the evidence waits for one more consent, as an approver, whatever the roles.
    """
    open_roles = lacking(action, may, now)
    asked = action.approvers
    if takes_second and not open_roles:
        asked, open_roles = (*action.approvers, APPROVER), (APPROVER,)
    has_consented = any(each.person == person for each in valid_approvals(action, now))
    is_other = is_username(person) and person != person_behind(action.proposed_by) and not has_consented
    return {role: is_other and role in open_roles and may(person, role) for role in asked}
