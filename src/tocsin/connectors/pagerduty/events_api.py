"""The only HTTP of the PagerDuty connector: events go in, and every answer is looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.pagerduty.event import written
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.sorting import failure_of, retry_after
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

EVENTS_URL = "https://events.pagerduty.com/"
ENQUEUE = "v2/enqueue"
ACCEPTED = 202
# From https://developer.pagerduty.com/docs/events-api-v2/overview/#response-codes--retry-logic.
PAUSE_S = 30.0
"""PagerDuty advises to wait this long where it takes no more events for now."""

_ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")
_KEY_WRONG = re.compile(r"routing[_ ]?key|integration[_ ]?key", re.IGNORECASE)


def is_routing_key(text: str) -> bool:
    """Say whether this has the form of a routing key: 32 letters and digits."""
    return _ROUTING_KEY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class EventsApi:
    """PagerDuty's door for events; `url` is that of the region, or of what speaks like it.

    `path` is where the door is below it, `headers` what a proxy before it may want.
    """

    url: str = EVENTS_URL
    outbound: Outbound = field(default_factory=Outbound)
    path: str = f"/{ENQUEUE}"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def enqueue(self, event: Mapping[str, Any], routing_key: Secret) -> Receipt:
        """Hand over one event. Its `dedup_key` is the reference. Raises `DeliveryFailed`.

        PagerDuty answers 202 too where the event changes nothing (an end without a beginning).
        """
        body = written({"routing_key": routing_key.reveal(), **event})
        url = f"{self.url.rstrip('/')}{self.path}"
        headers = {**self.headers, "Content-Type": "application/json"}
        answer = self.outbound.post(url, content=body, headers=headers)
        if answer.status != ACCEPTED:
            raise self._failure(answer, routing_key)
        return self._receipt(answer, str(event["dedup_key"]), routing_key)

    def _failure(self, answer: Answer, routing_key: Secret) -> DeliveryFailed:
        failed = failure_of(answer, "PagerDuty", routing_key)
        kind, wait = failed.kind, failed.retry_after_s
        if answer.status == 200:
            kind = FailureKind.UNKNOWN
        if answer.status == 400 and _KEY_WRONG.search(failed.reason):
            kind = FailureKind.MISCONFIGURED
        if answer.status == 429 and wait is None:
            wait = PAUSE_S
        return DeliveryFailed(kind, failed.reason, retry_after_s=wait, status=answer.status)

    def _receipt(self, answer: Answer, dedup_key: str, routing_key: Secret) -> Receipt:
        try:
            told = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            told = None
        if not isinstance(told, dict) or told.get("status") != "success":
            reason = "PagerDuty answered 202 without its word success"
            raise DeliveryFailed(
                FailureKind.UNKNOWN, reason, retry_after_s=retry_after(answer), status=ACCEPTED
            )
        if told.get("dedup_key", dedup_key) != dedup_key:
            reason = "PagerDuty took the event under another dedup_key than ours"
            raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=ACCEPTED)
        words = one_line(hidden_in(str(told.get("message", "")), routing_key), limit=200)
        return Receipt(f"202 {words}".strip(), dedup_key)
