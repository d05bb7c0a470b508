"""Acts in Jira: documents for Cloud, texts for Data Center, and one issue for one question."""

from __future__ import annotations

import pytest
from fake_jira import FakeJira

from tocsin.connectors.jira.acts import COMMENT, CREATE, make
from tocsin.domain.acting import CallFailed
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.playing import drive
from tocsin.domain.ports.delivery import FailureKind

ISSUE = {"project": "OPS", "summary": "Eve\nlogged in", "text": "Twice.\n\n{panel}", "type": "Bug"}


def values(jira: FakeJira) -> dict[str, str]:
    return {
        "TOCSIN_JIRA_URL": jira.url,
        "TOCSIN_JIRA_TOKEN": jira.token,
        "TOCSIN_JIRA_USER": jira.user,
    }


@pytest.mark.parametrize("user", ["ada@tocsin.example", ""])
def test_each_api_gets_texts_as_it_wants_them(jira: FakeJira, user: str) -> None:
    jira.user = user
    caller = make(values(jira), SystemClock())
    told = drive(CREATE.perform(ISSUE, {}, "k"), lambda _: caller)
    assert told.output == {"key": "OPS-1"}
    made = jira.issues["OPS-1"]
    assert made["summary"] == "Eve logged in"
    assert isinstance(made["description"], dict if user else str)
    comment = {"issue": "OPS-1", "body": "IOC: 203.0.113.7"}
    drive(COMMENT.perform(comment, {}, "k"), lambda _: caller)
    drive(COMMENT.perform(comment, {}, "another key"), lambda _: caller)
    assert len(jira.comments["OPS-1"]) == 1
    assert drive(COMMENT.verify({**comment, "body": "other"}, {}), lambda _: caller) is False


def test_another_incident_has_another_issue(jira: FakeJira) -> None:
    caller = make(values(jira), SystemClock())
    for incident in ("tocsin-1", "tocsin-2", "tocsin-2"):
        drive(CREATE.perform({**ISSUE, "incident_key": incident}, {}, "k"), lambda _: caller)
    assert list(jira.issues) == ["OPS-1", "OPS-2"]


def test_a_lost_answer_leaves_open_whether_it_was_made(jira: FakeJira) -> None:
    jira.reply = lambda got: (204, {}, b"")
    with pytest.raises(CallFailed) as raised:
        drive(CREATE.perform(ISSUE, {}, "k"), lambda _: make(values(jira), SystemClock()))
    assert raised.value.kind is FailureKind.UNKNOWN


def test_a_missing_setting_is_named(jira: FakeJira) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_JIRA_TOKEN is empty"):
        make(values(jira) | {"TOCSIN_JIRA_TOKEN": ""}, SystemClock())
