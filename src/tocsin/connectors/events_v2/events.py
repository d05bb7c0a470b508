"""Reads an event of PagerDuty's Events API v2 and makes the answer its senders expect."""

from __future__ import annotations

from typing import Any

import orjson

from tocsin.connectors.hook import Answer, HookRequest, KeyedReport, ReadHook, digest_of, keyed
from tocsin.connectors.instant import event_instant
from tocsin.connectors.leaves import LONGEST_TEXT, label, leaf, line_of, text, url, word
from tocsin.connectors.plain import paragraphs
from tocsin.connectors.refusal import Refused
from tocsin.domain.partner import ActKind, PartnerAct

# https://developer.pagerduty.com/docs/send-alert-event
LONGEST_DEDUP_KEY = 255
SEVERITIES = ("critical", "error", "warning", "info")
ACTIONS = ("trigger", "acknowledge", "resolve")
PARTNER = "events_v2"


def read_event(event: dict[str, Any], request: HookRequest) -> ReadHook:
    """Read a trigger, an acknowledgement or a resolve."""
    action, given = word(event, "event_action"), word(event, "dedup_key")
    errors = _errors(event, action, given)
    if errors:
        return invalid(request.body, errors)
    # A random key would make the end impossible to name after a lost answer, and so would ours: nobody asked.
    dedup_key = given or digest_of(request.body, request.now.isoformat())[:32]
    scope = digest_of(word(event, "routing_key"))[:8]
    key = f"{scope}/{dedup_key}"
    answer = _accepted(dedup_key)
    if action == "acknowledge":
        act = PartnerAct(
            partner=PARTNER, person=request.source, kind=ActKind.ACKNOWLEDGE, alert_key=key, shown="a sender"
        )
        return ReadHook(acts=(act,), answer=answer)
    if action == "resolve":
        return ReadHook(reports=(keyed(key, {}, {}, ended=request.now),), answer=answer)
    return ReadHook(reports=(_trigger(event, key),), answer=answer)


def read_change(event: dict[str, Any]) -> ReadHook:
    """Keep a change event as a signal: it tells what was done, and calls nobody."""
    told = {name: value for name, value in event.items() if name != "routing_key"}
    signal = line_of({"pagerduty_event": "change", **told})
    return ReadHook(signals=(signal,), answer=_success({"message": "Change event processed"}))


def invalid(body: bytes, errors: list[str]) -> ReadHook:
    """Answer 400 as PagerDuty does and set the body aside."""
    told = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    return ReadHook(
        unreadable=(Refused(body, " ".join(errors)),), answer=Answer(status=400, body=orjson.dumps(told))
    )


def _errors(event: dict[str, Any], action: str, dedup_key: str) -> list[str]:
    errors = []
    if action not in ACTIONS:
        errors.append("'event_action' is missing or is none of trigger, acknowledge, resolve.")
    if len(dedup_key) > LONGEST_DEDUP_KEY:
        errors.append("'dedup_key' is longer than 255 characters.")
    if action in ("acknowledge", "resolve") and not dedup_key:
        errors.append("'dedup_key' is missing.")
    if action == "trigger":
        errors += [
            f"'payload.{name}' is missing or blank."
            for name in ("summary", "source")
            if not word(event, "payload", name).strip()
        ]
        if word(event, "payload", "severity") not in SEVERITIES:
            errors.append("'payload.severity' is none of critical, error, warning, info.")
    return errors


def _trigger(event: dict[str, Any], key: str) -> KeyedReport:
    about = leaf(event, "payload")
    labels = {
        "alertname": label(about, "class") or label(about, "component") or label(about, "source"),
        "service": label(about, "component"),
        "group": label(about, "group"),
        "instance": label(about, "source"),
        "severity": label(about, "severity"),
    }
    annotations = {
        "summary": text(about, "summary"),
        "description": _details(leaf(about, "custom_details")),
        "runbook_url": _runbook(leaf(event, "links")),
        "client": label(event, "client"),
    }
    begun = event_instant(leaf(about, "timestamp"))
    return keyed(key, labels, annotations, link=url(event, "client_url"), begun=begun)


def _details(details: Any) -> str:
    """Return the details as lines of `name: value`."""
    if isinstance(details, str):
        return paragraphs(details, limit=LONGEST_TEXT)
    if not isinstance(details, dict):
        return ""
    lines = (f"{name}: {word(details, name) or _written(value)}" for name, value in details.items())
    return paragraphs("\n".join(lines), limit=LONGEST_TEXT)


def _written(value: Any) -> str:
    try:
        return orjson.dumps(value).decode() if value else ""
    except orjson.JSONEncodeError:
        return ""


def _runbook(links: Any) -> str:
    found = [each for each in links if isinstance(each, dict)] if isinstance(links, list) else []
    named = next((each for each in found if "runbook" in word(each, "text").lower()), None)
    return url(named, "href")


def _accepted(dedup_key: str) -> Answer:
    return _success({"message": "Event processed", "dedup_key": dedup_key})


def _success(told: dict[str, str]) -> Answer:
    return Answer(status=202, body=orjson.dumps({"status": "success", **told}))
