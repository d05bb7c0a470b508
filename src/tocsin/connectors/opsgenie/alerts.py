"""Reads what is asked of Opsgenie's Alert API: an alert lives under its alias from create to close."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import orjson

from tocsin.connectors.hook import Answer, HookRequest, KeyedReport, ReadHook, digest_of, keyed
from tocsin.connectors.leaves import decoded_object, label, leaf, text, url, word
from tocsin.connectors.refusal import Refused
from tocsin.domain.partner import ActKind, PartnerAct

# https://docs.opsgenie.com/docs/alert-api
LONGEST_ALIAS = 512
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
PARTNER = "opsgenie"
_CHANGES = frozenset({"message", "description", "tags", "details", "priority", "responders"})


def read_request(request: HookRequest) -> ReadHook:
    """Read one request; `request.path` is its method and what follows `alerts/`. Raises `NotJson`."""
    method, _, rest = request.path.partition(" ")
    if method == "GET":
        return _asked(request, rest)
    if not rest:
        return _create(decoded_object(request.body), request)
    alias, _, verb = rest.partition("/")
    alias = unquote(alias)[:LONGEST_ALIAS]
    about = decoded_object(request.body) if request.body.strip() else {}
    if verb == "close" or method == "DELETE":
        return ReadHook(reports=(keyed(alias, {}, {}, ended=request.now),), answer=_accepted(request))
    if verb in ("acknowledge", "notes"):
        return ReadHook(acts=(_act(about, alias, verb, request),), answer=_accepted(request))
    if verb in _CHANGES:
        # The next create of the same alias carries the change; a part of an alert alone would be none.
        return ReadHook(answer=_accepted(request))
    return _refused(request, f"There is nothing to do with an alert as {verb[:40]!r} here.", 422)


def _create(about: dict[str, Any], request: HookRequest) -> ReadHook:
    message, alias = label(about, "message"), word(about, "alias")
    if not message:
        return _refused(request, "Message can not be empty.", 422)
    if len(alias) > LONGEST_ALIAS:
        return _refused(request, "Alias can not be longer than 512 characters.", 422)
    key = alias or digest_of(request.body, request.now.isoformat())[:32]
    return ReadHook(reports=(_report(about, key, message),), answer=_accepted(request))


def _report(about: dict[str, Any], key: str, message: str) -> KeyedReport:
    details = leaf(about, "details")
    told = {name: label(details, name) for name in details} if isinstance(details, dict) else {}
    priority = word(about, "priority")
    labels = {
        "alertname": told.get("alertname") or label(about, "entity") or message[:120],
        "service": told.get("service") or told.get("job") or label(about, "entity"),
        "severity": priority if priority in PRIORITIES else "P3",
        "team": told.get("team", ""),
    }
    annotations = {
        "summary": message,
        "description": text(about, "description"),
        "runbook_url": told.get("runbook_url", "") or told.get("runbook", ""),
        "tags": ", ".join(str(tag) for tag in _listed(about, "tags"))[:500],
    }
    return keyed(key, labels, annotations, link=url(about, "source"))


def _act(about: dict[str, Any], alias: str, verb: str, request: HookRequest) -> PartnerAct:
    person = label(about, "user") or request.source
    return PartnerAct(
        partner=PARTNER,
        person=person,
        shown=person,
        kind=ActKind.ACKNOWLEDGE if verb == "acknowledge" else ActKind.NOTE,
        alert_key=alias,
        text=text(about, "note"),
    )


def _asked(request: HookRequest, rest: str) -> ReadHook:
    """Answer what became of a request: what we said 202 to is done."""
    kind, _, number = rest.partition("/")
    if kind != "requests" or not number:
        return ReadHook(answer=Answer(status=404, body=b'{"message": "Alert not found"}'), question=True)
    done = {"success": True, "isSuccess": True, "action": "Create", "status": "Processed alert"}
    told = {"data": done, "took": 0.001, "requestId": number[:80]}
    return ReadHook(answer=Answer(body=orjson.dumps(told)), question=True)


def _accepted(request: HookRequest) -> Answer:
    digest = digest_of(request.body, request.path, request.now.isoformat())
    number = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
    told = {"result": "Request will be processed", "took": 0.001, "requestId": number}
    return Answer(status=202, body=orjson.dumps(told))


def _refused(request: HookRequest, reason: str, status: int) -> ReadHook:
    body = orjson.dumps({"message": reason, "took": 0.001, "requestId": ""})
    return ReadHook(unreadable=(Refused(request.body, reason),), answer=Answer(status=status, body=body))


def _listed(about: dict[str, Any], name: str) -> list[Any]:
    found = leaf(about, name)
    return found[:50] if isinstance(found, list) else []
