"""Packs are told apart in words, by name, without any address or secret in them."""

from __future__ import annotations

import pytest

from tocsin.app.pack_words import Meaning, meanings, sections_of
from tocsin.app.packs import Packs
from tocsin.app.policies import build_policies
from tocsin.oncall.alertmanager.file import parse_alertmanager

ALERTMANAGER = """
route: {receiver: night, group_by: [service], routes: [{matchers: ['team="web"'], receiver: web}]}
receivers:
  - name: night
    webhook_configs: [{url: 'https://example.org/SECRETPATH'}]
  - name: web
inhibit_rules: [{source_matchers: [a="1"], target_matchers: [b="2"]}]
"""
ONCALL = """
people:
  ben:
    name: Ben
    contacts: [{channel: sms, address: "+4915100000001"}]
    rules: {default: [{after: 90s, by: [sms]}]}
teams: {web: {members: [ben], lead: ben}}
channels: {room: {channel: slack, address: C0SECRET}}
calendars: {office: {zone: Europe/Berlin}}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-01-05, people: [ben]}
limits: {sms: {most: 5, within: 1h30m}, ntfy: none}
notices: [{to: [room], severities: [P1], events: [opened]}]
policies:
  default:
    calendar: office
    repeat: never
    hand_over: last
    steps:
      P1: [{after: 0m, page: lead of web, by: sms, fallback: [smtp], needs: 2, tell: room}]
      P3: [{after: 2 business days, page: ben}, {after: 20 business hours, page: ben}]
  last: {steps: {P1: []}}
routes:
  - name: web
    when: [team = web]
    tell: room
    continue: true
    routes: [{name: in, when: [a = b], policy: last}]
"""


@pytest.fixture
def said(tmp_path):
    (tmp_path / "packs" / "team").mkdir(parents=True)
    (tmp_path / "packs" / "team" / "oncall.yml").write_text(ONCALL)
    policies = build_policies(Packs(tmp_path))
    return sections_of(policies, parse_alertmanager(ALERTMANAGER, "alertmanager.yml"))


def test_each_thing_is_said_by_its_name_without_addresses(said):
    assert said["teams"] == {"web": "ben; lead ben"}
    assert said["limits"] == {"sms": "5 in 1h30m", "ntfy": "none"}
    assert "; default: 90s sms" in said["people"]["ben"]
    first = said["policies"]["default P1"]
    assert first.startswith("after 0m page lead web by sms or smtp until 2 have acknowledged tell slack #")
    assert "after 2 business days" in said["policies"]["default P3"]
    assert said["policies"]["default, in the end"] == "1 rounds, then last"
    assert said["policies"]["last P1"] == "calls nobody"
    assert set(said["routes"]) == {"1 “web”", "1 “web” → 1 “in”"}
    assert said["alertmanager.yml"]["receiver web"] == "tells nobody"
    assert said["alertmanager.yml"]["receiver night"].startswith("webhook/0 #")
    assert said["severities"]["“critical” of every source"] == "P1"
    assert "SECRET" not in repr(said)
    assert "+49" not in repr(said)


def test_only_what_differs_is_named(said):
    other = {**said, "teams": {"web": "ada; lead ada", "new": "x"}, "limits": {"ntfy": "none"}}
    found = meanings(said, other)
    assert found == (
        Meaning(section="teams", name="web", before="ben; lead ben", after="ada; lead ada"),
        Meaning(section="teams", name="new", before="", after="x"),
        Meaning(section="limits", name="sms", before="5 in 1h30m", after=""),
    )
    assert [each.text for each in found] == [
        "was: ben; lead ben; becomes: ada; lead ada",
        "new: x",
        "gone; was: 5 in 1h30m",
    ]
