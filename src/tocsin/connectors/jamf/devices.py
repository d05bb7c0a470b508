"""Makes signals of Jamf Pro's webhooks and of its inventory of computers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import listed, one, sample_of

_LISTS = ("results",)


def is_jamf(record: dict[str, Any]) -> bool:
    """Say whether an object is a webhook or a computer of the inventory, or a list of these."""
    sample = sample_of(record, _LISTS)
    return _is_webhook(sample) or _is_computer(sample)


def read_jamf(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of each webhook and computer (API `v1/computers-inventory`), with native field names.

    The category is `device`, the service `webhook` or `inventory`.
    """
    return listed(raw, record, _LISTS, _read_one) or _read_one(raw, record)


def _read_one(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    if _is_webhook(record):
        marks = {"service": "webhook", "time": record["webhook"].get("eventTimestamp")}
    elif _is_computer(record):
        general = record["general"]
        marks = {"service": "inventory", "time": general.get("reportDate") or general.get("lastContactTime")}
    else:
        return None
    return one(raw, record, {"product": "jamf", "category": "device"} | marks)


def _is_webhook(record: Mapping[str, Any]) -> bool:
    webhook = record.get("webhook")
    return type(webhook) is dict and "webhookEvent" in webhook and type(record.get("event")) is dict


def _is_computer(record: Mapping[str, Any]) -> bool:
    return type(record.get("udid")) is str and type(record.get("general")) is dict
