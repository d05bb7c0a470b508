"""Consent: distinct people in their roles, to this very action, and never by who proposed it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nouns import NOON, a_standing_approval, an_action, later
from tocsin.domain.action import Action, ActionClass, ActionState, Approval, Door
from tocsin.domain.person import is_nobody, person_behind
from tocsin.response.approving import (
    APPROVAL_LASTS,
    MOST_APPROVERS,
    ApprovalRefused,
    approved,
    has_second_consent,
    lacking,
    required,
    roles_for,
    still_asked,
    valid_approvals,
    with_standing,
)

ROLES = {
    "ada": {"ciso", "legal", "approver"},
    "dana": {"ciso"},
    "chidi": {"approver"},
    "ben": {"ciso", "legal", "approver"},
}


def may(person: str, role: str) -> bool:
    return role in ROLES.get(person, set())


def asked(**given: Any) -> Action:
    return an_action(**{"approvers": ("approver",), **given})


def by(person: str, action: Action | None = None, **given: Any) -> Action:
    return approved(action or asked(), person, given.pop("door", Door.CONSOLE), may, NOON, **given)


def test_another_person_consents_and_a_second_time_changes_nothing() -> None:
    once = by("ada")
    assert [each.person for each in once.approvals] == ["ada"]
    assert lacking(once, may, NOON) == ()
    assert by("ada", once) is once


@pytest.mark.parametrize("door", [each for each in Door if each is not Door.CONSOLE])
def test_only_the_door_of_signed_in_people_lets_consent_in(door: Door) -> None:
    with pytest.raises(ApprovalRefused, match="nobody is signed in"):
        by("ada", door=door)


@pytest.mark.parametrize("actor", ["token:ci", "teammate:sre", "cli:ada", "tocsin agent", "", "agent:ada"])
def test_a_token_a_teammate_and_an_agent_never_count(actor: str) -> None:
    with pytest.raises(ApprovalRefused, match="nobody is signed in"):
        by(actor)


@pytest.mark.parametrize("proposer", ["ben", "cli:ben"])
def test_who_proposed_never_consents_whatever_the_device(proposer: str) -> None:
    with pytest.raises(ApprovalRefused, match="ben proposed ACT-1"):
        by("ben", asked(proposed_by=proposer))
    forged = Approval(person="ben", role="approver", at=NOON, digest="d" * 64)
    assert lacking(asked(proposed_by=proposer, approvals=(forged,)), may, NOON) == ("approver",)


def test_who_lacks_the_role_is_refused() -> None:
    with pytest.raises(ApprovalRefused, match="dana may not consent") as refused:
        by("dana")
    assert refused.value.next_step == "It waits for the consent of: approver."
    with pytest.raises(ApprovalRefused):
        by("ada", role="nobody")
    with pytest.raises(ApprovalRefused):
        by("dana", asked(approvers=()))


@pytest.mark.parametrize("state", [each for each in ActionState if each is not ActionState.PROPOSED])
def test_only_what_is_proposed_is_consented_to(state: ActionState) -> None:
    with pytest.raises(ApprovalRefused, match=f"ACT-1 is {state}"):
        by("ada", asked(state=state))


def test_what_has_expired_is_not_consented_to() -> None:
    with pytest.raises(ApprovalRefused, match="has expired"):
        by("ada", asked(expires_at=NOON))


def test_consent_is_void_after_any_change_and_after_its_time() -> None:
    once = by("ada")
    assert valid_approvals(replace(once, digest="e" * 64), NOON) == ()
    assert lacking(once, may, NOON + APPROVAL_LASTS) == ("approver",)
    assert by("ada", replace(once, digest="e" * 64)).approvals[0].digest == "e" * 64


@pytest.mark.parametrize("order", list(itertools.permutations(["ada", "dana"])))
def test_whoever_comes_first_nobody_is_stuck(order: tuple[str, ...]) -> None:
    action = asked(approvers=("ciso", "legal"))
    for person in order:
        action = by(person, action)
    assert lacking(action, may, NOON) == ()
    assert len({each.person for each in action.approvals}) == 2


def test_one_person_fills_one_role_only() -> None:
    action = by("ada", asked(approvers=("ciso", "legal")))
    assert lacking(action, may, NOON) == ("legal",)
    twice = by("ada", asked(approvers=("approver", "approver")))
    assert lacking(twice, may, NOON) == ("approver",)


def test_a_person_may_choose_the_role() -> None:
    assert by("ada", asked(approvers=("ciso", "legal")), role="legal").approvals[0].role == "legal"


def test_an_approver_more_than_asked_is_welcome() -> None:
    one = by("ada", asked())
    assert (lacking(one, may, NOON), has_second_consent(one, NOON)) == ((), False)
    assert roles_for("chidi", one, may, NOON) == {"approver": False}
    assert roles_for("chidi", one, may, NOON, takes_second=True) == {"approver": True}
    assert roles_for("ada", one, may, NOON, takes_second=True) == {"approver": False}
    action = by("chidi", one)
    assert has_second_consent(action, NOON)
    assert not has_second_consent(action, later(4 * 60 * 60))


def test_consent_in_advance_fills_a_role_but_is_no_second_person() -> None:
    standing = a_standing_approval(number=4, person="ada")
    action = with_standing(asked(), (standing,), NOON)
    assert action.approvals[0].standing == 4
    assert lacking(action, may, NOON) == ()
    assert not has_second_consent(action, NOON)


@pytest.mark.parametrize(
    ("action_class", "roles", "door", "revert", "needed"),
    [
        (ActionClass.CONTAIN, (), Door.API, False, ("approver",)),
        (ActionClass.READ, (), Door.API, False, ()),
        (ActionClass.READ, ("legal",), Door.RUNBOOK, False, ("legal",)),
        (ActionClass.RECOVER, (), Door.TIMER, True, ()),
        (ActionClass.RECOVER, (), Door.TIMER, False, ("approver",)),
        (ActionClass.RECOVER, (), Door.CONSOLE, True, ("approver",)),
        (ActionClass.CONTAIN, ("a",) * 99, Door.API, False, ("a",) * MOST_APPROVERS),
    ],
)
def test_who_must_consent(
    action_class: ActionClass, roles: tuple[str, ...], door: Door, revert: bool, needed: tuple[str, ...]
) -> None:
    assert required(action_class, roles, door, "ada", is_revert=revert) == needed


def test_a_person_sees_which_roles_they_could_fill() -> None:
    action = asked(approvers=("ciso", "approver"), proposed_by="ben")
    assert roles_for("dana", action, may, NOON) == {"ciso": True, "approver": False}
    assert roles_for("ben", action, may, NOON) == {"ciso": False, "approver": False}
    assert roles_for("token:ci", action, may, later(1)) == {"ciso": False, "approver": False}


def test_any_order_of_answers_leaves_nothing_stuck() -> None:
    for first, second in itertools.product(["ada", "dana", "chidi"], repeat=2):
        action = asked(approvers=("ciso", "approver"), expires_at=NOON + timedelta(days=1))
        for person in (first, second, "ada", "dana", "chidi"):
            action = by(person, action)
        assert lacking(action, may, NOON) == ()


def test_the_person_behind_an_actor() -> None:
    assert person_behind("cli:ada") == person_behind("ada") == person_behind("ada by token:x") == "ada"
    assert person_behind("token:x") == "token:x"
    # The name of a token cannot make it somebody's.
    assert is_nobody("token:ada by token:x")
    assert not is_nobody("ada by token:x")


def test_who_proposed_by_their_own_token_never_consents() -> None:
    action = asked(proposed_by="ada by token:ci", door=Door.API)
    with pytest.raises(ApprovalRefused, match="ada proposed"):
        by("ada", action)
    assert required(ActionClass.CONTAIN, (), Door.API, action.proposed_by, is_revert=False) == ("approver",)
    assert lacking(by("ben", action), may, NOON) == ()


def test_behind_a_token_of_nobody_may_be_one_of_two_who_consent() -> None:
    needed = required(ActionClass.CONTAIN, (), Door.API, "token:ci", is_revert=False)
    assert needed == ("approver", "approver")
    assert required(ActionClass.NOTIFY, (), Door.API, "token:ci", is_revert=False) == ()
    assert required(ActionClass.NOTIFY, ("ciso",), Door.RUNBOOK, "token:ci", is_revert=False) == (
        "ciso",
        "approver",
    )
    one = by("ada", asked(proposed_by="token:ci", approvers=needed))
    assert (lacking(one, may, NOON), has_second_consent(one, NOON)) == (("approver",), False)
    both = by("ben", one)
    assert (lacking(both, may, NOON), has_second_consent(both, NOON)) == ((), False)
    assert has_second_consent(by("chidi", both), NOON)


def test_the_roles_still_asked_for_are_said() -> None:
    action = by("ada", asked(approvers=("ciso", "legal")), role="legal")
    assert still_asked(action, NOON) == ("ciso",)
    assert still_asked(by("chidi", asked(approvers=())), NOON) == ()
    assert still_asked(replace(action, state=ActionState.BEGUN), NOON) == ()
