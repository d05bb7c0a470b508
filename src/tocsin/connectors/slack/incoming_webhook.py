"""Posts to a Slack incoming webhook, whose URL is its secret and whose only success is the word `ok`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret, secrets_in
from tocsin.connectors.sorting import failure_of
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

# From https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: what a webhook answers.
SUCCESS = b"ok"
_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


def is_hook(address: str) -> bool:
    """Say whether an address is a webhook's URL rather than a channel or a name."""
    return address.startswith(("https://", "http://"))


def post_to_hook(hook: Secret, content: Mapping[str, Any], outbound: Outbound) -> Receipt:
    """Post once. Raises `DeliveryFailed`, without the URL. There is nothing by which to change it later."""
    answer = outbound.post(hook.reveal(), content=orjson.dumps(content), headers=_HEADERS)
    if answer.status != 200:
        raise failure_of(answer, "Slack's webhook", *secrets_in(hook))
    if answer.body.strip() != SUCCESS:
        reason = "Slack's webhook answered 200 without its word ok"
        raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=answer.status)
    return Receipt("ok")
