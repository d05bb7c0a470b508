"""Sentry's events: an issue is one alert, whatever told of it, until it is resolved."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.connectors.refusal import UnknownFormat
from tocsin.connectors.sentry.events import read_event


def _alert(**event):
    about = {"issue_id": "117", "title": "ReferenceError", "level": "error", **event}
    return read_event("event_alert", {"action": "triggered", "data": {"event": about}}, NOON)


def _issue(action: str):
    about = {"id": "117", "title": "ReferenceError", "level": "error", "project": {"slug": "shop"}}
    return read_event("issue", {"action": action, "data": {"issue": about}}, NOON)


def _metric(action: str):
    about = {"id": 5, "date_started": "2026-03-01T11:00:00Z", "alert_rule": {"id": 9, "name": "Slow"}}
    return read_event("metric_alert", {"action": action, "data": {"metric_alert": about}}, NOON)


@pytest.mark.parametrize("action", ["resolved", "archived", "ignored"])
def test_an_issue_that_is_over_ends_what_an_alert_began(action: str) -> None:
    (begun,), (ended,) = _alert().reports, _issue(action).reports
    assert begun.key == ended.key
    assert (begun.report.ends_at, ended.report.ends_at) == (None, NOON)
    assert begun.report.labels["severity"] == "error"


@pytest.mark.parametrize("action", ["created", "unresolved"])
def test_an_issue_that_is_there_begins(action: str) -> None:
    (begun,) = _issue(action).reports
    assert (begun.report.ends_at, begun.report.labels["service"]) == (None, "shop")


@pytest.mark.parametrize("found", [_issue("assigned"), _alert(issue_id=""), _metric("open")])
def test_the_rest_is_a_signal(found) -> None:
    assert (found.reports, len(found.signals)) == ((), 1)


def test_a_metric_rises_and_ends_under_one_key() -> None:
    (warned,), (worse,), (over,) = (_metric(each).reports for each in ("warning", "critical", "resolved"))
    assert warned.key == worse.key == over.key
    assert [one.report.labels.get("severity") for one in (warned, worse, over)] == [
        "warning",
        "critical",
        None,
    ]
    assert (warned.report.starts_at.hour, over.report.ends_at) == (11, NOON)


def test_a_comment_is_a_signal_and_a_flat_body_is_refused() -> None:
    assert len(read_event("comment", {"data": {}}, NOON).signals) == 1
    for kind, event in (("", {"data": {}}), ("issue", {"project": "shop"})):
        with pytest.raises(UnknownFormat):
            read_event(kind, event, NOON)
