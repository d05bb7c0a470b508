"""Events of PagerDuty's API v2: kept or refused in its own words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.events_v2.events import read_change, read_event
from tocsin.connectors.hook import HookRequest
from tocsin.domain.partner import ActKind

GOOD = {
    "routing_key": "R" * 32,
    "event_action": "trigger",
    "dedup_key": "d1",
    "payload": {"summary": "Slow", "source": "db-1", "severity": "critical"},
}


def _read(**changed: Any):
    event = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    request = HookRequest(headers={}, body=orjson.dumps(event), source="default", now=NOON)
    return read_event(event, request)


def test_a_trigger_is_202_with_its_key() -> None:
    found = _read()
    assert found.answer.status == 202
    assert orjson.loads(found.answer.body) == {
        "status": "success",
        "message": "Event processed",
        "dedup_key": "d1",
    }


def test_a_resolve_ends_what_the_same_routing_key_began() -> None:
    (begun,), (ended,) = _read().reports, _read(event_action="resolve", payload=None).reports
    (other,) = _read(event_action="resolve", routing_key="S" * 32).reports
    assert begun.key == ended.key != other.key
    assert ended.report.ends_at == NOON
    assert "R" * 32 not in str(begun)


def test_an_acknowledgement_names_the_alert() -> None:
    (act,) = _read(event_action="acknowledge").acts
    assert (act.kind, act.alert_key) == (ActKind.ACKNOWLEDGE, _read().reports[0].key)


def test_a_trigger_without_a_key_is_given_one() -> None:
    found = _read(dedup_key=None)
    assert found.reports[0].key.endswith(orjson.loads(found.answer.body)["dedup_key"])


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"event_action": "shout"}, "event_action"),
        ({"payload": {}}, "payload.summary"),
        ({"payload": GOOD["payload"] | {"severity": "bad"}}, "payload.severity"),
        ({"dedup_key": "d" * 256}, "255"),
        ({"event_action": "resolve", "dedup_key": None}, "dedup_key"),
        ({"payload": 7}, "payload.source"),
    ],
)
def test_what_pagerduty_refuses_is_refused_in_its_words_and_set_aside(changed, error: str) -> None:
    found = _read(**changed)
    told = orjson.loads(found.answer.body)
    assert (found.answer.status, told["status"], found.reports) == (400, "invalid event", ())
    assert error in " ".join(told["errors"])
    assert len(found.unreadable) == 1


def test_details_and_a_runbook_are_kept() -> None:
    details = {"num_firing": "3", "nested": {"a": [1]}, "empty": ""}
    links = [{"href": "https://r.example/x", "text": "Runbook"}, 7]
    (report,) = _read(payload=GOOD["payload"] | {"custom_details": details}, links=links).reports
    assert report.report.annotations["runbook_url"] == "https://r.example/x"
    assert report.report.annotations["description"].startswith('num_firing: 3\nnested: {"a":[1]}')


@pytest.mark.parametrize(("details", "shown"), [("plain", "plain"), (7, None), (["x"], None)])
def test_other_details_are_shown_as_far_as_they_are_text(details, shown) -> None:
    (report,) = _read(payload=GOOD["payload"] | {"custom_details": details}).reports
    assert report.report.annotations.get("description") == shown


def test_a_change_is_a_signal_without_the_key() -> None:
    found = read_change({"routing_key": "R" * 32, "payload": {"summary": "deployed"}})
    assert (found.reports, found.answer.status) == ((), 202)
    assert b"RRRR" not in found.signals[0]
