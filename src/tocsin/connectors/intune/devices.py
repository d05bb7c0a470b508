"""Makes signals of Intune's managed devices, as Microsoft Graph exports them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import listed, one, sample_of

_LISTS = ("value",)


def is_intune(record: dict[str, Any]) -> bool:
    """Say whether an object is a managed device, or Graph's list of them."""
    return _is_device(sample_of(record, _LISTS))


def read_intune(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of each managed device, with native field names (Graph's resource `managedDevice`).

    `time` is the device's last sync.
    """
    return listed(raw, record, _LISTS, _read_one) or _read_one(raw, record)


def _read_one(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    if not _is_device(record):
        return None
    route = {"product": "intune", "service": "devices", "category": "device"}
    return one(raw, record, route | {"time": record.get("lastSyncDateTime")})


def _is_device(record: Mapping[str, Any]) -> bool:
    return "complianceState" in record and ("deviceName" in record or "managedDeviceName" in record)
