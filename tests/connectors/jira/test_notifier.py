"""A group is one Jira issue: the one that Alertmanager made itself, if it did."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from fake_jira import FakeJira

from group_notifications import firing, integration, resolved
from tocsin.connectors.jira.notifier import JiraNotifier, build_notifier, condition_of, group_label
from tocsin.connectors.outbound import Outbound
from tocsin.domain.clock import SystemClock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

NOTIFIER = JiraNotifier(Outbound(time_limit_s=20, longest_answer=500_000))


def settings(jira: Any, **changes: Any) -> Any:
    auth = {"basic_auth": {"username": jira.user, "password": jira.token}}
    if not jira.user:
        auth = {"authorization": {"type": "Bearer", "credentials": jira.token}}
    return integration(
        "jira",
        **(
            {
                "api_url": f"{jira.url}rest/api/{jira.version}/",
                "project": "OPS",
                "issue_type": "Bug",
                "description": "two\nlines",
                "labels": ["auth failures", "x"],
                "priority": "High",
                "http_config": auth,
                "resolve_transition": "Done",
                "reopen_transition": "Reopen",
            }
            | changes
        ),
    )


@pytest.mark.parametrize("user", ["ada@tocsin.example", ""])
def test_a_group_is_one_issue_made_changed_closed_and_reopened(serve_http: Any, user: str) -> None:
    jira = serve_http(FakeJira(user=user), None)
    assert NOTIFIER.notify(firing(), settings(jira)) == Receipt("made OPS-1", "OPS-1")
    made = jira.issues["OPS-1"]
    assert made["summary"] == "[FIRING:2] AuthFailureSpike lab (critical)"
    assert made["labels"] == ["auth-failures", "x", group_label(firing())]
    assert NOTIFIER.notify(firing(), settings(jira)).answer == "changed OPS-1"
    assert NOTIFIER.notify(resolved(firing()), settings(jira)).answer == "changed and moved OPS-1 by Done"
    assert made["summary"].startswith("[RESOLVED]")
    assert NOTIFIER.notify(firing(), settings(jira)).answer == "changed and moved OPS-1 by Reopen"
    assert (made["status"], len(jira.issues)) == ({"name": "To Do"}, 1)


def test_an_issue_that_alertmanager_made_is_taken_over(jira: Any) -> None:
    jira.made(
        {
            "fields": {
                "project": {"key": "OPS"},
                "summary": "by Alertmanager",
                "issuetype": {"name": "Bug"},
                "labels": ["ALERT{67fd9054928f93601ae2b22f99b2d06b2e68e9a743afafac69934453c91219be}"],
            }
        }
    )
    assert NOTIFIER.notify(firing(), settings(jira)).reference == "OPS-1"
    assert len(jira.issues) == 1


def test_what_ended_before_it_had_an_issue_needs_none(jira: Any) -> None:
    assert NOTIFIER.notify(resolved(firing()), settings(jira)).answer == "there is no issue to close"
    assert jira.issues == {}


@pytest.mark.parametrize(
    ("chosen", "jql"),
    [
        ({}, "statusCategory != Done"),
        ({"reopen_transition": "Reopen"}, ""),
        (
            {"reopen_duration": timedelta(days=1), "wont_fix_resolution": 'Won"t Do'},
            "(resolutiondate is EMPTY OR resolutiondate >= -1440m)"
            ' AND (resolution is EMPTY OR resolution != "Won\\"t Do")',
        ),
    ],
)
def test_which_issues_still_count_is_the_files_choice(chosen: dict[str, Any], jql: str) -> None:
    assert condition_of(chosen) == jql


def test_a_wrong_password_is_misconfigured_and_not_told(jira: Any) -> None:
    wrong = {"basic_auth": {"username": jira.user, "password": "wrong-but-secret"}}
    code = base64.b64encode(f"{jira.user}:wrong-but-secret".encode()).decode()
    jira.reply = lambda got: (401, {}, f"no {code}".encode())
    with pytest.raises(DeliveryFailed) as failed:
        NOTIFIER.notify(firing(), settings(jira, http_config=wrong))
    assert (failed.value.kind, code in failed.value.reason) == (FailureKind.MISCONFIGURED, False)


def test_without_an_address_it_is_misconfigured() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        build_notifier(SystemClock()).notify(firing(), integration("jira", project="OPS"))
    assert failed.value.kind is FailureKind.MISCONFIGURED
