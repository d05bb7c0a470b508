"""Accounts, roles and one-time links."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON, later
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Role
from tocsin.store.accounts import AccountRefused, Accounts
from tocsin.store.models import SignInLink

HOUR = timedelta(hours=1)


@pytest.fixture
def accounts(database_store):
    return Accounts(database_store)


def test_an_account_is_found_by_its_name(accounts):
    made = accounts.create("ada", "Ada", Role.COMMANDER, email="ada@example.org")
    found = accounts.by_username("ada")
    assert (found.pk, found.display_name, found.role) == (made.pk, "Ada", "commander")
    assert (found.is_active, found.is_drill, found.has_usable_password()) == (True, False, False)
    assert accounts.by_username("eve") is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param({"username": "ada"}, "already", id="a name that is taken"),
        pytest.param({"username": "Ada"}, "username", id="capitals"),
        pytest.param({"username": ""}, "username", id="no name"),
        pytest.param({"username": "a" * 65}, "username", id="a long name"),
        pytest.param({"username": "eve\n"}, "username", id="a line break"),
        pytest.param({"role": Role.INGEST}, "ingest", id="a machine's role"),
    ],
)
def test_an_account_that_cannot_be_made_is_refused_with_a_reason(accounts, asked, said):
    accounts.create("ada", "Ada", Role.COMMANDER)
    with pytest.raises(AccountRefused) as refusal:
        accounts.create(**{"username": "eve", "display_name": "Eve", "role": Role.VIEWER, **asked})
    assert said in refusal.value.explain()
    assert [account.username for account in accounts.everybody()] == ["ada"]


def test_people_are_listed_by_role(accounts):
    accounts.create("dana", "Dana", Role.APPROVER)
    accounts.create("ben", "Ben", Role.RESPONDER)
    accounts.set_role("ben", Role.APPROVER)
    assert [account.username for account in accounts.with_role(Role.APPROVER)] == ["ben", "dana"]
    assert accounts.with_role(Role.RESPONDER) == ()
    with pytest.raises(NotFound):
        accounts.set_role("eve", Role.ADMIN)


def test_a_link_lets_in_once(accounts):
    accounts.create("ada", "Ada", Role.COMMANDER)
    token = accounts.sign_in_link("ada", NOON, HOUR)
    assert accounts.redeem(token, later(1)).username == "ada"
    assert accounts.redeem(token, later(2)) is None
    assert accounts.redeem("guessed", later(2)) is None
    assert token not in str(SignInLink.objects.values_list().get())


def test_an_expired_link_lets_nobody_in(accounts):
    accounts.create("ada", "Ada", Role.COMMANDER)
    token = accounts.sign_in_link("ada", NOON, HOUR)
    assert accounts.redeem(token, later(3600)) is None
    with pytest.raises(NotFound):
        accounts.sign_in_link("eve", NOON, HOUR)


def test_a_new_link_ends_the_persons_older_ones_and_nobody_elses(accounts):
    accounts.create("ada", "Ada", Role.COMMANDER)
    accounts.create("ben", "Ben", Role.RESPONDER)
    older, bens = accounts.sign_in_link("ada", NOON, HOUR), accounts.sign_in_link("ben", NOON, HOUR)
    newer = accounts.sign_in_link("ada", later(1), HOUR)
    assert accounts.redeem(older, later(2)) is None
    assert accounts.redeem(newer, later(2)).username == "ada"
    assert accounts.redeem(bens, later(2)).username == "ben"


def test_the_cast_of_a_drill_leaves_with_its_links(accounts):
    accounts.create("ada", "Ada", Role.COMMANDER)
    accounts.create("drill-ben", "Ben", Role.RESPONDER, is_drill=True)
    token = accounts.sign_in_link("drill-ben", NOON, HOUR)
    assert accounts.remove_drill() == 1
    assert accounts.remove_drill() == 0
    assert accounts.redeem(token, later(1)) is None
    assert [account.username for account in accounts.everybody()] == ["ada"]


def test_the_command_can_go_to_an_active_account_that_may_respond(accounts):
    for username, role in (("ada", Role.COMMANDER), ("ben", Role.RESPONDER), ("dana", Role.APPROVER)):
        accounts.create(username, username.title(), role)
    assert [accounts.may_command(name) for name in ("ada", "ben", "dana", "eve")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_second_person_may_command_themselves(accounts):
    for username, role in (("ada", Role.COMMANDER), ("ben", Role.RESPONDER), ("dana", Role.ADMIN)):
        accounts.create(username, username.title(), role)
    assert [accounts.may_confirm(name) for name in ("ada", "ben", "dana", "eve")] == [
        True,
        False,
        True,
        False,
    ]
