"""An incident has one issue: made once, commented as it goes on, closed when it is resolved."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jira as oracle
import pytest
from fake_jira import FakeJira

from http_partner import replayed
from tocsin.connectors.jira.channel import Busy, Choices, JiraChannel, label, label_of, mark_of
from tocsin.connectors.jira.issues import issues_of
from tocsin.connectors.secret import Secret
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

NOTICE = Message(
    key="notice:1",
    subject="P1 Critical INC-1: login failures",
    text="61 failures",
    link="https://tocsin.example/incidents/INC-1",
    severity="P1",
    incident="INC-1",
    incident_key="7c1f0e6a",
    event="opened",
    is_page=False,
)
RESOLVED = replace(NOTICE, key="notice:9", event="resolved")


def channel(jira: Any, **choices: Any) -> JiraChannel:
    return JiraChannel(issues_of(jira.url, Secret(jira.token), jira.user), Choices(**choices))


@pytest.mark.parametrize("user", ["ada@tocsin.example", ""])
def test_an_issue_is_made_once_commented_and_closed(serve_http: Any, user: str) -> None:
    jira = serve_http(FakeJira(user=user), None)
    sending = channel(jira, priorities={"P1": "1"}, resolve_transition="31")
    first = sending.send(NOTICE, "OPS")
    assert first == Receipt("made OPS-1", "OPS-1")
    made = jira.issues["OPS-1"]
    assert (made["summary"], made["labels"], made["priority"], made["issuetype"]) == (
        "P1 Critical INC-1: login failures",
        ["tocsin-7c1f0e6a"],
        {"id": "1"},
        {"name": "Task"},
    )
    second = sending.send(replace(NOTICE, key="notice:2", event="escalated", thread="OPS-1"), "OPS")
    assert second == Receipt("commented OPS-1", "OPS-1")
    found = sending.send(replace(NOTICE, key="notice:3", event="changed"), "OPS")
    assert found.reference == "OPS-1"
    last = sending.send(RESOLVED, "OPS")
    assert last.answer == "commented and closed OPS-1"
    assert (made["status"], len(jira.comments["OPS-1"]), len(jira.issues)) == ({"name": "Done"}, 3, 1)


def test_the_pretend_jira_treats_jiras_own_client_as_jira_would(jira: Any) -> None:
    client = oracle.JIRA(
        server=jira.url.rstrip("/"), basic_auth=(jira.user, jira.token), options={"rest_api_version": "3"}
    )
    document = {"type": "doc", "version": 1, "content": []}
    fields = {"project": {"key": "OPS"}, "summary": "s", "issuetype": {"name": "Bug"}, "labels": ["x"]}
    made = client.create_issue(fields=fields | {"description": document})
    assert made.key == "OPS-1"
    assert [offered["id"] for offered in client.transitions(made)] == ["21", "31"]
    client.transition_issue(made, "31")
    assert jira.issues["OPS-1"]["status"] == {"name": "Done"}
    for wrong in ({"description": "a string"}, {"summary": "two\nlines"}, {"priority": {"name": "P1"}}):
        with pytest.raises(oracle.JIRAError):
            client.create_issue(fields=fields | wrong)
    eve = oracle.JIRA(server=jira.url.rstrip("/"), basic_auth=("eve", "x"), options={"rest_api_version": "3"})
    with pytest.raises(oracle.JIRAError):
        eve.create_issue(fields=fields)


def test_a_lost_answer_to_the_making_is_found_and_not_commented(jira: Any) -> None:
    jira.lose_answers = True
    with pytest.raises(DeliveryFailed):
        channel(jira).send(NOTICE, "OPS")
    jira.lose_answers = False
    assert channel(jira).send(replace(NOTICE, attempt=2), "OPS").reference == "OPS-1"
    assert (len(jira.issues), jira.comments["OPS-1"]) == (1, [])


def test_a_lost_answer_to_a_comment_is_found_and_not_repeated(jira: Any) -> None:
    channel(jira).send(NOTICE, "OPS")
    later = replace(NOTICE, key="notice:2", thread="OPS-1")
    jira.lose_answers = True
    with pytest.raises(DeliveryFailed):
        channel(jira).send(later, "OPS")
    jira.lose_answers = False
    channel(jira).send(replace(later, attempt=2), "OPS")
    assert len(jira.comments["OPS-1"]) == 1


def test_a_comment_that_never_arrived_is_made_on_the_second_try(jira: Any) -> None:
    channel(jira).send(NOTICE, "OPS")
    channel(jira).send(replace(NOTICE, key="notice:2", attempt=2), "OPS")
    assert len(jira.comments["OPS-1"]) == 1


def test_what_never_had_an_issue_needs_none_to_close(jira: Any) -> None:
    assert channel(jira).send(RESOLVED, "OPS") == Receipt("there is no issue to close")
    assert jira.issues == {}


@pytest.mark.parametrize("transition", ["", "99"])
def test_without_a_transition_that_is_offered_the_issue_is_commented(jira: Any, transition: str) -> None:
    channel(jira).send(NOTICE, "OPS")
    receipt = channel(jira, resolve_transition=transition).send(RESOLVED, "OPS")
    assert receipt.answer.startswith("commented OPS-1")
    assert jira.issues["OPS-1"]["status"] == {"name": "To Do"}


@pytest.mark.parametrize(
    ("address", "kept"),
    [("OPS/Bug", {"name": "Bug"}), ("OPS/10002", {"id": "10002"}), ("OPS", {"name": "Task"})],
)
def test_the_address_may_name_the_type(jira: Any, address: str, kept: dict[str, str]) -> None:
    channel(jira).send(NOTICE, address)
    assert jira.issues["OPS-1"]["issuetype"] == kept


def test_a_project_that_is_not_there_is_told_in_jiras_words(jira: Any) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        channel(jira).send(NOTICE, "NOWHERE")
    assert (failed.value.kind, failed.value.status) == (FailureKind.REFUSED, 400)
    assert "valid project is required" in failed.value.reason


def test_two_messages_at_the_same_moment_do_not_make_two_issues(jira: Any) -> None:
    busy = Busy()
    sending = JiraChannel(issues_of(jira.url, Secret(jira.token), jira.user), busy=busy)
    with busy.alone_with("OPS tocsin-7c1f0e6a"), pytest.raises(DeliveryFailed) as waiting:
        sending.send(NOTICE, "OPS")
    assert (waiting.value.kind, waiting.value.retry_after_s) == (FailureKind.RETRY_LATER, 2.0)
    sending.send(NOTICE, "OPS")
    assert len(jira.issues) == 1


def test_the_marks_of_two_messages_differ_and_stay() -> None:
    assert mark_of(NOTICE) == mark_of(replace(NOTICE, attempt=2))
    assert mark_of(NOTICE) != mark_of(RESOLVED)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({}, "tocsin-7c1f0e6a"),
        ({"incident_key": "tocsin-7c1f0e6a"}, "tocsin-7c1f0e6a"),
        ({"incident_key": ""}, "tocsin-INC-1"),
        ({"incident_key": 'a "b" OR 1'}, "tocsin-a-b-OR-1"),
    ],
)
def test_the_label_is_the_incidents(names: dict[str, str], shown: str) -> None:
    assert label_of(replace(NOTICE, **names)) == shown


def test_a_label_keeps_its_braces_and_its_limit() -> None:
    assert label("ALERT{ab12}") == "ALERT{ab12}"
    assert len(label("x" * 300)) == 71


def test_an_issue_that_the_search_does_not_know_yet_is_at_most_one_duplicate(jira: Any) -> None:
    channel(jira).send(NOTICE, "OPS")
    jira.hidden.add("OPS-1")
    channel(jira).send(replace(NOTICE, attempt=2), "OPS")
    channel(jira).send(replace(NOTICE, attempt=3), "OPS")
    assert list(jira.issues) == ["OPS-1", "OPS-2"]


def test_hostile_text_makes_an_issue_that_jira_takes(jira: Any) -> None:
    hostile = replace(NOTICE, subject="two\nlines " + "x" * 900, text="{code}\n\n\0[~admin] <b>" * 4000)
    channel(jira).send(hostile, "OPS")
    assert json.dumps(jira.issues["OPS-1"])


def test_the_pretend_jira_takes_what_jiras_client_sent(serve_http: Any, shared: Path) -> None:
    fake = serve_http(FakeJira(user="me@example.com", token="tok", project="AEEF"), None)
    sent = json.loads((shared / "captures" / "python_clients_requests.json").read_text())["requests"]
    sent = [one for one in sent if one["path"].startswith("/jira/")]
    assert [replayed(fake, one, "/jira/") for one in sent] == [201, 200]
    assert list(fake.issues) == ["AEEF-1"]
