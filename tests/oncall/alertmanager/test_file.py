"""A whole alertmanager.yml is read as `amtool check-config` would, and shown without its secrets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.oncall.alertmanager.file import Configuration, parse_alertmanager
from tocsin.oncall.alertmanager.groups import group_key
from tocsin.oncall.alertmanager.routes import matching

WHOLE = """
global:
  resolve_timeout: 10m
  slack_api_url: https://hooks.example/t0p
  smtp_smarthost: mail:587
  smtp_from: tocsin@example.com
  smtp_auth_password: t0p
route:
  receiver: default
  group_by: [alertname]
  routes:
  - &night
    matchers: [severity="critical"]
    receiver: pager
    mute_time_intervals: [nights]
    continue: yes
  - <<: *night
    receiver: mail
receivers:
- name: default
- name: pager
  pagerduty_configs:
  - routing_key: t0p
  - routing_key_file: /run/key
    send_resolved: no
  opsgenie_configs:
  - api_key: t0p
- name: mail
  email_configs:
  - {to: ada@example.com}
  slack_configs:
  - channel: "#ops"
    title: '{{ template "mine" . }}'
    fields: [{title: a, value: '{{ nofunction }}'}]
  webhook_configs:
  - url: https://u:t0p@example.com/t0p
    max_alerts: 2
inhibit_rules:
- source_match: {severity: critical}
  target_matchers: [severity="warning"]
  equal: [alertname]
mute_time_intervals:
- name: nights
  time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}]}]
time_intervals:
- name: never
"""


def parsed(text: str) -> Configuration:
    return parse_alertmanager(text, "am.yml")


def test_a_whole_file_is_taken_over() -> None:
    read = parsed(WHOLE)
    assert read.resolve_timeout == timedelta(minutes=10)
    assert list(read.receivers) == ["default", "pager", "mail"]
    assert read.receivers["default"] == ()
    assert [(each.kind, each.name, each.send_resolved) for each in read.receivers["pager"]] == [
        ("pagerduty", "pagerduty/0", True),
        ("pagerduty", "pagerduty/1", False),
        ("opsgenie", "opsgenie/0", True),
    ]
    assert read.receivers["mail"][0].settings["auth_password"] == "t0p"
    assert (read.inhibit_rules[0].equal, read.inhibit_rules[0].name) == (("alertname",), "inhibit rule 1")
    assert list(read.intervals) == ["nights", "never"]
    assert read.intervals["never"] == ()
    ends = matching(read.root, {"severity": "critical", "alertname": "X"})
    assert [route.receiver for route in ends] == ["pager", "mail"]
    key = '{}/{severity="critical"}:{alertname="X"}'
    assert group_key(read.root, ends[0], {"alertname": "X"}) == key


def test_the_smallest_file_has_upstreams_defaults() -> None:
    read = parsed("route: {receiver: a}\nreceivers: [{name: a}]\nglobal:\n")
    assert (read.resolve_timeout, read.templates, read.warnings) == (timedelta(minutes=5), (), ())
    assert (read.inhibit_rules, read.intervals) == ((), {})


def test_what_is_shown_holds_no_secret_and_loads_again() -> None:
    read = parsed(WHOLE)
    assert "t0p" not in read.original
    assert 'slack_api_url: "<secret>"' in read.original
    assert 'url: "https://example.com/<secret>"' in read.original
    again = parsed(read.original)
    assert again.original == read.original
    assert again.root.children[0].matchers == read.root.children[0].matchers
    assert "t0p" not in repr(read)


def test_a_condition_on_an_absent_label_is_shown_as_written() -> None:
    read = parsed(WHOLE.replace("source_match: {severity: critical}", "source_match: {severity: }"))
    again = parsed(read.original)
    assert read.inhibit_rules[0].source[0].value == ""
    assert (again.inhibit_rules[0].source, again.original) == (read.inhibit_rules[0].source, read.original)


def test_what_is_otherwise_here_is_told_with_its_place() -> None:
    told = [str(each) for each in parsed(WHOLE).warnings]
    assert [each.split(" ")[0] for each in told] == ["am.yml:27:5:", "am.yml:32:5:", "am.yml:32:5:"]
    assert "Jira Service Management" in told[0]
    assert 'no template "mine" is defined' in told[1]
    assert "no function nofunction" in told[2]


def test_templates_of_files_may_be_named() -> None:
    read = parsed(f"templates: [tmpl/*.tmpl]\n{WHOLE}")
    assert read.templates == ("tmpl/*.tmpl",)
    assert not any("mine" in each.text for each in read.warnings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a mapping is expected"),
        ("receivers: []", "there is no route"),
        ("route: \nreceivers: []", "there is no route"),
        ("route: {receiver: a}", "`a` is not defined"),
        ("route: {receiver: a}\nreceivers: [{name: a}, {name: a}]", "defined twice"),
        ("route: {receiver: a}\nreceivers: [{}]", "name is missing"),
        ("route: {receiver: a}\nreceivers: [{name: ''}]", "name is missing"),
        ("route: {receiver: a}\nreceivers: [~]", "a mapping is expected"),
        ("route: {receiver: a}\nreceivers: [{name: a, pigeon_configs: []}]", "pigeon_configs"),
        ("route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{}]}]", "am.yml:2:41: .*no url"),
        ("global: {slack_api_url: http://h, slack_api_url_file: f}\nroute: {receiver: a}", "stand together"),
        ("route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{time_intervals: []}]", "name"),
        (
            "route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: n}]\n"
            "mute_time_intervals: [{name: n}]",
            "defined twice",
        ),
        ("colour: red", "`colour` is not known"),
    ],
)
def test_what_upstream_refuses_is_refused(text: str, words: str) -> None:
    with pytest.raises(PackProblem, match=words):
        parsed(text)
