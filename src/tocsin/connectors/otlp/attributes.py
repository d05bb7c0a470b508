"""OTLP's attributes as flat fields of a record, and its times as text."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

RESOURCE = "resource."
_SERVICE = "service.name"
_PRODUCT = "product"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain(value: AnyValue) -> Any:
    """Return a value as JSON has it; bytes as base64, as OTLP's own JSON writes them."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [plain(member) for member in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: plain(pair.value) for pair in value.kvlist_value.values}
    found = getattr(value, kind)
    return base64.b64encode(found).decode("ascii") if kind == "bytes_value" else found


def flat(pairs: Iterable[KeyValue], prefix: str = "") -> dict[str, Any]:
    """Return attributes by their native dotted names; a map inside becomes more dotted names."""
    fields: dict[str, Any] = {}
    for pair in pairs:
        name = prefix + pair.key
        if pair.value.WhichOneof("value") == "kvlist_value":
            fields.update(flat(pair.value.kvlist_value.values, f"{name}."))
        else:
            fields[name] = plain(pair.value)
    return fields


def resource_fields(resource: Resource) -> dict[str, Any]:
    """Return what every record of a resource carries: `service`, `product` if known, and `resource.*`."""
    attributes = flat(resource.attributes)
    fields: dict[str, Any] = {}
    if type(service := attributes.get(_SERVICE)) is str:
        fields["service"] = service
    if type(product := attributes.get(_PRODUCT)) is str:
        fields["product"] = product
    fields.update((RESOURCE + name, value) for name, value in attributes.items())
    return fields


def record_of(ours: dict[str, Any], theirs: dict[str, Any], resource: dict[str, Any]) -> dict[str, Any]:
    """Put a record together; an attribute of a name of ours keeps its value under `attributes.`.

    Only `product` may be said by either, the attribute wins.
    """
    fields = {**resource, **ours}
    for name, value in theirs.items():
        is_taken = name in fields and name != _PRODUCT
        fields[f"attributes.{name}" if is_taken else name] = value
    return fields


def instant(nanoseconds: int) -> str | None:
    """Return a 64-bit time as ISO 8601 in UTC to the microsecond; None for 0, which means unknown."""
    if nanoseconds == 0:
        return None
    at = _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
