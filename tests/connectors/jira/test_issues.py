"""Issues are found by label across pages, and an answer that is not Jira's is not taken for one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tocsin.connectors.jira.issues import Found, Issues, issues_of, quoted
from tocsin.connectors.secret import Secret
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

FIELDS = {"project": {"key": "OPS"}, "summary": "s", "issuetype": {"name": "Bug"}}


def issues(jira: Any, **changes: Any) -> Issues:
    return issues_of(jira.url, Secret(changes.get("token", jira.token)), changes.get("user", jira.user))


def test_an_issue_is_found_behind_empty_pages(jira: Any) -> None:
    issues(jira).create(FIELDS | {"labels": ["tocsin-1"]})
    jira.empty_pages = 3
    assert issues(jira).find("OPS", ["tocsin-1", "ALERT{ab}"]) == Found("OPS-1", is_done=False)
    assert issues(jira).find("OPS", ["tocsin-2"]) is None


def test_a_search_without_end_is_given_up(jira: Any) -> None:
    jira.empty_pages = 1000
    assert issues(jira).find("OPS", ["tocsin-1"]) is None
    assert len(jira.received) == 5


def test_the_newest_issue_is_taken_and_a_closed_one_only_if_wanted(jira: Any) -> None:
    for _ in range(2):
        key = issues(jira).create(FIELDS | {"labels": ["tocsin-1"]})
    assert issues(jira).find("OPS", ["tocsin-1"]) == Found("OPS-2", is_done=False)
    assert issues(jira).move(key, "done")
    assert issues(jira).find("OPS", ["tocsin-1"]) == Found("OPS-2", is_done=True)
    still_open = issues(jira).find("OPS", ["tocsin-1"], "statusCategory != Done")
    assert still_open == Found("OPS-1", is_done=False)


def test_a_move_that_is_not_offered_is_not_made(jira: Any) -> None:
    key = issues(jira).create(FIELDS)
    assert (issues(jira).move(key, "41"), issues(jira).move(key, "31")) == (False, True)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FailureKind.REFUSED),
        (401, FailureKind.MISCONFIGURED),
        (403, FailureKind.MISCONFIGURED),
        (404, FailureKind.MISCONFIGURED),
        (429, FailureKind.RETRY_LATER),
        (500, FailureKind.RETRY_LATER),
        (204, FailureKind.UNKNOWN),
    ],
)
def test_an_answer_has_its_kind(jira: Any, status: int, kind: FailureKind) -> None:
    jira.reply = lambda got: (status, {"Retry-After": "11"}, b"" if status == 204 else b"{}")
    with pytest.raises(DeliveryFailed) as failed:
        issues(jira).create(FIELDS)
    assert (failed.value.kind, failed.value.status) == (kind, status)


@pytest.mark.parametrize("told", [[], {"key": 7}, {"key": "../../x"}, {}, {"key": ""}])
def test_an_issue_without_a_sound_key_is_unknown(jira: Any, told: Any) -> None:
    jira.reply = lambda got: (201, {}, json.dumps(told).encode())
    with pytest.raises(DeliveryFailed) as failed:
        issues(jira).create(FIELDS)
    assert failed.value.kind is FailureKind.UNKNOWN


def test_a_search_or_transitions_in_another_form_are_unknown(jira: Any) -> None:
    jira.reply = lambda got: (200, {}, b'{"issues":1,"transitions":1}')
    for ask in (lambda: issues(jira).find("OPS", ["x"]), lambda: issues(jira).move("OPS-1", "31")):
        with pytest.raises(DeliveryFailed) as failed:
            ask()
        assert failed.value.kind is FailureKind.UNKNOWN


def test_cloud_wants_the_address_and_token_encoded_and_neither_form_is_told(jira: Any) -> None:
    code = base64.b64encode(f"{jira.user}:{jira.token}".encode()).decode()
    jira.reply = lambda got: (401, {}, f"no {code} {jira.token}".encode())
    with pytest.raises(DeliveryFailed) as failed:
        issues(jira).create(FIELDS)
    assert jira.received[0].headers["authorization"] == f"Basic {code}"
    assert failed.value.reason == "Jira answered 401: no *** ***"


def test_data_center_has_its_token_alone_and_the_older_api(jira: Any) -> None:
    jira.user = ""
    assert issues(jira, user="").create(FIELDS) == "OPS-1"
    assert issues(jira, user="").find("OPS", ["x"]) is None
    assert [got.path for got in jira.received] == ["/rest/api/2/issue", "/rest/api/2/search"]
    assert jira.received[0].headers["authorization"] == f"Bearer {jira.token}"


def test_a_value_cannot_leave_its_quotes() -> None:
    assert quoted('a" OR project = "X\\') == '"a\\" OR project = \\"X\\\\"'
