"""Requests of Opsgenie's Alert API: an alert lives under its alias from create to close."""

from __future__ import annotations

import json

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.hook import HookRequest
from tocsin.connectors.opsgenie.alerts import read_request
from tocsin.domain.partner import ActKind


def _read(path: str, **body: object):
    return read_request(
        HookRequest(headers={}, body=orjson.dumps(body), source="default", now=NOON, path=path)
    )


def test_a_create_begins_and_a_close_ends_the_same() -> None:
    (begun,) = _read("POST", message="Slow", alias="a b", priority="P1").reports
    for path in ("POST a%20b/close", "DELETE a%20b"):
        found = _read(path)
        (ended,) = found.reports
        assert (begun.key, found.answer.status) == (ended.key, 202)
        assert ended.report.ends_at == NOON


@pytest.mark.parametrize(("priority", "severity"), [("P1", "P1"), ("P5", "P5"), ("", "P3"), ("x", "P3")])
def test_a_priority_is_a_severity_and_p3_where_there_is_none(priority: str, severity: str) -> None:
    assert _read("POST", message="m", priority=priority).reports[0].report.labels["severity"] == severity


def test_captures_of_alertmanager_are_read(shared) -> None:
    folder = shared / "captures"
    keys = set()
    for name in ("create", "close", "update_message", "update_description"):
        capture = json.loads((folder / f"alertmanager_opsgenie_{name}.json").read_text())
        rest = capture["path"].partition("/v2/alerts")[2].partition("?")[0].lstrip("/")
        found = _read(f"{capture['method']} {rest}".strip(), **capture["body"])
        assert found.answer.status == 202
        keys |= {report.key for report in found.reports}
    assert len(keys) == 1


@pytest.mark.parametrize(("verb", "kind"), [("acknowledge", ActKind.ACKNOWLEDGE), ("notes", ActKind.NOTE)])
def test_what_somebody_does_is_an_act_under_their_name(verb: str, kind: ActKind) -> None:
    (act,) = _read(f"POST a1/{verb}", user="ben@example.org", note="seen").acts
    assert (act.kind, act.who, act.alert_key) == (kind, "opsgenie:ben@example.org", "a1")


@pytest.mark.parametrize(
    ("path", "body"), [("POST", {}), ("POST", {"message": "m", "alias": "x" * 513}), ("POST a1/snooze", {})]
)
def test_what_cannot_be_done_is_refused_and_set_aside(path: str, body: dict[str, str]) -> None:
    found = _read(path, **body)
    assert (found.answer.status, len(found.unreadable)) == (422, 1)


def test_a_request_can_be_asked_for_and_is_not_kept() -> None:
    found = _read("GET requests/43a29c5c")
    assert found.question
    assert orjson.loads(found.answer.body)["data"]["isSuccess"] is True
    assert _read("GET a1").answer.status == 404


def test_an_empty_body_closes_too() -> None:
    request = HookRequest(headers={}, body=b"", source="default", now=NOON, path="POST a1/close")
    assert len(read_request(request).reports) == 1
