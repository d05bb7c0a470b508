"""The section `http` of actions.yml: the shipped one loads, and every mistake is pointed at."""

from __future__ import annotations

import pytest

from performing_rigs import shipped
from tocsin.app.performing import performers_of
from tocsin.connectors.http_actions.reading import performers_in
from tocsin.domain.action import ActionClass
from tocsin.domain.pack_file import PackProblem, parse
from tocsin.response.declaring import faults_of

SUSPEND = """\
- name: lab.suspend
  title: Suspend
  class: contain
  target: lab
  arguments:
    agent: {summary: Id.}
    ids: {summary: Ids., kind: texts}
    note: {summary: Why., required: false}
  request: {method: PATCH, path: '/agents/{agent}', body: {status: suspended, why: '{note}'}}
  look: {method: GET, path: '/agents/{agent}', query: {full: '{note}'}}
  done: {status: suspended}
  repeat: {by: same-value, rule: It stays so.}
  undo: {does: It., keeps: [status], method: PATCH, path: '/agents/{agent}', body: {status: '{kept.status}'}}
  residual: {remains: Tokens.}
  blast: {unit: agents, per_run: 1, per_hour: 20}
  rights: [{name: w, why: to write}]
"""
READ = "- {name: lab.look, title: Look, class: read, target: lab, request: {method: GET, path: /x}}\n"


def test_what_is_shipped_loads_and_says_all_of_itself() -> None:
    found = performers_of(shipped("agent-identity"))
    ours = {name: one for name, one in found.items() if name.startswith("agentidp.")}
    assert {
        "agentidp.revoke_credential",
        "agentidp.suspend_agent",
        "agentidp.unsuspend_agent",
        "agentidp.revoke_tokens",
        "agentidp.audit_verify",
    } <= set(ours)
    assert {name: faults_of(one) for name, one in ours.items() if faults_of(one)} == {}
    assert found["agentidp.revoke_credential"].undo is None
    assert found["agentidp.audit_verify"].declaration.action_class is ActionClass.READ


def test_an_action_is_whole() -> None:
    [one] = performers_in(parse(SUSPEND, "actions.yml"))
    assert faults_of(one) == ()
    assert one.undo is not None


@pytest.mark.parametrize(
    ("was", "becomes", "line", "says"),
    [
        ("title: Suspend", "titel: Suspend", 2, "not known"),
        ("target: lab", "target: 'https://evil.example'", 4, "no name of a target"),
        ("path: '/agents/{agent}', body: {status: s", "path: 'agents', body: {status: s", 9, "no path"),
        ("path: '/agents/{agent}', body: {status: s", "path: '//evil', body: {status: s", 9, "no path"),
        ("path: '/agents/{agent}', body: {status: s", "path: '/../x', body: {status: s", 9, "no path"),
        ("path: '/agents/{agent}', body: {status: s", "path: '/{agnet}', body: {status: s", 9, "fills"),
        ("path: '/agents/{agent}', body: {status: s", "path: '/{ids}', body: {status: s", 9, "fills"),
        ("path: '/agents/{agent}', body: {status: s", "path: '/{note}', body: {status: s", 9, "fills"),
        ("'{note}'}}\n  look", "'{nota}'}}\n  look", 9, "fills"),
        ("request: {method: PATCH", "request: {method: GET", 9, "cannot be a GET"),
        ("look: {method: GET", "look: {method: POST", 10, "only reads"),
        ("  look: {method: GET, path: '/agents/{agent}', query: {full: '{note}'}}\n", "", 1, "`look`"),
        ("  done: {status: suspended}\n", "", 1, "`done`"),
        ("done: {status: suspended}", "done: {}", 11, "nothing is to be found"),
        ("done: {status: suspended}", "done: {status: '{who}'}", 11, "fills"),
        ("by: same-value", "by: partner-key", 1, "no header carries it"),
        ("rule: It stays so.", "rule: It stays so., header: 'a b'", 12, "no header"),
        ("keeps: [status]", "keeps: [status, role]", 13, "does not put it back"),
        ("{kept.status}", "{kept.role}", 13, "does not put it back"),
        ("body: {status: suspended", "success: [404], body: {status: suspended", 9, "whole number"),
    ],
)
def test_a_mistake_is_pointed_at(was: str, becomes: str, line: int, says: str) -> None:
    assert was in SUSPEND
    with pytest.raises(PackProblem, match=says) as raised:
        performers_in(parse(SUSPEND.replace(was, becomes, 1), "actions.yml"))
    assert raised.value.line == line


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (READ + READ, "described twice"),
        (READ.replace("GET", "POST"), "cannot be a POST"),
        (READ.replace("title", "look: {method: GET, path: /}, title"), "what only reads has no `look`"),
    ],
)
def test_what_only_reads_is_a_get_and_no_more(text: str, says: str) -> None:
    with pytest.raises(PackProblem, match=says):
        performers_in(parse(text, "actions.yml"))


def test_a_look_may_want_to_find_nothing() -> None:
    text = SUSPEND.replace("done: {status: suspended}", "done: absent").replace(
        "  undo: {does: It., keeps: [status], method: PATCH, path: '/agents/{agent}',"
        " body: {status: '{kept.status}'}}",
        "  no_undo: It is gone.",
    )
    [one] = performers_in(parse(text, "actions.yml"))
    assert one.undo is None
