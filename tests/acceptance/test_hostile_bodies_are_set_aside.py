"""An authentic sender may still send anything: every hook reads it or refuses it, and none stumbles."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nouns import NOON
from tocsin.connectors.catalogue import load, manifests
from tocsin.connectors.hook import Forged, Hook, HookRequest, ReadHook
from tocsin.connectors.refusal import BodyRefused
from tocsin.intake.keyed import settle
from tocsin.intake.lease import merge

HOOKS: dict[str, Hook] = {one.name: load(one.hook) for one in manifests() if one.hook}
GOOD: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "pagerduty": [
        (
            "",
            {
                "event": {
                    "event_type": "incident.triggered",
                    "agent": {"type": "user_reference"},
                    "occurred_at": "2026-03-01T11:00:00Z",
                    "data": {"id": "P1", "title": "t", "priority": {"summary": "P1"}},
                }
            },
        )
    ],
    "events_v2": [
        (
            "",
            {
                "routing_key": "r",
                "event_action": "trigger",
                "dedup_key": "d",
                "links": [{"text": "r"}],
                "payload": {"summary": "s", "source": "x", "severity": "info", "custom_details": {"a": 1}},
            },
        )
    ],
    "opsgenie": [
        ("", {"message": "m", "alias": "a", "details": {"x": "y"}, "tags": ["t"], "priority": "P1"})
    ],
    "sentry": [
        ("event_alert", {"action": "triggered", "data": {"event": {"issue_id": 1, "title": "t"}}}),
        ("metric_alert", {"action": "critical", "data": {"metric_alert": {"alert_rule": {"id": 1}}}}),
        ("issue", {"action": "created", "data": {"issue": {"id": 1, "project": {"slug": "s"}}}}),
    ],
    "github": [
        ("secret_scanning_alert", {"action": "created", "alert": {"number": 1}}),
        ("workflow_run", {"action": "completed", "workflow_run": {"conclusion": "failure", "name": "x"}}),
    ],
    "sns": [
        ("", {"Type": "Notification", "MessageId": "1", "TopicArn": "a:b", "Message": "{}", "Timestamp": "t"})
    ],
    "guardduty": [
        ("", {"detail-type": "GuardDuty Finding", "detail": {"id": "x", "severity": 8, "service": {}}}),
        (
            "",
            {
                "detail-type": "CloudWatch Alarm State Change",
                "resources": ["a"],
                "detail": {"alarmName": "c", "state": {"value": "ALARM"}, "configuration": {"metrics": [{}]}},
            },
        ),
    ],
    "slack": [("", {"type": "event_callback", "event": {"type": "x"}})],
    "edgedelta": [
        ("", {"id": "1", "status": "alert", "title": "t", "metric": "m", "at": "2026-03-01T11:00:00Z"})
    ],
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False),
    st.text(max_size=30),
    st.sampled_from(["\0", "\ud800", "javascript:x", "9999-99-99", "a" * 5000, "\u202e", "1e999", "-1"]),
    st.just([]),
    st.just({}),
    st.lists(st.just({}), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)
JSON = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
)


def _read(hook: Hook, body: bytes, kind: str = "", path: str = "POST") -> None:
    """Read a body as far as it goes: what comes of it can be taken as an alert."""
    request = HookRequest(headers={}, body=body, source="default", now=NOON, kind=kind, path=path)
    try:
        hook.token(request)
        found = hook.read(request)
    except (BodyRefused, Forged):
        return
    assert isinstance(found, ReadHook)
    for each in found.reports:
        for report in settle(each.report, each.key, None, NOON).reports:
            merge(report, None, NOON)
    for line in found.signals:
        assert b"\n" not in line
    if found.tell is not None:
        found.tell([])


def _places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    return [path, *(place for name, value in inner for place in _places(value, (*path, name)))]


def _changed(found: Any, place: tuple[Any, ...], odd: Any) -> Any:
    if not place:
        return odd
    changed = copy.deepcopy(found)
    inside = changed
    for name in place[:-1]:
        inside = inside[name]
    inside[place[-1]] = odd
    return changed


def _written(found: Any) -> bytes:
    try:
        return orjson.dumps(found)
    except orjson.JSONEncodeError:
        return orjson.dumps(repr(found))


@pytest.mark.parametrize("name", sorted(GOOD))
@settings(max_examples=150)
@given(st.data())
def test_a_true_body_with_one_odd_place_stumbles_nobody(name: str, data: st.DataObject) -> None:
    kind, good = data.draw(st.sampled_from(GOOD[name]))
    place = data.draw(st.sampled_from(_places(good)))
    _read(HOOKS[name], _written(_changed(good, place, data.draw(ODD))), kind)


@pytest.mark.parametrize("name", sorted(HOOKS))
@settings(max_examples=80)
@given(found=JSON, kind=st.sampled_from(["", "issue", "workflow_run", "raw", "dependabot_alert"]))
def test_any_json_stumbles_nobody(name: str, found: Any, kind: str) -> None:
    _read(HOOKS[name], _written(found), kind)
    _read(HOOKS[name], urlencode({"payload": _written(found)}).encode(), kind)


@pytest.mark.parametrize("name", sorted(HOOKS))
@settings(max_examples=60)
@given(
    body=st.binary(max_size=200), path=st.sampled_from(["POST", "POST a/close", "GET x", "PUT a/b", "change"])
)
def test_any_bytes_stumble_nobody(name: str, body: bytes, path: str) -> None:
    _read(HOOKS[name], body, path=path)


@pytest.mark.parametrize("name", sorted(HOOKS))
@settings(max_examples=60)
@given(
    body=st.binary(max_size=80),
    headers=st.dictionaries(
        st.sampled_from(
            [
                *("x-pagerduty-signature", "sentry-hook-signature", "x-hub-signature-256", "authorization"),
                *("x-slack-signature", "x-slack-request-timestamp", "webhook-id", "webhook-timestamp"),
                *("webhook-signature", "x-tocsin-token", "x-amz-sns-rawdelivery", "x-github-event"),
            ]
        ),
        st.text(max_size=40),
    ),
)
def test_any_headers_are_forged_and_nothing_else(name: str, body: bytes, headers: dict[str, str]) -> None:
    hook = HOOKS[name]
    request = HookRequest(headers=headers, body=body, source="default", now=NOON, kind=hook.kind(headers))
    with pytest.raises(Forged):
        hook.verify(request, ())


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_body_that_nests_deeply_stumbles_nobody(name: str) -> None:
    deep = b'{"n":' * 600 + b"1" + b"}" * 600
    for kind, good in GOOD[name]:
        body = orjson.dumps(good)[:-1] + b',"more":' + deep + b"}"
        _read(HOOKS[name], body, kind)
    _read(HOOKS["generic"], b"[" + deep + b"]")
