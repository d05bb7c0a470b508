"""Makes signals of the webhooks of Datadog's monitors, with Datadog's default payload or with ours."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import one

TEMPLATE = """{"id":"$ID","alert_id":"$ALERT_ID","alert_cycle_key":"$ALERT_CYCLE_KEY",
"aggreg_key":"$AGGREG_KEY",
"alert_transition":"$ALERT_TRANSITION","alert_type":"$ALERT_TYPE","alert_priority":"$ALERT_PRIORITY",
"alert_scope":"$ALERT_SCOPE","alert_status":"$ALERT_STATUS","alert_metric":"$ALERT_METRIC",
"alert_query":"$ALERT_QUERY","title":"$EVENT_TITLE","body":"$TEXT_ONLY_MSG","event_type":"$EVENT_TYPE",
"hostname":"$HOSTNAME","tags":"$TAGS","link":"$LINK","org_id":"$ORG_ID","date":"$DATE",
"last_updated":"$LAST_UPDATED"}"""
"""What to paste as a webhook's payload; variables: docs.datadoghq.com/integrations/webhooks."""

_QUIET = frozenset({"recovered", "success"})


def is_monitor(record: dict[str, Any]) -> bool:
    """Say whether an object is a monitor's webhook."""
    return "last_updated" in record and "event_type" in record and ("alert_id" in record or "org" in record)


def read_monitor(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of one webhook, with the field names of the payload.

    Where the payload tells the transition, `is_firing` says whether the monitor is (again) in alert, warning
    or without data.
    """
    if not is_monitor(record):
        return None
    transition = record.get("alert_transition") or record.get("alert_type")
    is_told = type(transition) is str and not transition.startswith("$")
    is_firing = str(transition).lower() not in _QUIET if is_told else None
    return one(raw, record, {"product": "datadog", "service": "monitor", "is_firing": is_firing})
