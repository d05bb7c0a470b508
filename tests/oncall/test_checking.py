"""What can be read and still calls nobody is found in an on-call file, with its place."""

from __future__ import annotations

from dataclasses import replace

from tocsin.domain.person import Contact
from tocsin.oncall.checking import FindingKind, shared_addresses, unknown_channels, weak_routes
from tocsin.oncall.roster import Roster, parse_roster

ODD = """\
people:
  ben: {name: Ben, contacts: [{channel: nfty, address: t}], rules: {default: [{after: 0m, by: [nfty]}]}}
channels: {room: {channel: slak, address: C0}}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben]}
escalation: {P1: [{after: 0m, page: primary, by: voise, fallback: [smtp, fax], tell: room}]}
limits: {smss: none}
"""
ROUTES = """\
people: {ben: {name: Ben, contacts: [{channel: slack, address: U1}]}}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben]}
policies:
  default: {steps: {P1: [{after: 0m, page: ben}], P2: [{after: 0m, page: ben}]}}
  breach: {steps: {P1: [{after: 0m, page: ben}]}}
routes:
  - {name: guarded, when: ['type = drift', 'severity = P1'], policy: breach}
  - name: grave
    when: ['severity != P2']
    routes: [{name: guarded above, when: ['team = web'], policy: breach}]
  - {name: open, when: ['type = data-breach'], policy: breach}
"""
KNOWN = frozenset({"slack", "smtp", "voice", "sms", "ntfy"})


def test_a_channel_that_no_connector_has_is_found_wherever_it_stands() -> None:
    found = unknown_channels(ODD, "oncall.yml", KNOWN)
    assert [each.text.split("`")[1] for each in found] == ["nfty", "nfty", "slak", "voise", "fax", "smss"]
    assert found[0].kind is FindingKind.PROBLEM
    assert found[0].place == "oncall.yml:2:41"


def test_a_route_that_leads_a_severity_to_a_policy_without_steps_is_told() -> None:
    (warning,) = weak_routes(parse_roster(ROUTES, "oncall.yml"))
    assert warning.kind is FindingKind.WARNING
    assert warning.place == "oncall.yml:11"
    assert warning.text.startswith("Route “open” can lead P2 to the policy breach, which has no steps")


def test_two_people_behind_one_address_of_a_channel_that_keeps_one_alert_are_told(roster: Roster) -> None:
    ben, ada = roster.people["ben"], roster.people["ada"]
    ops = (Contact(channel="pagerduty", address="ops"), Contact(channel="pagerduty", address="ops/b"))
    both = {"ben": replace(ben, contacts=ops), "ada": replace(ada, contacts=ops[:1])}
    (warning,) = shared_addresses(replace(roster, people=both), {"pagerduty"})
    assert warning.text.startswith("ben and ada share the address ops of pagerduty")
    assert shared_addresses(replace(roster, people=both), {"jira"}) == ()
    apart = {**both, "ada": replace(ada, contacts=(Contact(channel="pagerduty", address="ada"),))}
    assert shared_addresses(replace(roster, people=apart), {"pagerduty"}) == ()
