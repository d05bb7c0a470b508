"""Tests of where an incident goes, and of who is told without a call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import an_alert
from tocsin.domain.incident import Incident
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.notices import NoticeEvent
from tocsin.oncall.people import ADMINISTRATORS, INBOX
from tocsin.oncall.roster import Roster
from tocsin.oncall.routing import notices, policy_for, route

INCIDENTS = Contact(channel="slack", address="C0INC")
WARNINGS = Contact(channel="slack", address="C0WARN")


@pytest.mark.parametrize(
    ("labels", "policy", "tell"),
    [
        pytest.param({}, "default", (), id="nothing fits"),
        pytest.param({"team": "payments"}, "payments", (), id="the first that fits"),
        pytest.param({"team": "payments", "service": "refunds"}, "brief", (), id="a deeper one decides"),
        pytest.param(
            {"team": "payments", "service": "ledger"},
            "payments",
            (WARNINGS,),
            id="a deeper one without a policy leaves it to the one above",
        ),
        pytest.param({"team": "payments", "severity": "P1"}, "payments", (), id="what fits ends the search"),
        pytest.param({"severity": "P1"}, "default", (INCIDENTS,), id="only told"),
        pytest.param({"severity": "P2", "type": "drift"}, "brief", (INCIDENTS,), id="told, and gone on"),
    ],
)
def test_the_first_route_that_fits_and_names_a_policy_gives_it(
    teams: Roster, labels: dict[str, str], policy: str, tell: tuple[Contact, ...]
) -> None:
    routed = route(teams, labels)
    assert (routed.policy, routed.tell) == (policy, tell)


def test_a_route_says_its_path_in_words(teams: Roster, roster: Roster) -> None:
    deep = route(teams, {"team": "payments", "service": "refunds"})
    assert deep.why == "Policy brief: by route “money” (line 54) → “refunds” (line 58) of oncall.yml."
    assert route(teams, {}).why == "Policy default: no route of oncall.yml names another."
    assert route(roster, {}).why == "Policy default: oncall.yml has no routes."


def test_of_several_policies_the_first_counts_and_the_others_are_named(teams: Roster) -> None:
    money = replace(teams.routes[0], continues=True)
    both = replace(teams, routes=(money, *teams.routes[1:]))
    routed = route(both, {"team": "payments", "type": "drift"})
    assert routed.policy == "payments"
    assert routed.why.endswith("Routes after it name brief; the first counts.")


def test_routes_are_matched_by_our_own_verdict_and_not_by_the_senders_words(teams: Roster) -> None:
    alert = an_alert(labels={"alertname": "A", "severity": "P1", "type": "nothing", "service": "shop"})
    routed = policy_for(teams, alert, Severity.P3, "drift", ("ledger",))
    assert (routed.policy, routed.tell) == ("brief", ())
    assert policy_for(teams, alert, Severity.P1, "unknown").tell == (INCIDENTS,)


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


def test_who_hears_of_each_step_hears_that_the_last_one_went_by(roster: Roster, incident: Incident) -> None:
    told = notices(roster, incident, NoticeEvent.UNANSWERED)
    assert [one.contact.address for one in told] == ["#incidents", "boss@example.org"]


def test_rooms_of_routes_and_steps_are_told_beside_the_notices_and_once(
    teams: Roster, incident: Incident
) -> None:
    told = notices(teams, incident, NoticeEvent.RESOLVED, (WARNINGS, WARNINGS))
    assert [(one.contact, one.reason) for one in told] == [
        (WARNINGS, "Named by a route or a step of oncall.yml.")
    ]
    opened = notices(teams, incident, NoticeEvent.OPENED, (WARNINGS,))
    assert [one.contact for one in opened] == [INCIDENTS, WARNINGS]


def test_practice_is_told_to_inboxes_only(roster: Roster, incident: Incident) -> None:
    practice = replace(incident, drill=True)
    assert notices(roster, practice, NoticeEvent.OPENED) == ()
    rule = replace(roster.notices[0], contact=Contact(channel=INBOX, address="ben"))
    local = replace(roster, notices=(*roster.notices, rule))
    assert [one.contact for one in notices(local, practice, NoticeEvent.OPENED)] == [rule.contact]
