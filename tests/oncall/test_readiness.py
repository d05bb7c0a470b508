"""Tests of who counts as reachable, and of the link that shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.person import Contact
from tocsin.oncall.people import INBOX
from tocsin.oncall.readiness import (
    ReadinessLinkRefused,
    check,
    contact_name,
    digest_text,
    readiness,
    token,
    unreachable,
)
from tocsin.oncall.roster import Roster, parse_roster

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = b"k" * 32
MAIL = Contact(channel="smtp", address="ada@example.org")


def verified(days: float) -> dict[str, datetime]:
    return {contact_name("ada", MAIL): NOON - timedelta(days=days)}


@pytest.mark.parametrize(("days", "counts"), [(0, True), (89.9, True), (90, False)])
def test_a_confirmation_counts_for_ninety_days(roster: Roster, days: float, *, counts: bool) -> None:
    found = readiness(roster, verified(days), NOON)
    assert [(each.person, each.contact.channel) for each in found] == [
        ("ada", "smtp"),
        ("ben", "slack"),
        ("ben", "smtp"),
    ]
    assert found[0].is_verified is counts
    assert found[0].name == contact_name("ada", MAIL)
    assert unreachable(found) == (("ben",) if counts else ("ada", "ben"))


def test_the_inbox_reaches_nobody_and_never_counts() -> None:
    local = parse_roster(
        "people: {ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}}\n"
        "schedule: null\nescalation: {}\n",
        "oncall.yml",
    )
    name = contact_name("ben", Contact(channel=INBOX, address="ben"))
    assert not readiness(local, {name: NOON}, NOON)[0].is_verified


def test_the_address_itself_is_not_remembered() -> None:
    assert "example" not in contact_name("ada", MAIL)


def test_the_list_tells_first_who_cannot_be_reached(roster: Roster) -> None:
    assert digest_text(readiness(roster, verified(1), NOON)) == (
        "1 of 2 people have no verified contact.\n"
        "ben: nothing is verified. Ask them to confirm a test message.\n"
        "ada: smtp (2026-11-19)"
    )


def test_only_the_right_link_confirms_and_only_for_three_days() -> None:
    given = token("ada|smtp|1", NOON, KEY)
    check("ada|smtp|1", NOON, given, KEY, NOON + timedelta(hours=72))
    with pytest.raises(ReadinessLinkRefused, match="72 hours old"):
        check("ada|smtp|1", NOON, given, KEY, NOON + timedelta(hours=73))
    for name, text in (("ben|smtp|1", given), ("ada|smtp|1", given[:-1]), ("ada|smtp|1", "ä")):
        with pytest.raises(ReadinessLinkRefused, match="confirms nothing"):
            check(name, NOON, text, KEY, NOON)
