"""People of an export get usernames that an account may have, and rules that they can keep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.person import Contact, is_username
from tocsin.oncall.imports.persons import carried_person, username

SOON = timedelta()


@pytest.mark.parametrize(
    ("wanted", "taken", "expected"),
    [
        ("ada@example.org", (), "ada"),
        ("Ádà Löw", (), "ada-low"),
        ("ada", ("ada", "ada-2"), "ada-3"),
        ("primary", (), "primary-2"),
        ("子", (), "person"),
        ("a" * 99, (), "a" * 56),
    ],
)
def test_a_username_is_like_the_name_and_nobody_elses(
    wanted: str, taken: tuple[str, ...], expected: str
) -> None:
    assert username(wanted, taken) == expected
    assert is_username(expected)


def test_rules_keep_only_what_the_person_has() -> None:
    mail = Contact(channel="smtp", address="ada@example.org")
    rules = {
        "default": (
            (timedelta(minutes=5), ("smtp",)),
            (SOON, ("voice",)),
            (SOON, ("smtp",)),
            (SOON, ("smtp",)),
        ),
        "important": ((SOON, ("voice",)),),
    }
    one = carried_person("k", ("ada", ""), (mail, mail), rules)
    assert (one.person.name, one.person.contacts) == ("ada", (mail,))
    assert one.rules == {"default": ((SOON, ("smtp",)), (timedelta(minutes=5), ("smtp",)))}


def test_who_has_no_contact_gets_the_inbox() -> None:
    (contact,) = carried_person("k", ("ada", "Ada"), (), {}).person.contacts
    assert contact == Contact(channel="inbox", address="ada")
