"""Exhibits and custody on every store."""

from __future__ import annotations

from uuid import uuid4

from nouns import INCIDENT, NOON, an_exhibit, later
from tocsin.domain.exhibit import CustodyAct, CustodyEvent


def test_exhibits_come_back_as_they_were_by_number(any_store):
    second = an_exhibit(2, collector="alert.context", covers="alert.context")
    elsewhere = an_exhibit(3, incident_id=uuid4())
    with any_store.transaction() as shelves:
        assert (shelves.exhibits.next_number(), shelves.exhibits.next_number()) == (1, 2)
        assert shelves.incidents.next_number() == 1
        for exhibit in (second, an_exhibit(1), elsewhere):
            shelves.exhibits.add(exhibit)
    with any_store.reading() as shelves:
        assert shelves.exhibits.get(2) == second
        assert shelves.exhibits.get(9) is None
        assert shelves.exhibits.of_incident(INCIDENT) == (an_exhibit(1), second)
        assert shelves.exhibits.all() == (an_exhibit(1), second, elsewhere)


def test_custody_is_told_in_order(any_store):
    lines = [
        CustodyEvent(exhibit=1, at=later(5), act=CustodyAct.COLLECTED, actor="tocsin"),
        CustodyEvent(exhibit=1, at=NOON, act=CustodyAct.READ, actor="ada", reason="review"),
    ]
    with any_store.transaction() as shelves:
        for line in lines:
            shelves.exhibits.add_custody(line)
        shelves.exhibits.add_custody(CustodyEvent(exhibit=2, at=NOON, act=CustodyAct.VERIFIED, actor="ada"))
    with any_store.reading() as shelves:
        assert shelves.exhibits.custody_of(1) == tuple(lines)
        assert shelves.exhibits.custody_of(3) == ()


def test_custody_of_an_incident_is_written_and_read_at_once(any_store):
    def a_line(number, act):
        return CustodyEvent(exhibit=number, at=NOON, act=act, actor="ada", reason="because")

    ours = [a_line(1, CustodyAct.COPIED), a_line(2, CustodyAct.COPIED)]
    with any_store.transaction() as shelves:
        for exhibit in (an_exhibit(1), an_exhibit(2), an_exhibit(3, incident_id=uuid4())):
            shelves.exhibits.add(exhibit)
        shelves.exhibits.add_custody(a_line(3, CustodyAct.READ))
        shelves.exhibits.add_all_custody(ours)
        assert shelves.exhibits.custody_in(INCIDENT) == tuple(ours)
        assert shelves.exhibits.custody((CustodyAct.READ,)) == (a_line(3, CustodyAct.READ),)
        assert len(shelves.exhibits.custody()) == 3
