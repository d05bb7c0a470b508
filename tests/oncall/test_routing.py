"""Tests of who is told without a call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.domain.incident import Incident
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.roster import ADMINISTRATORS, INBOX, NoticeEvent, Roster
from tocsin.oncall.routing import notices


@pytest.mark.parametrize(
    ("severity", "event", "addresses"),
    [
        (Severity.P1, NoticeEvent.OPENED, ["#incidents"]),
        (Severity.P1, NoticeEvent.ESCALATED, ["#incidents", "boss@example.org"]),
        (Severity.P2, NoticeEvent.ESCALATED, ["#incidents"]),
        (Severity.P3, NoticeEvent.RESOLVED, []),
        (Severity.P1, NoticeEvent.UNREACHED, ["#incidents", ADMINISTRATORS]),
        (Severity.P4, NoticeEvent.UNREACHED, [ADMINISTRATORS]),
    ],
)
def test_each_address_is_told_once_by_severity_and_event(
    roster: Roster, incident: Incident, severity: Severity, event: NoticeEvent, addresses: list[str]
) -> None:
    told = notices(roster, replace(incident, severity=severity), event)
    assert [one.contact.address for one in told] == addresses
    assert all(one.event is event for one in told)


def test_a_notice_says_why(roster: Roster, incident: Incident) -> None:
    boss = notices(roster, incident, NoticeEvent.ESCALATED)[1]
    assert boss.reason == "Notice 2 of oncall.yml: P1 Critical incidents, escalated."


def test_practice_is_told_to_inboxes_only(roster: Roster, incident: Incident) -> None:
    practice = replace(incident, drill=True)
    assert notices(roster, practice, NoticeEvent.OPENED) == ()
    rule = replace(roster.notices[0], contact=Contact(channel=INBOX, address="ben"))
    local = replace(roster, notices=(*roster.notices, rule))
    assert [one.contact for one in notices(local, practice, NoticeEvent.OPENED)] == [rule.contact]
