"""Accounts by the command line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.app import drills
from tocsin.cli.person import demand_account
from tocsin.domain.errors import NotFound
from tocsin.domain.partner import ActKind, PartnerAct
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore


def add(typed, name: str = "ada", role: str = "commander"):
    return typed("person", "add", name, "--name", name.title(), "--role", role)


def test_a_new_account_comes_with_a_link_that_signs_in_once(app, typed) -> None:
    result = add(typed)
    assert result.exit_code == 0
    token = result.stdout.strip().rpartition("/")[2]
    account = Accounts(DjangoStore()).redeem(token, app.clock.now())
    assert account is not None
    assert account.username == "ada"
    assert token not in result.stderr


def test_the_same_name_twice_is_refused(home, typed) -> None:
    add(typed)
    result = add(typed)
    assert result.exit_code == 5
    assert "[account_refused]" in result.stderr


def test_accounts_are_listed(home, typed, answer) -> None:
    add(typed)
    (one,) = answer("person", "list")
    assert (one["username"], one["role"], one["drill"]) == ("ada", "commander", False)


def test_a_new_link_is_made_for_whoever_is_there(home, typed, answer) -> None:
    add(typed)
    assert answer("person", "link", "ada")["link"].startswith("http://127.0.0.1:8420/sign-in/")
    assert typed("person", "link", "eve").exit_code == 3


def test_an_account_is_removed_after_a_yes(home, typed, answer) -> None:
    add(typed)
    assert typed("person", "remove", "ada").exit_code == 2
    assert typed("person", "remove", "ada", "--yes").exit_code == 0
    assert answer("person", "list") == []
    assert typed("person", "remove", "ada", "--yes").exit_code == 3


def test_the_practice_cast_goes_and_real_people_stay(app, home, typed, answer) -> None:
    add(typed, "chidi", "viewer")
    drills.seat_cast(Accounts(DjangoStore()), app.clock.now(), timedelta(hours=1))
    assert answer("person", "remove", "--drill") == {"removed": 3}
    assert [each["username"] for each in answer("person", "list")] == ["chidi"]


@pytest.mark.parametrize("words", [(), ("ada", "--drill")])
def test_remove_wants_one_of_both(home, typed, words) -> None:
    assert typed("person", "remove", *words).exit_code == 2


def test_what_is_done_to_accounts_is_in_the_log(app, typed) -> None:
    add(typed)
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        written = b"".join(leaf.content for leaf in shelves.log.leaves(0, 10))
    assert b"account made" in written
    assert b"sign-in link made" in written


def test_an_account_that_is_not_there_is_not_found(home) -> None:
    with pytest.raises(NotFound):
        demand_account("eve")


def test_a_person_is_linked_to_their_self_at_a_partner_and_unlinked(app, answer, typed) -> None:
    typed("person", "add", "ben", "--name", "Ben", "--role", "responder")
    assert answer("person", "link", "ben", "--partner", "slack:T1.U2")["partner"] == "slack:T1.U2"
    (link,) = answer("person", "links")
    assert (link["partner"], link["username"]) == ("slack:T1.U2", "ben")
    assert answer("person", "unlink", "slack:T1.U2") == {"partner": "slack:T1.U2"}
    assert answer("person", "links") == []
    assert typed("person", "unlink", "slack:T1.U2").exit_code == 3


def test_a_code_that_a_partner_has_shown_is_confirmed_once(app, answer, typed, report) -> None:
    typed("person", "add", "ben", "--name", "Ben", "--role", "responder")
    report({"labels": {"alertname": "DiskFull", "severity": "critical"}})
    act = PartnerAct(partner="slack", person="T1.U2", kind=ActKind.ACKNOWLEDGE, incident="INC-1")
    code = app.hearing.hooks.partner.perform(act).link_code
    assert answer("person", "link", "ben", "--code", code)["partner"] == "slack:T1.U2"
    assert typed("person", "link", "ben", "--code", code).exit_code != 0
    assert typed("person", "link", "ben", "--code", code, "--partner", "x:y").exit_code == 2
    assert typed("person", "link", "nobody", "--partner", "x:y").exit_code == 3
