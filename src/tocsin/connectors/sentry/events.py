"""Reads Sentry's events: an issue is one alert, whatever told of it, until the issue is resolved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tocsin.connectors.hook import KeyedReport, ReadHook, keyed
from tocsin.connectors.instant import event_instant
from tocsin.connectors.leaves import label, leaf, line_of, text, url, word
from tocsin.connectors.refusal import UnknownFormat

_ISSUE_OVER = frozenset({"resolved", "archived", "ignored"})
_ISSUE_OPEN = frozenset({"created", "unresolved"})


def read_event(kind: str, event: dict[str, Any], now: datetime) -> ReadHook:
    """Read one event; what is no alert of Sentry's is kept as a signal. Raises `UnknownFormat`."""
    if not kind or "data" not in event:
        raise UnknownFormat("The body is no webhook of Sentry's integration platform.")
    readers = {"event_alert": _event_alert, "issue": _issue, "metric_alert": _metric}
    reader = readers.get(kind)
    found = reader(event, now) if reader else None
    signal = line_of({"sentry_resource": kind, **event})
    return ReadHook(reports=(found,) if found else (), signals=(signal,))


def _event_alert(event: dict[str, Any], now: datetime) -> KeyedReport | None:
    issue = word(event, "data", "event", "issue_id")
    if word(event, "action") != "triggered" or not issue:
        return None
    about = leaf(event, "data", "event")
    rule = label(event, "data", "triggered_rule")
    labels = {
        "alertname": rule or "SentryIssue",
        "sentry_issue": issue,
        "service": label(about, "project_slug") or label(about, "project"),
        "severity": label(about, "level"),
    }
    annotations = {"summary": text(about, "title"), "description": text(about, "culprit"), "rule": rule}
    return keyed(_key(issue), labels, annotations, link=url(about, "web_url"))


def _issue(event: dict[str, Any], now: datetime) -> KeyedReport | None:
    about = leaf(event, "data", "issue")
    action, issue = word(event, "action"), word(about, "id")
    if action not in _ISSUE_OVER | _ISSUE_OPEN or not issue:
        return None
    labels = {
        "alertname": "SentryIssue",
        "sentry_issue": issue,
        "service": label(about, "project", "slug"),
        "severity": label(about, "level"),
    }
    annotations = {"summary": text(about, "title"), "description": text(about, "culprit")}
    ended = now if action in _ISSUE_OVER else None
    link = url(about, "web_url") or url(about, "permalink")
    return keyed(_key(issue), labels, annotations, link=link, ended=ended)


def _metric(event: dict[str, Any], now: datetime) -> KeyedReport | None:
    about = leaf(event, "data", "metric_alert")
    action, rule = word(event, "action"), word(about, "alert_rule", "id")
    if action not in ("critical", "warning", "resolved") or not (rule or word(about, "id")):
        return None
    name = label(about, "alert_rule", "name") or label(event, "data", "description_title")
    labels = {
        "alertname": name or "SentryMetricAlert",
        "severity": action if action != "resolved" else "",
        "sentry_rule": rule,
    }
    annotations = {
        "summary": text(event, "data", "description_title"),
        "description": text(event, "data", "description_text"),
    }
    ended = now if action == "resolved" else None
    begun = None if ended else event_instant(leaf(about, "date_started"))
    key = f"metric/{rule or word(about, 'id')}"
    return keyed(key, labels, annotations, link=url(event, "data", "web_url"), begun=begun, ended=ended)


def _key(issue: str) -> str:
    return f"issue/{issue}"
