"""An alertmanager.yml is read, its templates carried out, and partners hear what Alertmanager told them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from group_notifications import captured, captured_group, integration, resolved
from http_partner import HttpPartner, http_partner
from tocsin.connectors.catalogue import load, notifier_places
from tocsin.connectors.jira_service_management.notifier import alert_of
from tocsin.connectors.pagerduty.notifier import event_of
from tocsin.connectors.slack.notifier import message_of
from tocsin.domain.clock import SystemClock
from tocsin.domain.notification import Notification
from tocsin.oncall.alertmanager.file import parse_alertmanager
from tocsin.oncall.alertmanager.template_view import view_of
from tocsin.oncall.alertmanager.templates import library_of, render_settings

WRITTEN = """
route: {receiver: all}
receivers:
  - name: all
    slack_configs:
      - api_url: http://127.0.0.1:19002/slack/hook
        channel: '#aeef-incidents'
        title: '{{ .GroupLabels.alertname }}'
        text: '{{ .CommonAnnotations.summary }}'
        fields: [{title: sev, value: '{{ .CommonLabels.severity }}', short: true}]
        actions: [{type: button, text: Runbook, url: 'https://runbooks.example/x'}]
    pagerduty_configs:
      - routing_key: R0UTINGKEY000000000000000000000A
        severity: '{{ .CommonLabels.severity }}'
        class: sec
        component: idp
        group: '{{ .CommonLabels.env }}'
        images: [{src: 'https://img.example/a.png', alt: graph}]
        links: [{href: 'https://runbooks.example/x', text: runbook}]
    opsgenie_configs:
      - api_key: OPSGENIE-TEST-KEY
        responders: [{name: secops, type: team}]
        tags: '{{ .CommonLabels.team }},{{ .CommonLabels.env }}'
        priority: P1
    jira_configs:
      - api_url: https://example.atlassian.net/rest/api/3/
        project: OPS
        issue_type: Bug
        reopen_duration: 1d
        labels: ['{{ .CommonLabels.team }}']
    msteamsv2_configs:
      - webhook_url: https://prod.example/workflows/1?sig=x
"""


def settings(notification: Notification) -> Mapping[str, Mapping[str, Any]]:
    """Return the settings of each kind as a notifier gets them."""
    library, faults = library_of()
    assert faults == ()
    made = {}
    for each in parse_alertmanager(WRITTEN, "alertmanager.yml").receivers["all"]:
        rendered = render_settings(each, view_of(notification), library)
        assert rendered.faults == ()
        made[each.kind] = rendered.settings
    return made


def test_every_kind_has_what_tells_it() -> None:
    group_kinds = {"slack", "pagerduty", "opsgenie", "jira", "msteams", "msteamsv2"}
    assert group_kinds <= set(notifier_places())
    assert all(callable(load(notifier_places()[kind])(SystemClock()).notify) for kind in group_kinds)


def test_slack_hears_the_same(shared: Path) -> None:
    group = captured_group(shared)
    assert message_of(group, settings(group)["slack"]) == captured(shared, "alertmanager_slack")["body"]


@pytest.mark.parametrize("name", ["trigger", "resolve"])
def test_pagerduty_hears_the_same(shared: Path, name: str) -> None:
    group = captured_group(shared)
    group = group if name == "trigger" else resolved(group)
    told = captured(shared, f"alertmanager_pagerduty_v2_{name}")["body"]
    made = event_of(group, settings(group)["pagerduty"])
    assert {**made, "routing_key": told["routing_key"]} == told


def test_what_was_opsgenie_hears_the_same(shared: Path) -> None:
    group = captured_group(shared)
    told = captured(shared, "alertmanager_opsgenie_create")["body"]
    assert alert_of(group, settings(group)["opsgenie"]) == told


def test_jira_and_teams_are_told_in_the_words_of_the_shipped_templates(shared: Path) -> None:
    group = captured_group(shared)
    made = settings(group)
    with http_partner(HttpPartner(reply=lambda got: answer(got.path))) as partner:
        for kind, changed in (
            ("jira", {"api_url": f"{partner.url}rest/api/3/"}),
            ("msteamsv2", {"webhook_url": f"{partner.url}hook"}),
        ):
            told = load(notifier_places()[kind])(SystemClock())
            told.notify(group, integration(kind, **{**made[kind], **changed}))
        search, issue, card = (json.loads(got.body) for got in partner.received)
    subject = "[FIRING:3] AuthFailureSpike lab (prod 127.0.0.1:19100 agentidp critical security)"
    assert "resolutiondate >= -1440m" in search["jql"]
    assert issue["fields"]["summary"].startswith("[FIRING:3] AuthFailureSpike")
    assert issue["fields"]["labels"][0] == "security"
    assert issue["fields"]["description"]["type"] == "doc"
    shown = card["attachments"][0]["content"]["body"]
    assert shown[0]["text"].replace("\\", "") == subject
    assert "AuthFailureSpike" in shown[1]["text"]


def answer(path: str) -> tuple[int, dict[str, str], bytes]:
    if path.endswith("/search/jql"):
        return 200, {}, b'{"issues":[],"isLast":true}'
    return (202, {}, b"") if path == "/hook" else (201, {}, b'{"key":"OPS-1"}')
