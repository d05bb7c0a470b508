"""Who is called, how often, when the database keeps no incident."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from nouns import NOON
from tocsin.audit.monitoring import Concern, report
from tocsin.domain.page import Message
from tocsin.domain.person import Contact
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.oncall.roster import parse_roster
from tocsin.worker.outcry import AGAIN, Outcry, first_contacts, outcry_of

FOREIGN = report(Concern.FOREIGN, "Somebody put a trigger on store_incident.", NOON)


@dataclass
class Pigeon:
    name: str = "pigeon"
    is_real: bool = True
    fault: Exception | None = None
    sent: list[tuple[Message, str]] = field(default_factory=list)

    def send(self, message: Message, address: str) -> Receipt:
        if self.fault is not None:
            raise self.fault
        self.sent.append((message, address))
        return Receipt("taken")


@pytest.fixture
def pigeon() -> Pigeon:
    return Pigeon()


@pytest.fixture
def outcry(app, pigeon) -> Outcry:
    made = outcry_of(app)
    made.channels = {"inbox": pigeon}
    return made


def test_it_cries_every_five_minutes_until_there_is_an_incident(app, outcry, clock, pigeon) -> None:
    for after in (timedelta(), AGAIN / 2, AGAIN / 2):
        clock.push(after)
        outcry.round([FOREIGN])
    (first, address), (second, _) = pigeon.sent
    assert (address, first.severity, first.is_page) == ("ben", "P1", True)
    assert first.key != second.key
    with app.store.transaction() as shelves:
        app.take.own(shelves, [FOREIGN])
    clock.push(AGAIN)
    outcry.round([FOREIGN])
    assert len(pigeon.sent) == 2


def test_an_incident_that_is_gone_again_is_cried_out(app, outcry, pigeon) -> None:
    with app.store.transaction() as shelves:
        app.take.own(shelves, [FOREIGN])
    outcry.round([FOREIGN])
    assert pigeon.sent == []
    with app.store.transaction() as shelves:
        shelves.incidents._tables.incidents.clear()
    outcry.round([FOREIGN])
    assert len(pigeon.sent) == 1


@pytest.mark.parametrize("fault", [DeliveryFailed(FailureKind.REFUSED, "no"), TypeError("a foreign row")])
def test_a_channel_that_fails_is_logged(outcry, pigeon, fault, caplog) -> None:
    pigeon.fault = fault
    outcry.round([FOREIGN])
    assert "did not take the outcry" in caplog.text


def test_a_channel_that_is_not_set_up_is_logged(outcry, caplog) -> None:
    outcry.channels = {}
    outcry.round([FOREIGN])
    assert "inbox is not set up" in caplog.text


@dataclass
class Unreadable:
    """A store whose tables are gone."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        raise ValueError("no such table")
        yield


def test_a_database_that_cannot_be_read_keeps_no_incident(outcry, pigeon) -> None:
    outcry.store = Unreadable()
    outcry.round([FOREIGN])
    assert len(pigeon.sent) == 1


def test_where_a_p1_calls_nobody_everybody_is_called() -> None:
    people = "people:\n  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}\n"
    roster = parse_roster(people + "schedule: null\nescalation: {}\n", "oncall.yml")
    assert first_contacts(roster, NOON) == (Contact(channel="inbox", address="ben"),)
