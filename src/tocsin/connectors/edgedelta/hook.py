"""Reads Edge Delta's monitor notifications by the template that we ship, or by a pack's own mapping."""

from __future__ import annotations

from tocsin.connectors.mapped import MappedHook
from tocsin.connectors.mapping import OVER, SourceMapping

TEMPLATE = (
    '{"id":"$EVENT_ID","status":"$EVENT_STATUS","type":"$EVENT_TYPE","title":"$EVENT_MSG","url":"$EVENT_URL",'
    '"at":"$EVENT_DATE","query":"$EVENT_QUERY","metric":"$EVENT_METRIC","org":"$EVENT_ORG_ID",'
    '"group":"$EVENT_GROUP_ALL"}'
)
"""What a person pastes into the monitor's webhook; the mapping below reads it."""

SHIPPED = SourceMapping(
    source="edgedelta",
    path="Edge Delta's template",
    fields={
        "id": "{/id}/{/at}",
        # The message and the id may differ from start to end; what is watched does not.
        "dedup_key": "{/metric}{/query}{/group} | /id",
        "status": "/status",
        "title": "/title",
        "description": "{/type}: {/query}",
        "starts_at": "/at",
        "url": "/url",
        "severity": "/status",
    },
    labels={"metric": "/metric", "group": "/group", "org": "/org", "monitor": "/type"},
    over=frozenset({*OVER, "no_alert", "cleared"}),
)

HOOK = MappedHook(shipped=SHIPPED)
